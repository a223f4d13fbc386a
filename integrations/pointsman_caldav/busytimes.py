"""Busy times out of a server's answers: from VFREEBUSY, or from the events themselves."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from icalendar import vPeriod
from icalendar.cal.component import Component
from icalendar.parser import Contentlines

from pointsman_caldav.dav import Found
from pointsman_caldav.events import calendars, time_of
from pointsman_sdk import Rejected, Slot

MOST = 20_000
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError)


def from_free_busy(body: bytes, window: Slot) -> list[Slot]:
    """The periods of a VFREEBUSY answer that are not free, as far as they reach into the window."""
    if not any(calendar.walk("VFREEBUSY") for calendar in calendars(body)):
        raise Rejected("the server's answer holds no free-busy times")
    try:
        # By content line: servers write several periods into one property, and name types in every way.
        lines = [line.parts() for line in Contentlines.from_ical(body) if line]  # type: ignore[no-untyped-call]  # by icalendar
        periods = [
            _period(text)
            for name, params, value in lines
            if name.upper() == "FREEBUSY" and str(params.get("FBTYPE", "BUSY")).upper() != "FREE"
            for text in value.split(",")
        ]
    except _BROKEN:
        raise Rejected("the server's free-busy times cannot be read") from None
    return _bounded(slot for slot in periods if slot.overlaps(window))


def _period(text: str) -> Slot:
    start, end = vPeriod.from_ical(text.strip())  # type: ignore[no-untyped-call]  # by icalendar
    assert isinstance(start, datetime)
    start = start if start.tzinfo else start.replace(tzinfo=UTC)  # the format demands UTC
    if isinstance(end, timedelta):
        return Slot(start, start.astimezone(UTC) + end)
    assert isinstance(end, datetime)
    return Slot(start, end if end.tzinfo else end.replace(tzinfo=UTC))


def from_events(found: Iterable[Found], window: Slot, *, zone: tzinfo) -> list[Slot]:
    """The times of all events that block. Rejected when a recurring one was not written out."""
    events = [event for one in found for calendar in calendars(one.data) for event in calendar.walk("VEVENT")]
    blocking = [event for event in events if _blocks(event)]
    if any("RRULE" in event or "RDATE" in event for event in blocking):
        raise Rejected("the server does not write out recurring events: their times cannot be known")
    slots = (time_of(event, zone=zone) for event in blocking)
    return _bounded(slot for slot in slots if slot.overlaps(window))


def _blocks(event: Component) -> bool:
    transparent = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    cancelled = str(event.get("STATUS", "CONFIRMED")).upper() == "CANCELLED"
    return not transparent and not cancelled


def _bounded(slots: Iterable[Slot]) -> list[Slot]:
    kept = sorted(set(slots), key=lambda slot: slot.utc().start)
    if len(kept) > MOST:
        raise Rejected("the calendar has more events than can be read at once")
    return kept
