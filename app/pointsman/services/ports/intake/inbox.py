"""The inbox repository: events accepted and not yet worked off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pointsman.domain.messages.coded import CodedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxReceipt:
    """What the database did with a request: `is_intake_current` False means that the intake changed meanwhile, nothing stored."""

    is_intake_current: bool
    inbox_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be stored; one with an `error` is refused: kept, and not worked off. `result` says more of the refusal."""

    id: UUID
    dedupe_key: str
    body: bytes
    error: CodedMessage | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One accepted event."""

    id: UUID
    intake_id: UUID | None  # None for what a partner said through the API, and is refused: `intake_key` is its sender
    intake_key: str
    intake_kind: str
    intake_version: int
    dedupe_key: str
    batch_id: UUID | None
    body: bytes
    status: str
    attempts: int
    error_code: str | None
    error: Mapping[str, Any] | None  # `Message.as_json`
    lead_id: UUID | None
    result: Mapping[str, Any] | None
    received_at: datetime
    done_at: datetime | None
    next_attempt_at: datetime | None
    tried_since: datetime | None = None  # the first attempt since it came in or was replayed
    unended_attempts: int = 0  # in a row: their worker died, or was cut off from the database
    about: str | None = None  # of a connector's event: what it is about, in the connector's words
    version: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """Which items; None asks for all. `intake_key` is an intake's, or a partner's `partner:<supplier>`.

    `error` is a code. They came in from `since` on and before `until`.
    """

    status: str | None = None
    intake_key: str | None = None
    lead_id: UUID | None = None
    dedupe_key: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxHead:
    """One accepted event without what was sent, of which `size` counts the bytes."""

    id: UUID
    intake_key: str
    dedupe_key: str
    batch_id: UUID | None
    size: int
    status: str
    attempts: int
    error_code: str | None
    error: Mapping[str, Any] | None  # `Message.as_json`
    lead_id: UUID | None
    result: Mapping[str, Any] | None
    received_at: datetime
    done_at: datetime | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFilter:
    """Which items are taken up again: dead ones, refused ones of intakes, or ("received") those that wait for their next attempt.

    They came in from `since` on and before `until`; None asks for all.
    """

    status: Literal["dead", "refused", "received"]
    intake_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Inbox(Protocol):
    async def accept(
        self,
        *,
        inbox_id: UUID,
        intake_id: UUID,
        intake_version: int,
        dedupe_key: str,
        body: bytes,
        at: datetime,
        error: CodedMessage | None = None,
        result: Mapping[str, Any] | None = None,
    ) -> InboxReceipt:
        """One statement: the item, unless it is a duplicate, and its job. With an `error` it is refused: kept, without a job."""
        ...

    async def accept_batch(
        self,
        *,
        batch_id: UUID,
        intake_id: UUID,
        intake_version: int,
        raw: bytes,
        events: Sequence[NewEvent],
        at: datetime,
        even_closed: bool = False,
    ) -> InboxReceipt:
        """One statement: the raw request, every event that is new, and the jobs of those that are not refused.

        `at` is when the request came in; `even_closed` is for one that came in before its intake was closed.
        """
        ...

    async def claim(self, inbox_id: UUID, *, at: datetime, lease_until: datetime) -> InboxRow | None:
        """Count an attempt before it runs; None when the item is done, dead, unknown or leased to another worker."""
        ...

    async def lock(self, inbox_id: UUID) -> InboxRow | None:
        """The item, if it still waits and no other transaction works on it (SKIP LOCKED)."""
        ...

    async def finish(
        self, inbox_id: UUID, *, at: datetime, lead_id: UUID | None, result: Mapping[str, Any]
    ) -> None: ...

    async def fail(
        self, inbox_id: UUID, *, leased_until: datetime, error: CodedMessage, retry_at: datetime | None
    ) -> bool:
        """Record the failure of the attempt that this lease was for; `retry_at` None makes the item a dead letter.

        False, and nothing is recorded, when the item is done by now, or another attempt at it has begun.
        """
        ...

    async def give_back(self, inbox_id: UUID, *, leased_until: datetime, retry_at: datetime) -> None:
        """Take back an attempt that this lease was for, as if it had not been made."""
        ...

    async def count_replayable(self, which: ReplayFilter, *, at: datetime) -> int: ...

    async def replay(self, which: ReplayFilter, *, at: datetime, sweep_at: datetime, limit: int) -> Sequence[UUID]:
        """Up to `limit` of them, in order of arrival, as if they had just come in: with jobs, their alerts resolved.

        One whose job is lost is swept up at `sweep_at`.
        """
        ...

    async def reopen(self, inbox_id: UUID) -> InboxRow | None:
        """A dead item, or a refused one of an intake, back to 'received' with its attempts at 0; None for any other."""
        ...

    async def settle_refused(self, *, at: datetime) -> None:
        """Resolve the alerts of the intakes that have no refused items any more. One that is stored just now counts."""
        ...

    async def claim_overdue(
        self, *, at: datetime, untouched_since: datetime, lease_until: datetime, limit: int
    ) -> Sequence[UUID]:
        """Claim the items whose next attempt is due, or that no job ever touched."""
        ...

    async def refuse(
        self,
        *,
        inbox_id: UUID,
        sender: str,
        dedupe_key: str,
        body: bytes,
        error: CodedMessage,
        result: Mapping[str, Any],
        at: datetime,
    ) -> None:
        """Keep what came through the API and changed nothing, for an admin to look at; the same again is kept once."""
        ...

    async def lock_refused(self, inbox_id: UUID) -> InboxRow | None:
        """The item, if it was refused and no admin has applied it."""
        ...

    async def get(self, inbox_id: UUID) -> InboxRow | None: ...

    async def page(self, which: InboxFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[InboxHead]:
        """Newest first."""
        ...
