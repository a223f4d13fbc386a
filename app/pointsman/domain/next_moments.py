"""When something begins anew: a rep's presence, a pool's hour, day and week, a supplier's capacity."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pointsman.domain.caps import RepLoad, at_capacity
from pointsman.domain.local_time import instant_of, local_date, start_of_day
from pointsman.domain.pool_document import SupplierRules
from pointsman.domain.reps import Rep
from pointsman.domain.working_hours import at_work, away_until

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_WEEK = 7
_MOST = 1_000  # absences and blocks to step over before we give up


def next_presence(rep: Rep, after: datetime, *, in_hours: bool) -> datetime | None:
    """The first instant from `after` on at which `rep` is not away and, if asked, at work; None without working hours."""
    at = after
    for _ in range(_MOST):
        if back := away_until(rep, at):
            at = back.astimezone(UTC)
        elif not in_hours or at_work(rep, at):
            return at
        elif start := next_block(rep, at):
            at = start
        else:
            return None
    return None


def next_block(rep: Rep, after: datetime) -> datetime | None:
    """The instant at which the rep's next weekly block begins, later than `after`."""
    today = local_date(after, rep.time_zone)
    for days in range(_WEEK + 2):
        day = today + days * _DAY
        starts = [
            instant_of(day, block.start, rep.time_zone) for block in rep.working_hours if block.weekday == day.weekday()
        ]
        if later := [start for start in starts if start > after]:
            return min(later)
    return None


def next_hour(now: datetime, zone: str) -> datetime:
    """When the next full hour begins on the wall in `zone`."""
    local = now.astimezone(ZoneInfo(zone))
    return now + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def next_day(now: datetime, zone: str) -> datetime:
    """When tomorrow begins in `zone`."""
    return start_of_day(local_date(now, zone) + _DAY, zone)


def next_week(now: datetime, zone: str) -> datetime:
    """When next Monday begins in `zone`."""
    today = local_date(now, zone)
    return start_of_day(today + (_WEEK - today.weekday()) * _DAY, zone)


def next_capacity(rules: SupplierRules, load: RepLoad, now: datetime, after: datetime) -> datetime | None:
    """The first instant from `after` on at which a supplier with this load can take something, if nothing is added.

    None if it cannot, unless one of its leads is closed.
    """
    day, week = next_day(now, rules.time_zone), next_week(now, rules.time_zone)
    for at in sorted({after, day, week, *_steps(rules, now)}):
        step = rules.step_on(local_date(at, rules.time_zone))
        left = replace(load, day=load.day if at < day else 0, week=load.week if at < week else 0)
        if at >= after and (step is None or at_capacity(step, left) is None):
            return at
    return None


def _steps(rules: SupplierRules, now: datetime) -> Iterator[datetime]:
    today: date = local_date(now, rules.time_zone)
    return (start_of_day(step.from_, rules.time_zone) for step in rules.capacity if step.from_ > today)
