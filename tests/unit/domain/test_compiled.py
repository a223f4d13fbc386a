"""The index over rules never changes which rule matches."""

from typing import Any

from hypothesis import given

from pointsman.domain.compiled import CompiledPolicy
from pointsman.domain.leads import Facts
from pointsman.domain.policy import parse_policy
from pointsman.domain.roles import Work
from unit.domain.drawing import facts, policies
from unit.domain.floor import compiled


@given(policies(), facts)
def test_the_index_finds_the_same_rules_as_a_plain_scan(document: dict[str, Any], known: Facts) -> None:
    ready = CompiledPolicy(parse_policy(document), version=1)
    everything = [i for i, test in enumerate(ready.tests) if test(known) is True]
    assert [i for i, outcome in ready.scan(known) if outcome is True] == everything
    assert ready.first_match(known) == next(iter(everything), None)
    for work in Work:
        wanted = [i for i in everything if ready.policy.rules[i].work is work]
        assert [i for i, outcome in ready.scan(known, work) if outcome is True] == wanted


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
    assert list(ready.candidates({"lead.country": "CD"})) == [countries.index("CD")]
    assert list(ready.candidates({"lead.score": 5})) == []


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
    assert ready.fields == {"lead.title", "lead.language", "company.domain", "account.owner"}
