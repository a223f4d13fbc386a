"""Settings of a rep that have no effect are said with the reason, and those that have one are not."""

from datetime import date
from typing import Any

import pytest

from pointsman.domain.distribution.idle_settings import deserted_pools, idle_settings
from pointsman.domain.messages.message import rep_name
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy_check.pools import check_pools
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import MessageReader, render
from support.roster import CLOSER, compiled, rep, roster
from support.wording import english, german

MATCH = [{"lead": "lead.language", "rep": "languages"}]
PREFER = {"prefer": [{"lead": "lead.country", "rep": "countries"}]}


def policy(*, weight: int | None = None, **pool: Any) -> Policy:
    members = [{"rep": "anna", **({"weight": weight} if weight else {})}]
    rules = [{"name": "all", "work": "qualification", "pool": "sdr", "category": "enterprise"}]
    ownership = pool.pop("ownership", {})
    pools = {"sdr": {"work": "qualification", "members": members, **pool}}
    return compiled(rules, pools, ownership=ownership).policy


def told(live: Policy | None, **over: Any) -> dict[str, str]:
    who = over.pop("key", "anna")
    return {hint.path: hint.code for hint in idle_settings(rep(who, **over), live, set(over) or {"key"})}


@pytest.mark.parametrize(
    ("live", "over", "expected"),
    [
        (policy(weight=2), {"weight": 5}, {"weight": "weight-of-the-pool"}),
        (policy(), {"weight": 5}, {}),
        (policy(), {"tier": 2}, {"tier": "no-ranked-pool"}),
        (policy(method="ranked", ranking=PREFER), {"tier": 2}, {}),
        (policy(requires={"field": "rep.tier", "lte": 2}), {"tier": 2}, {}),
        (policy(ownership={"tie": "best_tier"}), {"tier": 2}, {}),
        (policy(), {"started_on": date(2026, 1, 1)}, {"started_on": "no-ramp-up"}),
        (policy(ramp_up=[{"after": "1w", "percent": 50}]), {"started_on": date(2026, 1, 1)}, {}),
        (
            policy(match=MATCH),
            {"skills": {"langages": {"de"}}},
            {"skills.langages": "skill-not-asked", "skills.languages": "no-skill"},
        ),
        (policy(match=MATCH), {"name": "Anna R.", "skills": {}}, {"skills.languages": "no-skill"}),
        (policy(match=MATCH), {"name": "Anna R.", "skills": {}, "active": False}, {}),
        (policy(match=MATCH), {"skills": {"languages": frozenset({"de"})}}, {}),
        (policy(method="ranked", ranking=PREFER), {"skills": {"countries": frozenset({"DE"})}}, {}),
        (policy(immediate=True), {"working_hours": ()}, {"working_hours": "no-working-hours"}),
        (policy(), {"working_hours": ()}, {}),
        (policy(), {"caps": Caps(per_day=5, per_week=3)}, {"caps.per_day": "never-reached"}),
        (policy(), {"caps": Caps(per_hour=9, per_day=5, per_week=9)}, {"caps.per_hour": "never-reached"}),
        (policy(), {"caps": Caps(appointments_per_day=4, appointments_per_week=20)}, {}),
        (
            policy(),
            {"caps": Caps(per_week=5, categories={"enterprise": Caps(per_week=6)})},
            {"caps.categories.enterprise.per_week": "never-reached"},
        ),
        (
            policy(),
            {"caps": Caps(categories={"enterprize": Caps(per_week=6)})},
            {"caps.categories.enterprize": "unknown-category"},
        ),
        (policy(), {"key": "nora"}, {"key": "in-no-pool"}),
        (policy(), {"key": "nora", "name": "Nora L."}, {}),
        (None, {"weight": 5, "caps": Caps(per_day=5, per_week=3)}, {"caps.per_day": "never-reached"}),
    ],
)
def test_a_setting_without_effect_is_said(live: Policy | None, over: dict[str, Any], expected: dict[str, str]) -> None:
    assert told(live, **over) == expected


def test_a_rep_put_without_the_skills_that_a_pool_matches_is_told_of_as_the_policys_check_does() -> None:
    live = policy(match=MATCH)
    (hint,) = idle_settings(rep("anna", skills={}), live, {"name"})  # not among what was given
    (finding,) = (one for one in check_pools(live, roster(rep("anna", skills={}))) if one.code == "no-skill")
    assert hint.message == finding.message


@pytest.mark.parametrize("given", [{"key", "name"}, {"role"}, {"working_hours"}, {"name"}])
@pytest.mark.parametrize("live", [True, False])
def test_a_closer_without_working_hours_is_told_of_with_every_change(given: set[str], live: bool) -> None:
    policy = compiled([], {"closers": {"work": "closing", "members": ["anna"]}}).policy if live else None
    found = idle_settings(rep("anna", CLOSER, working_hours=()), policy, given)
    assert [(hint.path, hint.code) for hint in found] == [("working_hours", "no-working-hours")]
    assert not list(idle_settings(rep("anna", CLOSER), policy, given))
    assert not list(idle_settings(rep("anna", CLOSER, working_hours=(), active=False), policy, given))


@pytest.mark.parametrize(
    ("anna", "others", "expected"),
    [
        ({"active": False}, [], [("active", "nobody-left")]),
        ({"weight": 0}, [], [("weight", "nobody-left")]),
        ({"active": False}, [rep("ben")], []),
        ({"active": False}, [rep("ben", active=False)], [("active", "nobody-left")]),
        ({}, [], []),
    ],
)
def test_who_leaves_a_pool_without_anybody_is_told_of(
    anna: dict[str, Any], others: list[Rep], expected: list[tuple[str, str]]
) -> None:
    live = compiled([], {"sdr": {"work": "qualification", "members": ["anna", *(one.key for one in others)]}}).policy
    changed = rep("anna", **anna)
    found = list(deserted_pools(changed, live, {one.key: one for one in (changed, *others)}))
    assert [(hint.path, hint.code) for hint in found] == expected
    if found:
        said = "ohne Anna macht in „sdr“ niemand mit, jeder Lead würde dort also warten: Ergänzen Sie jemanden"
        assert german(found[0].message) == said
    assert not list(deserted_pools(changed, None, {"anna": changed}))


def test_the_sentence_names_the_pools_and_their_weights() -> None:
    members = {"fair": ["anna"], "own": [{"rep": "anna", "weight": 2}], "own-too": [{"rep": "anna", "weight": 3}]}
    pools = {name: {"work": "closing", "members": listed} for name, listed in members.items()}
    live = compiled([], pools).policy
    (hint,) = idle_settings(rep("anna", CLOSER, weight=4), live, {"weight"})
    assert english(hint.message) == (
        "the policy gives Anna a weight of its own in 'own' (2) and 'own-too' (3), which comes before this one; it counts in "
        "'fair'"
    )
    assert german(hint.message) == (
        "das Regelwerk gibt Anna ein eigenes Gewicht in „own“ (2) und „own-too“ (3), das diesem vorgeht; es zählt in „fair“"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_hint_reads_in_each_language_with_the_rep_by_name(language: str) -> None:
    reader = MessageReader(language=language, names={rep_name("nora"): "Nora Lind"})
    (hint,) = idle_settings(rep("nora"), policy(), {"key"})
    assert render(hint.message, reader).count("Nora Lind") == 2
    assert "nora" not in render(hint.message, reader)
