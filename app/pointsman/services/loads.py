"""What the reps of a plan have to do already; asked for only where somebody's cap or method depends on it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pointsman.domain.eligibility import RepLoad
from pointsman.domain.local_time import start_of_day
from pointsman.domain.policy_document import Method
from pointsman.domain.reps import Rep, Roster
from pointsman.domain.routing import Plan
from pointsman.services.ports import Tx
from pointsman.services.ports.routing import Periods


async def fetch_loads(tx: Tx, plan: Plan, roster: Roster, *, now: datetime) -> Mapping[str, RepLoad]:
    """The loads that this plan's decision may ask for; no statement when it asks for none.

    A rep of several pools is counted by the clock of the first that the plan may reach, and locked, if they have a cap.
    """
    periods: dict[str, Periods] = {}
    shared: set[str] = set()
    for name in plan.pools:
        pool = plan.compiled.policy.pools[name]
        counted = periods_at(now, pool.time_zone)
        for member in pool.members:
            rep = roster.reps.get(member.rep)
            if rep is not None and (pool.method is Method.LEAST_LOADED or _has_cap(rep)):
                periods.setdefault(rep.key, counted)
                if _has_cap(rep) and rep.key in plan.compiled.shared_members:
                    shared.add(rep.key)
    if shared:  # the lock on the ledger keeps one pool's turns apart, not those that another pool gives
        await tx.decisions.lock_reps(sorted(shared))
    return await tx.decisions.loads(periods) if periods else {}


def periods_at(now: datetime, time_zone: str) -> Periods:
    """When the hour, the day and the week of `now` began by the clock of `time_zone`; weeks begin on Monday."""
    local = now.astimezone(ZoneInfo(time_zone))
    return Periods(
        hour=now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond),
        day=start_of_day(local.date(), time_zone),
        week=start_of_day(local.date() - timedelta(days=local.weekday()), time_zone),
    )


def _has_cap(rep: Rep) -> bool:
    caps = rep.caps
    return any(cap is not None for cap in (caps.per_hour, caps.per_day, caps.per_week, caps.open_load))
