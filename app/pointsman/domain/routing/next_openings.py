"""When something begins anew: a rep's presence, a supplier's capacity."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from pointsman.domain.dates.local_time import local_date, next_day, next_week, start_of_day
from pointsman.domain.distribution.caps import RepLoad, reached_supplier_limit
from pointsman.domain.policy.pools import SupplierRules
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_hours import away_until, is_at_work, next_work_start

_MOST = 1_000  # absences and blocks to step over before we give up


def next_presence(rep: Rep, after: datetime, *, in_hours: bool) -> datetime | None:
    """The first instant from `after` on at which `rep` is not away and, if asked, at work; None without working hours."""
    at = after
    for _ in range(_MOST):
        if back := away_until(rep, at):
            at = back.astimezone(UTC)
        elif not in_hours or is_at_work(rep, at):
            return at
        elif start := next_work_start(rep, at):
            at = start
        else:
            return None
    return None


def next_capacity(rules: SupplierRules, load: RepLoad, now: datetime, after: datetime) -> datetime | None:
    """The first instant from `after` on at which a supplier with this load can take something, if nothing is added.

    None if it cannot, unless one of its leads is closed.
    """
    day, week = next_day(now, rules.time_zone), next_week(now, rules.time_zone)
    for at in sorted({after, day, week, *_steps(rules, now)}):
        step = rules.capacity_on(local_date(at, rules.time_zone))
        left = replace(load, day=load.day if at < day else 0, week=load.week if at < week else 0)
        if at >= after and (step is None or reached_supplier_limit(step, left) is None):
            return at
    return None


def _steps(rules: SupplierRules, now: datetime) -> Iterator[datetime]:
    today: date = local_date(now, rules.time_zone)
    return (start_of_day(step.from_, rules.time_zone) for step in rules.capacity if step.from_ > today)
