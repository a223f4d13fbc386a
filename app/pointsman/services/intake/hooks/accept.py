"""Events of a connector become items of the inbox: in one statement, once each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pointsman.domain.messages.message import say
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.intake.event_store import NewVendorEvent
from pointsman.services.ports.intake.inbox import InboxReceipt
from pointsman.services.ports.intake.vendor_events import HookEvent

_PREFIX = "event:"
#: What becomes of an event that tells of our own write: it brings no news.
OURS = {"note": say("arrival.own-write").as_json()}


async def accept_events(
    env: Env, tx: Tx, intake_id: UUID, intake_version: int, events: Sequence[HookEvent], *, at: datetime
) -> InboxReceipt:
    """Store what is new, with the jobs that read it and work it off."""
    new = [
        NewVendorEvent(
            id=env.new_id(),
            dedupe_key=event_dedupe_key(event.key),
            status="unread" if event.body is None else "received",
            body=event.body or b"",
            about=event.about,
            version=event.version,
            origin=event.origin,
            occurred_at=None if event.occurred_at is None else min(event.occurred_at, at),
        )
        for event in events
    ]
    return await tx.events.accept(intake_id=intake_id, intake_version=intake_version, events=new, at=at, ours=OURS)


def event_dedupe_key(key: str) -> str:
    """What tells the event from all others of its intake."""
    return _PREFIX + key


def event_key(dedupe_key: str) -> str:
    """The key that the connector gave."""
    return dedupe_key.removeprefix(_PREFIX)
