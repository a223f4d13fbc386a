"""What the check says of conditions: operators, operands, names and places that do not fit."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.policy.conditions_model import Operator
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.parsing import Rule, parse_policy
from pointsman.domain.policy_check.conditions import OPERATORS_BY_TYPE, check_condition, fields_of_policy
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from support.hypothesis_profiles import examples
from support.strategies.conditions import NAMES, conditions
from support.wording import english

NAMED = {**NAMES, "fields": {**NAMES["fields"], "custom.since": "instant", "custom.languages": "list"}}


def findings(condition: Mapping[str, Any], path: str = "rules[0].when", **more: Any) -> list[Finding]:
    policy = parse_policy({**NAMED, **more})
    when = Rule.model_validate({"name": "r", "when": condition, "work": "nurture"}).when
    assert when is not None
    return list(check_condition(path, when, fields_of_policy(policy), Definitions.of(policy)))


@pytest.mark.parametrize(
    ("condition", "where", "code", "advice"),
    [
        ({"field": "lead.score", "matches": "a"}, ".matches", "operator-misfit", "does not fit"),
        ({"field": "custom.tags", "mentions": ["a"]}, ".mentions", "operator-misfit", "contains_any"),
        ({"field": "lead.title", "contains_any": ["a"]}, ".contains_any", "operator-misfit", "mentions"),
        ({"field": "lead.title", "within_last": "1d"}, ".within_last", "operator-misfit", "type text"),
        ({"field": "lead.title", "in_group": ["DACH"]}, ".in_group", "operator-misfit", "lead.country"),
        ({"field": "lead.country", "in_group": ["DASH"]}, ".in_group[0]", "unknown-country-group", "'DACH'"),
        ({"field": "lead.country", "in_group": ["eu"]}, ".in_group[0]", "unknown-country-group", "'EU'"),
        ({"field": "lead.message", "mentions": ["a", "list:mony"]}, ".mentions[1]", "unknown-word-list", "'money'"),
        ({"field": "lead.message", "mentions": [" "]}, ".mentions[0]", "never-mentioned", "write a word"),
        ({"field": "lead.message", "mentions": ["a", "a"]}, ".mentions", "repeated-value", "remove one"),
        ({"field": "company.domain", "under_domain": ["a b"]}, ".under_domain[0]", "not-a-domain", "acme.de"),
        ({"field": "company.domain", "under_domain": ["a@b.de"]}, ".under_domain[0]", "not-a-domain", "'b.de'"),
        ({"field": "lead.title", "matches": "(?!a)b"}, ".matches", "pattern-refused", "under 'not'"),
        ({"field": "lead.title", "equals": {"field": "lead.titel"}}, ".equals.field", "unknown-field", "'lead.title'"),
        (
            {"field": "lead.title", "equals": {"field": "lead.title"}},
            ".equals.field",
            "compared-with-itself",
            "another",
        ),
        ({"field": "lead.title", "equals": {"field": "lead.score"}}, ".equals.field", "incomparable", "same type"),
        ({"field": "lead.score", "gte": {"field": "lead.created_at"}}, ".gte.field", "incomparable", "same type"),
        ({"field": "lead.language", "in": {"field": "lead.title"}}, ".in.field", "incomparable", "type list"),
        ({"field": "lead.score", "in": {"field": "custom.tags"}}, ".in.field", "incomparable", "type list"),
        (
            {"field": "lead.language", "in": {"field": "rep.languages"}},
            ".in.field",
            "rep-field-without-rep",
            "requires",
        ),
        ({"field": "rep.tier", "lte": 2}, ".field", "rep-field-without-rep", "requires"),
        ({"field": "score.fitt", "gte": 2}, ".field", "unknown-field", "'score.fit'"),
        ({"field": "score.fit", "equals": "high"}, ".equals", "wrong-type", "a number"),
        ({"field": "custom.since", "gte": 5}, ".gte", "wrong-type", "a date"),
        ({"field": "lead.country", "equals": "de"}, ".equals", "never-equal", "'DE'"),
        ({"icp": "bigg"}, ".icp", "unknown-icp", "'big'"),
        ({"persona": "cheif"}, ".persona", "unknown-persona", "'chief'"),
    ],
)
def test_what_does_not_fit_is_found_with_its_path_and_what_to_do(
    condition: dict[str, Any], where: str, code: str, advice: str
) -> None:
    (found,) = findings(condition)
    assert (found.path, found.code) == (f"rules[0].when{where}", code)
    assert advice in english(found.message)


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "lead.country", "in_group": ["BENELUX", "OURS", "EEA"]},
        {"field": "lead.message", "mentions": ["demo", "list:money"]},
        {"field": "custom.site", "under_domain": ["acme.example", "M\u00fcller.example"]},
        {"field": "custom.languages", "contains_all": ["de", "en"]},
        {"field": "custom.since", "older_than": "30d"},
        {"field": "custom.since", "between": ["2026-01-01", "2026-01-31T09:00:00+01:00"]},
        {"field": "custom.since", "lt": {"field": "clock.now"}},
        {"field": "lead.language", "in": {"field": "custom.languages"}},
        {"field": "lead.country", "not_equals": {"field": "company.country"}},
        {"field": "score.fit", "gte": 60},
        {"icp": "big"},
    ],
)
def test_what_fits_is_not_complained_about(condition: dict[str, Any]) -> None:
    assert findings(condition) == []


def test_a_pool_may_ask_for_the_rep_and_lead_together() -> None:
    asked = {
        "all": [
            {"field": "lead.language", "in": {"field": "rep.languages"}},
            {"field": "rep.tier", "lte": 2},
            {"field": "rep.started_on", "older_than": "30d"},
            {"field": "rep.key", "not_equals": {"field": "account.owner"}},
        ]
    }
    assert findings(asked, path="pools.sdr.requires") == []
    (found,) = findings({"field": "rep.tier", "equals": "A"}, path="pools.sdr.requires")
    assert found.code == "wrong-type"


def test_profiles_of_companies_and_of_people_are_kept_apart() -> None:
    (icp,) = findings({"field": "lead.title", "present": True}, path="icps.core.when")
    (persona,) = findings({"field": "company.employees", "gte": 5}, path="personas.buyer.when")
    assert (icp.code, icp.severity) == ("icp-asks-person", Severity.WARNING)
    assert (persona.code, persona.severity) == ("persona-asks-company", Severity.WARNING)


def test_every_type_has_its_operators_and_every_operator_its_type() -> None:
    assert set(OPERATORS_BY_TYPE) == set(FieldType)
    assert frozenset[Operator]().union(*OPERATORS_BY_TYPE.values()) == set(Operator)


@examples(200)
@given(conditions)
def test_a_condition_without_an_error_can_be_compiled(condition: dict[str, Any]) -> None:
    if all(found.severity is not Severity.ERROR for found in findings(condition)):
        rules = [{"name": "r", "when": condition, "work": "nurture"}]
        CompiledPolicy(parse_policy({**NAMED, "rules": rules}), version=1)


@pytest.mark.parametrize(("pattern", "code"), [("(?=a)", "pattern-refused"), (r"(a)\1", "pattern-refused")])
def test_a_refused_pattern_is_a_fault_with_its_path(pattern: str, code: str) -> None:
    when = {"all": [{"field": "lead.title", "present": True}, {"field": "lead.title", "matches": pattern}]}
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy({"rules": [{"name": "r", "when": when, "work": "nurture"}]})
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [("rules[0].when.all[1].matches", code)]


def test_more_patterns_than_can_be_compiled_in_a_moment_are_a_fault() -> None:
    many = [{"field": "lead.title", "matches": f"a{number}"} for number in range(201)]
    rules = [{"name": "r", "when": {"any": many}, "work": "nurture"}]
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy({"rules": rules})
    assert [fault.code for fault in caught.value.faults] == ["too-many"]
    assert isinstance(parse_policy({"rules": [{"name": "r", "when": {"any": many[:200]}, "work": "nurture"}]}), Policy)
