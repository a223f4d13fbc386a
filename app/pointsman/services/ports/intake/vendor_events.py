"""What vendors tell through their connectors, as the use cases see it: webhooks, what they are about, what was missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.vendors.connections import ConnectionRef


class HookRejectedError(Exception):
    """The vendor did not send this, or not lately, or it is not the vendor's format; the text names no secret."""


class HookUnansweredError(Exception):
    """The connector has no answer that can be sent: a fault of its own. The text may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """Something that happened at the vendor; `key` is the same when it is told again.

    `body` is what came along, a JSON object; without one, what `about` names is to be fetched. `origin` is the key of our own
    write that caused it.
    """

    key: str
    about: str | None = None
    body: bytes | None = field(default=None, repr=False)
    origin: str | None = None
    version: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReply:
    """What the sender is answered, once `events` are committed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    events: Sequence[HookEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookArrival:
    """What an event says: a JSON object that the intake's mapping reads."""

    body: bytes = field(repr=False)
    version: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedEvents:
    """One page of what happened since a cursor. `complete` False: some can no longer be told."""

    events: Sequence[HookEvent]
    cursor: str | None
    complete: bool


class IntakeGateway(Protocol):
    """Connectors that take in. `fetch` and `since` may raise a `VendorError`; none is asked inside a transaction."""

    def takes_in(self, connector: str) -> bool:
        """Whether this connector has webhooks. NotFound for an unknown connector, Unavailable for a broken one."""
        ...

    async def answer(self, connection: ConnectionRef, request: SignedRequest) -> HookReply:
        """What the connector answers, asked in this process and without a vendor: bounded in time, size and headers.

        Raises `HookRejectedError`, `HookUnansweredError`.
        """
        ...

    async def fetch(self, connection: ConnectionRef, events: Sequence[HookEvent]) -> Mapping[str, HookArrival | None]:
        """What the events say, by key; None: there is nothing to be read. One that is missing is fetched again later."""
        ...

    async def since(self, connection: ConnectionRef, cursor: str | None) -> MissedEvents:
        """One page; None begins a cursor at now."""
        ...
