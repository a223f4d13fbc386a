"""How a case of the calendar corpus is written: events as lines of iCalendar, and when they keep their owner busy.

The year is 2031, and the window from 3 March to 14 April: clocks change in Los Angeles on 9 March, in Berlin on 30 March and
in Sydney on 6 April. Busy times are written as `Berlin 0401,0408 0900-1000`: a zone, days, and the wall clock there, where
`+1` says that it is the next day's; `owner` is the owner's zone, and days alone are whole days, `0401-0403` three of them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WITHIN = [int(datetime(2031, 3, 3, tzinfo=UTC).timestamp()), int(datetime(2031, 4, 14, tzinfo=UTC).timestamp())]
OWNERS = ("Europe/Berlin", "America/Los_Angeles", "Australia/Sydney")
OWNER = "anna.berg@example.com"
_ZONES = {
    "Berlin": "Europe/Berlin",
    "LA": "America/Los_Angeles",
    "NY": "America/New_York",
    "Sydney": "Australia/Sydney",
    "Kolkata": "Asia/Kolkata",
    "UTC": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One calendar object. `unreadable` is what its fault says; empty where it is read."""

    name: str
    text: str
    busy: str
    unreadable: str

    def spans(self, owner: str) -> list[tuple[int, int]]:
        """When the owner is busy, in seconds, joined where times touch."""
        found = sorted(span for part in self.busy.split(";") if part.strip() for span in _spans(part, owner))
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(end, joined[-1][1])
            else:
                joined.append((start, end))
        return [(start, end) for start, end in joined if start < WITHIN[1] and end > WITHIN[0]]


def case(name: str, events: str, busy: str = "", *, unreadable: str = "", before: str = "") -> Case:
    """Events are parted by a line of dashes; each has the UID `case` unless it says another. `before` stands before them."""
    blocks = [block.strip("\n").split("\n") for block in events.strip().split("\n---\n")]
    lines = [line for block in blocks for line in _event(block)]
    text = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//x//EN",
            *before.splitlines(),
            *lines,
            "END:VCALENDAR",
            "",
        ]
    )
    return Case(name=name, text=text, busy=busy, unreadable=unreadable)


def _event(lines: list[str]) -> list[str]:
    if lines[0].upper().startswith("BEGIN:"):
        return lines
    named = [] if any(line.upper().startswith("UID") for line in lines) else ["UID:case"]
    return ["BEGIN:VEVENT", *named, "DTSTAMP:20310101T000000Z", *lines, "END:VEVENT"]


def _spans(part: str, owner: str) -> list[tuple[int, int]]:
    where, days, *clock = part.split()
    zone = ZoneInfo(owner if where == "owner" else _ZONES[where])
    if not clock:
        first, _, last = days.partition("-")
        if last:
            return [(_at(first, "0000", zone), _at(last, "0000+1", zone))]
        return [(_at(day, "0000", zone), _at(day, "0000+1", zone)) for day in days.split(",")]
    start, end = clock[0].split("-")
    return [(_at(day, start, zone), _at(day, end, zone)) for day in days.split(",")]


def _at(day: str, clock: str, zone: ZoneInfo) -> int:
    text, _, later = clock.partition("+")
    found = date(2031, int(day[:2]), int(day[2:])) + timedelta(days=int(later or 0))
    moment = datetime(
        found.year, found.month, found.day, int(text[:2]), int(text[2:4]), int(text[4:] or 0), tzinfo=zone
    )
    return int(moment.timestamp())


def zone_text(name: str, *changes: tuple[str, str, str, str, str]) -> str:
    """A VTIMEZONE of kind, start, offset before, offset after and rule."""
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for kind, start, before, after, rule in changes:
        lines += [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
        lines += [rule, f"END:{kind}"] if rule else [f"END:{kind}"]
    return "\n".join([*lines, "END:VTIMEZONE"])


def berlin(name: str) -> str:
    """Berlin's rules under another name."""
    return zone_text(
        name,
        ("STANDARD", "19961027T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        ("DAYLIGHT", "19810329T020000", "+0100", "+0200", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
    )
