"""The deliveries repository: effects owed to connections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.calendar_diff import Conflict
from pointsman.domain.messages.coded import CodedMessage
from pointsman.services.ports.booking.connections import ConnectionRow


class DeliveryError(StrEnum):
    """Why a delivery was not done at once, or is done once more."""

    REAUTH = "reauth"
    SWITCHED_OFF = "switched-off"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    GAVE_UP = "gave-up"
    REMOVED_ONCE_MORE = "removed-once-more"
    SENT_ONCE_MORE = "sent-once-more"


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
    error_code: str | None
    last_error: Mapping[str, Any] | None  # `Message.as_json`
    vendor_id: str | None
    vendor_version: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery(DeliveryRow):
    """A delivery with the key of its connection."""

    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries; None asks for all. `connection` is a key. Owed from `since` on, before `until`."""

    connection: str | None = None
    status: str | None = None
    op: str | None = None
    error_code: str | None = None
    appointment_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEvent:
    """An event that we put into a calendar for an appointment ahead, and how we left it there.

    `is_wanted` False: it was taken out again. `settled_at` is when the last of it was carried out; None while anything is
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
    conflict: Conflict | None  # of the appointment

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
        """The `set_owner` ops of all the lead's appointments at one CRM, in order."""
        ...

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        """Claim a pending delivery that is due, unclaimed and behind no earlier one; counts the attempt.

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
        error: CodedMessage | None = None,
        vendor_id: str | None = None,
        vendor_version: str | None = None,
    ) -> bool:
        """End a claimed delivery. False when the lease was lost meanwhile: then nothing is written."""
        ...

    async def postpone(
        self, delivery_id: UUID, *, lease: UUID, until: datetime, error: CodedMessage, counted: bool = True
    ) -> bool:
        """Give a claimed delivery back until then; `counted` False takes the attempt back too."""
        ...

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        """Make a delivery of this status pending and due, with its attempts kept; not while a worker has its lease."""
        ...

    async def connection(self, connection_id: UUID) -> ConnectionRow: ...

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        """Deliveries due before `before` that are not claimed. They become due at `at`, so that the next sweep leaves them."""
        ...

    async def pending_of_connection(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        """Pending ones of a connection, oldest first."""
        ...

    async def listed(self, delivery_id: UUID) -> ListedDelivery | None: ...

    async def page(
        self, which: DeliveryFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ListedDelivery]:
        """By creation and id, newest first."""
        ...
