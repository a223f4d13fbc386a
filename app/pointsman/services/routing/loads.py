"""What the reps and suppliers of a plan have to do already; asked for only where a cap, a capacity or a method depends on it.

Every transaction that gives work takes its locks in one order, so there is no deadlock: the lead, the ledgers by name,
the suppliers by key, the reps by key. The lock of a ledger puts the turns of its pools in order. The locks of suppliers
and reps do so for turns that pools of different ledgers give to one supplier or to one rep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pointsman.domain.dates.local_time import local_date, monday_of, start_of_day, start_of_hour
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.policy.document import SupplierRules
from pointsman.domain.roster.reps import Caps, Rep, Roster
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.services.ports import Tx
from pointsman.services.ports.routing.decisions import CapPeriods, LoadQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingLoads:
    """Loads by rep; by category, then rep; by supplier. See `RoutingInputs`."""

    reps: Mapping[str, RepLoad] = field(default_factory=dict)
    categories: Mapping[str, Mapping[str, RepLoad]] = field(default_factory=dict)
    suppliers: Mapping[str, RepLoad] = field(default_factory=dict)


async def lock_loads(tx: Tx, plan: RoutingPlan, roster: Roster, *, now: datetime) -> None:
    """Until the transaction ends no other gives work to a rep or a supplier that a cap or a capacity may stop.

    The ledgers are locked; no statement where no cap or capacity is shared.
    """
    wanted = _LoadQuery(plan, roster, now)
    if wanted.suppliers:
        await tx.decisions.lock_suppliers(sorted(wanted.suppliers))
    if wanted.shared:
        await tx.decisions.lock_reps(sorted(wanted.shared))


async def fetch_loads(
    tx: Tx, plan: RoutingPlan, roster: Roster, *, now: datetime, ending_assignment: UUID | None = None
) -> RoutingLoads:
    """The loads that this plan's decision may ask for, by one statement; by none when it asks for none.

    A rep of several pools is counted by the clock of the first that the plan may reach. `ending_assignment` is the one that
    the decision ends: its rep has room for this lead already.
    """
    wanted = _LoadQuery(plan, roster, now)
    asks = [*wanted.reps.values(), *wanted.categories.values(), *wanted.suppliers.values()]
    found = iter(await tx.decisions.loads(asks, ending_assignment=ending_assignment) if asks else ())
    reps = {rep: next(found) for rep in wanted.reps}
    categories: dict[str, dict[str, RepLoad]] = {}
    for category, rep in wanted.categories:
        categories.setdefault(category, {})[rep] = next(found)
    return RoutingLoads(reps=reps, categories=categories, suppliers={key: next(found) for key in wanted.suppliers})


def period_starts(now: datetime, time_zone: str) -> CapPeriods:
    """When the hour, the day and the week of `now` began by the clock of `time_zone`; weeks begin on Monday."""
    today = local_date(now, time_zone)
    return CapPeriods(
        hour=start_of_hour(now, time_zone),
        day=start_of_day(today, time_zone),
        week=start_of_day(monday_of(today), time_zone),
    )


class _LoadQuery:
    """What is counted for which reps, and which rows are locked."""

    def __init__(self, plan: RoutingPlan, roster: Roster, now: datetime) -> None:
        self.reps: dict[str, LoadQuery] = {}
        self.categories: dict[tuple[str, str], LoadQuery] = {}
        self.suppliers: dict[str, LoadQuery] = {}
        self.shared: set[str] = set()
        self._plan = plan
        self._now = now
        employers: set[str] = set()
        for name, category in dict.fromkeys((route.pool, route.category) for route in plan.routes if route.pool):
            employers |= self._look_at(name or "", category, roster)
        self._count_suppliers(employers, roster)

    def _look_at(self, name: str, category: str | None, roster: Roster) -> set[str]:
        """Ask for the loads of one pool's members. Returns their suppliers."""
        pool = self._plan.compiled.policy.pools[name]
        periods: CapPeriods | None = None  # most pools have no caps: their periods are not looked up
        shared_members, by_load = self._plan.compiled.shared_members, pool.method.compares_loads
        employers: set[str] = set()
        for member in pool.members:
            rep = roster.reps.get(member.rep)
            if rep is None or not rep.active:
                continue
            employers.add(rep.supplier)
            capped, of_category = _limits(rep.caps), _capped_for(rep, category)
            if not (capped or by_load or of_category):
                continue
            periods = periods or period_starts(self._now, pool.time_zone)
            if (capped or by_load) and rep.key not in self.reps:
                self.reps[rep.key] = LoadQuery(reps=(rep.id,), periods=periods)
            if of_category and category is not None and (category, rep.key) not in self.categories:
                self.categories[category, rep.key] = LoadQuery(reps=(rep.id,), periods=periods, category=category)
            if (capped or of_category) and rep.key in shared_members:
                self.shared.add(rep.key)
        return employers

    def _count_suppliers(self, employers: set[str], roster: Roster) -> None:
        rules = self._plan.compiled.policy.suppliers
        limited = {key for key in employers if key in rules and _has_capacity(rules[key], self._now)}
        if not limited:
            return
        everybody: dict[str, list[UUID]] = {key: [] for key in sorted(limited)}
        for rep in roster.reps.values():
            if rep.supplier in limited:
                everybody[rep.supplier].append(rep.id)
        for key, reps in everybody.items():
            self.suppliers[key] = LoadQuery(reps=reps, periods=period_starts(self._now, rules[key].time_zone))


def _limits(caps: Caps) -> bool:
    return (caps.per_hour, caps.per_day, caps.per_week, caps.open_load) != (None, None, None, None)


def _capped_for(rep: Rep, category: str | None) -> bool:
    caps = rep.caps.categories.get(category) if category is not None else None
    return caps is not None and _limits(caps)


def _has_capacity(rules: SupplierRules, now: datetime) -> bool:
    """Whether a step with any limit is in force."""
    step = rules.capacity_on(local_date(now, rules.time_zone)) if rules.capacity else None
    return step is not None and any(limit is not None for limit in (step.per_day, step.per_week, step.open_load))
