"""Which tier of a ranked pool got how much of what it is preferred for: counted, and beside what `fair` would have given."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pointsman.domain.leads.facts import NEVER_QUOTED, Facts, listed_values
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import Decision, StepResult

MAX_SHARES = 100
NOT_QUOTED = "(not quoted)"


class PreferenceClass(NamedTuple):
    """The leads of a pool with one value that members are preferred for; without field and value: all its other leads."""

    pool: str
    lead: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceShare:
    """How the leads of one class went, by tier, and how they would have gone with `fair`.

    `preferred` and `fair_preferred`: how many went to a rep with the value in the list. `missed` says why the others did not:
    `too-far-ahead`, `too-far-behind`, `owner`, `skipped`, or `not-eligible` (no such rep was).
    """

    of: PreferenceClass
    by_tier: Mapping[int, int]
    fair_by_tier: Mapping[int, int]
    preferred: int
    fair_preferred: int
    missed: Mapping[str, int]

    @property
    def leads(self) -> int:
        return sum(self.by_tier.values())


def ranked_pools(policy: Policy) -> dict[str, Pool]:
    """The pools whose preferences count."""
    return {
        name: pool
        for name, pool in policy.pools.items()
        if pool.method is DistributionMethod.RANKED and pool.ranking.prefer
    }


def with_fair_pools(compiled: CompiledPolicy) -> CompiledPolicy:
    """The same policy with each ranked pool shared as `fair`."""
    fair = {
        name: pool.model_copy(update={"method": DistributionMethod.FAIR})
        for name, pool in ranked_pools(compiled.policy).items()
    }
    policy = compiled.policy.model_copy(update={"pools": {**compiled.policy.pools, **fair}})
    return CompiledPolicy(policy, version=compiled.version)


class PreferenceCounts:
    """Counts decisions about ranked pools by class and tier."""

    def __init__(self, pools: Mapping[str, Pool], roster: Roster) -> None:
        self._pools, self._roster = pools, roster
        self._values = {
            (name, prefer.rep): frozenset[str]().union(
                *(roster.reps[m.rep].skills.get(prefer.rep, ()) for m in pool.members if m.rep in roster.reps)
            )
            for name, pool in pools.items()
            for prefer in pool.ranking.prefer
        }
        self.by_tier: dict[PreferenceClass, Counter[int]] = defaultdict(Counter)
        self.preferred: Counter[PreferenceClass] = Counter()
        self.missed: dict[PreferenceClass, Counter[str]] = defaultdict(Counter)

    def add(self, decision: Decision, facts: Facts) -> None:
        """A decision counts once in each class that its lead belongs to."""
        pool = self._pools.get(decision.pool or "")
        rep = self._roster.reps.get(decision.rep or "")
        if pool is None or rep is None or decision.pool is None:
            return
        found: dict[PreferenceClass, bool] = {}
        for prefer in pool.ranking.prefer:
            own = rep.skills.get(prefer.rep, frozenset())
            for value in set(listed_values(facts.get(prefer.lead))) & self._values[decision.pool, prefer.rep]:
                shown = NOT_QUOTED if prefer.lead in NEVER_QUOTED else value
                one = PreferenceClass(decision.pool, prefer.lead, shown)
                found[one] = found.get(one, False) or value in own
        for one, is_preferred in found.items():
            self.by_tier[one][rep.tier] += 1
            self.preferred[one] += is_preferred
            if not is_preferred:
                self.missed[one][_why_missed(decision)] += 1
        if not found:
            self.by_tier[PreferenceClass(decision.pool)][rep.tier] += 1

    def shares(self, fair: "PreferenceCounts") -> tuple[PreferenceShare, ...]:
        """By pool and class, the largest first, all other leads of a pool last; at most MAX_SHARES."""
        classes = sorted(self.by_tier, key=lambda one: (one.pool, one.lead is None, -self.by_tier[one].total(), one))
        return tuple(
            PreferenceShare(
                of=one,
                by_tier=dict(sorted(self.by_tier[one].items())),
                fair_by_tier=dict(sorted(fair.by_tier.get(one, Counter()).items())),
                preferred=self.preferred[one],
                fair_preferred=fair.preferred[one],
                missed=dict(self.missed.get(one, {})),
            )
            for one in classes[:MAX_SHARES]
        )


def _why_missed(decision: Decision) -> str:
    results = {step.result for step in decision.steps}
    for result in (StepResult.OWNER, StepResult.TOO_FAR_BEHIND, StepResult.TOO_FAR_AHEAD, StepResult.SKIPPED):
        if result in results:
            return result.value
    return "not-eligible"
