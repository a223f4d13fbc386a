"""The deliveries repository: effects owed to connections."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.calendar_diff import Conflict
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.ports.booking.connections import ConnectionRow


class DeliveryKind(StrEnum):
    """What a delivery is about: an event in a rep's calendar; a lead's record in a CRM, a meeting on it; mail to the buyer.

    TASK, MEMBERSHIP (of a list) and FIELDS (of the record) are what a rule has the CRM do: once for a decision.
    """

    APPOINTMENT = "appointment"
    PERSON = "person"
    ACTIVITY = "activity"
    TASK = "task"
    MEMBERSHIP = "membership"
    FIELDS = "fields"
    NOTICE = "notice"


class Wanted(StrEnum):
    """Whether the thing is to stand, as it is in the database then, or to go."""

    PUT = "put"
    DROP = "drop"


class DeliveryError(StrEnum):
    """Why a delivery was not done at once, or is done once more."""

    REAUTH = "reauth"
    SWITCHED_OFF = "switched-off"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"
    WAITING = "waiting"
    SLOT_TAKEN = "slot-taken"
    GAVE_UP = "gave-up"
    REMOVED_ONCE_MORE = "removed-once-more"
    SENT_ONCE_MORE = "sent-once-more"
    BEHIND = "behind"
    UNKNOWN_OWNER = "unknown-owner"
    MAIL_BOUND = "mail-bound"
    RECORD_FIRST = "record-first"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A state owed to one calendar, CRM or buyer. `key` names the thing for good; `sequence` counts what was owed about it.

    Its age counts from `owed_at`, which is later than `created_at` once it was taken up again. `unsure` counts the attempts
    that may have been carried out though the vendor did not say so, one under way too. `told` is a digest of what a notice
    said, once it is done (`services.deliveries.told`), and of what the last attempt for a lead's record says
    (`services.deliveries.records.told`); `mailed_to` is the address of its last attempt, and `mailed_key` the mailbox. `said`
    is which message that was. `mailed_from` is the address that its first attempt which may have arrived went out from, else
    the last; `mailed_as` is the name of the message where another connection may have delivered it already. A lead's record is
    about no appointment, and about no rep. `action` is what a rule has the CRM do (`deliveries.records.rule_actions`).
    """

    id: UUID
    lead_id: UUID
    appointment_id: UUID | None
    rep_id: UUID | None
    connection_id: UUID
    calendar: str
    kind: DeliveryKind
    wanted: Wanted
    key: str
    sequence: int
    status: str
    attempts: int
    owed_at: datetime
    next_attempt_at: datetime
    error_code: str | None
    last_error: Mapping[str, Any] | None  # `Message.as_json`
    vendor_id: str | None
    vendor_version: str | None
    created_at: datetime
    done_at: datetime | None
    unsure: int = 0
    told: str | None = None
    mailed_to: str | None = field(default=None, repr=False)
    mailed_key: str | None = field(default=None, repr=False)
    mailed_from: str | None = None
    mailed_as: str | None = None
    said: BuyerMessage | None = None
    action: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def message_key(self) -> str:
        """The name of the message that a notice is, for its vendor; of one that was moved the name that it had there."""
        return self.mailed_as or f"{self.key}-{self.sequence}"

    @property
    def of_appointment(self) -> UUID:
        """The appointment that it is about; never asked of a lead's record."""
        assert self.appointment_id is not None, "a lead's record is about no appointment"
        return self.appointment_id

    @property
    def maybe_twice(self) -> bool:
        """Whether a message that went out may have gone out before: the answer to an earlier attempt is missing."""
        return self.kind == DeliveryKind.NOTICE and self.status == "done" and self.unsure > 0

    @property
    def thing(self) -> tuple[UUID, str, DeliveryKind, str]:
        """Connection, calendar, kind and key: what one vendor keeps once."""
        return self.connection_id, self.calendar, self.kind, self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery(DeliveryRow):
    """A delivery with the key of its connection."""

    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries; None asks for all. `connection` is a key. Owed from `since` on, before `until`."""

    connection: str | None = None
    status: str | None = None
    kind: str | None = None
    error_code: str | None = None
    maybe_twice: bool | None = None
    appointment_id: UUID | None = None
    lead_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDeliveries:
    """How many deliveries a connection (its key) left unanswered, since when the oldest is owed, and what went wrong with it."""

    connection: str
    count: int
    since: datetime
    last_error: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEvent:
    """An event that we put into a calendar for an appointment ahead, and how we left it there.

    `is_wanted` False: it was taken out again. `settled_at` is when the last of it was carried out; None while that is
    still owed, or dead: then the calendar cannot be expected to agree. What it overtook, dead or not, says nothing.
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

    async def add_each(self, rows: Sequence[DeliveryRow]) -> None: ...

    async def owe_record(self, lead_id: UUID, *, key: str, first_id: UUID, at: datetime) -> None:
        """Owe the lead's record, which goes by `key`, to every CRM that hears of owners, with its jobs, by one statement.

        Once in a transaction, however often it is asked for in it. The lead's row is locked, or new.
        """
        ...

    async def fields_set_since(self, row: DeliveryRow) -> Collection[str]:
        """The fields of the lead's record that later decisions set over the same connection."""
        ...

    async def placed_events(self, *, after: datetime) -> Sequence[PlacedEvent]:
        """Every event that was put into a calendar for an appointment that begins after `after`."""
        ...

    async def owe_records_of(self, rep_ids: Sequence[UUID], *, first_id: UUID, at: datetime) -> None:
        """The same for every lead that one of the reps has, or whose appointment one of them leads."""
        ...

    async def get(self, delivery_id: UUID) -> DeliveryRow | None: ...

    async def of_appointment(self, appointment_id: UUID) -> Sequence[DeliveryRow]:
        """In the order in which they are owed."""
        ...

    async def of_thing(self, connection_id: UUID, calendar: str, kind: DeliveryKind, key: str) -> Sequence[DeliveryRow]:
        """All that was ever owed about one thing, in order."""
        ...

    async def claim(self, delivery_id: UUID, *, lease: UUID, span: timedelta, at: datetime) -> DeliveryRow | None:
        """Claim a pending delivery that is due, unclaimed and the latest of its thing; counts the attempt, unsure until it ends.

        Those before it end as superseded. None while another call about the thing is under way.

        Leases run on the clock of the database, so that no worker's clock can break them.
        """
        ...

    async def note_told(self, delivery_id: UUID, told: str) -> None:
        """Keep what the attempt says that begins."""
        ...

    async def note_said(self, delivery_id: UUID, said: BuyerMessage) -> None:
        """Keep which message the attempt is that begins."""
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
        told: str | None = None,
        unsure: bool = False,
    ) -> bool:
        """End a claimed delivery. False when the lease was lost meanwhile: then nothing is written.

        `unsure`: nobody knows whether its last attempt was carried out.
        """
        ...

    async def postpone(
        self,
        delivery_id: UUID,
        *,
        lease: UUID,
        until: datetime,
        error: CodedMessage,
        counted: bool = True,
        sequence: int | None = None,
        unsure: bool = False,
        said: BuyerMessage | None = None,
        mailed_from: str | None = None,
    ) -> bool:
        """Give a claimed delivery back until then, to be said with `sequence`; `counted` False takes the attempt back too.

        `unsure`: nobody knows whether it was carried out. `said` and `mailed_from` stand again where it is taken back.
        """
        ...

    async def reopen(self, delivery_id: UUID, *, status: str, at: datetime) -> bool:
        """Make a delivery of this status pending, due and young again; not while a worker has its lease."""
        ...

    async def owe_again(self, connection_id: UUID, *, at: datetime) -> int:
        """What stands at the vendor is owed anew, also what is on its way; how much.

        For appointments that begin after `at`, and of leads that a rep has: by what they are known, and not by the ids of before.
        What rules had the CRM do is done, and not owed again.
        """
        ...

    async def connection(self, connection_id: UUID) -> ConnectionRow: ...

    async def claim_overdue(self, *, before: datetime, at: datetime, limit: int) -> Sequence[DeliveryRow]:
        """Deliveries due before `before` that are not claimed. They become due at `at`, so that the next sweep leaves them."""
        ...

    async def late(self, *, before: datetime) -> Sequence[LateDeliveries]:
        """By connection what is owed since before then, and waits because the vendor does not answer."""
        ...

    async def renew(self, connection_id: UUID, *, at: datetime) -> None:
        """Pending ones of a connection are young again, and due: while it was out of use, they could not be tried."""
        ...

    async def pending_of_connection(self, connection_id: UUID, *, limit: int) -> Sequence[DeliveryRow]:
        """Pending ones of a connection, oldest first, without those that are only said once more, in their own time."""
        ...

    async def unlinked(
        self, *, since: datetime, seldom_since: datetime, every: timedelta, at: datetime, limit: int
    ) -> Sequence[DeliveryRow]:
        """The events, put since then, whose vendor makes a meeting for the standing appointment and has not told its link.

        Of those put before, but after `seldom_since`, each that is asked for at `at` where one asks `every` so long: in every
        twentieth round. The newest first.
        """
        ...

    async def listed(self, delivery_id: UUID) -> ListedDelivery | None: ...

    async def page(
        self, which: DeliveryFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ListedDelivery]:
        """By creation and id, newest first."""
        ...
