"""The repository of slot holds: a slot kept for a lead for a few minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotHoldRow:
    """A slot hold; `release_reason` is booked, cancelled, expired or replaced once it is over. Its buffers are those of the
    policy by which it was made."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    rep_key: str
    starts_at: datetime
    ends_at: datetime
    made_by: str
    created_at: datetime
    expires_at: datetime
    buffer_before: timedelta
    buffer_after: timedelta
    released_at: datetime | None = None
    release_reason: str | None = None
    kept_reps: Sequence[UUID] = ()  # whose time it keeps: of who leads and of who comes along

    @property
    def interval(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReservation:
    """The rep whose time a slot hold keeps, for which work, and with which buffers."""

    reservation_id: UUID
    rep_id: UUID
    work: str
    buffer_before: timedelta
    buffer_after: timedelta


class SlotHolds(Protocol):
    async def add(self, row: SlotHoldRow, kept: Sequence[HoldReservation]) -> None:
        """The hold and the time that it keeps.

        Raises `ConstraintRefused` "reservations_no_overlap", "reservations_gap", "slot_holds_one_per_lead".
        """
        ...

    async def get(self, hold_id: UUID, *, lock: bool = False) -> SlotHoldRow | None: ...

    async def open_for_lead(self, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:
        """The lead's hold that is not released; it may have run out."""
        ...

    async def count_made_since(self, lead_id: UUID, since: datetime) -> int:
        """How many holds were made for the lead since then."""
        ...

    async def release(self, hold_id: UUID, *, at: datetime, reason: str) -> None:
        """End it and free its time; one that is over already stays as it is."""
        ...

    async def expire(self, *, at: datetime, rep_ids: Sequence[UUID] | None = None, limit: int = 500) -> int:
        """Release those that have run out (None: of all reps); how many. Rows that another transaction locks are left out."""
        ...
