"""The index over rules never changes which rule matches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from support.hypothesis_profiles import examples
from support.roster import compiled
from support.strategies.conditions import NAMES, conditions, leaf, names, odd_facts
from support.strategies.routing import facts, policies
from support.work import counting_calls


def first_match(policy: CompiledPolicy, known: Facts) -> int | None:
    return next((position for position, outcome in policy.scan_rules(known) if outcome is True), None)


@given(policies(), facts)
def test_the_index_finds_the_same_rules_as_a_plain_scan(document: dict[str, Any], known: Facts) -> None:
    ready = CompiledPolicy(parse_policy(document), version=1)
    everything = [i for i, test in enumerate(ready.tests) if test(known) is True]
    assert [i for i, outcome in ready.scan_rules(known) if outcome is True] == everything
    assert first_match(ready, known) == next(iter(everything), None)
    for work in Work:
        wanted = [i for i in everything if ready.policy.rules[i].work is work]
        assert [i for i, outcome in ready.scan_rules(known, work) if outcome is True] == wanted


_rule_conditions = st.one_of(
    conditions,
    st.tuples(st.one_of(names, leaf()), st.one_of(names, leaf()), conditions).map(lambda parts: {"all": [*parts]}),
)


@examples(300)
@given(
    st.lists(_rule_conditions, min_size=1, max_size=5), st.integers(1, 12), st.lists(odd_facts, min_size=1, max_size=3)
)
def test_the_index_says_of_any_policy_and_lead_what_a_plain_scan_says(
    whens: list[dict[str, Any]], times: int, leads: list[Facts]
) -> None:
    rules = [{"name": str(i), "when": when, "work": "nurture"} for i, when in enumerate(whens * times)]
    ready = CompiledPolicy(parse_policy({**NAMES, "rules": rules}), version=1)
    for known in leads * 2:  # the second time what is left over is remembered
        plain = [test(known) for test in ready.tests]
        found = dict(ready.scan_rules(known))
        assert list(found) == sorted(found)
        assert all(outcome is plain[position] for position, outcome in found.items())
        assert [i for i, outcome in found.items() if outcome is True] == [i for i, o in enumerate(plain) if o is True]
        assert first_match(ready, known) == next((i for i, outcome in enumerate(plain) if outcome is True), None)


@pytest.mark.parametrize(
    "value", [49, 50, 50.5, 100, 101, -(10**400), float("nan"), float("inf"), True, "50", None, [50]]
)
def test_a_number_is_found_in_its_range_and_nothing_else_is(value: Any) -> None:
    operands: list[tuple[str, object]] = [("gte", 50), ("gt", 50), ("lte", 50.0), ("lt", 100), ("between", [50, 100])]
    rules = [
        {"name": operator, "when": {"field": "lead.score", operator: operand}, "work": "nurture"}
        for operator, operand in operands
    ]
    ready = compiled(rules, {})
    known = {"lead.score": value}
    wanted = [i for i, test in enumerate(ready.tests) if test(known) is True]
    assert [position for position, _ in ready.scan_rules(known)] == wanted


def test_a_named_condition_is_asked_once_however_many_rules_name_it() -> None:
    asked: list[str] = []

    class Watched(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.append(key)
            return super().get(key, default)

    segments = {"s": {"owner": "Board", "when": {"field": "lead.title", "matches": "CEO"}}}
    rules = [
        {
            "name": str(i),
            "when": {"all": [{"segment": "s"}, {"field": "lead.source", "not_equals": "ad"}]},
            "work": "nurture",
        }
        for i in range(40)
    ]
    ready = compiled(rules, {}, segments=segments)
    assert first_match(ready, Watched({"lead.title": "Owner", "lead.source": "ad"})) is None
    assert asked.count("lead.title") == 1
    assert list(ready.scan_rules(Watched({"lead.title": "CEO", "lead.source": "ad"}))) == [
        (i, False) for i in range(40)
    ]
    assert asked.count("lead.title") == 2


BOSS_ASKS_FOR_A_DEMO = {
    "all": [{"segment": "boss"}, {"segment": "near"}, {"field": "lead.message", "matches": "demo"}],
}
SEGMENTS = {
    "boss": {"owner": "Board", "when": {"field": "lead.title", "matches": "CEO"}},
    "near": {"owner": "Board", "when": {"field": "lead.city", "matches": "Bern"}},
}


@pytest.mark.parametrize("rules", [1, 20])  # from 17 on, rules are asked in groups by the segment that they name first
@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ({"lead.title": "CEO", "lead.city": "Bern", "lead.message": "a demo"}, True),
        ({"lead.city": "Bern", "lead.message": "a demo"}, None),  # the segment named first is unknown
        ({"lead.title": "CEO", "lead.message": "a demo"}, None),  # the one named second is
        ({"lead.message": "a demo"}, None),  # both are
        ({"lead.title": "CEO", "lead.city": "Bern"}, None),  # what the rule asks itself is
        ({"lead.title": "Clerk", "lead.city": "Bern", "lead.message": "a demo"}, False),
        ({"lead.title": "Clerk", "lead.message": "a demo"}, False),
        ({"lead.city": "Rome", "lead.message": "a demo"}, False),
        ({"lead.city": "Bern", "lead.message": "a call"}, False),
        ({"lead.title": "Clerk", "lead.city": "Bern"}, False),
    ],
)
def test_a_rule_that_names_an_unknown_segment_is_unknown_and_never_matches(
    rules: int, known: Facts, outcome: bool | None
) -> None:
    ready = compiled(
        [{"name": str(i), "when": BOSS_ASKS_FOR_A_DEMO, "work": "nurture"} for i in range(rules)], {}, segments=SEGMENTS
    )
    assert [test(known) for test in ready.tests] == [outcome] * rules
    said = {found for _, found in ready.scan_rules(known)}  # grouped, rules of a segment that is not true are left out
    assert said <= {outcome}
    assert said or rules > 1 or outcome is False
    assert first_match(ready, known) == (0 if outcome is True else None)


def test_only_rules_that_a_lead_may_match_are_evaluated() -> None:
    countries = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"]
    rules = [
        {
            "name": c,
            "when": {"all": [{"field": "lead.country", "equals": c}, {"field": "lead.score", "gte": 1}]},
            "work": "nurture",
        }
        for c in countries
    ]
    ready = compiled(rules, {})
    assert list(ready.candidates({"lead.country": "CD", "lead.score": 1})) == [countries.index("CD")]
    for other in ({"lead.score": 5}, {"lead.country": "CD", "lead.score": 0}, {"lead.country": "CD"}):
        assert list(ready.candidates(other)) == []


def test_a_policy_knows_which_fields_it_may_read() -> None:
    ready = compiled(
        [
            {
                "name": "a",
                "when": {"not": {"field": "lead.title", "present": True}},
                "work": "qualification",
                "pool": "p",
            }
        ],
        {"p": {"work": "qualification", "members": ["lena"], "match": [{"lead": "lead.language", "rep": "languages"}]}},
    )
    assert ready.lead_fields == {"lead.title", "lead.language", "company.domain", "account.owner"}


_LONG = [f"d{number}.example" for number in range(5_000)]
_OWNED = {"owner": "Board"}


@pytest.mark.parametrize(
    ("named", "when"),
    [
        ({"field": "company.domain", "in": _LONG}, {"all": [{"segment": "a"}, {"segment": "b"}]}),
        (
            {"any": [{"field": "company.domain", "equals": d} for d in _LONG[:900]]},
            {"any": [{"segment": "a"}, {"segment": "b"}]},
        ),
        (
            {"all": [{"field": "lead.score", "gte": n} for n in range(900)]},
            {"all": [{"segment": "a"}, {"segment": "b"}]},
        ),
        (
            {"field": "lead.message", "mentions": ["list:words"]},
            {"field": "lead.message", "mentions": ["list:words", "x"]},
        ),
    ],
)
def test_rules_that_name_what_is_long_are_made_ready_in_a_moment_and_answer_as_before(
    named: dict[str, Any], when: dict[str, Any]
) -> None:
    rules = [{"name": str(i), "when": when, "work": "nurture"} for i in range(3_000)]
    segments = {"a": {**_OWNED, "when": named}, "b": {**_OWNED, "when": named}}
    policy = parse_policy({"segments": segments, "rules": rules, "word_lists": {"words": _LONG}})
    with counting_calls() as work:
        ready = CompiledPolicy(policy, version=1)
    assert work.calls < 4_000_000  # 2.2 million at most, where 3,000 rules ask 900 values each
    for known in (
        {"company.domain": "d7.example", "lead.score": 1_000, "lead.message": "to d7.example"},
        {"lead.score": 5},
    ):
        assert first_match(ready, known) == (0 if ready.tests[0](known) is True else None)
        assert len([i for i, o in ready.scan_rules(known) if o is True]) == (
            3_000 if ready.tests[0](known) is True else 0
        )
