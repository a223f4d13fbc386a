"""Each cause of nurture, each kind of news: who comes back, and what is said of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.facts import Facts
from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import DecisionOutcome, HoldReason
from pointsman.domain.routing.nurture_return import NurtureReturn, nurture_return
from pointsman.domain.routing.plan import plan_routes
from support.hypothesis_profiles import examples
from support.roster import NOW
from support.strategies.routing import Situation, situations
from support.wording import english

RULES: list[dict[str, Any]] = [
    {"name": "Buyers", "when": {"field": "company.employees", "gte": 50}, "work": "closing", "pool": "closers", "else": "next"},
    {"name": "Demo", "when": {"field": "lead.source", "equals": "demo"}, "work": "qualification", "pool": "sdr"},
    {"name": "Rest", "when": {"field": "lead.source", "equals": "list"}, "work": "nurture"},
]  # fmt: skip
POOLS = {
    "closers": {"work": "closing", "members": ["anna"]},
    "sdr": {"work": "qualification", "members": ["lena"]},
}
RE_ENTER = {"re_enter": {"field": "lead.score", "gte": 70}}

DEMO: Facts = {"lead.source": "demo"}
LIST: Facts = {"lead.source": "list"}
NEITHER: Facts = {"lead.source": "fair"}
SCORED: Facts = {"lead.source": "list", "lead.score": 80}
SCORED_DEMO: Facts = {"lead.source": "demo", "lead.score": 80}
SCORED_NEITHER: Facts = {"lead.source": "fair", "lead.score": 80}
BUYER: Facts = {
    "lead.source": "list",
    "company.employees": 80,
}  # its gate is shut, and `else: next` leads on to nurture

COOLING = ["refused", "lost", "later"]


def asked(cause: str, facts: Facts, *, re_enter: bool, over: bool = False) -> NurtureReturn:
    document = {
        "rules": RULES,
        "pools": POOLS,
        "gates": {"closing": {"require": ["qualified"]}},
        "nurture": RE_ENTER if re_enter else {},
    }
    policy = CompiledPolicy(parse_policy(document), version=1)
    stay = NurtureStay(
        cause=NurtureCause(cause),
        since=NOW - timedelta(days=1),
        until=None if cause == "rule" else NOW + timedelta(days=0 if over else 29),
    )
    return nurture_return(stay, policy, plan_routes(policy, facts, purpose=None, gates={}, now=NOW), NOW)


@pytest.mark.parametrize(
    ("facts", "re_enter", "returns", "why"),
    [
        (DEMO, False, True, "rule 'Demo' is for a human"),
        (DEMO, True, True, "rule 'Demo' is for a human"),
        (SCORED_NEITHER, True, True, "it meets the condition to come back"),
        (SCORED_DEMO, True, True, "it meets the condition to come back"),
        (SCORED, True, False, "rule 'Rest' keeps it there, although it meets the condition to come back"),
        (SCORED, False, False, "rule 'Rest' keeps it there"),
        (LIST, True, False, "rule 'Rest' keeps it there, and it does not meet the condition to come back"),
        (BUYER, False, False, "rule 'Rest' keeps it there"),
        (NEITHER, False, False, "no rule for a human is true"),
    ],
)
def test_what_brings_back_a_lead_that_a_rule_put_there(facts: Facts, re_enter: bool, returns: bool, why: str) -> None:
    found = asked("rule", facts, re_enter=re_enter)
    assert found.returns is returns
    assert why in english(found.sentence)


@pytest.mark.parametrize("facts", [DEMO, LIST, SCORED, NEITHER])
@pytest.mark.parametrize("cause", COOLING)
@pytest.mark.parametrize("re_enter", [True, False])
def test_nothing_brings_back_a_lead_in_its_cool_off(cause: str, facts: Facts, re_enter: bool) -> None:
    found = asked(cause, facts, re_enter=re_enter)
    assert not found.returns
    assert "until Thu 2 Apr 2026, 09:30 (UTC) at least" in english(found.sentence)


@pytest.mark.parametrize("cause", COOLING)
@pytest.mark.parametrize(
    ("facts", "re_enter", "returns"),
    [
        (NEITHER, False, True),
        (DEMO, False, True),
        (LIST, False, False),
        (BUYER, False, False),
        (DEMO, True, False),
        (SCORED_DEMO, True, True),
        (SCORED_NEITHER, True, True),
        (SCORED, True, False),
    ],
)
def test_after_its_cool_off_re_enter_decides_unless_the_rules_lead_back_to_nurture(
    cause: str, facts: Facts, re_enter: bool, returns: bool
) -> None:
    assert asked(cause, facts, re_enter=re_enter, over=True).returns is returns


@examples(120)
@given(situations(), st.sampled_from([*NurtureCause]))
def test_no_lead_stays_where_a_rule_put_it_when_the_rules_lead_to_a_human(case: Situation, cause: NurtureCause) -> None:
    case = replace(case, purpose=None)
    decision = case.taken()[1]
    overridden = frozenset(work for _, work in case.world.overrides)
    plan = plan_routes(case.ready, case.facts, purpose=None, gates=case.gates, now=NOW, overridden=overridden)
    stay = NurtureStay(cause=cause, since=NOW, until=None)
    back = nurture_return(stay, case.ready, plan, NOW).returns
    waits = decision.outcome is DecisionOutcome.HELD and decision.hold_reason is not HoldReason.NO_RULE
    if decision.outcome is DecisionOutcome.ASSIGNED or waits:
        assert back
    cooling = replace(stay, cause=NurtureCause.LOST, until=NOW + timedelta(seconds=1))
    assert not nurture_return(cooling, case.ready, plan, NOW).returns
    kept = bool(plan.routes) and plan.routes[0].pool is None
    # Without re_enter any news do, unless the rules lead back at once.
    assert nurture_return(replace(cooling, until=NOW), case.ready, plan, NOW).returns is not kept
