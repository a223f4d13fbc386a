"""Events: one appointment written as iCalendar, and what is read back of a copy that others may have edited."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event, vText

from pointsman_caldav.dav import stamp
from pointsman_caldav.objects import rewritten
from pointsman_caldav.reading import SEQUENCE, TEXT_MARK, moment, text_mark
from pointsman_caldav.uids import uid_of
from pointsman_sdk import Appointment, Slot, Standing

# RFC 5545 allows no control characters but line breaks and tabs.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _plain(text: str) -> str:
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _line(text: str) -> str:
    return " ".join(_plain(text).split())


def written(thing: Appointment, *, now: datetime) -> bytes:
    """The appointment as a new calendar object; times in UTC, so that no zone definition can be misread.

    Guests are not written into it: a server that schedules (RFC 6638) would mail them what the closer alone may read.
    """
    event = Event()
    event.add("UID", uid_of(thing.key))
    event.add("TRANSP", "OPAQUE")
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Pointsman//CalDAV connector//EN")
    calendar.add_component(event)
    values = [*placed(thing, sequence=thing.sequence, now=now), *worded(thing)]
    return rewritten(calendar.to_ical(), values=values).encode()


def placed(thing: Appointment, *, sequence: int, now: datetime) -> list[tuple[str, str]]:
    """What is the host's to say, property by property: when the event is, and whether it stands."""
    utc = thing.slot.utc()
    link = [("URL", _line(thing.meeting))] if thing.meeting else []
    return [
        ("DTSTART", stamp(utc.start)),
        ("DTEND", stamp(utc.end)),
        ("DTSTAMP", stamp(now)),
        ("LAST-MODIFIED", stamp(now)),
        ("SEQUENCE", str(sequence)),
        ("STATUS", "TENTATIVE" if thing.standing is Standing.TENTATIVE else "CONFIRMED"),
        (SEQUENCE, str(thing.sequence)),
        *link,
    ]


def worded(thing: Appointment) -> list[tuple[str, str]]:
    """Title and texts, with the mark by which an edit of their owner's is seen; both texts are for the owner's eyes."""
    title, description = _texts(thing)
    return [
        ("SUMMARY", vText(title).to_ical().decode()),
        ("DESCRIPTION", vText(description).to_ical().decode()),
        (TEXT_MARK, text_mark(title, description)),
    ]


def _texts(thing: Appointment) -> tuple[str, str]:
    return _line(thing.title), _plain("\n\n".join(text for text in (thing.shared, thing.private) if text)).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as the server has it. `generation` is the host's own sequence, untouched by other editors.

    `broken` is a series that its owner made of it, of which nothing stands where it begins.
    """

    key: str | None
    slot: Slot
    title: str
    sequence: int
    generation: int | None
    cancelled: bool
    tentative: bool
    certain: bool
    text: str
    wrote: str
    url: str
    repeats: bool
    broken: bool

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
            certain=read["certain"],
            text=read["text"],
            wrote=read["wrote"],
            url=read["url"],
            repeats=read["repeats"],
            broken=read["broken"],
        )

    def agrees_with(self, thing: Appointment) -> bool:
        """Whether there is nothing left to change."""
        stands = (
            not (self.cancelled or self.broken)
            and self.certain
            and self.tentative == (thing.standing is Standing.TENTATIVE)
        )
        worded = self.is_reworded or self.text == text_mark(*_texts(thing))
        linked = thing.meeting is None or self.url == _line(thing.meeting)
        return stands and worded and linked and self.slot == thing.slot and self.generation in (None, thing.sequence)

    @property
    def is_reworded(self) -> bool:
        """Whether its owner changed title or text, which then stay."""
        return self.text != self.wrote
