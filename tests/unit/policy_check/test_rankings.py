"""How a ranked pool can end up sharing as a fair one does, and what the check says of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.run import check_policy
from pointsman.domain.roster.reps import Caps, Rep
from support.roster import CLOSER, rep, roster

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"
PREFER = [{"lead": "lead.language", "rep": "languages"}]
NONE = Caps(per_day=0)


def speaks(key: str, tier: int, *languages: str, **over: Any) -> Rep:
    return rep(key, tier=tier, skills={"languages": frozenset(languages)} if languages else {}, **over)


def found(*reps: Rep, category: str | None = None, **over: Any) -> dict[str, list[str]]:
    """By code, the paths of the findings about one ranked pool."""
    pool = {
        "work": "qualification",
        "method": "ranked",
        "members": [one.key for one in reps],
        "ranking": {"prefer": PREFER},
    }
    rule = {"name": "all", "work": "qualification", "pool": "sdr", **({"category": category} if category else {})}
    policy = parse_policy({"rules": [rule], "pools": {"sdr": {**pool, **over}}})
    paths: dict[str, list[str]] = {}
    for finding in check_policy(policy, roster(*reps)):
        paths.setdefault(finding.code, []).append(finding.path)
    return paths


LIST = ["pools.sdr.ranking.prefer[0].rep"]
SECOND, FIRST = ["pools.sdr.members[1]"], ["pools.sdr.members[0]"]


@pytest.mark.parametrize(
    ("reps", "expected"),
    [
        ([speaks("a", 1, "de"), speaks("b", 2, "fr")], {}),
        ([speaks("a", 1, "de"), speaks("b", 1, "fr")], {}),  # one tier is no fault: lists rank
        ([speaks("a", 1, "de"), speaks("b", 2, "de", "fr")], {}),
        ([speaks("a", 1, "de"), speaks("b", 2)], {"tier-without-preference": SECOND}),
        ([speaks("a", 1, "de"), speaks("b", 2, "de")], {"tier-without-preference": SECOND}),
        ([speaks("a", 1), speaks("b", 2, "de")], {"tier-without-preference": FIRST}),
        ([speaks("a", 1, "de"), speaks("b", 1, "de")], {"ranking-of-equals": ["pools.sdr.ranking"]}),
        ([speaks("a", 1), speaks("b", 2)], {"preference-without-effect": LIST}),
        ([speaks("a", 1, "de", caps=NONE), speaks("b", 2)], {"preference-without-effect": LIST}),
        ([speaks("a", 1, "de", active=False), speaks("b", 2)], {"preference-without-effect": LIST}),
        ([speaks("a", 1, "de", weight=0), speaks("b", 2)], {"preference-without-effect": LIST}),
        ([speaks("a", 1, "de", role=CLOSER), speaks("b", 2)], {"preference-without-effect": LIST}),
        ([speaks("a", 1, "de", caps=NONE), speaks("b", 2, "fr")], {}),
    ],
)
def test_a_ranked_pool_that_would_share_as_a_fair_one_is_said(reps: list[Rep], expected: dict[str, list[str]]) -> None:
    codes = {"tier-without-preference", "ranking-of-equals", "preference-without-effect", "ranking-without-preference"}
    assert {code: paths for code, paths in found(*reps).items() if code in codes} == expected


def test_a_category_cap_of_none_ends_a_preference_where_every_rule_has_that_category() -> None:
    shut = speaks("a", 1, "de", caps=Caps(categories={"big": NONE}))
    assert "preference-without-effect" in found(shut, speaks("b", 2), category="big")
    assert "preference-without-effect" not in found(shut, speaks("b", 2), category="small")
    assert "preference-without-effect" not in found(shut, speaks("b", 2))


def test_a_supplier_without_a_share_ends_a_preference() -> None:
    partner = speaks("a", 1, "de", supplier="acme")
    assert "preference-without-effect" in found(partner, speaks("b", 2), shares={"in-house": 100})


@pytest.mark.parametrize("limit", ["max_turns_ahead", "max_turns_behind"])
def test_a_limit_of_one_turn_is_too_small_to_rank_much(limit: str) -> None:
    reps = speaks("a", 1, "de"), speaks("b", 2, "fr")
    assert found(*reps, ranking={"prefer": PREFER, limit: 1})["ranking-limit-tight"] == [f"pools.sdr.ranking.{limit}"]
    assert "ranking-limit-tight" not in found(*reps, ranking={"prefer": PREFER, limit: 2})


@pytest.mark.parametrize("over", [{}, {"method": "fair", "ranking": {}, "match": PREFER}])
def test_a_list_in_a_spelling_that_no_lead_has_is_said(over: dict[str, Any]) -> None:
    assert found(speaks("a", 1, "DE"), speaks("b", 2, "fr"), **over)["list-never-equal"] == FIRST
    assert "list-never-equal" not in found(speaks("a", 1, "de"), speaks("b", 2, "fr"), **over)


@pytest.mark.parametrize("segment", ["Mid-Market", "mid-market"])
def test_lists_that_differ_in_capitals_alone_are_said(segment: str) -> None:
    over = {"method": "fair", "ranking": {}, "match": [{"lead": "lead.segment", "rep": "languages"}]}
    codes = found(speaks("a", 1, "mid-market"), speaks("b", 2, segment), **over)
    both = ["pools.sdr.members[0]", "pools.sdr.members[1]"]
    assert codes.get("list-letter-case") == (both if segment == "Mid-Market" else None)


def test_a_balanced_offer_ends_the_ranking() -> None:
    reps = speaks("a", 1, "de", role=CLOSER), speaks("b", 2, "fr", role=CLOSER)
    balanced = found(*reps, booking={"offer": "balanced"})["ranking-without-effect"]
    assert balanced == ["pools.sdr.booking.offer"]
    assert "ranking-without-effect" not in found(*reps, booking={"offer": "flexible"})


def test_the_example_of_the_page_ranks_and_the_check_has_nothing_against_it() -> None:
    document, people = (
        yaml.safe_load(block.split("```")[0])
        for block in PAGE.read_text().split("### Ranked\n")[1].split("```yaml\n")[1:3]
    )
    rule = {"name": "all", "work": "closing", "pool": "closers"}
    reps = [
        rep(one["key"], CLOSER, tier=one["tier"], skills={k: frozenset(v) for k, v in one["skills"].items()})
        for one in people["reps"]
    ]
    gates = {"closing": {"require": ["qualified"]}}
    assert check_policy(parse_policy({**document, "rules": [rule], "gates": gates}), roster(*reps)) == ()
