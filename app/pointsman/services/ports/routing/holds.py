"""The holds repository: leads that wait, in order of arrival."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import SEES_ALL, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A lead that waits: for what, since when, when the wait breaks its promise, and what would end it."""

    id: UUID
    lead_id: UUID
    decision_id: UUID
    work: str | None
    pool: str | None
    reason: str
    sentence: Mapping[str, Any]  # `Message.as_json`
    held_at: datetime
    due_at: datetime
    released_at: datetime | None
    release: str | None
    next_try_at: datetime | None = None
    releases: Sequence[Mapping[str, Any]] = ()  # `HoldRelease.as_json`, the earliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedHold(HoldRow):
    """A hold in the queue of its pool. Of one `group` are those that wait for the same work, reason and releases."""

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryConstraints:
    """What a waiting lead is tried again for (None: by all rules), and the reps who may not get it back for that work."""

    purpose: str | None
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFilter:
    """Which holds: those that are open, and with `released` all. None asks for all of these.

    A lead's are also those of leads merged into it. Held from `since` on, before `until`; with `due_before` only open ones whose
    promise ends by then. `sees` leaves the leads that the caller sees.
    """

    sees: Visibility = SEES_ALL
    released: bool = False
    lead_id: UUID | None = None
    work: str | None = None
    pool: str | None = None
    pools: Sequence[str] | None = None
    reason: str | None = None
    due_before: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCount:
    """How many leads wait in one pool for one reason."""

    reason: str
    work: str | None
    pool: str | None
    waiting: int
    overdue: int
    oldest: datetime
    next_try_at: datetime | None


class Holds(Protocol):
    async def get(self, hold_id: UUID) -> HoldRow | None: ...
    async def open_for(self, lead_id: UUID) -> HoldRow | None: ...

    async def page(self, which: HoldFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[HoldRow]:
        """In order of arrival."""
        ...

    async def counts(self, *, at: datetime) -> Sequence[HoldCount]:
        """All open holds counted, those that wait longest first."""
        ...

    async def lock_drain(self) -> None:
        """Wait until no other transaction tries a waiting lead, and keep others from it until this one ends."""
        ...

    async def lock_if_lead_free(self, hold_id: UUID) -> HoldRow | None:
        """The hold, if it is open and no other transaction works on its lead; the lead's row is locked then."""
        ...

    async def set_releases(
        self, lead_id: UUID, releases: Sequence[Mapping[str, Any]], *, next_try_at: datetime | None
    ) -> None:
        """Write down what would release the lead's open hold."""
        ...

    async def make_due(self, pools: Sequence[str], *, at: datetime) -> None:
        """Have the leads that wait in these pools tried again at once: the first of each pool falls due."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest moment at which an open hold is to be tried again."""
        ...

    async def due_pools(self, *, at: datetime) -> Sequence[str]:
        """The pools of the open holds that are to be tried again by `at`, the longest due first."""
        ...

    async def queue(
        self,
        pool: str,
        *,
        at: datetime,
        skipped_groups: Collection[str] = (),
        only_due: bool = False,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[QueuedHold]:
        """The open holds of a pool in order of arrival, but those of `skipped_groups` that are not due by `at`."""
        ...

    async def retry_constraints(self, hold_ids: Sequence[UUID]) -> Mapping[UUID, RetryConstraints]:
        """Of each hold: for what its lead was to be routed, and its past holders if it waits to be reassigned."""
        ...

    async def clear_past_try(self, hold_id: UUID, *, at: datetime) -> None:
        """Forget a moment that is past by `at`: it did not help."""
        ...

    async def is_waiting_since_reassignment(self, lead_id: UUID) -> bool:
        """Whether the lead has had no rep since it was taken from one to be reassigned."""
        ...

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[HoldRow]:
        """Open holds past their due time without an open alert."""
        ...
