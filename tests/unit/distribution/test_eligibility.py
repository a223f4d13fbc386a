"""Why a rep is dropped, which of several reasons comes first, and which leads suppliers, requirements and categories keep out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pointsman.domain.distribution.candidate import CalendarState, DropReason, EligibilityContext
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import as_written
from pointsman.domain.roster.reps import Caps, Rep, TimeOff
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import plan_routes
from support.roster import CLOSER, NOW, OPEN, SDR, compiled, rep, roster, world
from support.wording import english

RULE = {"name": "all", "work": "qualification", "pool": "sdr", "category": "big"}


def taken(here: RoutingInputs, known: Facts | None = None, *, suppliers: Any = None, **pool: Any) -> Decision:
    document = {"work": "qualification", "members": list(here.roster.reps), **pool}
    ready = compiled([RULE], {"sdr": document}, suppliers=suppliers or {})
    return decide(plan_routes(ready, known or {}, purpose=None, gates={}, now=here.now), here)


def codes(decision: Decision) -> dict[str, str | None]:
    return {candidate.rep: candidate.code for candidate in decision.candidates}


def sentence(decision: Decision, of: str = "ben") -> str:
    return next(english(candidate.sentence) for candidate in decision.candidates if candidate.rep == of)


def acme(**over: Any) -> Rep:
    return rep("ben", supplier="acme", **over)


def test_what_a_pool_requires_must_be_true_of_lead_and_rep_together() -> None:
    requires = {"field": "lead.language", "in": {"field": "rep.languages"}}
    here = world(roster(rep("anna", skills={"languages": frozenset({"de"})}), rep("ben")))
    decision = taken(here, {"lead.language": "de"}, requires=requires)
    assert codes(decision) == {"anna": None, "ben": "requires"}
    assert sentence(decision) == "Ben is not known to meet what pool sdr requires for this lead"
    assert codes(taken(here, requires=requires)) == {"anna": "requires", "ben": "requires"}  # unknown is not true


def test_a_requirement_that_is_false_says_so() -> None:
    here = world(roster(rep("anna", tier=1), rep("ben", tier=3)))
    decision = taken(here, requires={"field": "rep.tier", "lte": 2})
    assert codes(decision) == {"anna": None, "ben": "requires"}
    assert sentence(decision) == "Ben does not meet what pool sdr requires for this lead"


@pytest.mark.parametrize(
    ("domain", "barred"),
    [
        ("bank.example", True),
        ("shop.bank.example", True),
        ("mybank.example", False),
        ("example", False),
        ("bank.example.org", False),
    ],
)
def test_a_suppliers_barred_accounts_bar_what_lies_under_them_too(domain: str, barred: bool) -> None:
    decision = taken(
        world(roster(rep("anna"), acme())),
        {"company.domain": domain},
        suppliers={"acme": {"barred_domains": ["Bank.example"]}},
    )
    assert codes(decision) == {"anna": None, "ben": "supplier" if barred else None}
    if domain.startswith("shop"):
        assert sentence(decision) == "Ben (acme) is barred from shop.bank.example, which lies under bank.example"


def test_the_reps_own_barred_accounts_bar_what_lies_under_them_too() -> None:
    here = world(roster(rep("anna"), acme(barred_domains=frozenset({"bank.example"}))))
    assert codes(taken(here, {"company.domain": "eu.bank.example"}))["ben"] == "supplier"


CAPACITY = [{"from": "2026-01-01", "per_day": 2, "per_week": 9, "open_load": 5}, {"from": "2026-03-05", "per_day": 50}]


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (RepLoad(day=2), "2 of 2 today"),
        (RepLoad(day=1, week=9), "9 of 9 this week"),
        (RepLoad(open=6), "6 of 5 open"),
        (RepLoad(day=1, week=8, open=4), None),
    ],
)
def test_a_supplier_takes_no_more_than_its_capacity(load: RepLoad, words: str | None) -> None:
    here = world(roster(rep("anna"), acme()), supplier_loads={"acme": load, "in-house": RepLoad(day=99, open=99)})
    decision = taken(here, suppliers={"acme": {"capacity": CAPACITY}})
    assert codes(decision) == {"anna": None, "ben": "supplier-capacity" if words else None}
    if words:
        assert sentence(decision) == f"Ben's supplier acme has reached its capacity: {words}"


@pytest.mark.parametrize(
    ("zone", "at", "full"),
    [
        ("UTC", datetime(2026, 3, 4, 20, tzinfo=UTC), True),
        ("Asia/Manila", datetime(2026, 3, 4, 20, tzinfo=UTC), False),  # already 5 March there
        ("UTC", datetime(2025, 12, 31, 12, tzinfo=UTC), False),  # before the first step
    ],
)
def test_a_capacity_changes_on_its_day_by_the_suppliers_own_calendar(zone: str, at: datetime, full: bool) -> None:
    here = replace(world(roster(rep("anna"), acme()), supplier_loads={"acme": RepLoad(day=2)}), now=at)
    decision = taken(here, suppliers={"acme": {"capacity": CAPACITY, "time_zone": zone}})
    assert codes(decision)["ben"] == ("supplier-capacity" if full else None)


@pytest.mark.parametrize(
    ("caps", "words"),
    [
        (Caps(per_hour=1), "1 of 1 this hour"),
        (Caps(per_day=2), "2 of 2 today"),
        (Caps(per_week=3), "3 of 3 this week"),
        (Caps(open_load=4), "4 of 4 open"),
    ],
)
def test_a_category_has_caps_of_its_own(caps: Caps, words: str) -> None:
    load = {"big": {"ben": RepLoad(hour=1, day=2, week=3, open=4)}}
    here = world(roster(rep("anna"), rep("ben", caps=Caps(categories={"big": caps}))), category_loads=load)
    decision = taken(here)
    assert codes(decision) == {"anna": None, "ben": "cap-category"}
    assert sentence(decision) == f"Ben has reached the cap for big: {words}"
    assert decision.category == "big"


def test_another_categorys_cap_keeps_nobody() -> None:
    caps = Caps(categories={"small": Caps(per_day=1)})
    here = world(roster(rep("ben", caps=caps)), category_loads={"small": {"ben": RepLoad(day=5)}})
    assert codes(taken(here)) == {"ben": None}


def test_a_cap_of_zero_keeps_also_who_has_had_nothing() -> None:
    assert codes(taken(world(roster(rep("ben", caps=Caps(per_day=0)))))) == {"ben": "cap-day"}


ASKED = RequestedTime(start=NOW, end=NOW + timedelta(hours=1), obstacles={"ben": as_written("Ben is away then")})
#: Every reason at once, in the order of looking; taken away one after another, the next one shows.
STAGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("inactive", {"active": True}, {}),
    ("role", {"role": CLOSER}, {}),
    ("gate", {}, {"gate": True}),
    ("skills", {"skills": {"languages": frozenset({"de"})}}, {}),
    ("requires", {"tier": 1}, {}),
    ("supplier", {"barred_domains": frozenset()}, {}),
    ("supplier-capacity", {}, {"supplier_loads": {}}),
    ("ramp-up", {"started_on": date(2025, 1, 1)}, {}),
    ("time-off", {"time_off": ()}, {}),
    # a time that is asked for makes it unimportant whether somebody is there now
    ("outside-working-hours", {"time_zone": "UTC"}, {"requested_time": ASKED}),
    ("cap-hour", {"caps": Caps(per_day=1, per_week=1, open_load=1, categories={"big": Caps(per_day=1)})}, {}),
    ("cap-day", {"caps": Caps(per_week=1, open_load=1, categories={"big": Caps(per_day=1)})}, {}),
    ("cap-week", {"caps": Caps(open_load=1, categories={"big": Caps(per_day=1)})}, {}),
    ("open-load", {"caps": Caps(categories={"big": Caps(per_day=1)})}, {}),
    ("cap-category", {"caps": Caps()}, {}),
    ("past-holder", {}, {"past_holders": frozenset()}),
    ("calendar-unreadable", {}, {"calendars": {"ben": CalendarState(readable=True)}}),
    ("not-free", {}, {"requested_time": None}),
    ("no-slot", {}, {"earliest_starts": {"closers": {"ben": NOW}}}),
]
POOL = {
    "work": "closing",
    "members": ["ben"],
    "method": "soonest",
    "immediate": True,
    "match": [{"lead": "lead.language", "rep": "languages"}],
    "requires": {"field": "rep.tier", "equals": 1},
    "ramp_up": [{"after": "0d", "percent": 0}, {"after": "30d", "percent": 100}],
}


def stage(done: int) -> Decision:
    everything: dict[str, Any] = {
        "active": False,
        "role": SDR,
        "tier": 2,
        "supplier": "acme",
        "barred_domains": frozenset({"bank.example"}),
        "started_on": date(2026, 3, 1),
        "time_off": (TimeOff(start=NOW, end=NOW + timedelta(days=1)),),
        "time_zone": "Pacific/Auckland",
        "caps": Caps(per_hour=1, per_day=1, per_week=1, open_load=1, categories={"big": Caps(per_day=1)}),
    }
    load = RepLoad(hour=1, day=1, week=1, open=1)
    around: dict[str, Any] = {
        "loads": {"ben": load},
        "category_loads": {"big": {"ben": load}},
        "supplier_loads": {"acme": load},
        "past_holders": frozenset({"ben"}),
        "calendars": {"ben": CalendarState(readable=False, reason=as_written("no answer"))},
    }
    gate = False
    for _, changed, around_changed in STAGES[:done]:
        everything |= changed
        around |= {name: value for name, value in around_changed.items() if name != "gate"}
        gate = gate or "gate" in around_changed
    rule = {"name": "all", "work": "closing", "pool": "closers", "category": "big"}
    suppliers = {"acme": {"capacity": [{"from": "2026-01-01", "per_day": 1}]}}
    ready = compiled([rule], {"closers": POOL}, suppliers=suppliers)
    gates = OPEN if gate else {Work.CLOSING: GateState(is_open=False, reason=as_written("not passed"))}
    known: Facts = {"lead.language": "de", "company.domain": "bank.example"}
    overridden = frozenset({Work.CLOSING})  # for somebody else: the route is planned, the gate stays shut
    plan = plan_routes(ready, known, purpose=None, gates=gates, now=NOW, overridden=overridden)
    return decide(plan, world(roster(rep("ben", **everything)), **around))


@pytest.mark.parametrize("done", range(len(STAGES)))
def test_of_several_reasons_the_first_in_order_is_told(done: int) -> None:
    assert codes(stage(done)) == {"ben": STAGES[done][0]}


def test_without_any_reason_left_the_rep_is_eligible() -> None:
    assert codes(stage(len(STAGES))) == {"ben": None}


def test_who_is_not_asked_about_a_time_need_not_be_read() -> None:
    asked = RequestedTime(
        start=NOW, end=NOW + timedelta(hours=1), obstacles={"ben": as_written("not in the pool")}, appointments={}
    )
    pool = {"work": "closing", "members": ["ben"]}
    ready = compiled([{"name": "all", "work": "closing", "pool": "closers"}], {"closers": pool})
    plan = plan_routes(ready, {}, purpose=None, gates=OPEN, now=NOW)
    decision = decide(plan, world(roster(rep("ben", CLOSER)), calendars={}, requested_time=asked))
    assert codes(decision) == {"ben": "not-free"}


def test_the_codes_are_listed_in_the_order_of_looking() -> None:
    order = [drop.value for drop in DropReason if drop not in (DropReason.UNKNOWN_REP, DropReason.NOT_OWNER)]
    assert [code for code, _, _ in STAGES] == order


@pytest.mark.parametrize(
    ("who", "gate_open", "needed"),
    [(CLOSER, True, False), (CLOSER, False, True), (SDR, True, True), (SDR, False, True)],
)
def test_an_override_is_needed_for_what_the_role_or_the_gate_does_not_let_through(
    who: Role, gate_open: bool, needed: bool
) -> None:
    task = EligibilityContext(
        work=Work.CLOSING, facts={}, now=NOW, gate_open=gate_open, overrides=frozenset({("ben", Work.CLOSING)})
    )
    assert task.needs_override(rep("ben", who)) is needed
    assert not task.needs_override(rep("anna", who))  # the override is another's


@pytest.mark.parametrize(("short_of_it", "code"), [(timedelta(0), "time-off"), (timedelta(seconds=1), None)])
def test_a_rep_who_is_away_for_all_that_can_be_offered_is_not_eligible(
    short_of_it: timedelta, code: str | None
) -> None:
    pool = {"work": "closing", "members": ["ben"], "booking": {"horizon": "10d"}}
    ready = compiled([{"name": "all", "work": "closing", "pool": "closers"}], {"closers": pool})
    off = TimeOff(start=NOW - timedelta(days=1), end=NOW + timedelta(days=10) - short_of_it)
    here = world(roster(rep("ben", CLOSER, time_off=(off,))))
    assert codes(decide(plan_routes(ready, {}, purpose=None, gates=OPEN, now=NOW), here)) == {"ben": code}
