"""The repository of what connectors tell: events in the inbox that are to be read, and how far each feed was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pointsman.services.ports.intake.inbox import InboxReceipt, InboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVendorEvent:
    """An event to be stored: `unread` until it is fetched, `received` with the body that came, `done` with nothing to do."""

    id: UUID
    dedupe_key: str
    status: Literal["unread", "received", "done"]
    body: bytes = field(default=b"", repr=False)
    about: str | None = None
    version: str | None = None
    occurred_at: datetime | None = None
    result: Mapping[str, Any] | None = None


class EventStore(Protocol):
    async def accept(
        self, *, intake_id: UUID, intake_version: int, events: Sequence[NewVendorEvent], at: datetime
    ) -> InboxReceipt:
        """One statement: what is new by its key, and by what it is about in which version, with the jobs that follow."""
        ...

    async def claim_unread(
        self, intake_id: UUID, *, at: datetime, lease_until: datetime, limit: int
    ) -> Sequence[InboxRow]:
        """The oldest that are due, for one worker; the attempt is counted."""
        ...
