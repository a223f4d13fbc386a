"""The values of the connector SDK, from and to those of the services' port: events, times, errors."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from pointsman.connectors.mail_addresses import outgoing_address
from pointsman.services.ports.vendors.calendars import (
    CalendarEvent,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
)
from pointsman_sdk import (
    AmbiguousOutcome,
    Booking,
    BookingRequest,
    ConnectorError,
    Contact,
    ReauthRequired,
    Retryable,
    Slot,
    SlotTaken,
)

T = TypeVar("T")
_LONGEST_TEXT = 300


def vendor_error(error: ConnectorError) -> VendorError:
    """What the connector's error means to the use cases."""
    text = str(error)[:_LONGEST_TEXT]
    match error:
        case AmbiguousOutcome():
            return VendorUnansweredError(text, retry_after=error.retry_after)
        case Retryable():
            return VendorRetryableError(text, retry_after=error.retry_after)
        case ReauthRequired():
            return VendorReauthError(text)
        case SlotTaken():
            return VendorSlotTakenError(text)
        case _:
            return VendorRejectedError(text)


def check_contract(make: Callable[[], T]) -> T:
    """What `make` returns. A value that the contract refuses is a VendorRejectedError before anything is sent."""
    try:
        return make()
    except ValueError as error:
        raise VendorRejectedError(str(error)) from error


def booking_request(event: CalendarEvent) -> BookingRequest:
    return BookingRequest(
        key=event.key,
        calendar=event.calendar,
        slot=Slot(event.start, event.end),
        title=event.title,
        description=event.description,
        contact=_contact(event),
        organizer=outgoing_address(event.organizer_email) if event.organizer_email else None,
        sequence=event.sequence,
        tentative=event.tentative,
        invitation=event.invitation,
    )


def _contact(event: CalendarEvent) -> Contact | None:
    """A lead without an address that can be invited, such as one known by phone alone, is met all the same."""
    try:
        return Contact(email=outgoing_address(event.attendee_email), name=event.attendee_name)
    except ValueError:
        return None


def vendor_event(booking: Booking) -> VendorEvent:
    start, end = utc_interval(booking.slot)
    return VendorEvent(
        key=booking.key,
        vendor_id=booking.vendor_id,
        version=booking.version,
        start=start,
        end=end,
        cancelled=booking.cancelled,
    )


def utc_interval(slot: Slot) -> tuple[datetime, datetime]:
    return slot.start.astimezone(UTC), slot.end.astimezone(UTC)
