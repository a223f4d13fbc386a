"""A decision explained: who, why, why not the others, what nearly matched, what would change it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.counterfactuals.near_misses import MAX_NEAR_MISSES
from pointsman.domain.counterfactuals.remedies import MAX_REMEDIES, OVERRIDE_CODE
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import assign_turn
from pointsman.domain.explain.explanation import (
    CODE_BY_METHOD,
    MAX_LISTED_REPS,
    WHY_REP_CODES,
    Explanation,
    explain_decision,
)
from pointsman.domain.gate.evaluation import evaluate_gate
from pointsman.domain.leads.facts import NEVER_QUOTED, Facts
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Caps, TimeOff
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import Owner, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from pointsman.services.wording.terms import write_term
from support.hypothesis_profiles import examples
from support.roster import CLOSER, NOW, OPEN, SDR, compiled, pool_state, rep, roster, world
from support.strategies.routing import facts, gates, policies, rosters, worlds
from support.wording import english, english_sentence
from support.work import counting_calls

PEOPLE = roster(*(rep(key) for key in ("lena", "max", "nora")), rep("anna", CLOSER), rep("ben", CLOSER))
DACH = {
    "name": "DACH",
    "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]},
    "work": "qualification",
    "pool": "sdr",
}
SDRS = {"sdr": {"work": "qualification", "members": ["lena", "max", "nora"]}}
CLOSING = {"closers": {"work": "closing", "members": ["anna", "ben"]}}
TO_CLOSERS = {
    "name": "big",
    "when": {"field": "company.employees", "gte": 50},
    "work": "closing",
    "pool": "closers",
    "else": "next",
}


def explained(
    policy: CompiledPolicy,
    known: Facts,
    here: RoutingInputs,
    *,
    purpose: Work | None = None,
    gates_open: Any = None,
    gate: Any = None,
) -> tuple[RoutingPlan, Decision, Explanation]:
    overridden = frozenset(work for _, work in here.overrides)
    plan = plan_routes(policy, known, purpose=purpose, gates=gates_open or {}, now=NOW, overridden=overridden)
    decision = decide(plan, here)
    return plan, decision, explain_decision(plan, here, decision, gate)


def test_the_chosen_one_the_next_one_and_everybody_elses_turn() -> None:
    here = world(PEOPLE, pools={"sdr": pool_state(lena=0, max=0, nora=0)})
    _, decision, told = explained(compiled([DACH], SDRS), {"lead.country": "DE"}, here)
    assert told.why_rep is not None
    assert told.why_rep.code == "turn"
    turns = {other.rep: other.turns for other in told.why_not}
    assert sorted(turns.values()) == [1, 2]
    assert decision.rep not in turns
    assert all(str(other.entitlement) == "1/3" and other.balance_before == 0 for other in told.why_not)
    following = next(other for other in told.why_not if other.turns == 1)
    assert english(following.sentence).endswith("is next after this lead")
    assert "the lead's country (DE) is one of DE, AT, CH" in english_sentence(told.story[1])
    assert english(told.summary).startswith(PEOPLE.reps[decision.rep or ""].name)


def test_what_the_decision_owes_the_crm_is_told_of_the_rule_that_gave_the_lead_away_and_of_no_other() -> None:
    actions = {
        "set": {"lane": "inbound", "old": ""},
        "tasks": [{"subject": "Call back", "due_in": "4h"}],
        "lists": [17],
    }
    other = {"name": "other", "work": "qualification", "pool": "sdr", "crm": {"lists": ["no"]}}
    policy = compiled([{**DACH, "crm": actions}, other], SDRS)
    here = world(PEOPLE, pools={"sdr": pool_state(lena=0, max=0, nora=0)})
    _, _, told = explained(policy, {"lead.country": "DE"}, here)
    assert [english_sentence(one) for one in told.crm] == [
        "In the CRM, the field “lane” of the lead's record is set to inbound.",
        "In the CRM, the field “old” of the lead's record is emptied.",
        "In the CRM, the rep who gets the lead has a task “Call back”, due 4 hours after the decision.",
        "In the CRM, the lead is put on the list “17”.",
    ]
    nobody = replace(here, roster=roster(rep("lena", active=False)))
    _, held, told = explained(policy, {"lead.country": "DE"}, nobody)
    assert (held.outcome, told.crm) == (DecisionOutcome.HELD, ())


FIRST_SLOTS = {"lena": NOW + timedelta(hours=5), "max": NOW + timedelta(hours=5), "nora": NOW + timedelta(hours=6)}


@given(st.data())
def test_turns_come_as_foretold_while_nobody_comes_or_goes(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from([m.value for m in DistributionMethod if m is not DistributionMethod.OWNER]))
    weights = data.draw(st.lists(st.integers(1, 4), min_size=3, max_size=3))
    members = [{"rep": key, "weight": weight} for key, weight in zip(("lena", "max", "nora"), weights, strict=True)]
    policy = compiled([DACH], {"sdr": {**SDRS["sdr"], "members": members, "method": method}})
    moments = {"lena": NOW - timedelta(hours=3), "max": NOW - timedelta(hours=2), "nora": NOW - timedelta(hours=1)}
    here = world(
        PEOPLE,
        pools={"sdr": replace(pool_state(), waiting_since=moments)},
        loads={"max": RepLoad(open=2)},
        earliest_starts={"sdr": FIRST_SLOTS},
    )
    plan, decision, told = explained(policy, {"lead.country": "DE"}, here)
    foretold = {other.rep: other.turns for other in told.why_not if other.turns is not None}
    seen: dict[str, int] = {}
    for turn in range(1, 12):
        assert decision.rep is not None
        state = here.pool_state("sdr")
        had = here.loads.get(decision.rep, RepLoad())
        here = replace(
            here,
            pools={
                "sdr": replace(
                    state,
                    ledger=assign_turn(state.ledger, decision.turn.weights, decision.rep).after
                    if decision.turn
                    else state.ledger,
                    waiting_since={**state.waiting_since, decision.rep: NOW + timedelta(seconds=turn)},
                )
            },
            loads={**here.loads, decision.rep: replace(had, open=had.open + 1)},
        )
        decision = decide(plan, here)
        seen.setdefault(decision.rep or "", turn)
    assert {rep_key: seen[rep_key] for rep_key in foretold if rep_key in seen} == {
        rep_key: turn for rep_key, turn in foretold.items() if turn < 12
    }


def test_the_dropped_are_told_with_code_and_sentence_and_when_they_are_back() -> None:
    off = (TimeOff(start=NOW - timedelta(hours=1), end=NOW + timedelta(days=2)),)
    people = roster(rep("lena", time_off=off), rep("max", caps=Caps(per_day=1)))
    pool = {"sdr": {"work": "qualification", "members": ["lena", "max"]}}
    here = world(people, loads={"max": RepLoad(day=1)})
    _, decision, told = explained(compiled([DACH], pool), {"lead.country": "DE"}, here)
    assert decision.outcome is DecisionOutcome.HELD
    assert {other.rep: other.code for other in told.why_not} == {"lena": "time-off", "max": "cap-day"}
    timed = {change.rep: change.at for change in told.would_change if change.at}
    assert timed["lena"] == NOW + timedelta(days=2)
    assert timed["max"] is not None
    assert english(told.summary).startswith("This lead waits: nobody in pool sdr is eligible")


def test_a_shut_gate_says_which_evidence_would_open_it() -> None:
    policy = compiled([TO_CLOSERS, {**DACH, "when": None}], {**SDRS, **CLOSING})
    gate = evaluate_gate(policy.policy.gates[Work.CLOSING], [], {}, NOW, sources=EvidenceRules())
    gates_open = {Work.CLOSING: gate.state()}
    _, decision, told = explained(policy, {"company.employees": 80}, world(PEOPLE), gates_open=gates_open, gate=gate)
    assert decision.work is Work.QUALIFICATION
    shut = next(change for change in told.would_change if change.code == "gate-closed")
    assert shut.needs == ("qualified",)
    assert "send evidence that the lead is qualified" in english(shut.sentence)


def test_the_story_goes_in_the_order_in_which_rules_were_tried() -> None:
    policy = compiled([TO_CLOSERS, DACH], {**SDRS, **CLOSING})
    _, _, told = explained(policy, {"company.employees": 80, "lead.country": "DE"}, world(PEOPLE))
    assert english_sentence(told.story[0]) == "Policy version 1 has 2 rules; the first that matches takes the lead."
    assert english_sentence(told.story[1]).startswith("Rule 'big' is passed over for pool closers")
    assert english_sentence(told.story[2]).startswith("Rule 'DACH' matched")


def test_the_story_counts_only_the_rules_that_were_asked() -> None:
    policy = compiled([TO_CLOSERS, DACH], {**SDRS, **CLOSING})
    _, _, told = explained(policy, {}, world(PEOPLE), purpose=Work.CLOSING)
    assert (
        english_sentence(told.story[0])
        == "Policy version 1 has 1 rule for closing; the first that matches takes the lead."
    )


def test_nurture_because_nobody_is_eligible_is_not_told_as_if_the_rule_wanted_it() -> None:
    away = (TimeOff(start=NOW - timedelta(hours=1), end=NOW + timedelta(days=2)),)
    pool = {"sdr": {"work": "qualification", "members": ["lena"]}}
    _, decision, told = explained(
        compiled([{**DACH, "else": "nurture"}], pool), {"lead.country": "DE"}, world(roster(rep("lena", time_off=away)))
    )
    assert decision.outcome is DecisionOutcome.NURTURE
    assert english_sentence(told.summary) == (
        "This lead goes to nurture: it matches the rule 'DACH', but nobody in its pool is eligible, "
        "and the rule says nurture then."
    )


def test_a_gate_that_was_never_asked_about_is_named_among_what_would_change_it() -> None:
    policy = compiled([TO_CLOSERS, {**DACH, "when": None}], {**SDRS, **CLOSING})
    _, _, told = explained(policy, {"company.employees": 80}, world(PEOPLE), gates_open={})
    assert [change.work for change in told.would_change if change.code == "gate-closed"] == [Work.CLOSING]


def test_facts_that_lead_to_the_same_pool_or_to_a_shut_gate_are_not_said_to_change_anything() -> None:
    rules = [
        TO_CLOSERS,
        {**DACH, "name": "same pool", "when": {"field": "lead.score", "gte": 70}},
        {"name": "students", "when": {"field": "lead.source", "equals": "university"}, "work": "nurture"},
        DACH,
    ]
    policy = compiled(rules, {**SDRS, **CLOSING})
    _, _, told = explained(policy, {"lead.country": "DE"}, world(PEOPLE))
    assert len(told.near_misses.nearest) == 3
    assert [english(change.sentence) for change in told.would_change if change.code == "facts"] == [
        "If the lead's source were university, rule 'students' would match"
    ]


def test_an_owner_is_why_and_without_them_somebody_else_would_have_it() -> None:
    here = world(PEOPLE, owners=(Owner(rep="nora", by="account"),))
    _, decision, told = explained(compiled([DACH], SDRS), {"lead.country": "DE"}, here)
    assert decision.rep == "nora"
    assert told.why_rep is not None
    assert told.why_rep.code == "owner"
    without = next(change for change in told.would_change if change.code == "another-rep")
    assert without.rep in {"lena", "max"}


def test_the_nearest_rule_comes_first_with_what_would_make_it_match() -> None:
    rules = [
        {
            **DACH,
            "name": "far",
            "when": {"all": [{"field": "lead.country", "equals": "US"}, {"field": "lead.score", "gte": 90}]},
        },
        {
            **DACH,
            "name": "near",
            "when": {"all": [{"field": "lead.country", "equals": "FR"}, {"field": "lead.score", "gte": 70}]},
        },
        {**DACH, "name": "rest", "when": None},
        {**DACH, "name": "never reached", "when": {"field": "lead.score", "gte": 60}},
    ]
    _, decision, told = explained(compiled(rules, SDRS), {"lead.country": "FR", "lead.score": 50}, world(PEOPLE))
    assert decision.rule == "rest"
    assert [(miss.rule, miss.tests) for miss in told.near_misses.nearest] == [("near", 1), ("far", 2)]
    guess = told.near_misses.nearest[0].would_match_if
    assert guess is not None
    assert english(guess.sentence) == "the lead's score were at least 70"
    assert [english(leaf.words) for leaf in told.near_misses.nearest[0].failing] == [
        "the lead's score (50) is below 70"
    ]


@examples(100)
@given(policies(), facts, rosters(), gates, st.data())
def test_every_decision_is_explained_within_bounds(
    document: dict[str, Any], known: Facts, people: Any, gates_open: Any, data: st.DataObject
) -> None:
    here = data.draw(worlds(people))
    policy = CompiledPolicy(parse_policy(document), version=1)
    purpose = data.draw(st.sampled_from([None, Work.CLOSING, Work.QUALIFICATION]))
    _, decision, told = explained(policy, known, here, purpose=purpose, gates_open=gates_open)
    assert 3 <= len(told.story) <= 8
    assert len(told.near_misses.nearest) <= MAX_NEAR_MISSES
    assert len(told.would_change) <= MAX_REMEDIES
    assert (told.why_rep is None) is (decision.rep is None)
    listed = len(told.why_not) + told.why_not_more
    assert listed == len(decision.candidates) - (1 if decision.rep else 0)


@examples(100)
@given(policies(), facts, rosters(), gates, st.data())
def test_nothing_that_would_change_it_bends_a_role_but_a_named_override(
    document: dict[str, Any], known: Facts, people: Any, gates_open: Any, data: st.DataObject
) -> None:
    here = data.draw(worlds(people))
    policy = CompiledPolicy(parse_policy(document), version=1)
    _, _, told = explained(policy, known, here, gates_open=gates_open)
    for change in told.would_change:
        if change.code == OVERRIDE_CODE:
            assert "override" in english(change.sentence)
        elif change.rep is not None:
            assert change.work is not None
            assert people.reps[change.rep].role.allows(change.work), change


@pytest.mark.parametrize("field", sorted(NEVER_QUOTED))
def test_no_part_of_it_quotes_a_person(field: str) -> None:
    when = {"all": [{"field": field, "starts_with": "Zz"}, {"field": "lead.country", "equals": "DE"}]}
    rules = [{**DACH, "name": "personal", "when": when}, {**DACH, "name": "rest", "when": None}]
    _, decision, told = explained(compiled(rules, SDRS), {field: "Geheim-4711"}, world(PEOPLE))
    assert "Geheim" not in repr(told)
    assert "Geheim" not in decision.to_json()
    matched = {"sdr": {**SDRS["sdr"], "match": [{"lead": field, "rep": "languages"}]}}
    _, decision, told = explained(compiled([{**DACH, "when": None}], matched), {field: "Geheim-4711"}, world(PEOPLE))
    assert f"{write_term(field, 'fact', 'en')} is not among Lena's languages (none)" in english(
        told.why_not[0].sentence
    )
    assert "Geheim" not in repr(told) + decision.to_json()


def test_ten_thousand_rules_and_five_hundred_members_are_explained_in_bounded_time() -> None:
    rules = [
        {
            **DACH,
            "name": f"rule {i}",
            "when": {"all": [{"field": "lead.source", "equals": f"s{i}"}, {"field": "lead.score", "gte": i}]},
        }
        for i in range(9_999)
    ]
    members = [f"m{i}" for i in range(500)]
    policy = compiled(
        [*rules, {**DACH, "name": "rest", "when": None}], {"sdr": {"work": "qualification", "members": members}}
    )
    here = world(roster(*(rep(key, SDR) for key in members)))
    with counting_calls() as work:
        _, _, told = explained(policy, {"lead.source": "s7", "lead.score": 3}, here, gates_open=OPEN)
    assert work.calls < 1_600_000  # half of that today: some eighty for each rule
    assert told.near_misses.nearest[0].tests == 1
    assert told.near_misses.more == 9_999 - MAX_NEAR_MISSES
    assert (len(told.why_not), told.why_not_more) == (MAX_LISTED_REPS, 499 - MAX_LISTED_REPS)


def test_every_method_has_a_code_and_the_page_on_explanations_names_it() -> None:
    assert set(CODE_BY_METHOD) == set(DistributionMethod)
    page = (Path(__file__).parents[3] / "docs" / "explain.md").read_text()
    (line,) = [line for line in page.splitlines() if line.startswith("- `why_rep`")]
    assert {code for code in WHY_REP_CODES if f"`{code}`" in line} == set(WHY_REP_CODES)


def test_the_page_on_explanations_shows_what_is_really_said() -> None:
    page = " ".join((Path(__file__).parents[3] / "docs" / "explain.md").read_text().split())
    hot = {"all": [DACH["when"], {"field": "lead.score", "gte": 70}]}
    rules = [{**DACH, "name": "Hot DACH", "when": hot, "else": "next"}, {**DACH, "name": "DACH inbound"}]
    off = (TimeOff(start=NOW - timedelta(hours=1), end=NOW + timedelta(days=2)),)
    people = roster(rep("lena"), rep("jonas"), rep("sofia", time_off=off))
    pools = {"sdr": {"work": "qualification", "members": ["lena", "jonas", "sofia"]}}
    here = world(people, pools={"sdr": pool_state(lena=0, jonas=0)})
    _, _, told = explained(compiled(rules, pools), {"lead.country": "DE", "lead.score": 45}, here)
    guess = told.near_misses.nearest[0].would_match_if
    assert guess is not None
    for said in (english_sentence(told.summary), *map(english_sentence, told.story), english(guess.sentence)):
        assert " ".join(said.split()) in page


def test_nobody_is_waited_for_whose_role_forbids_the_work_unless_an_override_is_named() -> None:
    people = roster(rep("lena", active=False), rep("anna", CLOSER, active=False))
    pool = {"sdr": {"work": "qualification", "members": ["lena", "anna"]}}
    policy = compiled([{**DACH, "when": None}], pool)
    _, decision, told = explained(policy, {}, world(people))
    assert decision.outcome is DecisionOutcome.HELD
    assert [(change.rep, change.code) for change in told.would_change if change.rep] == [("lena", "inactive")]
    excepted = world(people, overrides=frozenset({("anna", Work.QUALIFICATION)}))
    _, _, again = explained(policy, {}, excepted)
    (change,) = [change for change in again.would_change if change.rep == "anna"]
    assert change.code == OVERRIDE_CODE
    assert "override" in english(change.sentence)


def test_in_a_ranked_pool_the_next_turns_are_those_of_leads_like_this_one() -> None:
    prefer = {"prefer": [{"lead": "lead.language", "rep": "languages"}]}
    german = {"languages": frozenset({"de"})}
    people = roster(rep("lena", skills=german), rep("max", tier=2), rep("nora", tier=2))
    pool = {"work": "qualification", "members": ["lena", "max", "nora"], "method": "ranked", "ranking": prefer}
    rule = {"name": "all", "work": "qualification", "pool": "sdr"}
    here = world(people)
    plan = plan_routes(compiled([rule], {"sdr": pool}), {"lead.language": "de"}, purpose=None, gates={}, now=here.now)
    decision = decide(plan, here)
    told = explain_decision(plan, here, decision)
    assert told.why_rep is not None
    assert (told.why_rep.code, english(told.why_rep.sentence)) == (
        "ranked",
        "Lena ranks highest (1 point for languages de, tier 1)",
    )
    assert [other.turns for other in told.why_not] != [None, None]
    assert all("leads like it" in english(other.sentence) for other in told.why_not)
    assert "against no points" in english(told.why_not[0].sentence)
    capped = replace(here, pools={"sdr": pool_state(lena=-3, max=2, nora=1)})
    decision = decide(plan, capped)
    told = explain_decision(plan, capped, decision)
    assert "all who are preferred for this lead are as far ahead as the ranking allows; Max had" in english(
        told.summary
    )
    assert any("is next after Max for a lead like this" in english(sentence) for sentence in told.story)
