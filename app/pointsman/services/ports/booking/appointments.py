"""The appointments repository: appointments, their history, and the time that they take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval, Reservation
from pointsman.domain.booking.lifecycle import AppointmentState, AppointmentStatus, MeetingOutcome
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.domain.policy.invitations import Inviter


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A rep who takes part beside the one who leads the appointment: sent by which pool, and why this one was chosen."""

    rep_id: UUID
    rep_key: str
    work: str
    pool: str
    reason: Mapping[str, Any]  # `Message.as_json`


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """An appointment as stored, with the keys of its reps. `status` is a domain.appointments.Status."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    rep_key: str
    work: str
    pool: str | None  # that gave the lead to the rep; None where a human did
    category: str | None
    status: str
    confirm_by: datetime | None
    accepted_at: datetime | None
    reject_code: str | None
    outcome: str | None
    outcome_at: datetime | None
    conflict: Mapping[str, Any] | None  # by rep, what their calendar says otherwise (`Message.as_json`)
    starts_at: datetime
    ends_at: datetime
    buffer_before: timedelta  # what its reservations keep free; nothing once it owns no time
    buffer_after: timedelta
    company: str | None  # of the lead when it was booked: what it is called after
    assignment_id: UUID
    gate_check_id: UUID | None
    override_id: UUID | None
    gate_snapshot: Mapping[str, Any]
    setter_rep_id: UUID | None
    setter_key: str | None
    booked_by: str
    sequence: int
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: Mapping[str, Any] | None  # `Message.as_json`
    companions: tuple[Companion, ...] = ()
    invited_by: str = Inviter.NOBODY.value  # which way the buyer is invited: as it was when it was booked
    invitation_pool: str | None = None  # in whose words the buyer is written to: the last pool that gave the lead away
    join_url: str | None = None  # where it takes place
    vendor_meeting: bool = False  # the vendor of the leader's calendar makes the meeting: its link comes later

    @property
    def interval(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    @property
    def state(self) -> AppointmentState:
        """What decides what may be done with it."""
        return AppointmentState(
            status=AppointmentStatus(self.status),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            accepted=self.accepted_at is not None,
            outcome=MeetingOutcome(self.outcome) if self.outcome else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEvent:
    """One line of an appointment's life. `rep_id` leads it since then; `detail` holds before and after, and no personal data."""

    id: UUID
    appointment_id: UUID
    rep_id: UUID
    at: datetime
    act: str
    by: str
    actor: str
    reason: Mapping[str, Any] | None  # `Message.as_json`
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyReservation:
    """Time of a rep that is given away: to an appointment, or, until it expires, to a slot hold."""

    rep_id: UUID
    interval: Interval
    buffer_before: timedelta
    buffer_after: timedelta
    lead_id: UUID
    appointment_id: UUID | None
    slot_hold_id: UUID | None
    category: str | None  # of the appointment

    @property
    def reservation(self) -> Reservation:
        return Reservation(self.interval, self.buffer_before, self.buffer_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFilter:
    """Which appointments; None asks for all. A lead's are also those of leads merged into it; reps are keys.

    Those of `rep` are the ones that this rep leads, and with `as_companion` those that they take part in. That start from
    `start` on, before `end`; booked from `since` on, before `until`; with `ended_by` only standing ones that ended by then.
    `sees` leaves what the caller sees.
    """

    sees: Visibility = SEES_ALL
    lead_id: UUID | None = None
    rep: str | None = None
    as_companion: bool = True
    setter: str | None = None
    pool: str | None = None
    status: str | None = None
    ended_by: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


class Appointments(Protocol):
    async def lock_reps(self, rep_ids: Sequence[UUID]) -> None:
        """Hold these reps' rows, in the order of their ids: bookings of one rep happen one after another."""
        ...

    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        """What overlaps `window` of these reps' time, by start; holds that have run out are not there."""
        ...

    async def add(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        """The appointment, its companions, and the time of every participant: one id for each of them.

        Raises `ConstraintRefused` "reservations_no_overlap", and "reservations_gap" where the buffers ask for more distance.
        """
        ...

    async def save(self, row: AppointmentRow) -> None:
        """Write all that may change (not the companions, and no reservation)."""
        ...

    async def release_time(self, appointment_id: UUID) -> None:
        """Give up all the time that it owns."""
        ...

    async def reserve_time(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        """Reserve the row's time for every participant, and give up the old time. Raises `ConstraintRefused` as `add`."""
        ...

    async def set_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        """Make these the companions; their time is another matter."""
        ...

    async def nth_latest_act(self, lead_id: UUID, *, actor: str, n: int) -> datetime | None:
        """When the nth-latest of this actor's acts on the lead's appointments was done (1 is the latest), if there is one."""
        ...

    async def add_event(self, event: AppointmentEvent) -> None: ...

    async def history(self, appointment_id: UUID) -> Sequence[AppointmentEvent]:
        """Oldest first."""
        ...

    async def count_by_rep(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, int]:
        """How many standing or attended appointments each takes part in that begin inside `window`; 0 is listed, too."""
        ...

    async def has_other_attended(self, assignment_id: UUID, *, besides: UUID) -> bool:
        """Whether another appointment that rests on this assignment took place."""
        ...

    async def unconfirmed(
        self, *, before: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[tuple[datetime, UUID]]:
        """(`confirm_by`, id) of requested ones whose `confirm_by` is not after `before`, in order."""
        ...

    async def without_result(self, *, ended_by: datetime, code: str, limit: int) -> Sequence[AppointmentRow]:
        """Standing ones that ended by then, the oldest first, but those with an open alert `code` about them."""
        ...

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, sees: Visibility = SEES_ALL
    ) -> AppointmentRow | None: ...

    async def active_for_lead(self, lead_id: UUID) -> AppointmentRow | None:
        """The lead's standing appointment: requested or confirmed."""
        ...

    async def leads_with_standing(self, lead_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Those of the leads that have a standing appointment."""
        ...

    async def page(
        self, which: AppointmentFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[AppointmentRow]:
        """By start and id, newest first."""
        ...
