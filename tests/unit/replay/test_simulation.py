"""History routed again in memory: the same policy says the same, and what it counts adds up."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.replay.simulation import MAX_EXAMPLES, MAX_NAMES, OTHERS, Simulation
from pointsman.domain.roster.reps import Caps, Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.services.routing.loads import period_starts
from support.hypothesis_profiles import examples
from support.past_decisions import lived
from support.roster import SDR, compiled, pool_state, rep, roster, world
from support.strategies.routing import facts, gates, policies, rosters, worlds
from support.wording import english

RULES = [{"name": "all", "work": "qualification", "pool": "sdr"}]
SDRS = {"sdr": {"work": "qualification", "members": ["lena", "max"]}}
FLOOR = roster(rep("lena"), rep("max"))


def all_known(here: RoutingInputs, document: dict[str, Any]) -> RoutingInputs:
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


@examples(60)
@given(policies(), st.lists(facts, min_size=1, max_size=8), rosters(), gates, st.data())
def test_the_same_policy_over_its_own_history_says_the_same_to_the_rep(
    document: dict[str, Any], leads: list[Facts], people: Roster, gates_open: Any, data: st.DataObject
) -> None:
    here = all_known(data.draw(worlds(people)), document)
    policy = CompiledPolicy(parse_policy(document), version=1)
    history = lived(policy, leads, here, gates_open)
    simulation = Simulation(policy, people, period_starts)
    simulation.add_decisions(history[:3])  # batches join
    simulation.add_decisions(history[3:])
    report = simulation.report()
    assert report.same == report.simulated == len(leads), report.examples
    assert report.before == report.after
    assert report.left_out == {}


@examples(60)
@given(policies(), policies(), st.lists(facts, min_size=1, max_size=8), rosters(), st.data())
def test_whatever_the_other_policy_everything_is_counted_once(
    document: dict[str, Any], other: dict[str, Any], leads: list[Facts], people: Roster, data: st.DataObject
) -> None:
    here = data.draw(worlds(people))
    history = lived(CompiledPolicy(parse_policy(document), version=1), leads, here, {})
    simulation = Simulation(CompiledPolicy(parse_policy(other), version=0), people, period_starts)
    simulation.add_decisions(history)
    report = simulation.report()
    assert report.same + report.rerouted + report.other_rep == report.simulated == len(leads)
    assert len(report.examples) == report.rerouted + report.other_rep
    for counts in (report.before, report.after):
        assert sum(counts.by_dimension["outcome"].values()) == len(leads)
        assert sum(counts.by_dimension["rep"].values()) == counts.by_dimension["outcome"].get("assigned", 0)
    matched = set(report.after.by_dimension["rule"])
    assert matched.isdisjoint(report.never_matched)


def test_a_cap_counts_what_the_simulation_gave_not_what_history_did() -> None:
    policy = compiled(RULES, SDRS)
    history = lived(policy, [{}] * 6, world(FLOOR), {})
    capped = roster(rep("lena", caps=Caps(per_hour=1)), rep("max", caps=Caps(open_load=2)), version=2)
    simulation = Simulation(policy, capped, period_starts)
    simulation.add_decisions(history)
    assert simulation.report().after.by_dimension["rep"] == {"lena": 1, "max": 2}
    assert simulation.report().after.by_dimension["outcome"] == {"assigned": 3, "held": 3}


def test_what_the_crm_would_have_to_do_is_counted_for_the_leads_that_a_rep_would_get() -> None:
    history = lived(compiled(RULES, SDRS), [{}] * 5, world(FLOOR), {})
    actions = {"tasks": [{"subject": "Call"}, {"subject": "Write"}], "set": {"lane": "x"}}
    capped = roster(rep("lena", caps=Caps(open_load=1)), rep("max", caps=Caps(open_load=2)), version=2)
    simulation = Simulation(compiled([{**RULES[0], "crm": actions}], SDRS), capped, period_starts)
    simulation.add_decisions(history)
    assert simulation.report().crm == {"tasks": 6, "set": 3}


def test_examples_and_names_are_bounded_and_those_who_go_elsewhere_come_first() -> None:
    members = [f"m{i}" for i in range(MAX_NAMES + 20)]
    policy = compiled(RULES, {"sdr": {"work": "qualification", "members": members}})
    people = roster(*(rep(key, SDR) for key in members))
    history = lived(policy, [{"lead.country": "DE"} if i % 3 else {} for i in range(len(members))], world(people), {})
    to_nurture = {"name": "de", "when": {"field": "lead.country", "equals": "DE"}, "work": "nurture"}
    known = [replace(p, facts={"lead.country": "DE"} if i % 3 else {}) for i, p in enumerate(history)]
    changed = compiled([to_nurture, *RULES], {"sdr": {"work": "qualification", "members": members[::-1]}})
    simulation = Simulation(changed, people, period_starts)
    simulation.add_decisions(known)
    report = simulation.report()
    assert len(report.examples) == MAX_EXAMPLES
    assert all("goes to nurture" in english(one.after) for one in report.examples)
    assert len(report.before.by_dimension["rep"]) == MAX_NAMES + 1
    assert report.before.by_dimension["rep"][OTHERS] == 20


def test_rules_that_never_matched_are_named() -> None:
    never = {"name": "never", "when": {"field": "lead.country", "equals": "XX"}, "work": "nurture"}
    policy = compiled([never, *RULES], SDRS)
    simulation = Simulation(policy, FLOOR, period_starts)
    simulation.add_decisions(lived(policy, [{}, {}], world(FLOOR, pools={"sdr": pool_state()}), {}))
    assert simulation.report().never_matched == ("never",)
    assert simulation.report().ledgers == {"sdr": "history"}


def test_soonest_without_known_slots_shares_fairly() -> None:
    history = lived(compiled(RULES, SDRS), [{}] * 4, world(FLOOR), {})
    soonest = compiled(RULES, {"sdr": {**SDRS["sdr"], "method": "soonest"}})
    simulation = Simulation(soonest, FLOOR, period_starts)
    simulation.add_decisions(history)
    assert simulation.report().after.by_dimension["rep"] == {"lena": 2, "max": 2}
