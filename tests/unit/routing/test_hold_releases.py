"""A lead that waits is told what would release it, and a known moment is exact: that rep may take it then, and not before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.gate.evaluation import GateState, evaluate_gate
from pointsman.domain.messages.message import as_written
from pointsman.domain.policy.document import Pool
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.roster.reps import Caps, Rep, TimeOff
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome
from pointsman.domain.routing.hold_releases import HoldRelease, find_releases, next_release_at, same_releases
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from pointsman.services.routing.loads import period_starts
from support.hypothesis_profiles import examples
from support.roster import CLOSER, NOW, OPEN, compiled, evidence, rep, roster, world
from support.wording import english

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SDRS = {"work": "qualification", "members": ["lena", "jonas"], "time_zone": "Europe/Berlin"}
INBOUND = {"name": "Inbound", "work": "qualification", "pool": "sdrs"}
READABLE = {key: CalendarState(readable=True) for key in ("lena", "jonas", "anna")}


def away(*hours: tuple[float, float]) -> tuple[TimeOff, ...]:
    return tuple(TimeOff(start=NOW + a * HOUR, end=NOW + b * HOUR) for a, b in hours)


def plan_of(
    pool: Mapping[str, Any] = SDRS, *, rule: Mapping[str, Any] = INBOUND, gates: Any = OPEN, **parts: Any
) -> RoutingPlan:
    policy = compiled([rule] if rule else [], {"sdrs": pool}, **parts)
    return plan_routes(policy, {}, purpose=None, gates=gates, now=NOW)


def waiting(plan: RoutingPlan, *reps: Rep, **over: Any) -> tuple[Decision, RoutingInputs, tuple[HoldRelease, ...]]:
    seen = world(roster(*reps), **{"calendars": READABLE} | over)
    decision = decide(plan, seen)
    return decision, seen, find_releases(decision, plan.compiled.policy, seen)


def timed(found: tuple[HoldRelease, ...]) -> list[tuple[str, str | None, datetime | None]]:
    return [(r.code, r.rep, r.at) for r in found]


def test_a_lead_that_does_not_wait_is_released_by_nothing() -> None:
    assert waiting(plan_of(), rep("lena"))[2] == ()


def test_the_first_to_be_back_comes_first() -> None:
    found = waiting(plan_of(), rep("lena", time_off=away((-1, 30))), rep("jonas", time_off=away((-1, 5), (5, 7))))[2]
    assert timed(found) == [("time-off", "jonas", NOW + 7 * HOUR), ("time-off", "lena", NOW + 30 * HOUR)]
    assert next_release_at(found) == NOW + 7 * HOUR
    assert english(found[0].sentence) == "Jonas is back on Wed 4 Mar 2026, 16:30 (UTC)"


def test_a_rep_who_is_back_at_night_takes_immediate_work_in_the_morning() -> None:
    found = waiting(plan_of({**SDRS, "immediate": True}), rep("lena", time_off=away((-1, 12))))[2]
    assert timed(found) == [("outside-working-hours", "lena", datetime(2026, 3, 5, 9, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("caps", "load", "code", "at"),
    [  # NOW is Wednesday 10:30 in Berlin
        ({"per_hour": 2}, {"hour": 2, "day": 2, "week": 2}, "cap-hour", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ({"per_day": 2}, {"day": 2, "week": 2}, "cap-day", datetime(2026, 3, 4, 23, tzinfo=UTC)),
        ({"per_week": 2}, {"week": 3}, "cap-week", datetime(2026, 3, 8, 23, tzinfo=UTC)),
        ({"per_hour": 1, "per_day": 2}, {"hour": 2, "day": 2}, "cap-day", datetime(2026, 3, 4, 23, tzinfo=UTC)),
        ({"open_load": 2}, {"open": 2}, "open-load", None),
        ({"per_hour": 1, "open_load": 2}, {"hour": 1, "open": 2}, "open-load", None),
        ({"per_day": 0}, {}, "cap-day", None),
    ],
)
def test_a_cap_starts_anew_on_the_pools_clock(
    caps: dict[str, Any], load: dict[str, Any], code: str, at: datetime | None
) -> None:
    found = waiting(plan_of(), rep("lena", caps=Caps(**caps)), loads={"lena": RepLoad(**load)})[2]
    assert timed(found) == [(code, "lena", at)]


def test_a_cap_for_a_category_starts_anew_too() -> None:
    plan = plan_of(rule={**INBOUND, "category": "enterprise"})
    lena = rep("lena", caps=Caps(categories={"enterprise": Caps(per_day=1)}))
    found = waiting(plan, lena, category_loads={"enterprise": {"lena": RepLoad(day=1, week=1)}})[2]
    assert timed(found) == [("cap-category", "lena", datetime(2026, 3, 4, 23, tzinfo=UTC))]
    assert "enterprise" in english(found[0].sentence)


def test_a_partner_takes_leads_again_at_its_next_step_or_the_next_day() -> None:
    steps = [
        {"from": "2026-03-01", "per_day": 2},
        {"from": "2026-03-05", "per_day": 0},
        {"from": "2026-03-09", "per_day": 5},
    ]
    plan = plan_of(suppliers={"callwerk": {"time_zone": "Europe/Berlin", "capacity": steps}})
    found = waiting(plan, rep("lena", supplier="callwerk"), supplier_loads={"callwerk": RepLoad(day=2, week=2)})[2]
    assert timed(found) == [("supplier-capacity", "lena", datetime(2026, 3, 8, 23, tzinfo=UTC))]


def test_a_newcomer_takes_leads_once_the_ramp_up_gives_turns() -> None:
    plan = plan_of({**SDRS, "ramp_up": [{"after": "0d", "percent": 0}, {"after": "7d", "percent": 50}]})
    found = waiting(plan, rep("lena", started_on=date(2026, 3, 2)))[2]
    assert timed(found) == [("ramp-up", "lena", datetime(2026, 3, 8, 23, tzinfo=UTC))]


def test_a_closer_who_is_away_can_be_booked_as_soon_as_their_return_can_be_offered() -> None:
    pool = {"work": "closing", "members": ["anna"], "booking": {"horizon": "14d"}}
    plan = plan_of(pool, rule={"name": "Buyers", "work": "closing", "pool": "sdrs"})
    found = waiting(plan, rep("anna", CLOSER, time_off=away((-1, 20 * 24))))[2]
    assert timed(found) == [("time-off", "anna", NOW + 6 * DAY + timedelta(seconds=1))]


def test_a_calendar_that_cannot_be_read_has_no_known_moment() -> None:
    pool = {"work": "closing", "members": ["anna"]}
    plan = plan_of(pool, rule={"name": "Buyers", "work": "closing", "pool": "sdrs"})
    found = waiting(plan, rep("anna", CLOSER), calendars={})[2]
    assert timed(found) == [("calendar-unreadable", "anna", None)]
    assert next_release_at(found) is None


def test_nobody_waits_for_somebody_who_held_the_lead_before_or_whose_role_forbids_it() -> None:
    found = waiting(
        plan_of(), rep("lena", time_off=away((-1, 5))), rep("jonas", CLOSER), past_holders=frozenset({"lena"})
    )[2]
    assert timed(found) == [("add-rep", None, None)]


def test_a_lead_without_a_rule_waits_for_one() -> None:
    found = waiting(plan_of(rule={**INBOUND, "when": {"field": "lead.country", "equals": "DE"}}), rep("lena"))[2]
    assert timed(found) == [("no-rule", None, None)]


def test_a_shut_gate_names_the_evidence_that_it_asks_for() -> None:
    pool = {"work": "closing", "members": ["anna"]}
    gates = {Work.CLOSING: GateState(is_open=False, reason=as_written("not passed"))}
    plan = plan_of(
        pool,
        rule={"name": "Buyers", "work": "closing", "pool": "sdrs"},
        gates=gates,
    )
    seen = world(roster(rep("anna", CLOSER)))
    decision = decide(plan, seen)
    gate = evaluate_gate(
        plan.compiled.policy.gates[Work.CLOSING], [evidence("offer_known")], {}, NOW, sources=EvidenceRules()
    )
    (found,) = find_releases(decision, plan.compiled.policy, seen, gate)
    assert (found.code, found.needs) == ("gate-closed", ("qualified",))
    assert "need, authority or fit" in english(found.sentence)


def test_what_is_stored_is_the_same_as_long_as_the_same_has_to_happen() -> None:
    found = waiting(plan_of(), rep("lena", time_off=away((-1, 5))))[2]
    later = waiting(plan_of(), rep("lena", time_off=away((-1, 6))))[2]
    stored = [release.as_json() for release in found]
    assert same_releases(stored, found)
    assert same_releases([{**stored[0], "sentence": "in other words"}], found)
    assert not same_releases(stored, later)
    assert not same_releases([], found)


# ── every known moment, against the eligibility itself ──────────────────────────────────────────

caps = st.builds(
    Caps,
    per_hour=st.sampled_from([None, 1, 2]),
    per_day=st.sampled_from([None, 2]),
    per_week=st.sampled_from([None, None, 3]),
)
loads = st.builds(
    lambda hour, day, week: RepLoad(hour=hour, day=hour + day, week=hour + day + week, open=1),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 2),
)
absences = st.lists(st.tuples(st.integers(-48, 90), st.integers(1, 60)), max_size=3).map(
    lambda spans: away(*((start, start + length) for start, length in spans))
)
people = st.builds(
    lambda key, zone, off, cap, supplier: rep(
        key, time_zone=zone, time_off=off, caps=cap, supplier=supplier, started_on=date(2026, 3, 2)
    ),
    st.just("lena"),
    st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    absences,
    caps,
    st.sampled_from(["in-house", "callwerk"]),
)
pools = st.fixed_dictionaries(
    {
        "work": st.just("qualification"),
        "members": st.just(["lena"]),
        "time_zone": st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
        "immediate": st.booleans(),
        "ramp_up": st.sampled_from([[], [{"after": "0d", "percent": 0}, {"after": "5d", "percent": 10}]]),
    }
)
SUPPLIERS = {
    "callwerk": {
        "time_zone": "Europe/Berlin",
        "capacity": [
            {"from": "2026-03-01", "per_day": 2},
            {"from": "2026-03-06", "per_day": 0},
            {"from": "2026-03-08"},
        ],
    }
}


def counted(load: RepLoad, at: datetime, zone: str) -> RepLoad:
    """What of `load` still counts later, if nothing is added."""
    periods = period_starts(at, zone)
    return replace(
        load,
        hour=load.hour if periods.hour <= NOW else 0,
        day=load.day if periods.day <= NOW else 0,
        week=load.week if periods.week <= NOW else 0,
    )


@examples(400)
@given(person=people, pool=pools, load=loads, partner=loads)
def test_a_known_moment_is_the_first_at_which_that_rep_may_take_the_lead(
    person: Rep, pool: dict[str, Any], load: RepLoad, partner: RepLoad
) -> None:
    plan = plan_of(pool, suppliers=SUPPLIERS)
    decision, seen, found = waiting(plan, person, loads={"lena": load}, supplier_loads={"callwerk": partner})
    if decision.outcome is not DecisionOutcome.HELD:
        return

    def taken(at: datetime) -> bool:
        later = replace(
            seen,
            now=at,
            loads={"lena": counted(load, at, Pool.model_validate(pool).time_zone)},
            supplier_loads={"callwerk": counted(partner, at, "Europe/Berlin")},
        )
        return decide(plan, later).outcome is DecisionOutcome.ASSIGNED

    (release,) = found
    assert release.at is not None, found
    assert taken(release.at)
    step = NOW
    while step < release.at - timedelta(minutes=15):
        assert not taken(step), f"{step} is before {release.at}"
        step += timedelta(minutes=15)
    assert not taken(release.at - timedelta(seconds=1))
