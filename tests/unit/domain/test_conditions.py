"""Conditions: three-valued logic, one evaluator, and explanations that agree with it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from pointsman.domain.conditions import compile_condition, explain
from pointsman.domain.definitions import Definitions
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads import Facts
from pointsman.domain.policy import Condition, Rule, parse_policy
from unit.domain.drawing import SEGMENTS, conditions, facts


def parsed(condition: Mapping[str, Any]) -> Condition:
    when = Rule.model_validate({"name": "r", "when": condition, "work": "nurture"}).when
    assert when is not None
    return when


DEFINITIONS = Definitions.of(parse_policy({"segments": SEGMENTS}))


def ask(condition: Mapping[str, Any], known: Facts) -> bool | None:
    return compile_condition(parsed(condition), DEFINITIONS)(known)


def slowly(condition: Mapping[str, Any], known: Mapping[str, Any]) -> bool | None:  # noqa: C901, PLR0911, PLR0912  # a table
    """A reference evaluator straight from the truth tables: 1 true, 0 false, 1/2 unknown."""
    if "all" in condition:
        return _word(min(_figure(slowly(part, known)) for part in condition["all"]))
    if "any" in condition:
        return _word(max(_figure(slowly(part, known)) for part in condition["any"]))
    if "not" in condition:
        return _word(1 - _figure(slowly(condition["not"], known)))
    if "segment" in condition:
        return slowly(SEGMENTS[condition["segment"]]["when"], known)  # type: ignore[arg-type]  # the test's own data
    ((operator, operand),) = ((key, value) for key, value in condition.items() if key != "field")
    value = known.get(condition["field"])
    if operator == "present":
        return (value is not None) is operand
    if value is None:
        return None
    if operator in ("equals", "not_equals", "in", "not_in"):
        choices = operand if isinstance(operand, list) else [operand]
        same_kind = [choice for choice in choices if _kind(choice) == _kind(value)]
        if not same_kind:
            return None
        return (value in same_kind) is (operator in ("equals", "in"))
    if operator in ("contains", "starts_with", "ends_with"):
        if operator == "contains" and isinstance(value, tuple):
            return operand in value
        if not isinstance(value, str):
            return None
        return {
            "contains": operand in value,
            "starts_with": value.startswith(operand),
            "ends_with": value.endswith(operand),
        }[operator]
    low, high = operand if isinstance(operand, list) else (operand, operand)
    if isinstance(low, str):
        low, high = datetime.fromisoformat(low), datetime.fromisoformat(high)
    if _kind(low) != _kind(value):
        return None
    return {
        "gte": value >= low,
        "gt": value > low,
        "lte": value <= high,
        "lt": value < high,
        "between": low <= value <= high,
    }[operator]


def _figure(answer: bool | None) -> float:
    return 0.5 if answer is None else float(answer)


def _word(figure: float) -> bool | None:
    return {0: False, 0.5: None, 1: True}[figure]


def _kind(value: object) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


@given(conditions, facts)
def test_conditions_agree_with_a_slow_reference_evaluator(condition: dict[str, Any], known: Facts) -> None:
    assert ask(condition, known) is slowly(condition, known)


@given(conditions, facts)
def test_the_explanation_gives_the_answers_that_the_evaluator_used(condition: dict[str, Any], known: Facts) -> None:
    for leaf in explain(parsed(condition), known, DEFINITIONS):
        assert leaf.words.startswith(leaf.field)
        assert (leaf.outcome is None) == ("not known" in leaf.words or "cannot be compared" in leaf.words) or (
            leaf.operator == "present"
        )


@pytest.mark.parametrize(
    ("condition", "known", "answer"),
    [
        ({"field": "lead.score", "gte": 50}, {}, None),
        ({"not": {"field": "lead.score", "gte": 50}}, {}, None),
        ({"field": "lead.score", "not_equals": 50}, {}, None),
        ({"field": "lead.score", "present": False}, {}, True),
        ({"not": {"field": "lead.score", "present": True}}, {}, True),
        ({"field": "custom.vip", "equals": 1}, {"custom.vip": True}, None),
        ({"field": "lead.score", "equals": 1.0}, {"lead.score": 1}, True),
        ({"field": "lead.score", "gte": 0}, {"lead.score": True}, None),
        ({"field": "lead.country", "equals": "de"}, {"lead.country": "DE"}, False),
        ({"field": "custom.tags", "contains": "vip"}, {"custom.tags": ("vip", "new")}, True),
        ({"field": "custom.tags", "contains": "vi"}, {"custom.tags": ("vip", "new")}, False),
        (
            {"field": "lead.created_at", "lt": "2026-01-01T01:00:00+01:00"},
            {"lead.created_at": datetime(2026, 1, 1, tzinfo=UTC)},
            False,
        ),
    ],
)
def test_unknown_is_neither_true_nor_false(condition: dict[str, Any], known: Facts, answer: bool | None) -> None:
    assert ask(condition, known) is answer


def test_an_explanation_says_in_words_what_was_compared() -> None:
    condition = parsed(
        {
            "all": [
                {"field": "lead.score", "gte": 50},
                {"not": {"segment": "dach"}},
                {"field": "lead.title", "equals": "CEO"},
            ]
        }
    )
    found = explain(condition, {"lead.score": 45, "lead.country": "DE"}, DEFINITIONS)
    assert [(leaf.path, leaf.words) for leaf in found] == [
        ("all[0]", "lead.score 45 is below 50"),
        ("all[1].not.segment:dach", "lead.country DE is one of DE, AT, CH"),
        ("all[2]", "lead.title is not known"),
    ]


def test_a_segment_that_does_not_exist_is_refused_and_not_false() -> None:
    with pytest.raises(PolicyInvalid, match="segment:nowhere does not exist"):
        compile_condition(parsed({"segment": "nowhere"}))


def test_a_policy_parses_to_an_equal_policy_after_a_round_trip() -> None:
    document = {"segments": SEGMENTS, "rules": [{"name": "a", "when": {"segment": "hot"}, "work": "nurture"}]}
    policy = parse_policy(document)
    assert policy.document() == document
    assert parse_policy(policy.document()) == policy
