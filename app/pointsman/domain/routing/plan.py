"""Where a lead may go: the rules that match, in order, only as far as their `else` can lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.conditions.evaluator import LeafResult, TruthValue, explain_condition
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.document import Pool, Rule
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import HoldReason, StepResult, TraceStep

MAX_STEPS = 50
MAX_NEAR_MISSES = 3
MAX_MISSES_WITHOUT_MATCH = 10  # told of when no rule matched at all

_CLOSED = GateState(is_open=False, reason=say("routing.no-gate-result"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One place to try: a pool (None: nurture) with its work; `gate` is None for work that needs none."""

    rule: str
    work: Work
    pool: str | None
    gate: GateState | None = None
    category: str | None = None  # the rule's


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPlan:
    """All that may be tried for a lead, before any load or calendar is known; the hold is what follows if no rep takes it."""

    compiled: CompiledPolicy
    facts: Facts  # only what this policy may read, with the moment of decision and the scores
    purpose: Work | None
    gates: Mapping[Work, GateState]
    overridden: frozenset[Work]
    now: datetime
    routes: tuple[Route, ...]
    steps: tuple[TraceStep, ...]
    hold_reason: HoldReason
    hold_sentence: Message
    hold_work: Work | None

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools whose ledgers, members and loads the decision needs."""
        return tuple(dict.fromkeys(route.pool for route in self.routes if route.pool))

    @property
    def reps(self) -> frozenset[str]:
        """Every rep who may be looked at."""
        pools = self.compiled.policy.pools
        return frozenset(member.rep for name in self.pools for member in pools[name].members)


def plan_routes(
    compiled: CompiledPolicy,
    facts: Facts,
    *,
    purpose: Work | None,
    gates: Mapping[Work, GateState],
    now: datetime,
    overridden: frozenset[Work] = frozenset(),
) -> RoutingPlan:
    """The reachable routes for `facts`: all rules at intake (`purpose` None), else only rules for that work.

    A rule whose gate is shut is passed over and its `else` applies, unless an override exists for its work: then it
    is planned with the gate shut, and only the reps overridden for can be eligible.
    """
    facts = compiled.enrich(facts, now)
    walk = _RuleWalk(compiled, purpose, gates, overridden, now)
    for position, outcome in compiled.scan_rules(facts, purpose):
        walk.examined.append((position, outcome))
        if outcome is True and walk.follow(compiled.policy.rules[position]):
            break
    reason, sentence = walk.hold_reason_and_sentence()
    return RoutingPlan(
        compiled=compiled,
        facts=facts,
        purpose=purpose,
        gates=gates,
        overridden=overridden,
        now=now,
        routes=tuple(walk.routes),
        steps=_steps(walk, facts, purpose),
        hold_reason=reason,
        hold_sentence=sentence,
        hold_work=walk.work or purpose,
    )


class _RuleWalk:
    """Follows matched rules to where their `else` leads."""

    def __init__(
        self,
        compiled: CompiledPolicy,
        purpose: Work | None,
        gates: Mapping[Work, GateState],
        overridden: frozenset[Work],
        now: datetime,
    ) -> None:
        self.compiled = compiled
        self.purpose = purpose
        self.gates = gates
        self.overridden = overridden
        self.now = now
        self.routes: list[Route] = []
        self.examined: list[tuple[int, TruthValue]] = []
        self.closed_gates: dict[str, TraceStep] = {}
        self.open_gates: dict[str, Message] = {}  # by rule: what is to be said of a gate that lets the lead through
        self.work: Work | None = None

    def follow(self, rule: Rule) -> bool:
        """Adds what `rule` leads to; True when no further rule can be reached."""
        self.work = self.work or rule.work
        if rule.work is Work.NURTURE:
            self.routes.append(Route(rule=rule.name, work=Work.NURTURE, pool=None))
            return True
        self._try_pool(rule, rule.pool)
        if rule.else_ == "nurture":
            self.routes.append(Route(rule=rule.name, work=Work.NURTURE, pool=None))
        elif rule.fallback_pool is not None:
            self._try_pool(rule, rule.fallback_pool)
        return rule.else_ != "next"

    def _try_pool(self, rule: Rule, name: str | None) -> None:
        pool = self.compiled.policy.pools.get(name or "")
        if name is None or pool is None:  # the check refuses such a policy; an unchecked one holds the lead
            return
        gate = self.gates.get(pool.work, _CLOSED) if pool.work in self.compiled.gated_works else None
        if gate is not None and not gate.is_open_at(self.now) and pool.work not in self.overridden:
            why = say("routing.pass-expired") if gate.is_open else gate.reason
            self.closed_gates[rule.name] = TraceStep(
                rule=rule.name,
                result=StepResult.GATE_CLOSED,
                sentence=say("routing.passed-over", rule=rule.name, pool=name, why=why),
            )
            return
        if gate is not None:
            self.open_gates.setdefault(rule.name, self._opened(pool, gate))
        self.routes.append(Route(rule=rule.name, work=pool.work, pool=name, gate=gate, category=rule.category))

    def _opened(self, pool: Pool, gate: GateState) -> Message:
        """What is to be said of a gate that lets the lead through."""
        if not gate.is_open_at(self.now):
            return say("routing.gate-overridden", why=gate.reason)
        if gate.expires_at is None:
            return say("routing.gate-passed", work=work_name(pool.work))
        until = to_local_time(gate.expires_at, pool.time_zone)
        return say("routing.gate-passed-until", work=work_name(pool.work), until=until)

    def hold_reason_and_sentence(self) -> tuple[HoldReason, Message]:
        """Why the lead waits if no route takes it."""
        if self.routes:
            return HoldReason.NOBODY_ELIGIBLE, say("routing.nobody-asked")
        if self.closed_gates:
            return HoldReason.GATE_CLOSED, next(iter(self.closed_gates.values())).sentence
        if self.work is not None:
            return HoldReason.POOL_EMPTY, say("routing.no-such-pool")
        if self.purpose is None:
            return HoldReason.NO_RULE, say("routing.no-rule")
        return HoldReason.NO_RULE, say("routing.no-rule-for", work=work_name(self.purpose))


def _steps(walk: _RuleWalk, facts: Facts, purpose: Work | None) -> tuple[TraceStep, ...]:
    """What was looked at, in order: matches explained, and a few misses too (unknown before false).

    Where nothing matched, the misses are the answer: rules that the index ruled out are told as well.
    """
    if all(outcome is not True for _, outcome in walk.examined):
        walk.examined = _with_ruled_out(walk, facts, purpose)
    misses = [pair for pair in walk.examined if pair[1] is not True]
    many = MAX_NEAR_MISSES if len(misses) < len(walk.examined) else MAX_MISSES_WITHOUT_MATCH
    near = {position for position, _ in sorted(misses, key=lambda pair: pair[1] is not None)[:many]}
    room = MAX_STEPS - 2 * (len(walk.examined) - len(misses))
    steps: list[TraceStep] = []
    for position, outcome in walk.examined:
        rule = walk.compiled.policy.rules[position]
        if outcome is not True:
            room -= 1
        if len(steps) >= MAX_STEPS or (outcome is not True and room < 0):
            continue
        leaves: tuple[LeafResult, ...] = ()
        if rule.when is not None and (outcome is True or position in near):
            leaves = explain_condition(rule.when, facts, walk.compiled.definitions)
        steps.append(_rule_step(rule, outcome, leaves, walk.open_gates.get(rule.name)))
        if outcome is True and rule.name in walk.closed_gates:
            steps.append(walk.closed_gates[rule.name])
    return tuple(steps)


def _with_ruled_out(walk: _RuleWalk, facts: Facts, purpose: Work | None) -> list[tuple[int, TruthValue]]:
    examined = dict(walk.examined)
    for position, rule in enumerate(walk.compiled.policy.rules):
        if len(examined) >= MAX_MISSES_WITHOUT_MATCH:
            break
        if position not in examined and purpose in (None, rule.work):
            examined[position] = walk.compiled.tests[position](facts)
    return sorted(examined.items())


def _rule_step(rule: Rule, outcome: TruthValue, leaves: tuple[LeafResult, ...], gate: Message | None) -> TraceStep:
    if outcome is True:
        sentence = say("routing.matched", rule=rule.name)
        if gate is not None:
            sentence = say("routing.matched-at-gate", rule=rule.name, gate=gate)
        return TraceStep(rule=rule.name, result=StepResult.MATCHED, sentence=sentence, leaves=leaves)
    if outcome is None:
        sentence = say("routing.not-known-to-match", rule=rule.name)
        return TraceStep(rule=rule.name, result=StepResult.UNKNOWN, sentence=sentence, leaves=leaves)
    sentence = say("routing.did-not-match", rule=rule.name)
    return TraceStep(rule=rule.name, result=StepResult.NO_MATCH, sentence=sentence, leaves=leaves)
