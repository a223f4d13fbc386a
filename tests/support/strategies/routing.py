"""Hypothesis strategies: random conditions, facts, policies, rosters and worlds, small enough to collide often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import as_written
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.roster.reps import Caps, Rep, Roster, TimeOff
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import Owner, PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import plan_routes
from support.roster import NOW, WEEKDAYS, rep

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
SUPPLIERS = ["in-house", "acme-calls", "bolt-sales"]
CATEGORIES = ["big", "small"]
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


_RAMP = [{"after": "0d", "percent": 0}, {"after": "10d", "percent": 25}, {"after": "30d", "percent": 70}]
_requirements = st.sampled_from(
    [
        {"field": "lead.language", "in": {"field": "rep.languages"}},
        {"field": "rep.tier", "lte": 2},
        {"not": {"field": "rep.supplier", "equals": "acme-calls"}},
    ]
)


_seldom = st.sampled_from([False, False, False, True])


@st.composite
def _now_and_then(draw: st.DrawFn, **parts: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Each part in one of four documents: enough of all together would leave nobody eligible."""
    return {name: draw(part) for name, part in parts.items() if draw(_seldom)}


_extras = _now_and_then(
    ledger=st.sampled_from(["pool0", "floor"]),
    requires=_requirements,
    ranking=st.fixed_dictionaries(
        {
            "prefer": st.just([{"lead": "lead.language", "rep": "languages", "points": 2}]),
            "max_turns_ahead": st.integers(1, 3),
            "max_turns_behind": st.integers(1, 3),
        }
    ),
    ramp_up=st.just(_RAMP),
    shares=st.sampled_from(
        [{"in-house": 50, "acme-calls": 30, "bolt-sales": 20}, {"in-house": 100}, {"acme-calls": 1, "in-house": 99}]
    ),
    match=st.just([{"lead": "lead.language", "rep": "languages"}]),
    immediate=st.just(True),
)
_suppliers = _now_and_then(
    **{
        "acme-calls": st.just(
            {
                "time_zone": "Asia/Manila",
                "capacity": [{"from": "2026-01-01", "per_day": 2}, {"from": "2026-03-04", "open_load": 3}],
            }
        ),
        "bolt-sales": st.just({"barred_domains": ["acme.example"], "capacity": [{"from": "2026-06-01", "per_day": 0}]}),
    },
)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    pools = {}
    for i in range(draw(st.integers(1, 4))):
        members = draw(
            st.lists(
                st.sampled_from([*REPS, "ghost"]), min_size=draw(st.sampled_from([4, 4, 2, 0])), max_size=6, unique=True
            )
        )
        pools[f"pool{i}"] = {
            "work": draw(st.sampled_from(["closing", "qualification", "qualification", "prospecting"])),
            "method": draw(st.sampled_from(["fair", *(method.value for method in DistributionMethod)])),
            "members": [{"rep": m, "weight": draw(st.integers(1, 4))} for m in members],
            **draw(_extras),
        }
    names = st.sampled_from(sorted(pools))
    rules = []
    for i in range(draw(st.integers(1, 6))):
        rule: dict[str, Any] = {"name": f"rule {i}"}
        if draw(st.booleans()):
            rule["category"] = draw(st.sampled_from(CATEGORIES))
        if draw(st.sampled_from([False, True, False])):
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
        "suppliers": draw(_suppliers),
        "fields": {"custom.vip": "boolean", "custom.tags": "list"},
    }


def free() -> st.SearchStrategy[Rep]:
    """Reps who may do almost any work, so that there are several to choose among."""
    return st.builds(
        rep,
        st.just("x"),
        st.just(Role(name="All", works=ROLES[2])),
        supplier=st.sampled_from(SUPPLIERS),
        tier=st.integers(1, 3),
        weight=st.integers(1, 3),
        skills=st.sampled_from([{"languages": frozenset({"de", "en"})}, {"languages": frozenset({"de"})}]),
        started_on=st.sampled_from([None, date(2026, 2, 15), date(2025, 1, 1)]),
    )


@st.composite
def people(draw: st.DrawFn) -> Rep:
    works = draw(st.sampled_from(ROLES))
    off = draw(st.sampled_from([(), (), (), (TimeOff(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)),)]))
    return rep(
        "x",
        Role(name="+".join(sorted(works)), works=works),
        active=draw(st.sampled_from([True] * 7 + [False])),
        working_hours=draw(st.sampled_from([WEEKDAYS, WEEKDAYS, ()])),
        time_zone=draw(st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"])),
        time_off=off,
        skills={"languages": draw(st.sampled_from([frozenset({"de", "en"}), frozenset({"de"}), frozenset()]))},
        caps=Caps(
            per_day=draw(st.sampled_from([None, None, 2])),
            open_load=draw(st.sampled_from([None, None, 3])),
            categories=draw(st.sampled_from([{}, {}, {"big": Caps(per_week=1)}, {"small": Caps(open_load=0)}])),
        ),
        tier=draw(st.integers(1, 3)),
        supplier=draw(st.sampled_from(SUPPLIERS)),
        started_on=draw(st.sampled_from([None, date(2026, 3, 1), date(2026, 2, 15), date(2025, 1, 1)])),
        barred_domains=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"acme.example"})])),
        weight=draw(st.integers(0, 3)),  # counts only where the policy names none
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    kind = draw(st.sampled_from([free(), free(), people()]))
    return Roster(version=draw(st.integers(1, 3)), reps={key: replace(draw(kind), key=key) for key in REPS})


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    parts = [draw(st.integers(-6, 6)) for _ in REPS[1:]]
    return Ledger(denominator=draw(st.integers(1, 6)), balances=dict(zip(REPS, [*parts, -sum(parts)], strict=True)))


skips = st.frozensets(st.sampled_from(REPS), max_size=2) | st.just(frozenset(REPS[:4]))
owners = st.lists(
    st.builds(Owner, rep=st.sampled_from([*REPS, "ghost"]), by=st.sampled_from(["contact", "account", "parent"])),
    max_size=2,
).map(tuple)


@st.composite
def worlds(draw: st.DrawFn, reps: Roster) -> RoutingInputs:
    moments = st.one_of(st.none(), st.sampled_from([NOW - timedelta(hours=h) for h in (1, 2, 3)]))
    overrides = draw(st.frozensets(st.tuples(st.sampled_from(REPS), st.sampled_from(HUMAN_WORKS[:3])), max_size=1))
    soon = {r: NOW + timedelta(hours=draw(st.integers(4, 6))) for r in draw(st.sets(st.sampled_from(REPS), min_size=3))}
    return RoutingInputs(
        roster=reps,
        now=NOW,
        seed=draw(st.sampled_from(["a", "b"])),
        pools={
            f"pool{i}": PoolState(
                ledger=draw(ledgers()), waiting_since={r: draw(moments) for r in REPS}, pending_skips=draw(skips)
            )
            for i in (0, 1)
        },
        loads={r: RepLoad(open=draw(st.integers(0, 4)), day=draw(st.integers(0, 3))) for r in REPS[:4]},
        calendars={
            r: CalendarState(readable=draw(st.sampled_from([True, True, False])), reason=as_written("token expired"))
            for r in REPS[:5]
        },
        past_holders=draw(st.frozensets(st.sampled_from(REPS), max_size=1)),
        overrides=overrides,
        owners=draw(owners),
        category_loads={
            category: {r: RepLoad(open=draw(st.integers(0, 2)), week=draw(st.integers(0, 2))) for r in REPS[:3]}
            for category in draw(st.sampled_from([[], CATEGORIES]))
        },
        supplier_loads={s: RepLoad(open=draw(st.integers(0, 4)), day=draw(st.integers(0, 3))) for s in SUPPLIERS[:2]},
        earliest_starts={f"pool{i}": soon for i in range(4)},
    )


gate_states = st.builds(
    GateState,
    is_open=st.sampled_from([True, True, True, False]),
    reason=st.just(as_written("the gate says so")),
    expires_at=st.sampled_from([None, NOW + timedelta(days=1), NOW, NOW - timedelta(seconds=1)]),
)
gates = st.dictionaries(st.sampled_from([Work.CLOSING, Work.CLOSING, Work.PROSPECTING]), gate_states, max_size=2)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One decision to take: a policy, what is known of the lead, and the world around."""

    ready: CompiledPolicy
    facts: Facts
    gates: Mapping[Work, GateState]
    purpose: Work | None
    world: RoutingInputs

    def taken(self) -> tuple[RecordedInputs, Decision]:
        overridden = frozenset(work for _, work in self.world.overrides)
        plan = plan_routes(
            self.ready, self.facts, purpose=self.purpose, gates=self.gates, now=NOW, overridden=overridden
        )
        return RecordedInputs.of(plan, self.world), decide(plan, self.world)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    return Situation(
        ready=CompiledPolicy(parse_policy(draw(policies())), version=draw(st.integers(1, 3))),
        facts=draw(facts),
        gates=draw(gates),
        purpose=draw(st.sampled_from([None, None, Work.CLOSING, Work.QUALIFICATION])),
        world=draw(worlds(draw(rosters()))),
    )
