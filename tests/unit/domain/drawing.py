"""Hypothesis strategies: random conditions, facts, policies, rosters and worlds, small enough to collide often."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pointsman.domain.distribution import Owner, PoolState, World
from pointsman.domain.eligibility import CalendarState, RepLoad
from pointsman.domain.fairness import Ledger
from pointsman.domain.gate import GateState
from pointsman.domain.reps import Caps, Rep, Roster, TimeOff
from pointsman.domain.roles import Role, Work
from unit.domain.floor import NOW, WEEKDAYS, rep

COUNTRIES = ["DE", "AT", "CH", "FR"]
SOURCES = ["form", "ad", "demo_form"]
INSTANTS = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
REPS = [f"rep{i}" for i in range(6)]
ROLES = [
    frozenset({Work.CLOSING}),
    frozenset({Work.QUALIFICATION, Work.PROSPECTING}),
    frozenset({Work.QUALIFICATION, Work.CLOSING, Work.PROSPECTING}),
    frozenset[Work](),
]
HUMAN_WORKS = [work for work in Work if work is not Work.NURTURE]

numbers = st.sampled_from([0, 1, 2.5, 50, 70])
texts = st.sampled_from(COUNTRIES + SOURCES)
scalars: st.SearchStrategy[object] = st.one_of(texts, numbers, st.booleans())
fields = st.sampled_from(["lead.country", "lead.source", "lead.score", "custom.vip", "lead.created_at", "custom.tags"])

facts = st.fixed_dictionaries(
    {},
    optional={
        "lead.country": st.sampled_from(COUNTRIES),
        "lead.source": st.sampled_from(SOURCES),
        "lead.score": numbers,
        "custom.vip": st.booleans(),
        "lead.created_at": st.sampled_from(INSTANTS),
        "custom.tags": st.lists(texts, max_size=3).map(tuple),
        "company.domain": st.sampled_from(["acme.example", "bolt.example"]),
        "lead.language": st.sampled_from(["de", "en"]),
    },
)

_bounds = st.one_of(numbers, st.sampled_from([moment.isoformat() for moment in INSTANTS]))
_ranges = st.one_of(
    st.tuples(numbers, numbers).map(list),
    st.tuples(st.sampled_from(INSTANTS), st.sampled_from(INSTANTS)).map(lambda pair: [m.isoformat() for m in pair]),
)


@st.composite
def leaf(draw: st.DrawFn) -> dict[str, Any]:
    operator, operands = draw(
        st.sampled_from(
            [
                *[(op, scalars) for op in ("equals", "not_equals")],
                *[(op, st.lists(scalars, min_size=1, max_size=3)) for op in ("in", "not_in")],
                *[(op, _bounds) for op in ("gte", "gt", "lte", "lt")],
                ("between", _ranges),
                ("present", st.booleans()),
                *[(op, st.sampled_from(["D", "form", "DE"])) for op in ("contains", "starts_with", "ends_with")],
            ]
        )
    )
    return {"field": draw(fields), operator: draw(operands)}


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: {"all": parts}),
        several.map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    )


_equality = st.one_of(
    st.fixed_dictionaries({"field": st.just("lead.country"), "equals": st.sampled_from(COUNTRIES)}),
    st.fixed_dictionaries(
        {"field": st.just("lead.source"), "in": st.lists(st.sampled_from(SOURCES), min_size=1, max_size=2)}
    ),
)
_segment = st.sampled_from(["dach", "hot"]).map(lambda name: {"segment": name})
conditions = st.recursive(st.one_of(leaf(), _equality, _segment), _nest, max_leaves=8)
SEGMENTS = {
    "dach": {"owner": "Board", "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}},
    "hot": {"owner": "Board", "when": {"any": [{"segment": "dach"}, {"field": "lead.score", "gte": 70}]}},
}


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    pools = {}
    for i in range(draw(st.integers(1, 4))):
        members = draw(
            st.lists(
                st.sampled_from([*REPS, "ghost"]), min_size=draw(st.sampled_from([0, 2, 4])), max_size=5, unique=True
            )
        )
        pools[f"pool{i}"] = {
            "work": draw(st.sampled_from(["closing", "qualification", "qualification", "prospecting"])),
            "method": draw(st.sampled_from(["fair", "least_loaded"])),
            "members": [{"rep": m, "weight": draw(st.integers(1, 4))} for m in members],
            "immediate": draw(st.booleans()),
            "match": draw(st.sampled_from([[], [{"lead": "lead.language", "rep": "languages"}]])),
        }
    names = st.sampled_from(sorted(pools))
    rules = []
    for i in range(draw(st.integers(1, 6))):
        rule: dict[str, Any] = {"name": f"rule {i}"}
        if draw(st.integers(0, 2)):
            rule["when"] = draw(conditions)
        rule["else"] = draw(
            st.one_of(st.sampled_from(["hold", "next", "next", "nurture"]), names.map("pool:{}".format))
        )
        if draw(st.integers(0, 9)) == 0:
            rule["work"] = "nurture"
        else:  # the work may disagree with the pool's: role protection must not lean on the check
            rule["pool"] = draw(names)
            rule["work"] = draw(st.sampled_from([pools[rule["pool"]]["work"], "qualification", "closing"]))
        rules.append(rule)
    gates = draw(
        st.sampled_from([{}, {"closing": {"require": ["qualified"]}}, {"prospecting": {"require": ["educated"]}}])
    )
    return {
        "rules": rules,
        "pools": pools,
        "gates": gates,
        "segments": SEGMENTS,
        "fields": {"custom.vip": "boolean", "custom.tags": "list"},
    }


@st.composite
def people(draw: st.DrawFn, key: str) -> Rep:
    works = draw(st.sampled_from(ROLES))
    off = draw(st.sampled_from([(), (), (), (TimeOff(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)),)]))
    return rep(
        key,
        Role(name="+".join(sorted(works)), works=works),
        active=draw(st.sampled_from([True] * 7 + [False])),
        working_hours=draw(st.sampled_from([WEEKDAYS, WEEKDAYS, ()])),
        time_zone=draw(st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"])),
        time_off=off,
        skills={"languages": draw(st.sampled_from([frozenset({"de", "en"}), frozenset({"de"}), frozenset()]))},
        caps=Caps(per_day=draw(st.sampled_from([None, None, 2])), open_load=draw(st.sampled_from([None, None, 3]))),
        barred_domains=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"acme.example"})])),
        weight=draw(st.integers(0, 3)),  # counts only where the policy names none
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    return Roster(version=draw(st.integers(1, 3)), reps={key: draw(people(key)) for key in REPS})


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    parts = [draw(st.integers(-6, 6)) for _ in REPS[1:]]
    return Ledger(denominator=draw(st.integers(1, 6)), balances=dict(zip(REPS, [*parts, -sum(parts)], strict=True)))


@st.composite
def worlds(draw: st.DrawFn, reps: Roster) -> World:
    moments = st.one_of(st.none(), st.sampled_from([NOW - timedelta(hours=h) for h in (1, 2, 3)]))
    overrides = draw(st.frozensets(st.tuples(st.sampled_from(REPS), st.sampled_from(HUMAN_WORKS[:3])), max_size=1))
    return World(
        roster=reps,
        now=NOW,
        seed=draw(st.sampled_from(["a", "b"])),
        pools={
            f"pool{i}": PoolState(ledger=draw(ledgers()), waiting_since={r: draw(moments) for r in REPS})
            for i in (0, 1)
        },
        loads={r: RepLoad(open=draw(st.integers(0, 4)), day=draw(st.integers(0, 3))) for r in REPS[:4]},
        calendars={
            r: CalendarState(readable=draw(st.sampled_from([True, True, False])), reason="token expired")
            for r in REPS[:5]
        },
        past_holders=draw(st.frozensets(st.sampled_from(REPS), max_size=1)),
        overrides=overrides,
        owners=draw(st.sampled_from([(), *((Owner(rep=rep, by="account"),) for rep in (REPS[0], REPS[5], "ghost"))])),
    )


gate_states = st.builds(
    GateState,
    open=st.sampled_from([True, True, False]),
    reason=st.just("the gate says so"),
    expires_at=st.sampled_from([None, NOW + timedelta(days=1), NOW, NOW - timedelta(seconds=1)]),
)
gates = st.dictionaries(st.sampled_from([Work.CLOSING, Work.CLOSING, Work.PROSPECTING]), gate_states, max_size=2)
