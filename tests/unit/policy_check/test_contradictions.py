"""Conditions that nobody can meet, with the path to the smallest part that says why."""

from typing import Any

import pytest

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.messages.message import say
from pointsman.domain.policy.conditions_model import All
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.contradictions import check_contradictions
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.satisfiability.boxes import BoxExpander
from support.wording import english

SEGMENTS = {"dach": {"owner": "Board", "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}}}
DE = {"field": "lead.country", "equals": "DE"}
FR = {"field": "lead.country", "equals": "FR"}
FORM = {"field": "lead.source", "equals": "form"}


def findings(when: dict[str, Any]) -> list[Finding]:
    rule = {"name": "r", "when": when, "work": "nurture"}
    policy = parse_policy({"rules": [rule], "segments": SEGMENTS, "country_groups": {"HOME": ["DE"]}})
    assert policy.rules[0].when is not None
    return list(check_contradictions("when", policy.rules[0].when, BoxExpander(Definitions.of(policy))))


def created(**test: str) -> dict[str, Any]:
    return {"field": "lead.created_at", **test}


@pytest.mark.parametrize(
    "parts",
    [
        [DE, FR],
        [DE, {"not": DE}],
        [{"field": "lead.score", "gte": 50}, {"field": "lead.score", "lt": 50}],
        [{"field": "lead.score", "gt": 5}, {"field": "lead.score", "lte": 5}],
        [{"field": "lead.score", "between": [5, 9]}, {"field": "lead.score", "in": [1, 2]}],
        [{"field": "lead.country", "in": ["DE", "AT"]}, {"field": "lead.country", "not_in": ["AT", "DE", "FR"]}],
        [{"field": "lead.country", "present": False}, FR],
        [{"field": "lead.message", "present": False}, {"field": "lead.message", "contains": "x"}],
        [{"field": "lead.message", "contains": "x"}, {"not": {"field": "lead.message", "contains": "x"}}],
        [created(older_than="30d"), created(within_last="7d")],
        [created(within_last="30d"), created(further_than="1d")],
        [created(gte="2026-02-01"), created(lt="2026-01-01")],
        [{"segment": "dach"}, FR],
        [{"field": "lead.country", "in_group": ["HOME"]}, FR],
        [DE, {"field": "lead.country", "starts_with": "F"}],
        [{"field": "custom.a", "contains_all": ["x", "y"]}, {"field": "custom.a", "contains_none": ["y"]}],
    ],
)
def test_two_tests_that_exclude_each_other_are_found(parts: list[dict[str, Any]]) -> None:
    (finding,) = findings({"all": [FORM, *parts]})
    assert (finding.code, finding.path, finding.severity) == ("contradiction", "when", Severity.ERROR)
    assert "parts 1 and 2" in english(finding.message)


@pytest.mark.parametrize(
    "parts",
    [
        [{"field": "lead.score", "gte": 5}, {"field": "lead.score", "lte": 5}],
        [DE, {"not": FR}],
        [created(older_than="7d"), created(within_last="30d")],
        [created(within_last="7d"), created(within_next="7d")],  # just now
        [{"field": "custom.a", "contains_any": ["x", "y"]}, {"field": "custom.a", "contains_none": ["y"]}],
        [{"field": "lead.message", "contains": "ab"}, {"not": {"field": "lead.message", "contains": "abc"}}],
        [{"field": "lead.country", "present": True}, {"not": DE}],
    ],
)
def test_tests_that_can_be_true_together_are_left_alone(parts: list[dict[str, Any]]) -> None:
    assert findings({"all": [FORM, *parts]}) == []


def test_the_path_leads_to_the_smallest_part_and_a_branch_is_only_a_warning() -> None:
    (whole,) = findings({"all": [FORM, {"all": [DE, FR]}]})
    assert (whole.path, whole.severity) == ("when.all[1]", Severity.ERROR)
    (branch,) = findings({"any": [FORM, {"all": [{"not": {"all": [DE, FORM]}}, {"any": [{"all": [DE, FR]}, DE]}]}]})
    assert (branch.path, branch.severity) == ("when.any[1].all[1].any[0]", Severity.WARNING)
    three = [
        {"any": [DE, FORM]},
        {"any": [FR, {"not": FORM}]},
        {"not": FR},
        {"not": {"field": "lead.source", "equals": "ad"}},
    ]
    assert findings({"all": three}) == []
    (needs_three,) = findings({"all": [{"any": [DE, FORM]}, {"not": DE}, {"not": FORM}]})
    assert "its parts exclude each other" in english(needs_three.message)


def test_what_every_lead_meets_is_a_warning() -> None:
    (always,) = findings({"any": [{"field": "a.b", "present": True}, {"not": {"field": "a.b", "present": True}}]})
    assert (always.code, "true of every lead" in english(always.message)) == ("always-true", True)
    (known,) = findings({"all": [FORM, {"any": [DE, {"not": DE}]}]})
    assert (known.code, known.path) == ("always-true", "when.all[1]")
    assert known.message == say("finding.true-when-known", field="lead.country")
    (scores,) = findings({"any": [{"field": "lead.score", "lt": 50}, {"field": "lead.score", "gte": 50}]})
    assert scores.message == say("finding.true-when-known", field="lead.score")


def test_a_condition_with_too_many_combinations_is_left_alone_and_said() -> None:
    pairs = [{"any": [{"field": "a.b", "contains": f"{i}"}, {"field": "a.c", "contains": f"{i}"}]} for i in range(18)]
    policy = parse_policy({"rules": [{"name": "r", "when": {"all": pairs}, "work": "nurture"}]})
    when = policy.rules[0].when
    assert isinstance(when, All)
    expander = BoxExpander(Definitions.of(policy), steps=20_000)
    wide, narrow = expander.approximate(when)
    assert len(wide) <= 128
    assert len(narrow) <= 128
    assert not expander.is_exhausted
    small = BoxExpander(Definitions.of(policy), steps=50)
    assert list(check_contradictions("when", when, small)) == []
    assert small.is_exhausted
