"""Time zones that a calendar brings along (VTIMEZONE): their yearly rules are worked out for the years asked for alone."""

import calendar
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo

from pointsman_sdk.readers.calendar_times import Zones, iana_zone, known_zone, read_date, read_moment, read_offset
from pointsman_sdk.readers.icalendar import Component
from pointsman_sdk.readers.unreadable import Reason, Unreadable

_FOR_GOOD = 2040  # past all that IANA lists one by one: the rule of today
_MOST_CHANGES = 60  # STANDARD and DAYLIGHT of one zone
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBERS = re.compile(r"-?[0-9]{1,2}(?:,-?[0-9]{1,2}){0,30}")
_KNOWN_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYDAY", "BYMONTHDAY", "WKST"})
_CLOCK = {"BYHOUR": "hour", "BYMINUTE": "minute", "BYSECOND": "second"}  # some programs repeat the time of the start


def zones_of(calendar_: Component, otherwise: Zones = iana_zone) -> Zones:
    """What a zone's name means in this calendar: its own definition, else what `otherwise` makes of the name.

    A definition whose rules cannot be read counts as none. One that ends, of a name that IANA knows, is an extract: many
    programs write only the changes around the event, and mean the zone. Nothing is kept beyond this calendar: the same name
    may mean something else in the next one.
    """
    written = {
        zone.text("TZID").replace('"', "").strip(): zone
        for zone in reversed(calendar_.components)
        if zone.name == "VTIMEZONE"
    }
    known: dict[str, tzinfo | None] = {}

    def look_up(name: str) -> tzinfo | None:
        if name not in known:
            try:
                known[name] = _meant(WrittenZone(written[name]), name) if name in written else otherwise(name)
            except Unreadable:
                known[name] = otherwise(name)
        return known[name]

    return look_up


def _meant(written: "WrittenZone", name: str) -> tzinfo:
    named = None if written.goes_on else known_zone(name)
    return written if named is None or not written.is_extract_of(named) else named


class WrittenZone(tzinfo):
    """A VTIMEZONE. Of a wall clock that comes twice it is the first; one that is left out counts from before the gap.

    With `fold=1` it is the other one each time, as Python's zones have it.
    """

    def __init__(self, zone: Component) -> None:
        parts = [one for one in zone.components if one.name in ("STANDARD", "DAYLIGHT")]
        if not 1 <= len(parts) <= _MOST_CHANGES:
            raise Unreadable(Reason.MALFORMED, "A time zone of the calendar has no changes, or too many.")
        self._changes = [_change(part) for part in parts]
        self._first = min(self._changes, key=lambda change: change.dates[0])

    @property
    def goes_on(self) -> bool:
        """Whether it says of every year to come when clocks change."""
        return any(change.rule is not None and change.rule.last_year == MAXYEAR for change in self._changes)

    def is_extract_of(self, named: tzinfo) -> bool:
        """Whether its last offset is one that `named` has, in the year of the last change or for good.

        A name may also be taken for another clock: what is five hours off is believed as it is written.
        """
        last = max((change.newest, change.after) for change in self._changes)
        years = (min(last[0].year, _FOR_GOOD), _FOR_GOOD)
        return last[1] in {datetime(year, month, 1, tzinfo=named).utcoffset() for year in years for month in (1, 7)}

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """What lies between the wall clock `moment` and UTC."""
        if moment is None:
            return self._first.before
        wall = moment.replace(tzinfo=None)
        found = [(at, change.after) for change in self._changes if (at := change.latest(wall)) is not None]
        return max(found)[1] if found else self._first.before

    def dst(self, _moment: datetime | None) -> None:
        """Not known: a definition says when clocks change, not which time is the common one."""

    def tzname(self, _moment: datetime | None) -> str:
        return "VTIMEZONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Once a year: a day of a month, or a weekday of it."""

    month: int
    weekday: int | None
    which: int  # of the weekdays in the month, from its end where negative; 0: the one among `days`
    days: tuple[int, ...]
    last_year: int
    until: datetime | None

    def day_in(self, year: int) -> int | None:
        length = calendar.monthrange(year, self.month)[1]
        days: Sequence[int] = self.days or range(1, length + 1)
        if self.weekday is None:
            return days[0] if days[0] <= length else None
        first = date(year, self.month, 1).weekday()
        fitting = [day for day in days if day <= length and (first + day - 1) % 7 == self.weekday]
        place = self.which - 1 if self.which > 0 else self.which
        return fitting[place] if -len(fitting) <= place < len(fitting) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """From when on another offset holds: at `dates`, sorted, the first of which begins the rule, and by the rule."""

    before: timedelta
    after: timedelta
    dates: Sequence[datetime]
    rule: _Rule | None
    by_year: dict[int, datetime | None] = field(default_factory=dict)

    @property
    def newest(self) -> datetime:
        """The last one; of a rule that ends, the beginning of its last year."""
        rule_ends = datetime(self.rule.last_year, 1, 1) if self.rule is not None else self.dates[-1]  # noqa: DTZ001  # a wall clock
        return max(self.dates[-1], rule_ends)

    def latest(self, wall: datetime) -> datetime | None:
        """When this change last happened, as the wall clock saw it; None where it did not yet."""
        # Clocks that go forward leave the hour after the change out; those that go back show the one before it again.
        shift = (min if wall.fold else max)(self.after - self.before, timedelta())
        seen = wall - shift if 1 < wall.year < MAXYEAR else wall
        place = bisect_right(self.dates, seen)
        found = [self.dates[place - 1]] if place else []
        if self.rule is not None and place:
            newest = min(seen.year, self.rule.last_year)
            found += [at for year in (newest, newest - 1) if (at := self._in(year)) is not None and at <= seen]
        return max(found, default=None)

    def _in(self, year: int) -> datetime | None:
        if year not in self.by_year:
            self.by_year[year] = self._worked_out(year)
        return self.by_year[year]

    def _worked_out(self, year: int) -> datetime | None:
        start, rule = self.dates[0], self.rule
        if rule is None or not start.year <= year <= MAXYEAR or (day := rule.day_in(year)) is None:
            return None
        at = start.replace(year=year, month=rule.month, day=day)
        return None if at < start or (rule.until is not None and at > rule.until) else at


def _change(part: Component) -> _Change:
    before, after = read_offset(part.text("TZOFFSETFROM")), read_offset(part.text("TZOFFSETTO"))
    start = _wall_clock(part.text("DTSTART"))
    others = [_wall_clock(text) for one in part.all("RDATE") for text in one.value.split(",")]
    rules = part.all("RRULE")
    if len(rules) > 1:
        raise _unclear()
    rule = _rule(rules[0].value, start, before) if rules else None
    # The start comes first, though dates before it are sent: it is what the rule counts from.
    return _Change(
        before=before, after=after, dates=sorted({start, *(one for one in others if one > start)}), rule=rule
    )


def _rule(text: str, start: datetime, before: timedelta) -> _Rule:
    parts = dict(part.partition("=")[::2] for part in text.strip().upper().split(";")[:20] if part)
    said = {name: parts.pop(name) for name in _CLOCK if name in parts}
    if any(list(_numbers(value, 0, 59)) != [getattr(start, _CLOCK[name])] for name, value in said.items()):
        raise _unclear()
    if not parts.keys() <= _KNOWN_PARTS or parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1":
        raise _unclear()
    month = _numbers(parts.get("BYMONTH", str(start.month)), 1, 12)
    days = tuple(sorted(_numbers(parts["BYMONTHDAY"], 1, 31))) if "BYMONTHDAY" in parts else ()
    by_day = _BY_DAY.fullmatch(parts["BYDAY"]) if "BYDAY" in parts else None
    if len(month) != 1 or ("BYDAY" in parts and by_day is None) or (by_day is None and len(days) > 1):
        raise _unclear()
    until = _until(parts["UNTIL"], before) if "UNTIL" in parts else None
    last_year = MAXYEAR if until is None else until.year
    if "COUNT" in parts:
        last_year = min(last_year, start.year + _numbers(parts["COUNT"], 1, 99)[0] - 1)
    return _Rule(
        month=month[0],
        weekday=_DAYS.index(by_day[2]) if by_day else None,
        which=int(by_day[1] or (0 if days else 1)) if by_day else 0,
        days=days or (() if by_day else (start.day,)),
        last_year=last_year,
        until=until,
    )


def _until(text: str, before: timedelta) -> datetime:
    if "T" not in text:
        day = read_date(text)
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC).replace(tzinfo=None)
    try:
        return read_moment(text, UTC).replace(tzinfo=None) + (before if text.endswith("Z") else timedelta())
    except OverflowError:
        raise _unclear() from None


def _numbers(text: str, least: int, most: int) -> Sequence[int]:
    if not _NUMBERS.fullmatch(text):
        raise _unclear()
    found = [int(number) for number in text.split(",")]
    if not all(least <= number <= most for number in found):
        raise _unclear()
    return found


def _wall_clock(text: str) -> datetime:
    return read_moment(text.strip(), UTC).replace(tzinfo=None)


def _unclear() -> Unreadable:
    return Unreadable(Reason.MALFORMED, "The rules of a time zone in the calendar cannot be read.")
