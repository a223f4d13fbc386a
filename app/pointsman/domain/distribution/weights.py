"""The weights with which the eligible share a turn: their own, ramped up, and shared out among suppliers; exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import gcd, lcm

from pointsman.domain.dates.local_time import local_to_utc
from pointsman.domain.policy.document import Member, Pool, RampStep
from pointsman.domain.roster.reps import Rep, Roster

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RampState:
    """How much of the weight counts now; `rises_at` is when it next counts at all, known only while it is nothing."""

    percent: int
    rises_at: datetime | None = None


_FULL = RampState(percent=100)


def ramp_step_start(started_on: date, step: RampStep, zone: str) -> datetime:
    """When a step of the ramp-up begins: whole days are days of the calendar, also over a clock change."""
    days, rest = divmod(step.after, _DAY)
    return local_to_utc(started_on + days * _DAY, time(rest.seconds // 3600, rest.seconds // 60 % 60), zone)


def ramp_state(pool: Pool, rep: Rep, now: datetime) -> RampState:
    """The step in force. The whole weight counts before the first step, and where the rep's start is not known.

    A rep who has not started yet has the weight of their first day.
    """
    if not pool.ramp_up or rep.started_on is None:
        return _FULL
    begins = [(ramp_step_start(rep.started_on, step, pool.time_zone), step) for step in pool.ramp_up]
    begun = [step for at, step in begins if at <= now or not step.after]
    if not begun:
        return _FULL
    percent = begun[-1].percent
    later = (at for at, step in begins if at > now and step.percent)
    return RampState(percent=percent, rises_at=None if percent else next(later, None))


def base_weight(member: Member, rep: Rep) -> int:
    """The member's weight in this pool, or else the rep's own."""
    return member.weight or rep.weight


def turn_weights(pool: Pool, roster: Roster, base: Mapping[str, int], percents: Mapping[str, int]) -> dict[str, int]:
    """The weights of those eligible (by rep), as small whole numbers in exact proportion.

    Untouched by ramp-up and shares they are what the admin wrote. A supplier's eligible members have its share together,
    split by their weights; suppliers without an eligible rep leave theirs to the others in proportion.
    """
    if not pool.shares and all(percents[rep] == 100 for rep in base):
        return dict(base)
    parts = {rep: Fraction(weight * percents[rep], 100) for rep, weight in base.items()}
    if pool.shares:
        sums: dict[str, Fraction] = {}
        for rep, part in parts.items():
            supplier = roster.reps[rep].supplier
            sums[supplier] = sums.get(supplier, Fraction(0)) + part
        parts = {rep: part / sums[s := roster.reps[rep].supplier] * pool.shares[s] for rep, part in parts.items()}
    scale = lcm(*(part.denominator for part in parts.values()))
    whole = {rep: int(part * scale) for rep, part in parts.items()}
    common = gcd(*whole.values()) or 1
    return {rep: weight // common for rep, weight in whole.items()}
