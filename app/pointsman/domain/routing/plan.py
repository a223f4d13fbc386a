"""Where a lead may go: the rules that match, in order, only as far as their `else` can lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.conditions.evaluator import LeafResult, Outcome, explain
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.document import Rule
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import HoldReason, Step, StepResult

MAX_STEPS = 50
NEAR_MISSES = 3
MISSES_OF_ALL = 10  # told of when no rule matched at all

_CLOSED = GateState(open=False, reason="no gate result is known for this lead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One place to try: a pool (None: nurture) with its work; `gate` is None for work that needs none."""

    rule: str
    work: Work
    pool: str | None
    gate: GateState | None = None
    category: str | None = None  # the rule's


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that may be tried for a lead, before any load or calendar is known; `ending` holds if nobody takes it."""

    compiled: CompiledPolicy
    facts: Facts  # only what this policy may read, with the moment of decision and the scores
    purpose: Work | None
    gates: Mapping[Work, GateState]
    overridden: frozenset[Work]
    now: datetime
    routes: tuple[Route, ...]
    steps: tuple[Step, ...]
    ending: HoldReason
    ending_sentence: str
    ending_work: Work | None

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
    gates_open: Mapping[Work, GateState],
    now: datetime,
    overridden: frozenset[Work] = frozenset(),
) -> Plan:
    """The reachable routes for `facts`: all rules at intake (`purpose` None), else only rules for that work.

    A rule whose gate is shut is passed over and its `else` applies, unless an override exists for its work: then it
    is planned with the gate shut, and only the reps overridden for can be eligible.
    """
    facts = compiled.enriched(facts, now)
    walk = _Walk(compiled, gates_open, overridden, now)
    for position, outcome in compiled.scan(facts, purpose):
        walk.examined.append((position, outcome))
        if outcome is True and walk.follow(compiled.policy.rules[position]):
            break
    reason, sentence = walk.ending()
    return Plan(
        compiled=compiled,
        facts=facts,
        purpose=purpose,
        gates=gates_open,
        overridden=overridden,
        now=now,
        routes=tuple(walk.routes),
        steps=_steps(walk, facts, purpose),
        ending=reason,
        ending_sentence=sentence,
        ending_work=walk.work or purpose,
    )


class _Walk:
    """Follows matched rules to where their `else` leads."""

    def __init__(
        self,
        compiled: CompiledPolicy,
        gates: Mapping[Work, GateState],
        overridden: frozenset[Work],
        now: datetime,
    ) -> None:
        self.compiled = compiled
        self.gates = gates
        self.overridden = overridden
        self.now = now
        self.routes: list[Route] = []
        self.examined: list[tuple[int, Outcome]] = []
        self.shut: dict[str, Step] = {}
        self.open: dict[str, str] = {}  # by rule: what is to be said of a gate that lets the lead through
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
        if gate is not None and not gate.open_at(self.now) and pool.work not in self.overridden:
            why = "the pass has expired" if gate.open else gate.reason
            self.shut[rule.name] = Step(
                rule=rule.name,
                result=StepResult.GATE_CLOSED,
                sentence=f"rule '{rule.name}' is passed over for pool {name}: {why}",
            )
            return
        if gate is not None:
            until = f" until {gate.expires_at:%Y-%m-%d %H:%M} UTC" if gate.expires_at else ""
            passed = f"the gate for {pool.work} is passed{until}"
            said = passed if gate.open_at(self.now) else f"{gate.reason}, but an override exists"
            self.open.setdefault(rule.name, said)
        self.routes.append(Route(rule=rule.name, work=pool.work, pool=name, gate=gate, category=rule.category))

    def ending(self) -> tuple[HoldReason, str]:
        """Why the lead waits if no route takes it."""
        if self.routes:
            return HoldReason.NOBODY_ELIGIBLE, "nobody who may be asked is eligible"
        if self.shut:
            return HoldReason.GATE_CLOSED, next(iter(self.shut.values())).sentence
        if self.work is not None:
            return HoldReason.POOL_EMPTY, "the rule that matched names a pool that does not exist"
        return HoldReason.NO_RULE, "no rule matches this lead: add a rule without 'when' at the end to catch the rest"


def _steps(walk: _Walk, facts: Facts, purpose: Work | None) -> tuple[Step, ...]:
    """What was looked at, in order: matches explained, and a few misses too (unknown before false).

    Where nothing matched, the misses are the answer: rules that the index ruled out are told as well.
    """
    if all(outcome is not True for _, outcome in walk.examined):
        walk.examined = _with_ruled_out(walk, facts, purpose)
    misses = [pair for pair in walk.examined if pair[1] is not True]
    many = NEAR_MISSES if len(misses) < len(walk.examined) else MISSES_OF_ALL
    near = {position for position, _ in sorted(misses, key=lambda pair: pair[1] is not None)[:many]}
    room = MAX_STEPS - 2 * (len(walk.examined) - len(misses))
    steps: list[Step] = []
    for position, outcome in walk.examined:
        rule = walk.compiled.policy.rules[position]
        if outcome is not True:
            room -= 1
        if len(steps) >= MAX_STEPS or (outcome is not True and room < 0):
            continue
        leaves: tuple[LeafResult, ...] = ()
        if rule.when is not None and (outcome is True or position in near):
            leaves = explain(rule.when, facts, walk.compiled.definitions)
        steps.append(_rule_step(rule, outcome, leaves, walk.open.get(rule.name)))
        if outcome is True and rule.name in walk.shut:
            steps.append(walk.shut[rule.name])
    return tuple(steps)


def _with_ruled_out(walk: _Walk, facts: Facts, purpose: Work | None) -> list[tuple[int, Outcome]]:
    examined = dict(walk.examined)
    for position, rule in enumerate(walk.compiled.policy.rules):
        if len(examined) >= MISSES_OF_ALL:
            break
        if position not in examined and purpose in (None, rule.work):
            examined[position] = walk.compiled.tests[position](facts)
    return sorted(examined.items())


def _rule_step(rule: Rule, outcome: Outcome, leaves: tuple[LeafResult, ...], gate: str | None) -> Step:
    if outcome is True:
        sentence = f"rule '{rule.name}' matched" + (f"; {gate}" if gate else "")
        return Step(rule=rule.name, result=StepResult.MATCHED, sentence=sentence, leaves=leaves)
    if outcome is None:
        sentence = f"rule '{rule.name}' could not be answered: something it asks about is not known"
        return Step(rule=rule.name, result=StepResult.UNKNOWN, sentence=sentence, leaves=leaves)
    return Step(rule=rule.name, result=StepResult.NO_MATCH, sentence=f"rule '{rule.name}' did not match", leaves=leaves)
