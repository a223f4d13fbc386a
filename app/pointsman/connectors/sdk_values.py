"""The values of the connector SDK, from and to those of the services' port: events, times, errors."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.connectors.pace.masks import CURRENT
from pointsman.domain.messages.message import Message
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, VendorEvent
from pointsman.services.ports.vendors.calendars import BusyCalendar, BusyTime, VendorCalendar, VendorCalendarPage
from pointsman.services.ports.vendors.errors import (
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
)
from pointsman_sdk import (
    AmbiguousOutcome,
    Appointment,
    BusyTimes,
    CalendarInfo,
    ConnectorError,
    Contact,
    Invites,
    Page,
    ReauthRequired,
    RemoteRecord,
    Retryable,
    Slot,
    SlotTaken,
    Standing,
    Unreadable,
    check_key,
)
from pointsman_sdk.http import LONGEST_WAIT

T = TypeVar("T")
Busyness = BusyCalendar | VendorError
LONGEST_ID = 4_000  # characters of what a vendor calls a thing, a version, or the place where it goes on
_LONGEST_TEXT = 300
_LONGEST_LINK = 2_000
_LINK = re.compile(r"https://[!-~]+")
_LAST_SEQUENCE = 2**31 - 2  # what the database counts to, and one more above it


def vendor_error(error: ConnectorError) -> VendorError:
    """What the connector's error means to the use cases."""
    text = str(error)[:_LONGEST_TEXT]
    match error:
        case AmbiguousOutcome():
            return VendorUnansweredError(text, retry_after=bounded_wait(error.retry_after))
        case Retryable():
            return VendorRetryableError(text, retry_after=bounded_wait(error.retry_after))
        case ReauthRequired():
            return VendorReauthError(text)
        case SlotTaken():
            return VendorSlotTakenError(text)
        case _:
            return VendorRejectedError(text)


def refusal_message(error: ConnectorError) -> Message:
    """What the connector says was refused, without a secret."""
    masks = CURRENT.get()
    text = str(error)[:_LONGEST_TEXT]
    return failure_message(VendorRejectedError(text if masks is None else masks.hide(text)))


def bounded_wait(wait: object) -> timedelta | None:
    """As long as a vendor may have us wait; None for what is no time. A connector reads it from an answer."""
    return min(max(wait, timedelta()), LONGEST_WAIT) if isinstance(wait, timedelta) else None


def kept_text(value: Any, longest: int = LONGEST_ID) -> str:
    """A text of the vendor's that the database can keep as it is. Raises ValueError, TypeError for any other."""
    if len(value) > longest or "\0" in value or not _is_unicode(value):
        raise ValueError("a text that is kept is short, and can be written down")
    return str(value)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def kept_subject(name: object) -> str | None:
    """The name of a mailbox or a user, as calls are counted by it; None for what is none."""
    try:
        return kept_text(name, _LONGEST_TEXT) or None
    except (TypeError, ValueError):
        return None


def kept_instant(value: datetime | None) -> datetime | None:
    """In UTC. Raises ValueError for a time without a zone, and for one before or after all that UTC can say."""
    if value is not None and value.utcoffset() is None:
        raise ValueError("a time says its zone")
    try:
        return None if value is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies in the years 1 to 9999") from None


def check_contract(make: Callable[[], T]) -> T:
    """What `make` returns. A value that the contract refuses is a VendorRejectedError before anything is sent."""
    try:
        return make()
    except ValueError as error:
        raise VendorRejectedError(str(error)) from error


def appointment(event: CalendarEvent) -> Appointment:
    contacts = (contact(guest.email, guest.name) for guest in event.guests)
    return Appointment(
        key=event.key,
        sequence=event.sequence,
        place=event.calendar,
        slot=Slot(event.start, event.end),
        title=event.title.text,
        shared=event.shared.text,
        private=event.private.text,
        guests=tuple(known for known in contacts if known is not None),
        meeting=event.meeting,
        invites=Invites.VENDOR if event.invites else Invites.HOST,
        standing=Standing.TENTATIVE if event.tentative else Standing.CONFIRMED,
    )


def contact(email: str, name: str) -> Contact | None:
    """A lead without an address that can be invited, such as one known by phone alone, is met all the same."""
    try:
        return Contact(email=outgoing_address(email), name=name)
    except ValueError:
        return None


def kept_sequence(value: object) -> int | None:
    """None for what cannot be a sequence of ours."""
    return value if type(value) is int and 0 <= value < _LAST_SEQUENCE else None


def vendor_event(record: RemoteRecord) -> VendorEvent:
    if record.slot is None:
        raise ValueError("an event has a time")
    start, end = utc_interval(record.slot)
    return VendorEvent(
        key=record.key,
        vendor_id=kept_text(record.id),
        version=kept_text(record.version),
        sequence=kept_sequence(record.sequence),
        start=start,
        end=end,
        cancelled=record.standing is Standing.CANCELLED,
        certain=record.certain,
        repeats=record.repeats is True,
        join_url=_kept_link(record.join_url),
    )


def _kept_link(given: object) -> str | None:
    """None for what a buyer should not be led to."""
    return given if isinstance(given, str) and len(given) <= _LONGEST_LINK and _LINK.fullmatch(given) else None


def busy_calendar(found: BusyTimes) -> BusyCalendar:
    times = (
        BusyTime(start=start, end=end, key=_own_key(one.key))
        for one in found.times
        for start, end in [utc_interval(one.slot)]
    )
    return BusyCalendar(times=tuple(sorted(times, key=lambda one: (one.start, one.end))), keyed=found.keyed)


def _own_key(key: str | None) -> str | None:
    """None of what is no key of ours: then a stranger's event stands there."""
    try:
        return None if key is None else check_key(key)
    except (ValueError, TypeError):
        return None


def calendar_page(found: Page[CalendarInfo]) -> VendorCalendarPage:
    """As much of the names as fits a list."""
    listed = [
        VendorCalendar(
            id=one.id,
            name=one.name[:_LONGEST_TEXT],
            owner_email=one.owner_email[:_LONGEST_TEXT] if one.owner_email else None,
            zone=one.zone[:_LONGEST_TEXT] if one.zone else None,
            writable=one.writable,
        )
        for one in found.items
    ]
    return VendorCalendarPage(calendars=listed, cursor=found.cursor)


def utc_interval(slot: Slot) -> tuple[datetime, datetime]:
    return slot.start.astimezone(UTC), slot.end.astimezone(UTC)


def busyness(found: object) -> Busyness:
    """Where a calendar is busy, or that it cannot be read: what the answer leaves out is not free."""
    if isinstance(found, BusyTimes):
        return busy_calendar(found)
    if not isinstance(found, Unreadable):
        return VendorRetryableError("the calendar cannot be read: the answer leaves it out")
    masks = CURRENT.get()
    reason = str(found.reason) if masks is None else masks.hide(str(found.reason))
    if found.lasting:
        return VendorRejectedError(reason)
    return VendorRetryableError(reason, retry_after=bounded_wait(found.retry_after))
