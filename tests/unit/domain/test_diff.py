"""What changed between two policies, in words that an admin can approve."""

from typing import Any

import pytest
from hypothesis import given, settings

from pointsman.domain.diff import diff
from pointsman.domain.policy import parse_policy
from unit.domain.drawing import policies

DACH = {"name": "DACH", "when": {"field": "lead.country", "in": ["DE", "AT"]}, "work": "qualification", "pool": "sdr"}
REST = {"name": "rest", "work": "nurture"}
OLD: dict[str, Any] = {
    "rules": [DACH, REST],
    "pools": {"sdr": {"work": "qualification", "members": ["lena", "max"]}},
    "gates": {"closing": {"require": ["qualified"]}},
}


def changes(new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.path, change.sentence) for change in diff(parse_policy(OLD), parse_policy(new))]


@pytest.mark.parametrize(
    ("new", "path", "sentence"),
    [
        (
            {"rules": [{**DACH, "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}}, REST]},
            "rules[0].when.in",
            "rule 'DACH' now also takes CH in lead.country",
        ),
        (
            {"rules": [{**DACH, "when": {"field": "lead.country", "in": ["AT"]}}, REST]},
            "rules[0].when.in",
            "rule 'DACH' no longer takes DE in lead.country",
        ),
        (
            {"rules": [{**DACH, "when": {"field": "lead.score", "gte": 5}}, REST]},
            "rules[0].when.field",
            "rule 'DACH': field was lead.country and is now lead.score",
        ),
        ({"rules": [{**DACH, "else": "next"}, REST]}, "rules[0].else", "rule 'DACH': else was not set and is now next"),
        ({"rules": [DACH]}, "rules[1]", "rule 'rest' is gone"),
        (
            {"rules": [DACH, {**REST, "name": "new"}, REST]},
            "rules[1]",
            "rule 'new' is new, at place 2 of 3",
        ),
        ({"rules": [REST, DACH]}, "rules[0]", "rule 'rest' moved from place 2 to 1"),
        ({"pools": {**OLD["pools"], "b": OLD["pools"]["sdr"]}}, "pools.b", "pool 'b' is new"),
        (
            {"gates": {"closing": {"require": ["qualified", "educated"]}}},
            "gates.closing.require",
            "gate 'closing' now also takes educated in require",
        ),
        ({"nurture": {"cool_off": "60d"}}, "nurture", "nurture was not set and is now cool_off 60d"),
    ],
)
def test_a_change_is_said_in_words(new: dict[str, Any], path: str, sentence: str) -> None:
    assert (path, sentence) in changes({**OLD, **new})


def test_an_added_rule_does_not_make_the_others_look_moved() -> None:
    assert len(changes({**OLD, "rules": [{**REST, "name": "first"}, DACH, REST]})) == 1


def test_writing_out_a_default_is_no_change() -> None:
    assert changes({**OLD, "rules": [{**DACH, "else": "hold"}, REST]}) == []


@settings(max_examples=40)
@given(policies(), policies())
def test_there_are_changes_exactly_when_the_policies_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = parse_policy(one), parse_policy(other)
    assert diff(before, before) == ()
    assert bool(diff(before, after)) == (before != after)
