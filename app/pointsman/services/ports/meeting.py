"""Repositories of gates, calendars, appointments and deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.availability import Interval
from pointsman.domain.qualification import Evidence
from pointsman.services.ports.calendars import ConnectionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
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

    def open_at(self, now: datetime) -> bool:
        return self.expires_at is not None and self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWork:
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
    decision_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    check: CheckRow | None
    by_override: bool


class Gates(Protocol):
    """Evidence, gate checks, and the work that a lead is in."""

    async def evidence(self, lead_id: UUID) -> Sequence[Evidence]: ...

    async def add_evidence(self, lead_id: UUID, items: Sequence[Evidence], *, at: datetime) -> None:
        """Every item has an id."""
        ...

    async def add_check(self, check: CheckRow) -> None: ...

    async def revoke(self, lead_id: UUID, work: str, *, at: datetime) -> None:
        """End every pass that the lead has for `work`: newer evidence says otherwise."""
        ...

    async def held(self, lead_id: UUID, *, at: datetime) -> HeldWork | None: ...

    async def last_setter(self, lead_id: UUID, work: str) -> UUID | None:
        """The setter of the lead's latest passed check."""
        ...

    async def retire(self, lead_id: UUID, *, at: datetime, reason: str) -> None:
        """End the active assignment and release the open hold, if there are any."""
        ...

    async def supplier_sees(self, lead_id: UUID, supplier: str) -> bool:
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

    def ref(self) -> ConnectionRef:
        return ConnectionRef(id=self.id, connector=self.connector, config=self.config, sealed=self.sealed)


class Connections(Protocol):
    async def add(self, row: ConnectionRow) -> None: ...

    async def change(self, row: ConnectionRow) -> None: ...

    async def get(self, key: str, *, lock: bool = False) -> ConnectionRow | None: ...

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
        """By creation and id, newest first."""
        ...

    async def set_fault(self, connection_id: UUID, fault: str | None) -> bool:
        """Whether that changed anything."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One calendar of one rep; every bound calendar is read, appointments are written to the one that `writes`."""

    id: UUID
    rep_id: UUID
    rep_key: str
    connection: ConnectionRow
    calendar: str
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRead:
    """The last reading of one bound calendar; with `error` its owner is unbookable, whatever `busy` says."""

    binding_id: UUID
    window: Interval
    busy: tuple[Interval, ...]
    read_at: datetime
    error: str | None


class Calendars(Protocol):
    async def bindings(self, rep_keys: Sequence[str] | None) -> Sequence[tuple[Binding, CalendarRead | None]]:
        """The calendars of these reps (None: of all active reps) with their last readings."""
        ...

    async def store(self, reads: Sequence[CalendarRead]) -> None:
        """Keep each reading unless a later one is there already."""
        ...

    async def forget(self, connection_id: UUID) -> None:
        """Drop the readings made through a connection, so that the next reader reads afresh."""
        ...

    async def bind(self, rep_id: UUID, bindings: Sequence[Binding]) -> None:
        """Make these the rep's calendars, keeping the ids of those that stay."""
        ...

    async def write_target(self, rep_id: UUID) -> Binding | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """An appointment as stored, with the keys of its reps."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    rep_key: str
    work: str
    status: str
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


class Appointments(Protocol):
    async def lock_rep(self, rep_id: UUID) -> None:
        """Hold the rep's row: bookings of one rep happen one after another."""
        ...

    async def expire_holds(self, rep_id: UUID, *, at: datetime) -> None: ...

    async def reserved(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[Interval]]:
        """Active reservations that overlap `window`."""
        ...

    async def meetings(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[datetime]]:
        """The starts of confirmed appointments inside `window`."""
        ...

    async def taken(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, Sequence[tuple[Interval, bool]]]:
        """Active reservations that overlap `window`, and whether each is an appointment; nobody is listed for none."""
        ...

    async def add(self, row: AppointmentRow, *, reservation_id: UUID) -> None:
        """The appointment and the time that it owns. Raises `Refused` "reservations_no_overlap"."""
        ...

    async def get(
        self, appointment_id: UUID, *, lock: bool = False, supplier: str | None = None
    ) -> AppointmentRow | None: ...

    async def of_lead(self, lead_id: UUID) -> AppointmentRow | None:
        """The lead's confirmed appointment."""
        ...

    async def cancel(self, appointment_id: UUID, *, at: datetime, by: str, reason: str) -> None: ...

    async def page(
        self,
        *,
        supplier: str | None,
        lead_id: UUID | None,
        rep_key: str | None,
        status: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[AppointmentRow]:
        """By start and id, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One effect owed to one calendar. `key` names the event there, the same for every op on it."""

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


class Deliveries(Protocol):
    async def add(self, row: DeliveryRow) -> None: ...

    async def get(self, delivery_id: UUID) -> DeliveryRow | None: ...

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        """In the order in which they are owed."""
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

    async def overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        """Those due before `before` that nobody holds; they become due at `at`, so that the next sweep leaves them."""
        ...

    async def waiting(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        """Pending ones of a connection, oldest first."""
        ...

    async def page(
        self, *, status: str | None, appointment_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[DeliveryRow]:
        """By creation and id, newest first."""
        ...
