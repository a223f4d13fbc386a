"""Rules that no lead reaches: found where planted, never claimed where a lead gets through."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.contradictions import check_contradictions
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.logic import check_logic
from pointsman.domain.policy_check.unreachable_rules import check_unreachable_rules
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.satisfiability.boxes import BoxExpander
from support.hypothesis_profiles import examples
from support.strategies import routing as drawing
from support.strategies.satisfiable_conditions import DEFINED, anything, leads
from support.wording import english

SEGMENTS = {
    "dach": {"owner": "Board", "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}},
    "german": {"owner": "Board", "when": {"all": [{"segment": "dach"}, {"field": "lead.language", "equals": "de"}]}},
}


def rule(when: dict[str, Any] | None, **over: Any) -> dict[str, Any]:
    return {"work": "qualification", "pool": "sdr", **({"when": when} if when else {}), **over}


def findings(*rules: dict[str, Any]) -> list[Finding]:
    named = [{"name": f"rule {i}", **each} for i, each in enumerate(rules)]
    policy = parse_policy({"rules": named, "segments": SEGMENTS, "pools": {}})
    return list(check_unreachable_rules(policy.rules, BoxExpander(Definitions.of(policy))))


def hidden(*rules: dict[str, Any]) -> dict[str, str]:
    return {f.path: english(f.message) for f in findings(*rules) if f.code == "unreachable"}


def country(*codes: str) -> dict[str, Any]:
    return {"field": "lead.country", "in": list(codes)}


def scored(**bounds: Any) -> dict[str, Any]:
    return {"field": "lead.score", **bounds}


FORM = {"field": "lead.source", "equals": "form"}
EVENT = {"field": "lead.source", "equals": "event"}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (country("DE", "AT"), country("AT")),
        (country("DE", "AT"), {"all": [country("DE", "AT", "FR"), {"not": country("FR")}]}),
        (scored(gte=50), scored(between=[60, 70])),
        (scored(gte=50), scored(gt=50)),
        (scored(gte=50), scored(equals=50)),
        ({"field": "lead.created_at", "gte": "2026-01-01"}, {"field": "lead.created_at", "gt": "2026-02-01"}),
        ({"field": "lead.created_at", "within_last": "30d"}, {"field": "lead.created_at", "within_last": "7d"}),
        ({"segment": "dach"}, {"segment": "german"}),
        ({"segment": "dach"}, {"all": [FORM, country("CH")]}),
        ({"field": "lead.country", "in_group": ["EU"]}, country("DE", "FR")),
        ({"any": [country("DE"), scored(gte=50)]}, {"any": [scored(gte=90), {"all": [country("DE"), FORM]}]}),
        ({"any": [scored(lt=50), scored(gte=40)]}, scored(between=[0, 100])),
        ({"field": "lead.country", "present": True}, {"not": country("DE")}),
        ({"not": country("FR")}, country("DE", "AT")),
        ({"not": country("FR")}, {"not": country("FR", "DE")}),
        ({"not": {"all": [country("DE"), FORM]}}, {"all": [country("AT")]}),
        ({"field": "lead.email", "ends_with": ".de"}, {"all": [FORM, {"field": "lead.email", "ends_with": ".de"}]}),
        ({"field": "lead.source", "starts_with": "f"}, FORM),
        ({"field": "custom.tags", "contains_any": ["a", "b"]}, {"field": "custom.tags", "contains_all": ["b", "c"]}),
        (
            {"field": "custom.a", "gte": {"field": "custom.b"}},
            {"all": [FORM, {"field": "custom.a", "gte": {"field": "custom.b"}}]},
        ),
    ],
)
def test_a_rule_within_an_earlier_one_is_named_with_the_rule_that_hides_it(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    found = hidden(rule(earlier), rule(EVENT), rule(later))
    assert "'rule 0' takes every lead that matches" in found["rules[2]"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (country("DE"), country("DE", "AT")),
        (country("DE"), {"not": country("FR")}),
        ({"not": country("DE")}, country("DE")),
        ({"not": country("DE")}, FORM),  # the country may be unknown
        ({"any": [country("DE"), {"not": country("DE")}]}, FORM),
        (scored(gt=50), scored(gte=50)),
        (scored(gte=50), {"field": "lead.score", "present": True}),
        ({"all": [country("DE"), FORM]}, country("DE")),
        ({"segment": "german"}, {"segment": "dach"}),
        ({"field": "lead.message", "contains": "price"}, {"field": "lead.message", "contains": "pric"}),
        ({"field": "lead.created_at", "older_than": "7d"}, {"field": "lead.created_at", "older_than": "6d"}),
        ({"field": "custom.tags", "contains_all": ["a", "b"]}, {"field": "custom.tags", "contains_any": ["a", "b"]}),
    ],
)
def test_a_rule_that_some_lead_reaches_is_left_alone(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    assert hidden(rule(earlier), rule(later)) == {}


def test_several_rules_hide_one_together() -> None:
    found = hidden(rule(country("DE")), rule(country("AT", "CH")), rule({"all": [country("CH", "DE"), FORM]}))
    assert "rules 'rule 0' and 'rule 1' together" in found["rules[2]"]


def test_only_rules_that_end_hide_others() -> None:
    assert hidden(rule(country("DE"), **{"else": "next"}), rule(country("DE"))) == {}
    closing = {"work": "closing", "pool": "closers"}
    assert hidden(rule(country("DE")), rule(country("DE"), **closing)) == {}
    assert list(hidden(rule(country("DE"), **closing), rule(country("DE")))) == ["rules[1]"]
    assert list(hidden({"work": "nurture", "else": "next"}, rule(country("DE")))) == ["rules[1]"]


@examples(150)
@given(drawing.policies(), st.lists(drawing.facts, min_size=8, max_size=12))
def test_no_lead_gets_to_a_rule_that_is_called_unreachable(document: dict[str, Any], many: list[Any]) -> None:
    _nobody_gets_there(document, many)


@examples(150)
@given(
    st.lists(st.tuples(anything, st.sampled_from(["hold", "next"])), min_size=2, max_size=5),
    st.lists(leads, min_size=8, max_size=12),
)
def test_nor_with_any_operator(asked: list[tuple[dict[str, Any], str]], many: list[Any]) -> None:
    rules = [{"name": str(i), **rule(when, **{"else": orelse})} for i, (when, orelse) in enumerate(asked)]
    _nobody_gets_there({"rules": rules, "pools": {}, **DEFINED}, many)


def _nobody_gets_there(document: dict[str, Any], many: list[Any]) -> None:
    compiled = CompiledPolicy(parse_policy(document), version=1)
    found = check_unreachable_rules(compiled.policy.rules, BoxExpander(compiled.definitions))
    unreachable = {finding.path for finding in found if finding.code == "unreachable"}
    for facts in many:
        for purpose in (None, *GATED_WORKS):
            for i, outcome in compiled.scan_rules(facts, purpose):
                if outcome is True:
                    assert f"rules[{i}]" not in unreachable, facts
                    ends = compiled.policy.rules[i]
                    if ends.else_ != "next" or ends.work is Work.NURTURE:
                        break


@examples(300)
@given(st.lists(anything, min_size=1, max_size=4), st.lists(leads, min_size=15, max_size=15))
def test_nothing_that_is_called_a_contradiction_is_ever_true_and_what_is_called_always_true_ever_else(
    parts: list[dict[str, Any]], many: list[Any]
) -> None:
    whole = {"all": parts} if len(parts) > 1 else parts[0]
    compiled = CompiledPolicy(
        parse_policy({"rules": [{"name": "r", **rule(whole)}], "pools": {}, **DEFINED}), version=1
    )
    (asked,) = compiled.policy.rules
    assert asked.when is not None
    found = list(check_contradictions("", asked.when, BoxExpander(compiled.definitions)))
    if any(finding.code == "contradiction" and finding.severity is Severity.ERROR for finding in found):
        assert all(compiled.tests[0](facts) is not True for facts in many)
    if any("true of every lead" in english(finding.message) for finding in found):
        assert all(compiled.tests[0](facts) is True for facts in many)


def test_what_the_budget_does_not_reach_is_said() -> None:
    rules = [{"name": f"r{i}", **rule({"all": [scored(gte=i), {"field": "custom.x", "lte": i}]})} for i in range(60)]
    policy = parse_policy({"rules": rules, "pools": {}})
    (finding,) = check_logic(policy, Definitions.of(policy), comparisons=2_000)
    assert (finding.code, finding.path, finding.severity) == ("check-incomplete", "rules", Severity.WARNING)
    first = int(english(finding.message).split("rules[")[1].split("]")[0])
    assert 20 < first < 60
    assert "to rules[59] were not looked at" in english(finding.message)
    assert list(check_logic(policy, Definitions.of(policy))) == []


def test_the_work_grows_with_the_rules_and_not_with_their_pairs() -> None:
    def of(count: int) -> list[Finding]:
        rules = [
            {
                "name": f"r{i}",
                **rule({"all": [country(f"C{i % 50}"), {"field": "lead.segment", "equals": f"s{i // 50}"}]}),
            }
            for i in range(count)
        ]
        policy = parse_policy({"rules": rules, "pools": {}})
        return list(check_logic(policy, Definitions.of(policy), comparisons=8 * count))

    assert of(100) == of(2_000) == []
