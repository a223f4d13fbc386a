"""What reps and suppliers would have to do in a simulation: what they had then, corrected by what went elsewhere since."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import RoutingInputs
from pointsman.domain.policy.document import Policy
from pointsman.domain.roster.reps import Caps, Roster


class PeriodStarts(Protocol):
    """When the present hour, day and week began by somebody's clock."""

    @property
    def hour(self) -> datetime: ...
    @property
    def day(self) -> datetime: ...
    @property
    def week(self) -> datetime: ...


PeriodStartsAt = Callable[[datetime, str], PeriodStarts]
_Key = tuple[str, ...]  # ("rep", key), ("category", category, rep) or ("supplier", key)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentTimes:
    """The times at which each rep was given work, in order."""

    times: dict[_Key, list[datetime]] = field(default_factory=dict)

    def add(self, roster: Roster, rep: str, category: str | None, at: datetime) -> None:
        keys: list[_Key] = [("rep", rep)]
        if category is not None:
            keys.append(("category", category, rep))
        if rep in roster.reps:
            keys.append(("supplier", roster.reps[rep].supplier))
        for key in keys:
            self.times.setdefault(key, []).append(at)

    def count_since(self, key: _Key, start: datetime | None) -> int:
        times = self.times.get(key, [])
        return len(times) if start is None else len(times) - bisect_left(times, start)


class SimulatedLoads:
    """The loads of one simulation. What ended in history is taken to have ended in the simulation as well."""

    def __init__(self, policy: Policy, roster: Roster, periods: PeriodStartsAt) -> None:
        self._policy, self._roster, self._periods = policy, roster, periods
        self.then, self.now = AssignmentTimes(), AssignmentTimes()
        self._asked = {name: self._limited(name) for name in policy.pools}

    def loads_for(
        self, pools: tuple[str, ...], category: Mapping[str, str | None], stored: RoutingInputs
    ) -> tuple[dict[str, RepLoad], dict[str, dict[str, RepLoad]], dict[str, RepLoad]]:
        """Loads by rep, by category and rep, and by supplier, for the members of `pools` that a cap or a method asks about."""
        reps: dict[str, RepLoad] = {}
        categories: dict[str, dict[str, RepLoad]] = {}
        suppliers: dict[str, RepLoad] = {}
        for name in pools:
            periods, of = self._periods(stored.now, self._policy.pools[name].time_zone), category.get(name)
            for rep in self._asked[name]:
                reps.setdefault(rep, self._load(("rep", rep), stored.loads.get(rep), periods))
                if of is not None and of in self._roster.reps[rep].caps.categories:
                    had = stored.category_loads.get(of, {}).get(rep)
                    categories.setdefault(of, {})[rep] = self._load(("category", of, rep), had, periods)
        for key, rules in self._policy.suppliers.items():
            if rules.capacity:
                theirs = self._periods(stored.now, rules.time_zone)
                suppliers[key] = self._load(("supplier", key), stored.supplier_loads.get(key), theirs)
        return reps, categories, suppliers

    def _load(self, key: _Key, stored: RepLoad | None, periods: PeriodStarts) -> RepLoad:
        def count(name: str, start: datetime | None) -> int:
            now = self.now.count_since(key, start)
            return now if stored is None else max(getattr(stored, name) + now - self.then.count_since(key, start), 0)

        return RepLoad(
            open=count("open", None),
            hour=count("hour", periods.hour),
            day=count("day", periods.day),
            week=count("week", periods.week),
        )

    def _limited(self, pool: str) -> tuple[str, ...]:
        by_load = self._policy.pools[pool].method.compares_loads
        members = [member.rep for member in self._policy.pools[pool].members if member.rep in self._roster.reps]
        return tuple(rep for rep in members if by_load or _capped(self._roster.reps[rep].caps))


def _capped(caps: Caps) -> bool:
    limits = (caps.per_hour, caps.per_day, caps.per_week, caps.open_load)
    return bool(caps.categories) or any(limit is not None for limit in limits)
