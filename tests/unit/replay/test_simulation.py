"""History routed again in memory: the same policy says the same, and what it counts adds up."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.domain.distribution.eligibility import CalendarState, RepLoad
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.replay.inputs import Inputs
from pointsman.domain.replay.simulation import MOST_EXAMPLES, MOST_NAMES, OTHERS, Past, Simulation
from pointsman.domain.roster.reps import Caps, Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import PoolState, World, decide
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.plan import plan_routes
from pointsman.services.routing.loads import periods_at
from support.roster import NOW, SDR, SPACE, compiled, pool_state, rep, roster, world
from support.strategies import facts, gates, policies, rosters, worlds

RULES = [{"name": "all", "work": "qualification", "pool": "sdr"}]
SDRS = {"sdr": {"work": "qualification", "members": ["lena", "max"]}}
FLOOR = roster(rep("lena"), rep("max"))


def lived(policy: CompiledPolicy, leads: list[Facts], here: World, gates_open: Any) -> list[Past]:
    """The decisions as they would have been stored, on ledgers that go on from one to the next."""
    pools = policy.policy.pools
    told, states = [], {pools[name].counter_of(name): state for name, state in here.pools.items() if name in pools}
    for number, known in enumerate(leads):
        at = NOW + timedelta(minutes=number)
        now = replace(here, now=at, seed=f"seed{number}")
        now = replace(now, pools={name: states.get(pool.counter_of(name), PoolState()) for name, pool in pools.items()})
        overridden = frozenset(work for _, work in here.overrides)
        plan = plan_routes(policy, known, purpose=None, gates_open=gates_open, now=at, overridden=overridden)
        decision = decide(plan, now)
        if decision.rep and decision.pool and decision.ledger_after:
            had = now.state_of(decision.pool)
            waiting = {**had.waiting_since, decision.rep: at}
            states[pools[decision.pool].counter_of(decision.pool)] = PoolState(
                ledger=decision.ledger_after, waiting_since=waiting, skips=had.skips - set(decision.skipped)
            )
        told.append(past(number, at, decision, Inputs.of(plan, now)))
    return told


def past(number: int, at: datetime, decision: Decision, inputs: Inputs) -> Past:
    return Past(
        decision_id=uuid5(SPACE, f"decision {number}"),
        lead_id=lead(number),
        at=at,
        outcome=decision.outcome.value,
        work=decision.work,
        rule=decision.rule,
        pool=decision.pool,
        rep=decision.rep,
        hold_reason=decision.hold_reason,
        summary=decision.summary,
        category=decision.category,
        inputs=inputs,
        facts=inputs.facts,
    )


def all_known(here: World, document: dict[str, Any]) -> World:
    """The world as it is fetched: every load that may be asked for is there, every calendar could be read."""
    people = here.roster.reps
    categories = {category for person in people.values() for category in person.caps.categories}
    return replace(
        here,
        calendars={key: CalendarState(readable=True) for key in people},
        loads={key: here.loads.get(key, RepLoad()) for key in people},
        category_loads={
            category: {key: here.category_loads.get(category, {}).get(key, RepLoad()) for key in people}
            for category in categories
        },
        supplier_loads={key: here.supplier_loads.get(key, RepLoad()) for key in document.get("suppliers", {})},
    )


def lead(number: int) -> UUID:
    return uuid5(SPACE, f"lead {number}")


@settings(max_examples=60)
@given(policies(), st.lists(facts, min_size=1, max_size=8), rosters(), gates, st.data())
def test_the_same_policy_over_its_own_history_says_the_same_to_the_rep(
    document: dict[str, Any], leads: list[Facts], people: Roster, gates_open: Any, data: st.DataObject
) -> None:
    here = all_known(data.draw(worlds(people)), document)
    policy = CompiledPolicy(parse_policy(document), version=1)
    history = lived(policy, leads, here, gates_open)
    simulation = Simulation(policy, people, periods_at)
    simulation.take(history[:3])  # batches join
    simulation.take(history[3:])
    report = simulation.report()
    assert report.same == report.simulated == len(leads), report.examples
    assert report.before == report.after
    assert report.left_out == {}


@settings(max_examples=60)
@given(policies(), policies(), st.lists(facts, min_size=1, max_size=8), rosters(), st.data())
def test_whatever_the_other_policy_everything_is_counted_once(
    document: dict[str, Any], other: dict[str, Any], leads: list[Facts], people: Roster, data: st.DataObject
) -> None:
    here = data.draw(worlds(people))
    history = lived(CompiledPolicy(parse_policy(document), version=1), leads, here, {})
    simulation = Simulation(CompiledPolicy(parse_policy(other), version=0), people, periods_at)
    simulation.take(history)
    report = simulation.report()
    assert report.same + report.elsewhere + report.other_rep == report.simulated == len(leads)
    assert len(report.examples) == report.elsewhere + report.other_rep
    for counts in (report.before, report.after):
        assert sum(counts.by["outcome"].values()) == len(leads)
        assert sum(counts.by["rep"].values()) == counts.by["outcome"].get("assigned", 0)
    matched = set(report.after.by["rule"])
    assert matched.isdisjoint(report.never_matched)


def test_a_cap_counts_what_the_simulation_gave_not_what_history_did() -> None:
    policy = compiled(RULES, SDRS)
    history = lived(policy, [{}] * 6, world(FLOOR), {})
    capped = roster(rep("lena", caps=Caps(per_hour=1)), rep("max", caps=Caps(open_load=2)), version=2)
    simulation = Simulation(policy, capped, periods_at)
    simulation.take(history)
    assert simulation.report().after.by["rep"] == {"lena": 1, "max": 2}
    assert simulation.report().after.by["outcome"] == {"assigned": 3, "held": 3}


def test_examples_and_names_are_bounded_and_those_who_go_elsewhere_come_first() -> None:
    members = [f"m{i}" for i in range(MOST_NAMES + 20)]
    policy = compiled(RULES, {"sdr": {"work": "qualification", "members": members}})
    people = roster(*(rep(key, SDR) for key in members))
    history = lived(policy, [{"lead.country": "DE"} if i % 3 else {} for i in range(len(members))], world(people), {})
    to_nurture = {"name": "de", "when": {"field": "lead.country", "equals": "DE"}, "work": "nurture"}
    known = [replace(p, facts={"lead.country": "DE"} if i % 3 else {}) for i, p in enumerate(history)]
    changed = compiled([to_nurture, *RULES], {"sdr": {"work": "qualification", "members": members[::-1]}})
    simulation = Simulation(changed, people, periods_at)
    simulation.take(known)
    report = simulation.report()
    assert len(report.examples) == MOST_EXAMPLES
    assert all("goes to nurture" in one.after for one in report.examples)
    assert len(report.before.by["rep"]) == MOST_NAMES + 1
    assert report.before.by["rep"][OTHERS] == 20


def test_rules_that_never_matched_are_named() -> None:
    never = {"name": "never", "when": {"field": "lead.country", "equals": "XX"}, "work": "nurture"}
    policy = compiled([never, *RULES], SDRS)
    simulation = Simulation(policy, FLOOR, periods_at)
    simulation.take(lived(policy, [{}, {}], world(FLOOR, pools={"sdr": pool_state()}), {}))
    assert simulation.report().never_matched == ("never",)
    assert simulation.report().ledgers == {"sdr": "history"}


def test_soonest_without_known_slots_shares_fairly() -> None:
    history = lived(compiled(RULES, SDRS), [{}] * 4, world(FLOOR), {})
    soonest = compiled(RULES, {"sdr": {**SDRS["sdr"], "method": "soonest"}})
    simulation = Simulation(soonest, FLOOR, periods_at)
    simulation.take(history)
    assert simulation.report().after.by["rep"] == {"lena": 2, "max": 2}
