"""Events: one appointment written as iCalendar, and read back from a copy that others may have edited."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icalendar import Calendar, Event, vCalAddress, vText
from icalendar.cal.component import Component

from pointsman_sdk import BookingRequest, Contact, Rejected, Slot

_UID_SUFFIX = "@pointsman"
_SEQUENCE = "X-POINTSMAN-SEQUENCE"
# RFC 5545 allows no control characters but line breaks and tabs.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FOLD = re.compile(r"\r?\n[ \t]")
#: OSError: a time zone's name may be too long for the name of a file.
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, OSError)


def uid_of(key: str) -> str:
    """The event's UID: unique in the world, and telling whose it is."""
    return key + _UID_SUFFIX


def key_of(uid: str) -> str | None:
    """The key of one of our events; None for events that are not ours."""
    return uid.removesuffix(_UID_SUFFIX) if uid.endswith(_UID_SUFFIX) else None


def may_be_ours(text: str) -> bool:
    """Whether one of our UIDs can be in a calendar object, without reading it; lines may be folded anywhere."""
    return _UID_SUFFIX in _FOLD.sub("", text)


def _plain(text: str) -> str:
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def written(request: BookingRequest, *, now: datetime) -> bytes:
    """The request as a new calendar object; times in UTC, so that no zone definition can be misread."""
    event = Event()
    event.add("UID", uid_of(request.key))
    event.add("SUMMARY", _line(request.title))
    event.add("DESCRIPTION", _plain(request.description))
    event.add("TRANSP", "OPAQUE")
    if request.organizer and request.contact:
        # An ATTENDEE without an ORGANIZER is allowed in a store, but no server would invite.
        event.add("ORGANIZER", vCalAddress(f"mailto:{request.organizer}"))
    if request.contact:
        event.add("ATTENDEE", _guest(request.contact))
    _place(event, request, sequence=request.sequence, now=now)
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Pointsman//CalDAV connector//EN")
    calendar.add_component(event)
    return _bytes(calendar)


def _guest(contact: Contact) -> vCalAddress:
    guest = vCalAddress(f"mailto:{contact.email}")
    guest.params["CN"] = vText(_line(contact.name))
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    guest.params["PARTSTAT"] = vText("NEEDS-ACTION")
    guest.params["RSVP"] = vText("TRUE")
    return guest


def _bytes(calendar: Calendar) -> bytes:
    content: bytes = calendar.to_ical()
    return content


def _place(event: Event, request: BookingRequest, *, sequence: int, now: datetime) -> None:
    """Write what is the host's to say: when it is, and whether it stands."""
    for name in ("DTSTART", "DTEND", "DURATION", "STATUS", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", _SEQUENCE):
        event.pop(name, None)
    utc = request.slot.utc()
    event.add("DTSTART", utc.start)
    event.add("DTEND", utc.end)
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("LAST-MODIFIED", now.astimezone(UTC))
    event.add("SEQUENCE", sequence)
    event.add("STATUS", "TENTATIVE" if request.tentative else "CONFIRMED")
    event.add(_SEQUENCE, str(request.sequence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as the server has it. `generation` is the host's own sequence, untouched by other editors."""

    calendar: Calendar
    event: Event
    uid: str
    slot: Slot
    title: str
    sequence: int
    generation: int | None
    cancelled: bool
    tentative: bool

    def agrees_with(self, request: BookingRequest) -> bool:
        """Whether there is nothing left to change."""
        stands = not self.cancelled and self.tentative == request.tentative
        return stands and self.slot == request.slot and self.generation in (None, request.sequence)

    def moved(self, request: BookingRequest, *, now: datetime) -> bytes:
        """The same event at the request's slot, with everything kept that its owner added."""
        sequence = max(self.sequence + 1, request.sequence)
        _place(self.event, request, sequence=sequence, now=now)
        try:
            return _bytes(self.calendar)
        except _BROKEN:
            return written(request, now=now)


def calendars(text: str | bytes) -> list[Calendar]:
    """Every calendar object in an answer; Rejected when there is none, or one cannot be read."""
    try:
        found = Calendar.from_ical(text, multiple=True)
    except _BROKEN:
        found = []
    if not found or any(calendar.name != "VCALENDAR" for calendar in found):
        raise Rejected("the server answered something that is not iCalendar")
    return found


def stored(text: str | bytes, *, zone: tzinfo) -> Stored:
    """The event in a calendar object, overridden instances of a recurrence left aside."""
    calendar = calendars(text)[0]
    masters = [event for event in calendar.walk("VEVENT") if "RECURRENCE-ID" not in event]
    if not masters or not isinstance(masters[0], Event):
        raise Rejected("the server's calendar object holds no event")
    event = masters[0]
    try:
        generation, status = str(event.get(_SEQUENCE, "")), str(event.get("STATUS", "")).upper()
        return Stored(
            calendar=calendar,
            event=event,
            uid=str(event.get("UID", "")),
            slot=time_of(event, zone=zone),
            title=str(event.get("SUMMARY", "")),
            sequence=int(event.get("SEQUENCE", 0)),
            generation=int(generation) if generation.isascii() and generation.isdigit() else None,
            cancelled=status == "CANCELLED",
            tentative=status == "TENTATIVE",
        )
    except _BROKEN:
        raise Rejected("the server's event cannot be read") from None


def time_of(event: Component, *, zone: tzinfo) -> Slot:
    """When an event is; all-day and floating times are taken in `zone`. Rejected when it cannot be told."""
    try:
        start = event.decoded("DTSTART")
        end = event.decoded("DTEND") if "DTEND" in event else start + _length(event, start)
        first, last = _moment(start, zone), _moment(end, zone)
        # An event without length still marks a moment at which its owner should not be booked.
        return Slot(first, max(last.astimezone(UTC), first.astimezone(UTC) + timedelta(minutes=1)))
    except _BROKEN:
        raise Rejected("the server's event has no readable time") from None


def _length(event: Component, start: date) -> timedelta:
    if "DURATION" in event:
        length = event.decoded("DURATION")
        if not isinstance(length, timedelta):  # the library hands back what it could not read
            raise TypeError("a duration that cannot be read")
        return length
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _moment(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if value.tzinfo else value.replace(tzinfo=zone)
