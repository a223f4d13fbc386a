"""Recurrence rules (RFC 5545, section 3.3.10), worked out within a window: the work is bounded by the window, not by the rule.

Libraries that expand rules step from one instance to the next: a rule that never matches, such as 30 February, has them
step until the year 9999. Here the periods that reach into the window are filled, and nothing else is looked at.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, product
from math import prod

from pointsman_sdk.readers.unreadable import Reason, Unreadable

#: Told of each step, it ends a reading that takes too many: see `StepCount`.
Spend = Callable[[int], None]

_LONGEST = 2_000  # characters of a rule
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_LARGE = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_SMALL = ("HOURLY", "MINUTELY", "SECONDLY")
#: The least and the most of each list of numbers; where the least is negative, 0 is none of them.
_RANGES = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (-53, 53),
    "BYYEARDAY": (-366, 366),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (-366, 366),
}
_OTHERS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP"})


@dataclass(slots=True)
class StepCount:
    """How many steps the series of one answer have taken."""

    most: int = 400_000
    taken: int = 0

    def __call__(self, steps: int) -> None:
        self.taken += steps
        if self.taken > self.most:
            raise Unreadable(Reason.TOO_LARGE, "The series of the calendar recur more often than can be worked out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One RRULE. `until` is as it was written, empty where there is none. Weekdays count from Monday, 0.

    `by_day` has for each weekday which one of its period it is, from the end where negative, and 0 for all of them.
    """

    frequency: str
    interval: int
    count: int | None
    until: str
    by: Mapping[str, frozenset[int]]
    by_day: frozenset[tuple[int, int]]
    week_start: int

    @property
    def within_days(self) -> bool:
        """Whether it recurs by the hour or more often."""
        return self.frequency in _SMALL


def read_rule(text: str) -> Rule:
    """The rule. Unreadable for one that is not whole, has a part that is not known, or counts in another calendar."""
    if len(text) > _LONGEST:
        raise Unreadable(Reason.TOO_LARGE, f"A rule of the calendar is longer than {_LONGEST} characters.")
    pairs = [part.strip().partition("=")[::2] for part in text.upper().split(";") if part.strip()]
    parts = {name.strip(): value.strip() for name, value in pairs}
    if len(parts) != len(pairs) or not parts.keys() <= _OTHERS | _RANGES.keys():
        raise _unclear()
    if parts.get("FREQ") not in _LARGE + _SMALL or ("COUNT" in parts and "UNTIL" in parts):
        raise _unclear()
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.get("SKIP", "OMIT") != "OMIT":
        raise _unclear()
    if parts.get("WKST", "MO") not in _DAYS or parts.get("UNTIL") == "":
        raise _unclear()
    return Rule(
        frequency=parts["FREQ"],
        interval=_one(parts.get("INTERVAL", "1")),
        count=_one(parts["COUNT"]) if "COUNT" in parts else None,
        until=parts.get("UNTIL", ""),
        by={name: _numbers(parts[name], *_RANGES[name]) for name in _RANGES if name in parts},
        by_day=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else frozenset(),
        week_start=_DAYS.index(parts.get("WKST", "MO")),
    )


def occurrences(rule: Rule, start: datetime, *, low: datetime, high: datetime, spend: Spend) -> Iterator[datetime]:
    """The wall clocks from `low` to `high`, both included, that the rule makes of the first one, `start`, in order.

    All are naive. UNTIL is not looked at: it is an instant, which wall clocks alone do not tell. `start` itself is among
    them only where the rule has it.
    """
    made, high = 0, min(high, datetime(9990, 1, 1))  # noqa: DTZ001  # wall clocks
    first = start if rule.count is not None else max(low, start)
    places = rule.by.get("BYSETPOS")
    for moments in _sets(rule, start, first, high, spend):
        for moment in moments if places is None else _picked(moments, places):
            if moment < start:
                continue
            made += 1
            if moment > high or (rule.count is not None and made > rule.count):
                return
            if moment >= low:
                yield moment


def _picked(moments: Sequence[datetime], places: frozenset[int]) -> list[datetime]:
    count = len(moments)
    indexes = {place - 1 if place > 0 else count + place for place in places}
    return [moments[index] for index in sorted(indexes) if 0 <= index < count]


def _sets(rule: Rule, start: datetime, first: datetime, last: datetime, spend: Spend) -> Iterator[list[datetime]]:
    """What the rule makes of each of its periods from that of `first` to that of `last`."""
    fits = _day_test(rule, start)
    if rule.within_days:
        days = _days(first.toordinal(), last.toordinal() + 1)
        if rule.count is None:  # all of them are needed: what is too much is known before any is made
            spend(len(days) + sum(map(fits, days)) * _sets_in_a_day(rule))
        for day in filter(fits, days):
            if rule.count is not None:
                spend(_sets_in_a_day(rule))
            yield from _sets_of_day(rule, start, day)
        return
    times = _times(rule, start)
    for days in _periods(rule, start, first, last):
        spend(len(days))
        fitting = [day for day in days if fits(day)]
        spend(len(fitting) * len(times))
        yield [datetime.combine(day, at) for day in fitting for at in times]


def _times(rule: Rule, start: datetime) -> list[time]:
    hours = sorted(rule.by.get("BYHOUR", {start.hour}))
    return [time(*parts) for parts in product(hours, _minutes(rule, start), _seconds(rule, start))]


def _minutes(rule: Rule, start: datetime) -> list[int]:
    return sorted(rule.by.get("BYMINUTE", {start.minute}))


def _seconds(rule: Rule, start: datetime) -> list[int]:
    return sorted({min(second, 59) for second in rule.by.get("BYSECOND", {start.second})})


def _periods(rule: Rule, start: datetime, first: datetime, last: datetime) -> Iterator[list[date]]:
    """The days of each period in which the rule has a turn."""
    months = rule.by.get("BYMONTH", frozenset(range(1, 13)))
    if rule.frequency == "YEARLY":
        if not rule.by_day and not rule.by.keys() & {"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"}:
            months = frozenset({start.month})
        for year in _turns(start.year, first.year, last.year, rule.interval):
            yield [day for month in sorted(months) for day in _month(year, month)]
    elif rule.frequency == "MONTHLY":
        for number in _turns(_months(start), _months(first), _months(last), rule.interval):
            if number % 12 + 1 in months:
                yield _month(number // 12, number % 12 + 1)
    elif rule.frequency == "WEEKLY":
        begun, now, end = (one.toordinal() - (one.weekday() - rule.week_start) % 7 for one in (start, first, last))
        for day in _turns(begun, now, end, 7 * rule.interval):
            yield _days(day, day + 7)
    else:
        for day in _turns(start.toordinal(), first.toordinal(), last.toordinal(), rule.interval):
            yield _days(day, day + 1)


def _turns(start: int, first: int, last: int, interval: int) -> range:
    return range(start + (first - start) // interval * interval, last + 1, interval)


def _months(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _days(first: int, end: int) -> list[date]:
    return [date.fromordinal(number) for number in range(max(first, 1), end)]


def _sets_in_a_day(rule: Rule) -> int:
    """At most: those with a turn are fewer."""
    clock = {"BYHOUR": 24, "BYMINUTE": 60, "BYSECOND": 60}
    return prod(
        len(rule.by.get(name, range(most))) for name, most in islice(clock.items(), _SMALL.index(rule.frequency) + 1)
    )


def _sets_of_day(rule: Rule, start: datetime, day: date) -> Iterator[list[datetime]]:
    """One set for each hour, minute or second of the day that has a turn."""
    hours_before = (day - start.date()).days * 24 - start.hour
    for hour in sorted(rule.by.get("BYHOUR", range(24))):
        if rule.frequency == "HOURLY":
            if (hours_before + hour) % rule.interval == 0:
                parts = product(_minutes(rule, start), _seconds(rule, start))
                yield [datetime.combine(day, time(hour, *one)) for one in parts]
            continue
        for minute in sorted(rule.by.get("BYMINUTE", range(60))):
            minutes_before = (hours_before + hour) * 60 + minute - start.minute
            if rule.frequency == "MINUTELY":
                if minutes_before % rule.interval == 0:
                    yield [datetime.combine(day, time(hour, minute, one)) for one in _seconds(rule, start)]
                continue
            for second in sorted(rule.by.get("BYSECOND", range(60))):
                if (minutes_before * 60 + second - start.second) % rule.interval == 0:
                    yield [datetime.combine(day, time(hour, minute, min(second, 59)))]


def _day_test(rule: Rule, start: datetime) -> Callable[[date], bool]:
    """Whether the rule may have an instance on a day. What the rule leaves open is taken from `start`."""
    months, weeks = rule.by.get("BYMONTH"), rule.by.get("BYWEEKNO")
    year_days, month_days, by_day = rule.by.get("BYYEARDAY"), rule.by.get("BYMONTHDAY"), rule.by_day
    if not by_day and month_days is None and year_days is None:
        if rule.frequency == "WEEKLY" or (rule.frequency == "YEARLY" and weeks is not None):
            by_day = frozenset({(0, start.weekday())})
        elif rule.frequency in ("YEARLY", "MONTHLY"):
            month_days = frozenset({start.day})
    by_year = rule.frequency == "YEARLY" and months is None
    counts = rule.frequency in ("YEARLY", "MONTHLY") and weeks is None
    if not counts:  # there is one of each weekday in a week, whatever number a program wrote before it
        by_day = frozenset((0, weekday) for _, weekday in by_day)

    def fits(day: date) -> bool:
        if months is not None and day.month not in months:
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        if month_days is not None and day.day not in month_days and day.day - length - 1 not in month_days:
            return False
        if by_day and not _is_weekday(day, by_day, length, by_year=by_year):
            return False
        if year_days is not None and not _both_ways(_day_of_year(day), _days_of(day.year)) & year_days:
            return False
        return weeks is None or bool(_both_ways(*_week(day, rule.week_start)) & weeks)

    return fits


def _is_weekday(day: date, by_day: frozenset[tuple[int, int]], length: int, *, by_year: bool) -> bool:
    weekday = day.weekday()
    if (0, weekday) in by_day:
        return True
    place, most = (_day_of_year(day), _days_of(day.year)) if by_year else (day.day, length)
    return ((place - 1) // 7 + 1, weekday) in by_day or (-((most - place) // 7) - 1, weekday) in by_day


def _both_ways(place: int, most: int) -> set[int]:
    return {place, place - most - 1}


def _day_of_year(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _days_of(year: int) -> int:
    return 365 + calendar.isleap(year)


def _week(day: date, week_start: int) -> tuple[int, int]:
    """The number of the day's week, and how many weeks that week's year has: the first has four days or more of it."""
    year, ordinal = day.year, day.toordinal()
    if ordinal < _first_week(year, week_start):
        year -= 1
    elif ordinal >= _first_week(year + 1, week_start):
        year += 1
    begin = _first_week(year, week_start)
    return (ordinal - begin) // 7 + 1, (_first_week(year + 1, week_start) - begin) // 7


def _first_week(year: int, week_start: int) -> int:
    fourth = date(max(year, 1), 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7


def _one(text: str) -> int:
    return min(_numbers(text, 1, 10**9))


def _numbers(text: str, least: int, most: int) -> frozenset[int]:
    texts = [one.strip() for one in text.split(",")]
    if not all(_NUMBER.fullmatch(one) for one in texts):
        raise _unclear()
    found = frozenset(map(int, texts))
    if not all(least <= number <= most and (number or least == 0) for number in found):
        raise _unclear()
    return found


def _weekdays(text: str) -> frozenset[tuple[int, int]]:
    found = [_BY_DAY.fullmatch(one.strip()) for one in text.split(",")]
    pairs = [(int(one[1] or 0), _DAYS.index(one[2])) for one in found if one is not None]
    if len(pairs) != len(found) or any(one is not None and one[1] is not None and not int(one[1]) for one in found):
        raise _unclear()
    return frozenset(pairs)


def _unclear() -> Unreadable:
    return Unreadable(Reason.MALFORMED, "The rule of a series in the calendar cannot be read.")
