"""The days on which a recurrence rule may have an instance."""

import calendar
from collections.abc import Callable
from datetime import date, datetime

from pointsman_sdk.readers.recurrence.rule import Rule


def day_test(rule: Rule, start: datetime) -> Callable[[date], bool]:
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
