"""Events as they stand in a calendar, each written out to the times at which its owner is busy: single ones and series.

Every fault names its event by UID and start. What cannot be worked out is unreadable, never free: EXRULE, a change of
"this and all that follow" (RANGE), and what `recurrence` and `calendar_times` refuse.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property

from pointsman_sdk.readers.attendance import blocks, stands
from pointsman_sdk.readers.busy_times import SHORTEST, Span, midnight, span_of, times_of
from pointsman_sdk.readers.calendar_times import Zones, read_date, read_length, read_moment, read_period, read_time
from pointsman_sdk.readers.calendar_zones import zones_of
from pointsman_sdk.readers.icalendar import Component, Property
from pointsman_sdk.readers.recurrence.occurrences import Spend, occurrences
from pointsman_sdk.readers.recurrence.rule import Rule, read_rule
from pointsman_sdk.readers.unreadable import Reason, Unreadable

_SLACK = timedelta(days=2)  # no wall clock is further from another
_LONGEST_WAY = timedelta(days=1)
_FIRST = datetime(1, 1, 1)  # noqa: DTZ001  # a wall clock
_FOREVER = 9000  # the year from which on an end is none
_SHOWABLE = re.compile(r"[A-Za-z0-9_@.:{}+/=-]{1,80}")
_START = re.compile(r"[0-9]{8}(?:T[0-9]{6}Z?)?")
#: What stands for one time in a series: an instant, or a day.
_Key = int | date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the times are worked out for. `low` and `high` are wall clocks beyond every zone's."""

    zone: tzinfo
    zones: Zones
    low: datetime
    high: datetime
    spend: Spend


@dataclass(frozen=True, kw_only=True)
class _Series:
    """What has one UID: a series or a single event, and the instances that were changed one by one."""

    events: list[Component] = field(default_factory=list)

    @cached_property
    def changes(self) -> list[Property]:
        return [found for event in self.events for found in event.all("RECURRENCE-ID")]

    @cached_property
    def goes_on_changed(self) -> bool:
        return any("RANGE" in found.parameters for found in self.changes)


def busy_instances(
    calendar: Component, *, within: Sequence[int], zone: tzinfo, otherwise: Zones, spend: Spend, owner: str = ""
) -> Iterator[Span]:
    """The times around `within` at which the events of a calendar object keep its owner busy, in no order.

    The way to an event (X-APPLE-TRAVEL-DURATION) is part of it, as Apple's calendars show it.
    Whole days and floating times are those of `zone`, the owner's. `owner` is an email address: what it declined is free.
    `otherwise` tells zones that the calendar does not define; `spend` hears of each step.
    """
    found = _instances_of(
        calendar, lambda event: blocks(event, owner), within=within, zone=zone, otherwise=otherwise, spend=spend
    )
    for way, start, end in found:
        yield start - way, end


def standing_instances(
    calendar: Component, *, within: Sequence[int], zone: tzinfo, otherwise: Zones, spend: Spend
) -> Iterator[Span]:
    """The same of all events that take place, without the way there, be their owner free meanwhile or not."""
    found = _instances_of(calendar, stands, within=within, zone=zone, otherwise=otherwise, spend=spend)
    return ((start, end) for _, start, end in found)


def _instances_of(
    calendar: Component,
    counts: Callable[[Component], bool],
    *,
    within: Sequence[int],
    zone: tzinfo,
    otherwise: Zones,
    spend: Spend,
) -> Iterator[tuple[int, int, int]]:
    """The way to each, its start and its end."""
    try:
        low, high = (datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in within)
        asked = _Asked(
            zone=zone, zones=zones_of(calendar, otherwise), low=low - _SLACK, high=high + _SLACK, spend=spend
        )
    except (OverflowError, ValueError, OSError):
        raise Unreadable(Reason.MALFORMED, "The time asked about cannot be read.") from None
    for series in _by_uid(calendar.walk("VEVENT")):
        changed: set[_Key] | None = None
        for event in series.events:
            if not counts(event):
                continue
            try:
                if not _may_reach(event, series, asked):
                    continue
                if changed is None:
                    changed = _keys(series.changes, asked)
                # A changed instance stands for itself, wherever it was before.
                stands_alone = event.get("RECURRENCE-ID") is not None
                gone = _keys(event.all("EXDATE"), asked)
                way = _way_there(event)
                for start, end in _instances(event, gone if stands_alone else _Either(gone, changed), asked):
                    yield way, start, end
            except OverflowError:
                fault = Unreadable(Reason.MALFORMED, "A time of the calendar lies in another age.")
                raise _named(event, fault) from None
            except Unreadable as fault:
                raise _named(event, fault) from None


class _Either:
    """Two sets as one, without a copy of either."""

    def __init__(self, *sets: set[_Key]) -> None:
        self._sets = sets

    def __contains__(self, key: object) -> bool:
        return any(key in one for one in self._sets)


def _by_uid(events: Iterable[Component]) -> list[_Series]:
    found: dict[str, _Series] = {}
    for number, event in enumerate(events):
        found.setdefault(event.text("UID") or f"\n{number}", _Series()).events.append(event)
    return list(found.values())


def _may_reach(event: Component, series: _Series, asked: _Asked) -> bool:
    """Whether an event can reach into the time asked for, whatever its zones are: what cannot is asked no more."""
    if series.goes_on_changed:
        raise Unreadable(Reason.MALFORMED, "A series was changed from one instance on, which cannot be worked out.")
    if event.all("RDATE"):
        return True
    start, end = times_of(event, zone=UTC, zones=lambda _: UTC)
    first, last = (midnight(value, UTC).astimezone(UTC).replace(tzinfo=None) for value in (start, end))
    if first > asked.high:
        return False
    ends = [_last_day(read_rule(one.value)) for one in event.all("RRULE")]
    if any(until is None for until in ends):
        return True
    latest = max([first, *(until for until in ends if until is not None)])
    return asked.low - latest <= _SLACK + max(last - first, timedelta())


def _last_day(rule: Rule) -> datetime | None:
    if not rule.until:
        return None
    return midnight(read_date(rule.until.partition("T")[0]), UTC).replace(tzinfo=None)


def _way_there(event: Component) -> int:
    found = event.get("X-APPLE-TRAVEL-DURATION")
    return 0 if found is None else int(min(max(read_length(found.value), timedelta()), _LONGEST_WAY).total_seconds())


def _instances(event: Component, gone: Container[_Key], asked: _Asked) -> Iterator[Span]:
    if event.all("EXRULE"):
        said = "A series leaves out times by a rule (EXRULE), which is not worked out: make it anew and leave out single dates."
        raise Unreadable(Reason.MALFORMED, said)
    span = span_of(event, zone=asked.zone, zones=asked.zones)
    first, last = times_of(event, zone=asked.zone, zones=asked.zones)
    start, end = midnight(first, asked.zone), midnight(last, asked.zone)
    shape = _Shape.of(event, start, end, span, whole=not isinstance(first, datetime))
    if shape.key(start) not in gone:
        yield span
    for found in event.all("RRULE"):
        yield from _by_rule(read_rule(found.value), start, shape, gone, asked)
    for found in event.all("RDATE"):
        yield from _by_dates(found, shape, gone, asked)


def _by_rule(rule: Rule, start: datetime, shape: "_Shape", gone: Container[_Key], asked: _Asked) -> Iterator[Span]:
    home = start.tzinfo or asked.zone
    reach = shape.longest + _SLACK
    low = asked.low - reach if asked.low - _FIRST > reach else _FIRST
    last = _last(rule, home, whole=shape.whole)
    for wall in occurrences(rule, start.replace(tzinfo=None), low=low, high=asked.high, spend=asked.spend):
        # What recurs by the hour comes twice in the hour that the clocks show twice.
        for fold in (0, 1) if rule.within_days else (0,):
            at = wall.replace(tzinfo=home, fold=fold)
            asked.spend(1)
            if shape.key(at) not in gone and (last is None or shape.moment(at) <= last):
                yield shape.span(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How long each instance of a series is: so many seconds, or so much of the wall clock, whichever ends later."""

    whole: bool
    seconds: int
    wall: timedelta

    @classmethod
    def of(cls, event: Component, start: datetime, end: datetime, span: Span, *, whole: bool) -> "_Shape":
        """A whole day has 23 hours in one night of the year and 25 in another: it is measured by the wall clock alone.

        What ends at a time is measured both ways, since programs differ in what they keep over a change of the clocks.
        """
        seconds, wall = span[1] - span[0], end.replace(tzinfo=None) - start.replace(tzinfo=None)
        if whole:
            seconds = SHORTEST
        elif (length := event.get("DURATION")) is not None and event.get("DTEND") is None:
            wall = read_length(length.value)
            seconds = max(int(wall.total_seconds()), SHORTEST)
            if length.value.strip().lstrip("+-").upper().startswith("PT"):
                wall = timedelta()
        elif end.tzinfo is not start.tzinfo:
            wall = timedelta()
        return cls(whole=whole, seconds=seconds, wall=wall)

    @property
    def longest(self) -> timedelta:
        return max(self.wall, timedelta(seconds=self.seconds))

    def key(self, start: datetime) -> _Key:
        return start.date() if self.whole else int(start.timestamp())

    def moment(self, start: datetime) -> int:
        """What is compared with the end of the series: days as wall clocks, all else as instants."""
        return start.toordinal() if self.whole else int(start.timestamp())

    def span(self, start: datetime) -> Span:
        begin = int(start.timestamp())
        return begin, max(begin + self.seconds, int((start.replace(fold=0) + self.wall).timestamp()))


def _by_dates(found: Property, shape: _Shape, gone: Container[_Key], asked: _Asked) -> Iterator[Span]:
    """The times of an RDATE: moments, days or periods."""
    for one in _values(found):
        first, is_period, _ = one.value.partition("/")
        value = read_time(one._replace(value=first), zones=asked.zones, default=asked.zone)
        start = midnight(value, asked.zone)
        if is_period:
            begin, end = (int(edge.timestamp()) for edge in read_period(one.value, start.tzinfo or asked.zone))
            if begin not in gone:
                yield begin, max(end, begin + SHORTEST)
            continue
        if shape.whole is isinstance(value, datetime):
            raise Unreadable(Reason.MALFORMED, "A series of days has a time, or a series of times has a day.")
        if shape.key(start) not in gone:
            yield shape.span(start)


def _keys(properties: Iterable[Property], asked: _Asked) -> set[_Key]:
    """What EXDATEs and RECURRENCE-IDs take out: instants, and days, as which also midnights are written."""
    found: set[_Key] = set()
    for one in (value for each in properties for value in _values(each)):
        value = read_time(one, zones=asked.zones, default=asked.zone)
        if not isinstance(value, datetime):
            found.add(value)
            continue
        found.add(int(value.timestamp()))
        for wall in (value, value.astimezone(asked.zone)):
            if wall.time() == _FIRST.time():
                found.add(wall.date())
    return found


def _values(found: Property) -> list[Property]:
    return [found._replace(value=text.strip()) for text in found.value.split(",") if text.strip()]


def _last(rule: Rule, home: tzinfo, *, whole: bool) -> int | None:
    """The last one that UNTIL lets stand, as `_Shape.moment` counts.

    A day lasts to its end; where an instant may stand for one of two days, the later one counts.
    """
    if not rule.until:
        return None
    text, _, clock = rule.until.partition("T")
    day = read_date(text)
    if day.year >= _FOREVER:
        return None
    if whole:
        there = read_moment(rule.until, home).astimezone(home).date() if clock else day
        return max(day, there).toordinal()
    if clock:
        return int(read_moment(rule.until, home).replace(fold=1).timestamp())
    return int((midnight(day, home) + timedelta(days=1)).timestamp()) - 1


def _named(event: Component, fault: Unreadable) -> Unreadable:
    """The fault with the event's UID and start, by which its owner finds it; its title stays private."""
    uid, start = event.text("UID"), event.text("DTSTART")
    shown = uid if _SHOWABLE.fullmatch(uid) else "with an odd UID"
    when = f" of {start}" if _START.fullmatch(start) else ""
    return Unreadable(fault.reason, f"{str(fault).rstrip('.')} (event {shown}{when}).")
