"""Conditions: three-valued logic, one evaluator, and explanations that agree with it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import compile_condition, explain_condition
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads.facts import NEVER_QUOTED, Facts
from pointsman.domain.policy.conditions_model import EQUALITY_OPERATORS, LIST_OPERATORS, TEXT_OPERATORS, Operator
from pointsman.domain.policy.parsing import Condition, Policy, Rule, parse_policy
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.services.wording.terms import write_term
from support.hypothesis_profiles import examples
from support.strategies import conditions as condition_strategies
from support.strategies import policies as policy_strategies
from support.strategies import satisfiable_conditions
from support.strategies.conditions import NAMES, NOW, SEGMENTS, conditions, facts, leaf, odd_facts
from support.strategies.reference_evaluator import slowly, with_slow_scores
from support.wording import english


def parsed(condition: Mapping[str, Any]) -> Condition:
    when = Rule.model_validate({"name": "r", "when": condition, "work": "nurture"}).when
    assert when is not None
    return when


DEFINITIONS = Definitions.of(parse_policy(NAMES))


def ask(condition: Mapping[str, Any], known: Facts) -> bool | None:
    return compile_condition(parsed(condition), DEFINITIONS)(known)


def policy_of(condition: Mapping[str, Any]) -> CompiledPolicy:
    rules = [{"name": "r", "when": condition, "work": "nurture"}]
    return CompiledPolicy(parse_policy({**NAMES, "rules": rules}), version=1)


@pytest.mark.parametrize(
    "drawn",
    [condition_strategies.OPERANDS.keys(), policy_strategies.OPERANDS.keys(), satisfiable_conditions.DRAWN],
    ids=["condition_strategies", "policy_strategies", "satisfiable_conditions"],
)
def test_every_operator_is_drawn(drawn: Iterable[str]) -> None:
    assert set(drawn) == {operator.value for operator in Operator}


@examples(600)
@given(conditions, odd_facts)
@example({"field": "custom.tags", "not_equals": {"field": "custom.tags"}}, {"custom.tags": ()})
def test_conditions_agree_with_a_slow_reference_evaluator(condition: dict[str, Any], known: Facts) -> None:
    assert ask(condition, known) is slowly(condition, known)


@examples(300)
@given(conditions, facts)
def test_a_policy_answers_with_its_scores_and_clock_as_the_reference_does(
    condition: dict[str, Any], known: Facts
) -> None:
    policy = policy_of(condition)
    enriched = policy.enrich({**known, "score.fit": 99, "rep.tier": 1}, NOW)
    assert policy.tests[0](enriched) is slowly(condition, with_slow_scores(known, NOW))
    assert policy.enrich(enriched, NOW) == enriched


@examples(300)
@given(conditions, odd_facts, st.data())
def test_knowing_more_never_overturns_an_answer(condition: dict[str, Any], known: Facts, data: st.DataObject) -> None:
    assume("present" not in str(condition))
    fewer = {name: value for name, value in known.items() if data.draw(st.booleans(), label=name)}
    assert ask(condition, fewer) in (None, ask(condition, known))


@examples(300)
@given(conditions, odd_facts)
def test_the_explanation_gives_the_answers_that_the_evaluator_used(condition: dict[str, Any], known: Facts) -> None:
    for found in explain_condition(parsed(condition), known, DEFINITIONS):
        words = english(found.words)
        assert words.startswith(write_term(found.field, "fact", "en"))
        assert (found.outcome is None) == ("not known" in words or "cannot be compared" in words) or (
            found.operator == "present"
        )


@given(leaf(), odd_facts)
def test_a_leaf_is_explained_with_the_very_answer_of_the_condition(condition: dict[str, Any], known: Facts) -> None:
    (found,) = explain_condition(parsed(condition), known, DEFINITIONS)
    assert found.outcome is slowly(condition, known)


#: The name of a group is shown, and so is what is looked for in a message.
SHOWN = {Operator.IN_GROUP}
SHOWN_OF_MESSAGES = SHOWN | {Operator.MATCHES, Operator.MENTIONS}


def _naming(field: str, value: str) -> Iterator[dict[str, Any]]:
    """Tests that compare `field` with `value` itself, by every operator that would tell it."""
    shown = SHOWN_OF_MESSAGES if field == "lead.message" else SHOWN
    for operator in sorted((EQUALITY_OPERATORS | TEXT_OPERATORS | LIST_OPERATORS | {Operator.CONTAINS}) - shown):
        if operator is Operator.MATCHES and value.startswith("+"):
            continue  # it is no pattern
        for operand in (value, [value, "b"]):  # as the operator takes it: one, or several
            with suppress(ValidationError):
                asked = {"field": field, operator.value: operand}
                parsed(asked)
                yield asked


_secrets = st.sampled_from(sorted(NEVER_QUOTED))


@given(_secrets, leaf(), st.sampled_from(["zq@ox.example", "Zoe Quill", "+49 30 999"]))
def test_what_a_person_is_known_by_is_never_quoted(name: str, condition: dict[str, Any], value: str) -> None:
    about = {key: operand for key, operand in condition.items() if key != "field"}
    for known in ({name: value}, {name: value, "lead.title": value, "clock.now": NOW, "lead.country": "DE"}):
        for asked in ({"field": name, **about}, *_naming(name, value)):
            assert value not in str(explain_condition(parsed(asked), known, DEFINITIONS)[0].words.as_json())
        for asked in ({"field": "lead.title", "equals": {"field": name}}, {"field": name, "gte": {"field": name}}):
            assert value not in str(explain_condition(parsed(asked), known, DEFINITIONS)[0].words.as_json())


@pytest.mark.parametrize(
    ("condition", "value", "words"),
    [
        (
            {"field": "lead.message", "mentions": ["prices"]},
            "your prices?",
            "the lead's message mentions prices",
        ),
        (
            {"field": "lead.email", "under_domain": ["ox.example"]},
            "zq@ox.example",
            "the lead's email address lies at or under ox.example",
        ),
    ],
)
def test_a_topic_of_a_message_and_the_domain_of_an_address_are_shown(
    condition: dict[str, Any], value: str, words: str
) -> None:
    (found,) = explain_condition(parsed(condition), {condition["field"]: value}, DEFINITIONS)
    assert english(found.words) == words


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
    found = explain_condition(condition, {"lead.score": 45, "lead.country": "DE"}, DEFINITIONS)
    assert [(leaf.path, english(leaf.words)) for leaf in found] == [
        ("all[0]", "the lead's score (45) is below 50"),
        ("all[1].not.segment:dach", "the lead's country (DE) is one of DE, AT, CH"),
        ("all[2]", "the lead's job title is not known"),
    ]


def test_a_segment_that_does_not_exist_is_refused_and_not_false() -> None:
    with pytest.raises(PolicyInvalid, match="segment:nowhere does not exist"):
        compile_condition(parsed({"segment": "nowhere"}))


def test_a_policy_parses_to_an_equal_policy_after_a_round_trip() -> None:
    document = {"segments": SEGMENTS, "rules": [{"name": "a", "when": {"segment": "hot"}, "work": "nurture"}]}
    policy = parse_policy(document)
    assert policy.document() == document
    assert parse_policy(policy.document()) == policy


@pytest.mark.parametrize(
    ("condition", "known", "answer", "words"),
    [
        (
            {"field": "lead.created_at", "within_last": "4h"},
            {"lead.created_at": NOW - timedelta(days=1), "clock.now": NOW},
            False,
            "the arrival of the lead (Tue 3 Mar 2026, 09:30 (UTC)) is not within the last 4 hours",
        ),
        (
            {"field": "lead.created_at", "older_than": "30d"},
            {"lead.created_at": NOW},
            None,
            "the arrival of the lead (Wed 4 Mar 2026, 09:30 (UTC)) cannot be compared: the moment of the decision is not known",
        ),
        (
            {"field": "lead.language", "in": {"field": "rep.languages"}},
            {"lead.language": "de", "rep.languages": ("en", "fr")},
            False,
            "the lead's language (de) is not in the rep's list of languages (en, fr)",
        ),
        (
            {"field": "lead.language", "in": {"field": "rep.languages"}},
            {"lead.language": "de"},
            None,
            "the lead's language (de) cannot be compared: the rep's list of languages is not known",
        ),
        ({"field": "score.fit", "gte": 60}, {"score.fit": 45}, False, "the score 'fit' (45) is below 60"),
        (
            {"field": "lead.country", "in_group": ["DACH", "BENELUX"]},
            {"lead.country": "US"},
            False,
            "the lead's country (US) does not lie in DACH, BENELUX",
        ),
        (
            {"field": "lead.message", "mentions": ["budget"]},
            {"lead.message": "What budget?"},
            True,
            "the lead's message mentions budget",
        ),
        (
            {"field": "company.domain", "under_domain": ["siemens.com"]},
            {"company.domain": "notsiemens.com"},
            False,
            "the company's domain (notsiemens.com) lies neither at nor under siemens.com",
        ),
        (
            {"field": "custom.tags", "contains_all": ["a", "b"]},
            {"custom.tags": ("a",)},
            False,
            "the field 'tags' (a) does not contain all of a, b",
        ),
        (
            {"field": "lead.created_at", "gte": "2026-01-31"},
            {"lead.created_at": datetime(2026, 1, 31, tzinfo=UTC)},
            True,
            "the arrival of the lead (Sat 31 Jan 2026, 00:00 (UTC)) is not before Sat 31 Jan 2026, 00:00 UTC",
        ),
        (
            {"field": "lead.score", "gte": {"field": "company.employees"}},
            {"lead.score": 5, "company.employees": 7},
            False,
            "the lead's score (5) is below the company's number of employees (7)",
        ),
    ],
)
def test_each_answer_is_said_in_words(condition: dict[str, Any], known: Facts, answer: bool | None, words: str) -> None:
    (found,) = explain_condition(parsed(condition), known, DEFINITIONS)
    assert (found.outcome, english(found.words)) == (answer, words)


@pytest.mark.parametrize(
    ("text", "phrase", "answer"),
    [
        ("BUDGET?", "budget", True),
        ("low-budget", "budget", True),
        ("budgets", "budget", False),
        ("kein Budget_2", "budget", False),
        ("Straße", "STRASSE", True),
        ("we  like\nopen source", "open source", True),
        ("cafe\u0301", "caf\u00e9", True),
        ("cafe\u0301", "cafe", False),
        ("C++17", "c++", False),
        ("c++, rust", "C++", True),
        ("\u6211\u8981\u6f14\u793a", "\u6f14\u793a", True),
        ("anything", " ", False),
    ],
)
def test_a_mention_is_a_whole_word_whatever_its_case(text: str, phrase: str, answer: bool) -> None:
    assert ask({"field": "lead.message", "mentions": [phrase]}, {"lead.message": text}) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("siemens.com", True),
        ("www.siemens.com.", True),
        ("https://SIEMENS.com:443/de?x=1", True),
        ("anna@energy.siemens.com", True),
        ("notsiemens.com", False),
        ("siemens.com.evil.example", False),
        ("https://siemens.com@evil.example/", False),
        ("https://evil.example/@siemens.com", False),
        ("https://evil.example\\@siemens.com", None),
        ("http://[", None),
        ("two words", None),
        ("", None),
    ],
)
def test_only_a_host_that_is_the_domain_or_below_lies_under_it(text: str, answer: bool | None) -> None:
    assert ask({"field": "custom.site", "under_domain": ["siemens.com"]}, {"custom.site": text}) is answer


def test_an_international_domain_is_found_in_both_spellings() -> None:
    for text in ("m\u00fcller.example", "www.xn--mller-kva.example"):
        assert ask({"field": "custom.site", "under_domain": ["M\u00fcller.example"]}, {"custom.site": text}) is True


@pytest.mark.parametrize(
    "value", [None, [1], {"a": 1}, b"x", object(), float("nan"), NOW.replace(tzinfo=None), ("a",), 1j]
)
@given(condition=leaf())
def test_no_value_whatever_makes_a_condition_raise(value: Any, condition: dict[str, Any]) -> None:
    answer = ask(condition, {condition["field"]: value, "clock.now": NOW})
    assert answer in (None, True, False)
    ask(condition, {condition["field"]: NOW, "clock.now": value})


def test_a_pattern_that_would_explode_elsewhere_is_answered() -> None:
    """An engine that goes back would try two to the power of a hundred thousand ways: this test would not end."""
    bomb = compile_condition(parsed({"field": "lead.message", "matches": "(a+)+$"}))
    assert bomb({"lead.message": "a" * 100_000 + "b"}) is False


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ("(?=x)", "lookahead"),
        ("(?<!x)y", "lookbehind"),
        (r"(a)\1", "backreference"),
        ("(", "escape the character"),
        (r"\pL{900}", "repeat less"),
        ("a" * 501, "split it"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_advice(pattern: str, advice: str) -> None:
    with pytest.raises(PolicyInvalid, match=advice):
        compile_condition(parsed({"field": "lead.message", "matches": pattern}))


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "lead.country", "in_group": ["ATLANTIS"]},
        {"field": "lead.message", "mentions": ["list:nothing"]},
        {"icp": "none"},
        {"persona": "none"},
    ],
)
def test_a_name_that_nobody_defines_is_refused_and_not_false(condition: dict[str, Any]) -> None:
    with pytest.raises(PolicyInvalid, match=r"there is no|does not exist"):
        compile_condition(parsed(condition))


def test_scores_that_ask_for_each_other_are_refused() -> None:
    score = {"owner": "Board", "points": [{"when": {"segment": "s"}, "points": 1}]}
    policy = Policy.model_validate(
        {
            "segments": {"s": {"owner": "Board", "when": {"field": "score.b", "gte": 1}}},
            "scores": {
                "score.a": score,
                "score.b": {"owner": "Board", "points": [{"when": {"field": "score.a", "gte": 1}, "points": 1}]},
            },
        }
    )
    with pytest.raises(PolicyInvalid, match="refers to itself"):
        CompiledPolicy(policy, version=1)


def test_a_decision_keeps_what_scores_and_relative_times_read() -> None:
    policy = policy_of({"all": [{"field": "score.total", "gte": 5}, {"field": "lead.created_at", "older_than": "1d"}]})
    assert {"score.total", "clock.now", "company.employees", "lead.country", "lead.created_at"} <= policy.lead_fields
    assert policy.enrich({"lead.first_name": "Anna", "score.total": 70}, NOW) == {
        "clock.now": NOW,
        "score.fit": 10,
        "score.total": 5,
    }
