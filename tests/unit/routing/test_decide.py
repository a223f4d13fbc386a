"""From a lead to a rep: routes, eligibility, ownership, protection, and the same bytes again on replay."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.errors import RoleProtected, StaleVersion
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import as_written, say
from pointsman.domain.replay.recorded_inputs import RecordedInputs, replay
from pointsman.domain.roster.reps import Caps, TimeOff
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import Owner, PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome, HoldReason, StepResult
from pointsman.domain.routing.plan import plan_routes
from pointsman.domain.routing.role_guard import guard_assignment
from support.roster import CLOSER, FOUNDER, NOW, OPEN, SDR, compiled, pool_state, rep, roster, world
from support.wording import english

SDRS = {"sdr": {"work": "qualification", "members": ["lena", "max", "nora"]}}
ALL_TO_SDR = [{"name": "everyone", "work": "qualification", "pool": "sdr"}]
FLOOR = roster(rep("lena"), rep("max"), rep("nora"), rep("carl", CLOSER), rep("dora", CLOSER))
CLOSING = {"closers": {"work": "closing", "members": ["carl", "dora"]}}
TO_CLOSERS = [{"name": "buyers", "work": "closing", "pool": "closers"}]


def settle(
    ready: CompiledPolicy, known: Facts, here: RoutingInputs, *, purpose: Work | None = None, gates: Any = None
) -> Decision:
    return decide(plan_routes(ready, known, purpose=purpose, gates=gates or {}, now=here.now), here)


def codes(decision: Decision) -> dict[str, str | None]:
    return {candidate.rep: candidate.code for candidate in decision.candidates}


def test_the_highest_balance_gets_the_lead_and_the_summary_says_why() -> None:
    here = world(FLOOR, pools={"sdr": pool_state(lena=1, max=-1, nora=0)})
    decision = settle(compiled(ALL_TO_SDR, SDRS), {}, here)
    assert (decision.outcome, decision.work, decision.rep) == (DecisionOutcome.ASSIGNED, Work.QUALIFICATION, "lena")
    assert english(decision.summary) == (
        "Lena gets this lead for qualification: rule 'everyone' matched; 3 of 3 reps in sdr eligible; "
        "Lena had the highest balance (+4/3)"
    )
    assert decision.ledger_after is not None
    assert decision.ledger_after.balance("lena") == 1 + decision.entitlements["lena"] - 1


def test_a_hold_names_the_work_that_no_rule_is_for() -> None:
    plan = plan_routes(compiled(ALL_TO_SDR, SDRS), {}, purpose=Work.CLOSING, gates={}, now=NOW)
    asked = (
        "no rule for closing matches this lead: add a rule for closing without a condition at the end to catch the rest"
    )
    assert english(plan.hold_sentence) == asked


def test_a_lead_that_no_rule_matches_waits_with_that_reason() -> None:
    rules = [{**ALL_TO_SDR[0], "when": {"field": "lead.score", "gte": 50}}]
    decision = settle(compiled(rules, SDRS), {"lead.score": 45}, world(FLOOR))
    assert (decision.outcome, decision.hold_reason) == (DecisionOutcome.HELD, HoldReason.NO_RULE)
    assert english(decision.steps[0].leaves[0].words) == "the lead's score (45) is below 50"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"active": False}, "inactive", "Lena is not active"),
        ({"weight": 0}, "inactive", "weight 0"),
        ({"role": CLOSER}, "role", "Lena's role Closer does not include qualification"),
        (
            {"skills": {"languages": frozenset({"en"})}},
            "skills",
            "the lead's language (de) is not among Lena's languages (en)",
        ),
        ({"barred_domains": frozenset({"acme.example"})}, "supplier", "barred from acme.example"),
        (
            {"time_off": (TimeOff(start=NOW, end=NOW + timedelta(hours=1)),)},
            "time-off",
            "away until Wed 4 Mar 2026, 10:30",
        ),
        ({"time_zone": "America/New_York"}, "outside-working-hours", "starts Wed 4 Mar 2026, 09:00 (EST)"),
        ({"caps": Caps(per_hour=1)}, "cap-hour", "1 of 1 this hour"),
        ({"caps": Caps(per_day=2)}, "cap-day", "2 of 2 today"),
        ({"caps": Caps(per_week=3)}, "cap-week", "3 of 3 this week"),
        ({"caps": Caps(open_load=4)}, "open-load", "4 of 4 open"),
    ],
)
def test_a_rep_who_may_not_get_it_is_dropped_with_a_code_and_a_sentence(
    change: dict[str, Any], code: str, words: str
) -> None:
    pool = {**SDRS["sdr"], "immediate": True, "match": [{"lead": "lead.language", "rep": "languages"}]}
    able = {"skills": {"languages": frozenset({"de"})}}
    here = world(
        roster(rep("lena", **{**able, **change}), rep("max", **able)),
        loads={"lena": RepLoad(hour=1, day=2, week=3, open=4)},
    )
    known: Facts = {"lead.language": "de", "company.domain": "acme.example"}
    decision = settle(compiled(ALL_TO_SDR, {"sdr": pool}), known, here)
    assert decision.rep == "max"
    assert codes(decision) == {"lena": code, "max": None, "nora": "unknown-rep"}
    assert words in english(decision.candidates[0].sentence)


def test_an_unknown_language_drops_nobody() -> None:
    pool = {**SDRS["sdr"], "match": [{"lead": "lead.language", "rep": "languages"}]}
    decision = settle(compiled(ALL_TO_SDR, {"sdr": pool}), {}, world(FLOOR))
    assert decision.outcome is DecisionOutcome.ASSIGNED


def test_a_past_holder_never_gets_the_lead_again() -> None:
    here = world(FLOOR, past_holders=frozenset({"lena", "max"}))
    assert codes(settle(compiled(ALL_TO_SDR, SDRS), {}, here)) == {
        "lena": "past-holder",
        "max": "past-holder",
        "nora": None,
    }


def test_a_closer_whose_calendar_cannot_be_read_is_not_eligible() -> None:
    here = world(FLOOR, calendars={"carl": CalendarState(readable=False, reason=as_written("the token has expired"))})
    decision = settle(compiled(TO_CLOSERS, CLOSING), {}, here, gates=OPEN)
    assert codes(decision) == {"carl": "calendar-unreadable", "dora": "calendar-unreadable"}
    assert decision.hold_reason is HoldReason.NOBODY_ELIGIBLE
    assert decision.hold_sentence is not None
    assert "Carl's calendar cannot be read: the token has expired" in english(decision.hold_sentence)


def test_a_closer_who_is_away_today_can_still_be_booked_later_but_not_through_a_long_leave() -> None:
    today = TimeOff(start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=8))
    month = TimeOff(start=NOW - timedelta(hours=1), end=NOW + timedelta(days=30))
    here = world(roster(rep("carl", CLOSER, time_off=(today,)), rep("dora", CLOSER, time_off=(month,))))
    assert codes(settle(compiled(TO_CLOSERS, CLOSING), {}, here, gates=OPEN)) == {"carl": None, "dora": "time-off"}


@pytest.mark.parametrize(
    "state",
    [
        None,
        GateState(is_open=False, reason=as_written("need is missing")),
        GateState(is_open=True, reason=say("readiness.passed"), expires_at=NOW),
    ],
)
def test_a_rule_behind_a_shut_gate_is_passed_over_and_the_lead_waits(state: GateState | None) -> None:
    gates_open = {Work.CLOSING: state} if state else {}
    decision = settle(compiled(TO_CLOSERS, CLOSING), {}, world(FLOOR), gates=gates_open)
    assert (decision.rep, decision.hold_reason) == (None, HoldReason.GATE_CLOSED)
    assert StepResult.GATE_CLOSED in [step.result for step in decision.steps]


def test_behind_a_shut_gate_the_next_rule_or_nurture_applies() -> None:
    pools = {**SDRS, **CLOSING}
    on = settle(compiled([{**TO_CLOSERS[0], "else": "next"}, *ALL_TO_SDR], pools), {}, world(FLOOR))
    assert (on.work, on.rule) == (Work.QUALIFICATION, "everyone")
    away = settle(compiled([{**TO_CLOSERS[0], "else": "nurture"}], pools), {}, world(FLOOR))
    assert (away.outcome, away.work, away.rep) == (DecisionOutcome.NURTURE, Work.NURTURE, None)


def test_a_lead_passed_over_by_a_shut_gate_waits_for_the_work_that_nobody_could_take() -> None:
    rules = [{**TO_CLOSERS[0], "else": "next"}, *ALL_TO_SDR]
    away = roster(rep("lena", active=False), rep("carl", CLOSER))
    pools = {"closers": {"work": "closing", "members": ["carl"]}, "sdr": {"work": "qualification", "members": ["lena"]}}
    decision = settle(compiled(rules, pools), {}, world(away))
    assert (decision.outcome, decision.work, decision.pool) == (DecisionOutcome.HELD, Work.QUALIFICATION, "sdr")


def test_a_hand_over_asks_only_the_rules_for_closing() -> None:
    ready = compiled([*ALL_TO_SDR, *TO_CLOSERS], {**SDRS, **CLOSING})
    decision = settle(ready, {}, world(FLOOR), purpose=Work.CLOSING, gates=OPEN)
    assert decision.work is Work.CLOSING
    assert decision.rep in {"carl", "dora"}


def test_a_fallback_pool_is_tried_when_nobody_of_the_first_can() -> None:
    pools = {
        "sdr": {"work": "qualification", "members": ["ghost"]},
        "more": {"work": "qualification", "members": ["max"]},
    }
    decision = settle(compiled([{**ALL_TO_SDR[0], "else": "pool:more"}], pools), {}, world(FLOOR))
    assert (decision.rep, decision.pool) == ("max", "more")
    assert StepResult.POOL_EMPTY in [step.result for step in decision.steps]


def test_an_empty_pool_holds_the_lead_and_says_so() -> None:
    pools = {"sdr": {"work": "qualification", "members": []}}
    assert settle(compiled(ALL_TO_SDR, pools), {}, world(FLOOR)).hold_reason is HoldReason.POOL_EMPTY


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (["ghost"], ["ghost"], HoldReason.POOL_EMPTY),
        (["ghost"], ["carl"], HoldReason.NOBODY_ELIGIBLE),  # Carl's role does not include qualification
        (["carl"], ["ghost"], HoldReason.NOBODY_ELIGIBLE),
        (["carl"], ["dora"], HoldReason.NOBODY_ELIGIBLE),
    ],
)
@pytest.mark.parametrize("by", ["pool:more", "next"])
def test_a_lead_that_no_pool_can_take_waits_for_the_first_one_and_only_empty_pools_are_called_empty(
    first: list[str], second: list[str], reason: HoldReason, by: str
) -> None:
    pools = {
        "sdr": {"work": "qualification", "members": first},
        "more": {"work": "qualification", "members": second},
    }
    rules = [
        {**ALL_TO_SDR[0], "category": "new", "else": by},
        {"name": "rest", "work": "qualification", "category": "rest", "pool": "more"},
    ]
    decision = settle(compiled(rules, pools), {}, world(FLOOR))
    assert (decision.outcome, decision.hold_reason) == (DecisionOutcome.HELD, reason)
    assert (decision.rule, decision.pool, decision.category) == ("everyone", "sdr", "new")
    assert decision.hold_sentence is not None
    assert [pool in english(decision.hold_sentence) for pool in ("pool sdr", "pool more")] == [True, True]


def test_the_plan_reaches_no_further_than_else_can_lead() -> None:
    rules = [
        {"name": "first", "work": "qualification", "pool": "sdr", "else": "next"},
        {"name": "second", "work": "qualification", "pool": "sdr", "else": "hold"},
        {"name": "third", "work": "qualification", "pool": "sdr"},
    ]
    plan = plan_routes(compiled(rules, SDRS), {}, purpose=None, gates={}, now=NOW)
    assert [route.rule for route in plan.routes] == ["first", "second"]
    assert (plan.pools, plan.reps) == (("sdr",), {"lena", "max", "nora"})


def test_the_owner_gets_the_lead_and_pays_a_turn_like_anybody() -> None:
    here = world(FLOOR, owners=(Owner(rep="max", by="account"),), pools={"sdr": pool_state(lena=1, max=-1)})
    decision = settle(compiled(ALL_TO_SDR, SDRS), {}, here)
    assert decision.rep == "max"
    assert english(decision.summary).endswith("Max owns the account")
    assert decision.ledger_after is not None
    assert decision.ledger_after.balance("max") == -1 + decision.entitlements["max"] - 1


@pytest.mark.parametrize("owner", ["carl", "lena", "ghost"])
def test_an_owner_who_is_not_eligible_does_not_get_it_and_the_trace_says_why(owner: str) -> None:
    here = world(FLOOR, owners=(Owner(rep=owner, by="account"),), past_holders=frozenset({"lena"}))
    decision = settle(compiled(ALL_TO_SDR, SDRS), {}, here)
    (step,) = [step for step in decision.steps if step.result is StepResult.OWNER_NOT_ELIGIBLE]
    assert decision.rep != owner
    assert "but does not get the lead" in english(step.sentence)


def test_least_loaded_counts_open_leads_per_weight() -> None:
    pool = {"work": "qualification", "method": "least_loaded", "members": ["lena", {"rep": "max", "weight": 3}]}
    here = world(FLOOR, loads={"lena": RepLoad(open=2), "max": RepLoad(open=5)})
    decision = settle(compiled(ALL_TO_SDR, {"sdr": pool}), {}, here)
    assert decision.rep == "max"
    assert "fewest open leads" in english(decision.summary)


def test_an_override_lets_one_rep_through_and_nobody_else() -> None:
    here = world(FLOOR, overrides=frozenset({("lena", Work.CLOSING)}))
    ready = compiled(TO_CLOSERS, {"closers": {"work": "closing", "members": ["lena", "carl"]}})
    plan = plan_routes(ready, {}, purpose=None, gates={}, now=NOW, overridden=frozenset({Work.CLOSING}))
    decision = decide(plan, here)
    assert (decision.rep, codes(decision)) == ("lena", {"lena": None, "carl": "gate"})


@pytest.mark.parametrize(
    ("gate", "others"),
    [
        (GateState(is_open=True, reason=say("readiness.passed"), expires_at=NOW - timedelta(days=1)), "gate"),
        (GateState(is_open=True, reason=say("readiness.passed"), expires_at=NOW), "gate"),
        (GateState(is_open=False, reason=as_written("need is missing")), "gate"),
        (GateState(is_open=True, reason=say("readiness.passed"), expires_at=NOW + timedelta(microseconds=1)), None),
        (GateState(is_open=True, reason=say("readiness.passed")), None),
    ],
)
def test_an_override_for_one_rep_opens_the_gate_for_nobody_else_however_the_pass_stands(
    gate: GateState, others: str | None
) -> None:
    here = world(FLOOR, overrides=frozenset({("lena", Work.CLOSING)}))
    ready = compiled(TO_CLOSERS, {"closers": {"work": "closing", "members": ["lena", "carl", "dora"]}})
    plan = plan_routes(
        ready, {}, purpose=None, gates={Work.CLOSING: gate}, now=NOW, overridden=frozenset({Work.CLOSING})
    )
    decision = decide(plan, here)
    assert codes(decision) == {"lena": None, "carl": others, "dora": others}
    lets_through = "but an override exists" if others else "the gate for closing is passed"
    assert lets_through in english(decision.steps[0].sentence)
    if others:
        assert decision.rep == "lena"
        assert "by an override" in english(decision.summary)


def test_the_guard_refuses_work_outside_the_role_and_closing_without_a_gate() -> None:
    for who, work, gate_open in [(rep("x", SDR), Work.CLOSING, True), (rep("x", FOUNDER), Work.CLOSING, False)]:
        with pytest.raises(RoleProtected):
            guard_assignment(who, work, gate_open, False)
        guard_assignment(who, work, gate_open, True)
    with pytest.raises(RoleProtected):
        guard_assignment(rep("x", FOUNDER), Work.NURTURE, True, True)
    guard_assignment(rep("x", SDR), Work.QUALIFICATION, False, False)


DEPENDS_ON: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"past_holders": frozenset({"lena"})}, {}),
    ({"owners": (Owner(rep="max", by="contact", reason=as_written("Max wrote back to this buyer")),)}, {}),
    ({"seed": "another"}, {}),
    ({"now": NOW + timedelta(hours=12)}, {}),
    ({"loads": {"lena": RepLoad(day=9), "max": RepLoad(open=2)}}, {}),
    ({"pools": {"sdr": PoolState(waiting_since={"lena": NOW, "max": NOW - timedelta(hours=1), "nora": None})}}, {}),
    ({"pools": {"sdr": pool_state(lena=-2, max=2)}}, {}),
    ({"pools": {"sdr": PoolState(pending_skips=frozenset({"lena", "max"}))}}, {}),
    ({"overrides": frozenset({("dora", Work.QUALIFICATION)})}, {}),
    ({"category_loads": {"big": {"lena": RepLoad(week=1)}}}, {}),
    ({"supplier_loads": {"acme": RepLoad(open=2)}}, {}),
    ({"earliest_starts": {"sdr": {"max": NOW + timedelta(hours=5)}}}, {"method": "soonest"}),
    (
        {"calendars": {"dora": CalendarState(readable=False, reason=as_written("the token has expired"))}},
        {"work": "closing"},
    ),
    (
        {
            "requested_time": RequestedTime(
                start=NOW, end=NOW + timedelta(hours=1), obstacles={"lena": as_written("Lena is away then")}
            )
        },
        {},
    ),
    (
        {"requested_time": RequestedTime(start=NOW, end=NOW + timedelta(hours=1), appointments={"lena": 2, "max": 1})},
        {"booking": {"offer": "balanced"}},
    ),
]


@pytest.mark.parametrize(("over", "shape"), DEPENDS_ON)
def test_whatever_a_decision_depends_on_is_among_its_stored_inputs(over: dict[str, Any], shape: dict[str, Any]) -> None:
    pool = {"work": "qualification", "members": ["lena", "max", "dora"], "immediate": True, **shape}
    when = {
        "all": [{"field": "lead.created_at", "lt": "2026-02-01T00:00:00Z"}, {"field": "custom.tags", "contains": "x"}]
    }
    pool["requires"] = {"any": [{"field": "lead.country", "equals": "DE"}, {"field": "rep.tier", "equals": 1}]}
    parts = {
        "fields": {"custom.tags": "list"},
        "suppliers": {"acme": {"capacity": [{"from": "2026-01-01", "open_load": 2}]}},
    }
    ready = compiled([{**ALL_TO_SDR[0], "when": when, "work": pool["work"], "category": "big"}], {"sdr": pool}, **parts)
    known: Facts = {"lead.created_at": NOW - timedelta(days=60), "custom.tags": ("x", "y")}
    caps = Caps(per_day=5, categories={"big": Caps(per_week=1)})
    floor = roster(rep("lena", caps=caps), rep("max", supplier="acme"), rep("dora", CLOSER))
    here = world(floor, **over)
    plan = plan_routes(ready, known, purpose=None, gates=OPEN, now=NOW)
    decision = decide(plan, here)
    assert decision.to_json() != decide(plan, world(floor)).to_json()
    assert replay(RecordedInputs.of(plan, here).to_json(), ready, floor).to_json() == decision.to_json()


def test_everything_in_the_world_is_tried_above() -> None:
    tried = {name for over, _ in DEPENDS_ON for name in over}
    assert tried == {field.name for field in fields(RoutingInputs)} - {"roster"}  # which is kept by its version


def test_what_preferences_and_requirements_ask_of_the_lead_is_among_the_stored_inputs() -> None:
    prefer = {"prefer": [{"lead": "lead.product", "rep": "products", "points": 5}]}
    requires = {"field": "lead.language", "in": {"field": "rep.languages"}}
    pool = {**SDRS["sdr"], "method": "ranked", "ranking": prefer, "requires": requires}
    both = {"languages": frozenset({"de"})}
    floor = roster(rep("lena", skills=both), rep("max", skills={**both, "products": frozenset({"crm"})}), rep("nora"))
    ready, known = compiled(ALL_TO_SDR, {"sdr": pool}), {"lead.product": "crm", "lead.language": "de"}
    plan = plan_routes(ready, known, purpose=None, gates={}, now=NOW)
    decision = decide(plan, world(floor))
    assert (decision.rep, codes(decision)) == ("max", {"lena": None, "max": None, "nora": "requires"})
    assert replay(RecordedInputs.of(plan, world(floor)).to_json(), ready, floor).to_json() == decision.to_json()


def test_a_replay_with_another_version_is_refused() -> None:
    ready, here = compiled(ALL_TO_SDR, SDRS), world(FLOOR)
    stored = RecordedInputs.of(plan_routes(ready, {}, purpose=None, gates={}, now=NOW), here).to_json()
    with pytest.raises(StaleVersion):
        replay(stored, compiled(ALL_TO_SDR, SDRS, version=2), FLOOR)
    with pytest.raises(StaleVersion):
        replay(stored, ready, roster(*FLOOR.reps.values(), version=2))


def test_stored_inputs_keep_only_facts_that_the_policy_may_read() -> None:
    plan = plan_routes(compiled(ALL_TO_SDR, SDRS), {"lead.email": "a@b.example"}, purpose=None, gates={}, now=NOW)
    assert "a@b.example" not in RecordedInputs.of(plan, world(FLOOR)).to_json()
