"""Repositories of gates, calendars, appointments and deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import AppointmentState, AppointmentStatus, MeetingOutcome
from pointsman.domain.leads.evidence import Evidence
from pointsman.services.ports.calendars import ConnectionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheckRow:
    """One try of a gate; `expires_at` is set exactly when it passed."""

    id: UUID
    lead_id: UUID
    work: str
    passed: bool
    policy_version: int
    setter_rep_id: UUID | None
    result: Mapping[str, Any]
    checked_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None

    def is_open_at(self, now: datetime) -> bool:
        return self.expires_at is not None and self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentAssignment:
    """A lead's active assignment: who does what, by which decision, and what allows it now.

    `check` is the gate check that it rests on; `by_override` says that its override is in force.
    """

    assignment_id: UUID
    rep_id: UUID
    rep_key: str
    rep_name: str
    supplier: str
    work: str
    pool: str | None
    category: str | None  # of the rule that gave the lead away
    decision_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    gate_check: GateCheckRow | None
    has_override: bool


class Gates(Protocol):
    """Evidence, gate checks, and the work that a lead is in."""

    async def evidence(self, lead_id: UUID) -> Sequence[Evidence]: ...

    async def evidence_used_up_at(self, lead_id: UUID) -> datetime | None:
        """When an appointment of this lead last ended its pass for good: what was observed before opens no gate again."""
        ...

    async def add_evidence(self, lead_id: UUID, items: Sequence[Evidence], *, at: datetime) -> None:
        """Every item has an id."""
        ...

    async def add_check(self, check: GateCheckRow) -> None: ...

    async def revoke_passes(self, lead_id: UUID, work: str, *, at: datetime) -> None:
        """End every pass that the lead has for `work`: newer evidence says otherwise."""
        ...

    async def current_assignment(self, lead_id: UUID, *, at: datetime) -> CurrentAssignment | None: ...

    async def last_setter(self, lead_id: UUID, work: str) -> UUID | None:
        """The setter of the lead's latest passed check."""
        ...

    async def end_assignment_and_hold(self, lead_id: UUID, *, at: datetime, reason: str) -> None:
        """End the active assignment and release the open hold, if there are any."""
        ...

    async def is_lead_visible(self, lead_id: UUID, supplier: str) -> bool:
        """Whether a rep of this supplier holds or held the lead."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A configured connector; `fault` says why it is out of use."""

    id: UUID
    key: str
    connector: str
    config: Mapping[str, Any]
    sealed: bytes
    active: bool
    fault: str | None
    created_at: datetime
    fresh_for_s: int | None = None  # how old a reading may be to show slots; None is the service's own measure
    keeps_owners: bool = False  # a CRM that is told who owns a lead, and of its meetings

    def ref(self) -> ConnectionRef:
        return ConnectionRef(id=self.id, connector=self.connector, config=self.config, sealed=self.sealed)


class Connections(Protocol):
    async def add(self, row: ConnectionRow) -> None: ...

    async def change(self, row: ConnectionRow) -> None: ...

    async def get(self, key: str, *, lock: bool = False) -> ConnectionRow | None: ...

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
        """By creation and id, newest first."""
        ...

    async def owner_keeping_crms(self) -> Sequence[ConnectionRow]:
        """The CRMs that hear who owns a lead, by key, also those that are out of use."""
        ...

    async def set_fault(self, connection_id: UUID, fault: str | None) -> bool:
        """Whether that changed anything."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarBinding:
    """One calendar of one rep; every bound calendar is read, appointments are written to the one that `writes`."""

    id: UUID
    rep_id: UUID
    rep_key: str
    connection: ConnectionRow
    calendar: str
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReading:
    """The last reading of one bound calendar; with `error` its owner is unbookable, whatever `busy` says."""

    binding_id: UUID
    window: Interval
    busy: tuple[Interval, ...]
    read_at: datetime
    error: str | None


class Calendars(Protocol):
    async def bindings(
        self, rep_keys: Sequence[str] | None
    ) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        """The calendars of these reps (None: of all active reps) with their last readings."""
        ...

    async def store_readings(self, reads: Sequence[CalendarReading]) -> None:
        """Keep each reading unless a later one is there already."""
        ...

    async def drop_readings(self, connection_id: UUID) -> None:
        """Drop the readings made through a connection, so that the next reader reads afresh."""
        ...

    async def bind(self, rep_id: UUID, bindings: Sequence[CalendarBinding]) -> None:
        """Make these the rep's calendars, keeping the ids of those that stay."""
        ...

    async def write_target(self, rep_id: UUID) -> CalendarBinding | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Who takes part beside the rep who leads the appointment: sent by which pool, and why just this one."""

    rep_id: UUID
    rep_key: str
    work: str
    pool: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """An appointment as stored, with the keys of its reps. `status` is a domain.appointments.Status."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    rep_key: str
    work: str
    category: str | None
    status: str
    confirm_by: datetime | None
    accepted_at: datetime | None
    reject_code: str | None
    outcome: str | None
    outcome_at: datetime | None
    conflict: str | None
    starts_at: datetime
    ends_at: datetime
    title: str
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
    cancel_reason: str | None
    companions: tuple[Companion, ...] = ()

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
    """One line of an appointment's life. `detail` holds before and after, and no personal data."""

    id: UUID
    appointment_id: UUID
    at: datetime
    act: str
    by: str
    actor: str
    reason: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyReservation:
    """Time of a rep that is given away: to an appointment, or, until it expires, to a slot hold."""

    rep_id: UUID
    interval: Interval
    lead_id: UUID
    appointment_id: UUID | None
    slot_hold_id: UUID | None
    category: str | None  # of the appointment


class Appointments(Protocol):
    async def lock_reps(self, rep_ids: Sequence[UUID]) -> None:
        """Hold these reps' rows, in the order of their ids: bookings of one rep happen one after another."""
        ...

    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        """What overlaps `window` of these reps' time, by start; holds that have run out are not there."""
        ...

    async def add(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        """The appointment, its companions, and the time of everybody who takes part: one id for each of them.

        Raises `Refused` "reservations_no_overlap".
        """
        ...

    async def save(self, row: AppointmentRow) -> None:
        """Write all that may change (not the companions, and no reservation)."""
        ...

    async def release_time(self, appointment_id: UUID) -> None:
        """Give up all the time that it owns."""
        ...

    async def reserve_time(self, row: AppointmentRow, *, reservation_ids: Sequence[UUID]) -> None:
        """Own the row's time for everybody who takes part, having given up the old. Raises `Refused` as `add`."""
        ...

    async def set_companions(self, appointment_id: UUID, companions: Sequence[Companion]) -> None:
        """Make these the companions; their time is another matter."""
        ...

    async def add_event(self, event: AppointmentEvent) -> None: ...

    async def history(self, appointment_id: UUID) -> Sequence[AppointmentEvent]:
        """Oldest first."""
        ...

    async def count_by_rep(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, int]:
        """How many standing or held appointments each takes part in that begin inside `window`; 0 is listed, too."""
        ...

    async def has_other_attended(self, assignment_id: UUID, *, besides: UUID) -> bool:
        """Whether another appointment that rests on this assignment took place."""
        ...

    async def active_of_rep(self, rep_id: UUID, *, after: datetime) -> Sequence[AppointmentRow]:
        """The standing appointments that the rep leads and that end after `after`, by start."""
        ...

    async def unconfirmed(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        """Requested ones whose `confirm_by` is not after `before`."""
        ...

    async def without_result(self, *, ended_by: datetime, code: str, limit: int) -> Sequence[AppointmentRow]:
        """Standing ones that ended by then, the oldest first, but those with an open alert `code` about them."""
        ...

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, supplier: str | None = None
    ) -> AppointmentRow | None: ...

    async def active_for_lead(self, lead_id: UUID) -> AppointmentRow | None:
        """The lead's standing appointment: requested or confirmed."""
        ...

    async def page(
        self,
        *,
        supplier: str | None,
        lead_id: UUID | None,
        rep_key: str | None,
        status: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
        ended_by: datetime | None = None,
    ) -> Sequence[AppointmentRow]:
        """By start and id, newest first; with `ended_by` only standing ones that ended by then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One effect owed to one calendar or CRM. `key` names there what it is about, the same for every op on it."""

    id: UUID
    appointment_id: UUID
    rep_id: UUID
    connection_id: UUID
    calendar: str
    op: str
    key: str
    sequence: int
    status: str
    attempts: int
    next_attempt_at: datetime
    last_error: str | None
    vendor_id: str | None
    vendor_version: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEvent:
    """An event that we put into a calendar for an appointment ahead, and how we left it there.

    `wanted` False: it was taken out again. `settled_at` is when the last of it was carried out; None while anything is
    still owed, or dead: then the calendar cannot be expected to agree.
    """

    connection_id: UUID
    calendar: str
    key: str
    appointment_id: UUID
    rep_id: UUID
    rep_key: str
    is_leader: bool  # the rep leads the appointment, and is not just a companion
    is_wanted: bool
    settled_at: datetime | None
    sequence: int  # of the appointment
    starts_at: datetime
    ends_at: datetime
    conflict: str | None

    @property
    def interval(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class Deliveries(Protocol):
    async def add(self, row: DeliveryRow) -> None: ...

    async def placed_events(self, *, after: datetime) -> Sequence[PlacedEvent]:
        """Every event that was put into a calendar for an appointment that begins after `after`."""
        ...

    async def get(self, delivery_id: UUID) -> DeliveryRow | None: ...

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        """In the order in which they are owed."""
        ...

    async def owner_ops_of_lead(self, lead_id: UUID, connection_id: UUID) -> Sequence[DeliveryRow]:
        """The `own` ops of all the lead's appointments at one CRM, in order."""
        ...

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        """Take a pending delivery that is due, held by nobody and behind no earlier one; counts the attempt.

        Leases run on the clock of the database, so that no worker's clock can break them.
        """
        ...

    async def settle(
        self,
        delivery_id: UUID,
        *,
        lease: UUID,
        status: str,
        at: datetime,
        error: str | None = None,
        vendor_id: str | None = None,
        vendor_version: str | None = None,
    ) -> bool:
        """End a claimed delivery. False when the lease was lost meanwhile: then nothing is written."""
        ...

    async def postpone(
        self, delivery_id: UUID, *, lease: UUID, until: datetime, error: str, counted: bool = True
    ) -> bool:
        """Give a claimed delivery back until then; `counted` False takes the attempt back too."""
        ...

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        """Make a delivery of this status pending and due, with its attempts kept; not while somebody holds it."""
        ...

    async def connection(self, connection_id: UUID) -> ConnectionRow: ...

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        """Those due before `before` that nobody holds; they become due at `at`, so that the next sweep leaves them."""
        ...

    async def pending_of_connection(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        """Pending ones of a connection, oldest first."""
        ...

    async def page(
        self, *, status: str | None, appointment_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[DeliveryRow]:
        """By creation and id, newest first."""
        ...
