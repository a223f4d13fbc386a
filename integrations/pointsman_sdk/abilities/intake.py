"""Intake: webhooks answered at the edge, and read in the worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pointsman_sdk.webhooks import WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at the vendor.

    `key` is the same when the event is delivered again, and another for every other event. `about` names what to fetch, in
    the connector's own words, where the vendor sends ids alone. `body` is what came along. `origin` is the key of our own
    write that caused the event, where the vendor tells; else `version` is compared with the version that we wrote.
    """

    key: str
    about: str | None = None
    body: Mapping[str, object] | None = field(default=None, repr=False)
    origin: str | None = None
    version: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the sender is answered. The host commits `events` before it sends the reply.

    A success with neither events nor a body, to a POST, says "look": the host asks `since`.
    `renew` is of `Watches.heard` alone: the watch that the call is about has to be begun anew.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    events: Sequence[Event] = ()
    renew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What an event says: an object that the intake's mapping reads."""

    fields: Mapping[str, object] = field(repr=False)
    version: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Events since a cursor, oldest first. `complete` False: some can no longer be told (410, a bad cursor)."""

    events: Sequence[Event]
    cursor: str | None
    complete: bool = True


@runtime_checkable
class Intake(Protocol):
    """Webhooks of one vendor."""

    def answer(self, hook: WebhookRequest) -> Reply:
        """Verify, shake hands, acknowledge and split; nothing here waits for anything, and nothing is remembered.

        Raises Rejected unless the vendor signed exactly this request, and lately, and for what is not the vendor's format.
        """
        ...

    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        """What the events say, by key, in as few calls as the vendor allows; None: there is nothing (more) to be read.

        An event that is missing in the answer is fetched again later. So leave out what is older than the event says, as a
        copy of the vendor's that lags behind may answer: it would be taken for the news, and the news be lost.
        """
        ...

    async def since(self, cursor: str | None) -> Missed:
        """What happened since the cursor, one page; None begins one at now. Asked after an outage, and now and then."""
        ...
