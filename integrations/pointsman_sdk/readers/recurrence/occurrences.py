"""Recurrence rules, worked out within a window: the work is bounded by the window, not by the rule.

Libraries that expand rules step from one instance to the next: a rule that never matches, such as 30 February, has them
step until the year 9999. Here the periods that reach into the window are filled, and nothing else is looked at.
"""

import calendar
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, product
from math import prod

from pointsman_sdk.readers.recurrence.days import day_test
from pointsman_sdk.readers.recurrence.rule import SMALL, Rule
from pointsman_sdk.readers.unreadable import Reason, Unreadable

#: Told of each step, it ends a reading that takes too many: see `StepCount`.
Spend = Callable[[int], None]


@dataclass(slots=True)
class StepCount:
    """How many steps the series of one answer have taken."""

    most: int = 400_000
    taken: int = 0

    def __call__(self, steps: int) -> None:
        self.taken += steps
        if self.taken > self.most:
            raise Unreadable(Reason.TOO_LARGE, "The series of the calendar recur more often than can be worked out.")


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
    fits = day_test(rule, start)
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
        len(rule.by.get(name, range(most))) for name, most in islice(clock.items(), SMALL.index(rule.frequency) + 1)
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
