"""The repository of what connectors tell: events in the inbox that are to be read, and how far each feed was read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pointsman.domain.messages.coded import CodedMessage
from pointsman.services.ports.intake.inbox import InboxReceipt, InboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVendorEvent:
    """An event to be stored: `unread` until it is fetched, `received` with the body that came."""

    id: UUID
    dedupe_key: str
    status: Literal["unread", "received"]
    body: bytes = field(default=b"", repr=False)
    about: str | None = None
    version: str | None = None
    occurred_at: datetime | None = None
    origin: str | None = None  # the key of the write that caused it


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWrites:
    """Which events tell of our own writes; `pending`: a write is under way whose version is not known yet."""

    ids: Collection[UUID]
    pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedEvent:
    """What was read of an event; without a `body` there is nothing to be worked off, and `result` says why."""

    id: UUID
    body: bytes | None = field(default=None, repr=False)
    version: str | None = None
    occurred_at: datetime | None = None
    result: Mapping[str, Any] | None = None


class EventStore(Protocol):
    async def accept(
        self,
        *,
        intake_id: UUID,
        intake_version: int,
        events: Sequence[NewVendorEvent],
        at: datetime,
        ours: Mapping[str, Any],
    ) -> InboxReceipt:
        """One statement: what is new by its key, and by what it is about in which version, with the jobs that follow.

        What tells of a write of ours is done, with the result `ours`.
        """
        ...

    async def has_news(self, connection_id: UUID, *, about: str, since: datetime) -> bool:
        """Whether the vendor told something of this thing since then that was not a write of ours."""
        ...

    async def own_writes_told(self, connection_id: UUID, *, since: datetime) -> int:
        """How many events since then told of our own writes, and changed nothing."""
        ...

    async def own_writes(self, items: Sequence[UUID], *, connection_id: UUID) -> OwnWrites:
        """Which of these tell of a version that a delivery over this connection has written."""
        ...

    async def claim_unread(
        self, intake_id: UUID, *, at: datetime, lease_until: datetime, limit: int
    ) -> Sequence[InboxRow]:
        """The oldest that are due, for one worker; the attempt is counted."""
        ...

    async def keep_fetched(
        self,
        found: Sequence[FetchedEvent],
        *,
        leased_until: datetime,
        at: datetime,
        same: Mapping[str, Any],
        ours: Mapping[str, Any],
    ) -> int:
        """What was read, with the jobs that work it off; how many there are.

        One whose version another item has is done, with the result `same`; one that named none, and shows
        what a delivery over this connection wrote, with the result `ours`. What another worker has by now is left alone.
        """
        ...

    async def put_off(
        self, inbox_id: UUID, *, leased_until: datetime, error: CodedMessage, retry_at: datetime | None
    ) -> bool:
        """It is read again at `retry_at`; None makes it a dead letter. False when another worker has it by now."""
        ...

    async def prolong(self, items: Sequence[UUID], *, leased_until: datetime, until: datetime) -> bool:
        """Keep what was claimed for longer; False when another worker has some of it by now."""
        ...

    async def disown(self, connection_id: UUID, *, error: CodedMessage) -> Sequence[tuple[UUID, str]]:
        """What is unread of a connection becomes dead letters, also what is being fetched; the id and the intake of each."""
        ...

    async def resume(self, connection_id: UUID, *, at: datetime) -> None:
        """The connection works again: what is unread is due now, and so is the feed of each of its intakes."""
        ...

    async def to_fetch(self, *, at: datetime, limit: int) -> Sequence[UUID]:
        """The intakes of which something is to be fetched now."""
        ...
