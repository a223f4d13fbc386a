"""The repository of reminders that are missing: of appointments ahead that the rules in force remind of, and no act has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

#: A pool, as `AppointmentRow.invitation_pool` names it, and how long before an appointment of it a reminder goes out.
AskedReminder = tuple[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreminded:
    """A confirmed appointment ahead, and the spans of the reminders that are missing and not due yet.

    `last_connection_id` is where the last mail about it went, which is on or off; None where none was ever owed.
    """

    appointment_id: UUID
    lead_id: UUID
    rep_id: UUID
    pool: str
    email: str = field(repr=False)
    starts_at: datetime
    ends_at: datetime
    spans: Sequence[timedelta]
    last_connection_id: UUID | None
    is_on: bool


class Reminders(Protocol):
    async def missing(
        self, asked: Sequence[AskedReminder], *, at: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        """(start, id) of the confirmed appointments after `at` whose buyer is told and is owed not all of these.

        Those that would be due by `at` are left out. In order, after the one given.
        """
        ...

    async def lock(self, appointment_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Lock these with their leads; which they were. Those on which an act is under way are left out, and not waited for."""
        ...

    async def unreminded(
        self, appointment_ids: Sequence[UUID], asked: Sequence[AskedReminder], *, at: datetime
    ) -> Sequence[Unreminded]:
        """Those of them for which `missing` holds now."""
        ...
