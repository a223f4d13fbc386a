"""Events: one appointment written as iCalendar, and what is read back of a copy that others may have edited."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vText

from pointsman_caldav.dav import stamp
from pointsman_caldav.reading import SEQUENCE, moment, rewritten
from pointsman_caldav.uids import uid_of
from pointsman_sdk import BookingRequest, Contact, Slot

# RFC 5545 allows no control characters but line breaks and tabs.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Pointsman//CalDAV connector//EN")
    calendar.add_component(event)
    return rewritten(calendar.to_ical(), values=placed(request, sequence=request.sequence, now=now)).encode()


def _guest(contact: Contact) -> vCalAddress:
    guest = vCalAddress(f"mailto:{contact.email}")
    guest.params["CN"] = vText(_line(contact.name))
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    guest.params["PARTSTAT"] = vText("NEEDS-ACTION")
    guest.params["RSVP"] = vText("TRUE")
    return guest


def placed(request: BookingRequest, *, sequence: int, now: datetime) -> list[tuple[str, str]]:
    """What is the host's to say, property by property: when the event is, and whether it stands."""
    utc = request.slot.utc()
    return [
        ("DTSTART", stamp(utc.start)),
        ("DTEND", stamp(utc.end)),
        ("DTSTAMP", stamp(now)),
        ("LAST-MODIFIED", stamp(now)),
        ("SEQUENCE", str(sequence)),
        ("STATUS", "TENTATIVE" if request.tentative else "CONFIRMED"),
        (SEQUENCE, str(request.sequence)),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as the server has it. `generation` is the host's own sequence, untouched by other editors."""

    key: str | None
    slot: Slot
    title: str
    sequence: int
    generation: int | None
    cancelled: bool
    tentative: bool

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> "Stored":
        """What a reader made of it."""
        return cls(
            key=read["key"],
            slot=Slot(moment(read["start"]), moment(read["end"])),
            title=read["title"],
            sequence=read["sequence"],
            generation=read["generation"],
            cancelled=read["cancelled"],
            tentative=read["tentative"],
        )

    def agrees_with(self, request: BookingRequest) -> bool:
        """Whether there is nothing left to change."""
        stands = not self.cancelled and self.tentative == request.tentative
        return stands and self.slot == request.slot and self.generation in (None, request.sequence)
