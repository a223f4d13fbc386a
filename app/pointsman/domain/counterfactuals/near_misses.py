"""Which rules would have taken a lead if a little had been otherwise, the nearest first."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.domain.conditions.evaluator import LeafResult
from pointsman.domain.counterfactuals.failing_tests import min_failing_tests
from pointsman.domain.counterfactuals.search import MAX_CHANGES, WhatIf, what_if
from pointsman.domain.policy.conditions_model import Condition, Leaf, Operator, leaves
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import Decision, DecisionOutcome
from pointsman.domain.routing.plan import RoutingPlan

MAX_NEAR_MISSES = 5
#: What is spent on looking, in tests of one value; a long list or a pattern costs as much as many of these.
_BUDGET = 60_000
_DEAR = frozenset({Operator.MATCHES, Operator.MENTIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule that did not match, by how many tests, and what would have made it match."""

    rule: str
    position: int
    tests: int
    failing: tuple[LeafResult, ...]
    would_match_if: WhatIf | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMisses:
    """The nearest rules; `more` did not match either and are further away, or were not compared."""

    nearest: tuple[NearMiss, ...]
    more: int


def near_misses(plan: RoutingPlan, decision: Decision) -> NearMisses:
    """The rules that could have decided instead: those before the one that did."""
    compiled, definitions = plan.compiled, plan.compiled.definitions
    types = compiled.policy.field_types
    near: list[tuple[int, int]] = []
    spent = seen = 0
    for position in _missed(plan, decision):
        seen += 1
        when = compiled.policy.rules[position].when
        if when is None or spent > _BUDGET:
            continue
        spent += estimate_cost(when)
        most = near[-1][0] if len(near) == MAX_NEAR_MISSES else MAX_CHANGES + 1
        tests = min_failing_tests(when, plan.facts, definitions, most)
        if 0 < tests < most:
            insort(near, (tests, position))
            del near[MAX_NEAR_MISSES:]
    found = []
    for tests, position in near:
        rule = compiled.policy.rules[position]
        assert rule.when is not None
        guess = what_if(rule.when, plan.facts, definitions, types, lambda facts: compiled.enrich(facts, plan.now))
        failing = guess.failing if guess else ()
        found.append(NearMiss(rule=rule.name, position=position, tests=tests, failing=failing, would_match_if=guess))
    return NearMisses(nearest=tuple(found), more=seen - len(found))


def estimate_cost(condition: Condition) -> int:
    """About how much it takes to ask all of a condition's tests once."""
    total = 0
    for _, leaf in leaves(condition):
        operand = leaf.operand if isinstance(leaf, Leaf) else None
        total += 1 + (len(operand) // 20 if isinstance(operand, tuple) else 0)
        total += 20 if isinstance(leaf, Leaf) and leaf.operator in _DEAR else 0
    return total


def _missed(plan: RoutingPlan, decision: Decision) -> Iterator[int]:
    """Rules (by position) that were not true, of those that come before the one that decided."""
    rules = plan.compiled.policy.rules
    decided = decision.rule if decision.outcome is not DecisionOutcome.HELD else None
    matched = set()
    end = len(rules)
    for position, outcome in plan.compiled.scan_rules(plan.facts, plan.purpose):
        if outcome is True:
            matched.add(position)
            rule = rules[position]
            if rule.name == decided or rule.work is Work.NURTURE or rule.else_ != "next":
                end = position
                break
    for position in range(end):
        if position not in matched and plan.purpose in (None, rules[position].work):
            yield position
