"""The calendar capability: when someone is busy, and appointments that exist once however often they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pointsman_sdk.keys import check_key
from pointsman_sdk.people import Contact, check_email
from pointsman_sdk.slots import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """One appointment as it should stand in one calendar.

    `sequence` counts the host's own changes to the appointment, from 0. A request with a lower
    sequence than the vendor already has is late: it changes nothing. `tentative` asks that the
    event be shown as not yet confirmed; it blocks its time all the same. `invitation` is an
    iTIP body (RFC 5546) with which a connector may invite the contact; one that does not is fine.
    """

    key: str
    calendar: str
    slot: Slot
    title: str
    description: str
    contact: Contact | None  # None: there is nobody to invite; the appointment stands all the same
    organizer: str | None = None  # the email address the invitation comes from
    sequence: int = 0
    tentative: bool = False
    invitation: bytes | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_key(self.key)
        if self.organizer is not None:
            check_email(self.organizer)
        if self.sequence < 0:
            raise ValueError("a sequence starts at 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An appointment as the vendor has it; `version` changes whenever the vendor's copy does.

    `cancelled`: the event is still there, and its owner marked it as called off.
    """

    key: str
    calendar: str
    slot: Slot
    vendor_id: str
    version: str
    title: str = field(default="", compare=False)
    tentative: bool = False
    cancelled: bool = False


@runtime_checkable
class Calendar(Protocol):
    """Calendars of one connection, each named by the vendor's own address for it."""

    async def busy(
        self, calendar: str, window: Slot, *, zone: str | None = None, owner: str | None = None
    ) -> Sequence[Slot]:
        """When its owner cannot be booked within `window`. What cannot be read raises; it is never free.

        Whole days and floating times are those of `zone`, the IANA name of the owner's zone. What `owner`, the owner's
        email address, declined is free. A vendor that knows both itself may take neither.
        """
        ...

    async def book(self, request: BookingRequest) -> Booking:
        """Create the appointment, or return the one that has this key already. Raises SlotTaken."""
        ...

    async def find(self, calendar: str, key: str) -> Booking | None:
        """The appointment with this key, or None when the calendar has none."""
        ...

    async def move(self, request: BookingRequest) -> Booking:
        """Bring the appointment to the request's slot and standing (`tentative` or not).

        A second call is fine, and an event that vanished or was called off is made again.
        """
        ...

    async def cancel(self, calendar: str, key: str) -> None:
        """Remove the appointment; twice is fine, unknown is fine."""
        ...

    async def booked(self, calendar: str, window: Slot) -> Sequence[Booking]:
        """The host's own appointments that stand and overlap `window`, by start: to read back and to reconcile."""
        ...
