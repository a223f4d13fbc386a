"""What joins a lead's facts when a decision is taken: the moment, scores, and a rep's own for what a pool requires."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.gate.evaluation import evaluate_gate
from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.replay.recorded_inputs import RecordedInputs, replay
from pointsman.domain.roster.rep_facts import rep_facts
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import decide
from pointsman.domain.routing.plan import plan_routes
from support.hypothesis_profiles import examples
from support.roster import rep, roster, world
from support.strategies.conditions import NAMES, NOW, conditions, facts
from support.wording import english

FLOOR = roster(
    rep("lena", skills={"languages": frozenset({"en", "de"})}, started_on=date(2026, 1, 1), time_zone="Europe/Berlin"),
    rep("max", skills={"languages": frozenset({"en"})}, tier=2),
)
SPEAKS = {"field": "lead.language", "in": {"field": "rep.languages"}}


def policy_of(rules: list[dict[str, Any]], requires: Mapping[str, Any] | None = None, **parts: Any) -> CompiledPolicy:
    pool: dict[str, Any] = {"work": "qualification", "members": ["lena", "max"]}
    if requires is not None:
        pool["requires"] = dict(requires)
    document = {**NAMES, **parts, "rules": rules, "pools": {"sdr": pool}}
    return CompiledPolicy(parse_policy(document), version=1)


@examples(200)
@given(
    st.lists(conditions, min_size=1, max_size=4),
    facts,
    st.sampled_from([None, SPEAKS, {"field": "rep.tier", "lte": 1}]),
)
def test_a_stored_decision_replays_whatever_its_rules_ask(
    whens: list[dict[str, Any]], known: Facts, requires: dict[str, Any] | None
) -> None:
    rules = [
        {"name": f"rule {i}", "when": when, "work": "qualification", "pool": "sdr", "else": "next"}
        for i, when in enumerate(whens)
    ]
    ready = policy_of(rules, requires)
    plan = plan_routes(ready, known, purpose=None, gates={}, now=NOW)
    here = world(FLOOR, now=NOW + timedelta(seconds=1))
    taken = decide(plan, here)
    stored = RecordedInputs.of(plan, here).to_json()
    again = replay(stored, ready, FLOOR)
    assert again.to_json() == taken.to_json()
    assert not {name for name in plan.facts if name.startswith("rep.")}


def test_what_a_lead_says_of_scores_clock_and_reps_is_not_believed() -> None:
    rule = {
        "name": "r",
        "when": {"all": [{"field": "score.fit", "gte": 90}, {"field": "lead.created_at", "within_last": "4h"}]},
        "work": "nurture",
    }
    ready = policy_of([rule], SPEAKS)
    forged: Facts = {"score.fit": 100, "clock.now": datetime(1999, 1, 1, tzinfo=UTC), "rep.languages": ("fr",)}
    assert ready.enrich(forged, NOW) == {"score.fit": 10, "clock.now": NOW}


def test_a_rep_has_facts_under_the_names_of_their_skills() -> None:
    assert rep_facts(FLOOR.reps["lena"]) == {
        "rep.languages": ("de", "en"),
        "rep.key": "lena",
        "rep.role": "SDR",
        "rep.supplier": "in-house",
        "rep.time_zone": "Europe/Berlin",
        "rep.tier": 1,
        "rep.started_on": datetime(2025, 12, 31, 23, tzinfo=UTC),
    }
    assert "rep.started_on" not in rep_facts(FLOOR.reps["max"])


@pytest.mark.parametrize(("language", "answers"), [("de", (True, False)), ("fr", (False, False)), (None, (None, None))])
def test_what_a_pool_requires_is_asked_of_lead_and_rep_together(
    language: str | None, answers: tuple[bool | None, ...]
) -> None:
    ready = policy_of([{"name": "r", "work": "qualification", "pool": "sdr"}], SPEAKS)
    lead: Facts = {"lead.language": language} if language else {}
    known = ready.enrich(lead, NOW)
    assert tuple(ready.requires["sdr"]({**known, **rep_facts(r)}) for r in FLOOR.reps.values()) == answers


def test_only_scores_that_something_asks_for_are_counted() -> None:
    nobody_asks = policy_of([{"name": "r", "work": "nurture"}]).enrich({"lead.country": "DE"}, NOW)
    assert not {name for name in nobody_asks if name.startswith("score.")}
    through_a_name = policy_of(
        [{"name": "r", "when": {"segment": "good"}, "work": "nurture"}],
        segments={**NAMES["segments"], "good": {"owner": "Board", "when": {"field": "score.fit", "gte": 1}}},
    )
    assert through_a_name.enrich({"lead.country": "DE"}, NOW)["score.fit"] == 40


def test_a_gate_may_ask_for_a_score_that_the_evidence_raises() -> None:
    said = {
        "owner": "Board",
        "points": [{"when": {"field": "qualification.need", "mentions": ["forklifts"]}, "points": 70}],
    }
    asks = {"all": [{"field": "score.need", "gte": 60}, {"field": "lead.created_at", "within_last": "1d"}]}
    policy = parse_policy(
        {"scores": {"score.need": said}, "gates": {"closing": {"require": ["qualified"], "when": asks}}}
    )
    ready = CompiledPolicy(policy, version=1)
    need = Evidence(
        kind=EvidenceKind.QUALIFIED,
        name="need",
        value="Six forklifts",
        source="call",
        affirmed=True,
        observed_at=NOW,
        origin=("reps",),
    )
    gate = policy.gates[Work.CLOSING]
    fresh, old = {"lead.created_at": NOW}, {"lead.created_at": NOW - timedelta(days=2)}
    assert evaluate_gate(gate, [need], fresh, NOW, definitions=ready.definitions, sources=EvidenceRules()).passed
    refused = evaluate_gate(gate, [need], old, NOW, definitions=ready.definitions, sources=EvidenceRules())
    assert [english(leaf.words) for leaf in refused.failed_conditions] == [
        "the arrival of the lead (Mon 2 Mar 2026, 09:30 (UTC)) is not within the last 1 day"
    ]
