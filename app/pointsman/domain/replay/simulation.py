"""What a policy would have done with the decisions of a past period: routed again in order, on ledgers of its own.

Pure and in memory: nothing is written, and what was not simulated is said.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.inputs import PoolState, RoutingInputs
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Message
from pointsman.domain.replay.preference_shares import PreferenceCounts, PreferenceShare, ranked_pools, with_fair_pools
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.replay.simulated_loads import PeriodStartsAt, SimulatedLoads
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult
from pointsman.domain.routing.plan import RoutingPlan

MAX_EXAMPLES = 50
MAX_NAMES = 200
OTHERS = "(others)"
DIMENSIONS = ("outcome", "work", "rule", "pool", "rep", "supplier", "hold_reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """One stored decision; `inputs` None: it cannot be simulated, for the reason `left_out`."""

    decision_id: UUID
    lead_id: UUID
    at: datetime
    outcome: str
    work: str | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None
    summary: Message
    category: str | None = None
    inputs: RecordedInputs | None = None
    facts: Facts = field(default_factory=dict)
    left_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationExample:
    """One lead that goes elsewhere, in both policies' words."""

    decision_id: UUID
    lead_id: UUID
    at: datetime
    before: Message
    after: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCounts:
    """How many decisions by outcome, work, rule, pool, rep, supplier and reason of hold."""

    by_dimension: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """What came of it. `rerouted` changed outcome, work or pool; `other_rep` stayed there and changed hands."""

    simulated: int
    left_out: Mapping[str, int]
    before: DecisionCounts
    after: DecisionCounts
    same: int
    rerouted: int
    other_rep: int
    examples: tuple[SimulationExample, ...]
    never_matched: tuple[str, ...]
    never_matched_more: int
    ledgers: Mapping[str, str]  # by ledger: "history" or "zero"
    preferences: tuple[PreferenceShare, ...]  # of ranked pools
    crm: Mapping[str, int]  # how much it would have had the CRM do beside the owner, by part of the rules' `crm`
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class _WaitBeforeAfter:
    """How a lead stood after its last decision, then and now."""

    waited_then: bool
    waits_now: bool


class Simulation:
    """Takes past decisions in order of time, and tells at any moment what came of them so far.

    A policy with ranked pools is simulated a second time beside it, with these pools fair, to compare the two.
    """

    def __init__(
        self,
        compiled: CompiledPolicy,
        roster: Roster,
        periods: PeriodStartsAt,
        *,
        ledgers_from_zero: bool = False,
        preferences: PreferenceCounts | None = None,
    ) -> None:
        ranked = ranked_pools(compiled.policy)
        self._preferences = preferences or PreferenceCounts(ranked, roster)
        self._fair_preferences = PreferenceCounts(ranked, roster)
        self._if_fair: Simulation | None = None
        if ranked:
            self._if_fair = Simulation(
                with_fair_pools(compiled),
                roster,
                periods,
                ledgers_from_zero=ledgers_from_zero,
                preferences=self._fair_preferences,
            )
        self._compiled, self._roster = compiled, roster
        self._loads = SimulatedLoads(compiled.policy, roster, periods)
        self._from_zero = ledgers_from_zero
        self._states: dict[str, PoolState] = {}
        self._starts: dict[str, str] = {}
        self._calendars = MappingProxyType({key: CalendarState(readable=True) for key in roster.reps})
        self._placed: dict[tuple[UUID, str | None], _WaitBeforeAfter] = {}
        self._before = {name: Counter[str]() for name in DIMENSIONS}
        self._after = {name: Counter[str]() for name in DIMENSIONS}
        self._crm: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._results: Counter[str] = Counter()
        self._examples: list[SimulationExample] = []
        self._matched: set[str] = set()
        self._span: tuple[datetime, datetime] | None = None

    def add_decisions(self, decisions: Iterable[PastDecision]) -> None:
        """Route these next; they come in order of time."""
        decisions = tuple(decisions)
        if self._if_fair is not None:
            self._if_fair.add_decisions(decisions)
        for past in decisions:
            self._span = (self._span[0] if self._span else past.at, past.at)
            if past.inputs is None:
                self._left_out[past.left_out or "unreadable"] += 1
            else:
                self._take(past, past.inputs)
            if past.rep is not None:
                self._loads.then.add(self._roster, past.rep, past.category, past.at)
                if past.inputs is None:  # by hand: it would have been given all the same
                    self._loads.now.add(self._roster, past.rep, past.category, past.at)

    def report(self) -> SimulationReport:
        rules = [rule.name for rule in self._compiled.policy.rules]
        never = [name for name in rules if name not in self._matched]
        return SimulationReport(
            simulated=sum(self._results.values()),
            left_out=dict(self._left_out),
            before=_counts(self._before),
            after=_counts(self._after),
            same=self._results["same"],
            rerouted=self._results["rerouted"],
            other_rep=self._results["other_rep"],
            examples=tuple(self._examples),
            never_matched=tuple(never[:MAX_NAMES]),
            never_matched_more=max(len(never) - MAX_NAMES, 0),
            ledgers=dict(list(self._starts.items())[:MAX_NAMES]),
            preferences=self._preferences.shares(self._fair_preferences),
            crm=dict(self._crm),
            first_at=self._span[0] if self._span else None,
            last_at=self._span[1] if self._span else None,
        )

    def _take(self, past: PastDecision, inputs: RecordedInputs) -> None:
        known = (past.lead_id, inputs.purpose.value if inputs.purpose else None)
        self._start_from(inputs.routing_inputs)
        placed = self._placed.get(known)
        if placed is not None and placed.waited_then and not placed.waits_now:
            self._placed[known] = replace(placed, waited_then=past.outcome == DecisionOutcome.HELD)
            self._left_out["placed-earlier"] += 1
            return
        plan = replace(inputs, facts=past.facts).plan(self._compiled)
        decision = decide(plan, self._world(plan, inputs.routing_inputs))
        self._apply(decision, past.at)
        self._preferences.add(decision, past.facts)
        held = DecisionOutcome.HELD
        self._placed[known] = _WaitBeforeAfter(past.outcome == held, decision.outcome is held)
        self._count(past, decision)

    def _start_from(self, stored: RoutingInputs) -> None:
        """A ledger starts as it stood when the first decision of the period reached one of its pools."""
        pools = self._compiled.policy.pools
        for name, state in stored.pools.items():
            ledger = pools[name].ledger_of(name) if name in pools else None
            if ledger is not None and ledger not in self._states and not self._from_zero:
                self._states[ledger], self._starts[ledger] = state, "history"

    def _world(self, plan: RoutingPlan, stored: RoutingInputs) -> RoutingInputs:
        pools = self._compiled.policy.pools
        category = {route.pool: route.category for route in plan.routes if route.pool}
        loads, categories, suppliers = self._loads.loads_for(plan.pools, category, stored)
        states = {}
        for name in plan.pools:
            ledger = pools[name].ledger_of(name)
            self._starts.setdefault(ledger, "zero")
            states[name] = self._states.setdefault(ledger, PoolState())
        return replace(
            stored,
            roster=self._roster,
            pools=states,
            loads=loads,
            calendars=self._calendars,
            category_loads=categories,
            supplier_loads=suppliers,
            earliest_starts={
                name: self._earliest(name, stored) for name in plan.pools if pools[name].method.compares_slots
            },
        )

    def _earliest(self, name: str, stored: RoutingInputs) -> Mapping[str, datetime]:
        """The first slots as they were recorded. Where none were recorded, all reps are level."""
        pool = self._compiled.policy.pools[name]
        if name in stored.earliest_starts:
            return stored.earliest_starts[name]
        return {member.rep: stored.now + pool.booking.minimum_notice for member in pool.members}

    def _apply(self, decision: Decision, at: datetime) -> None:
        self._matched |= {step.rule for step in decision.steps if step.result is StepResult.MATCHED and step.rule}
        if decision.rule is not None:
            self._matched.add(decision.rule)
        if decision.rep is None or decision.pool is None or decision.ledger_after is None:
            return
        ledger = self._compiled.policy.pools[decision.pool].ledger_of(decision.pool)
        state = self._states[ledger]
        self._states[ledger] = PoolState(
            ledger=decision.ledger_after,
            waiting_since={**state.waiting_since, decision.rep: at},
            pending_skips=state.pending_skips - set(decision.skipped),
        )
        self._loads.now.add(self._roster, decision.rep, decision.category, at)

    def _count(self, past: PastDecision, decision: Decision) -> None:
        before = {name: getattr(past, name) for name in DIMENSIONS if name != "supplier"}
        after = {name: getattr(decision, name) for name in DIMENSIONS if name != "supplier"}
        for counted, values in ((self._before, before), (self._after, after)):
            rep = self._roster.reps.get(values["rep"] or "")
            for name, value in (*values.items(), ("supplier", rep.supplier if rep else None)):
                if value is not None:
                    counted[name][str(value)] += 1
        if decision.rep is not None and (given := self._compiled.crm_actions.get(decision.rule or "")) is not None:
            self._crm += Counter(given.counts)
        moved = any(before[name] != after[name] for name in ("outcome", "work", "pool"))
        result = "rerouted" if moved else "other_rep" if before["rep"] != after["rep"] else "same"
        self._results[result] += 1
        if result != "same":
            self._show(past, decision, first=moved)

    def _show(self, past: PastDecision, decision: Decision, *, first: bool) -> None:
        """Those that go elsewhere are shown before those that only change hands."""
        example = SimulationExample(
            decision_id=past.decision_id, lead_id=past.lead_id, at=past.at, before=past.summary, after=decision.summary
        )
        at = min(self._results["rerouted"] - 1, len(self._examples)) if first else len(self._examples)
        self._examples.insert(at, example)
        del self._examples[MAX_EXAMPLES:]


def _counts(counted: Mapping[str, Counter[str]]) -> DecisionCounts:
    """The most frequent names of each; the rest together."""
    found: dict[str, Mapping[str, int]] = {}
    for name, counter in counted.items():
        most = dict(counter.most_common(MAX_NAMES))
        rest = sum(counter.values()) - sum(most.values())
        found[name] = {**most, OTHERS: rest} if rest else most
    return DecisionCounts(by_dimension=found)
