"""A policy tried on history: the same policy says the same, another one says who goes elsewhere, nothing is written."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.messages.message import say
from pointsman.domain.roster.reps import Caps
from pointsman.domain.roster.roles import Work
from pointsman.services.explain.explain import ExplainRequest, explain
from pointsman.services.explain.simulate import SimulationPeriod, SimulationResult, simulate
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, deactivate_rep, put_roster
from support.floors.use_case_env import ADMIN, POLICY, SENDER, World, rep_given
from support.waiting import until_blocked
from support.wording import english

pytestmark = pytest.mark.anyio

COUNTRIES = ("DE", "FR", "AT", "DE", "CH", "DE")


async def history(world: World, rounds: int = 3) -> None:
    """Leads of all kinds: to SDRs, held, nurtured, cold, and on to a shut gate."""
    for turn in range(rounds):
        for country in COUNTRIES:
            await world.route(await world.lead(lead__country=country, lead__score=turn * 10))
        await world.route(await world.lead(lead__source="newsletter"))
        await world.route(await world.lead(lead__source="cold_list"))
        await world.route(await world.lead(lead__country="DE", company__employees=80))


def period(world: World, **over: Any) -> SimulationPeriod:
    return SimulationPeriod(since=world.clock() - timedelta(days=1), **over)


async def whole(world: World, document: Any = None, **over: Any) -> SimulationResult:
    return await simulate(world.env, period(world, **over), document=document or POLICY)


async def row_counts(world: World) -> dict[str, tuple[int, str]]:
    """Every table's number of rows and a digest of them."""
    tables = await world.rows("select tablename from pg_tables where schemaname = 'public' order by 1")
    counted = {}
    for (name,) in tables:
        (row,) = await world.rows(
            f"select count(*), coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from \"{name}\" t"
        )
        counted[name] = (row[0], row[1])
    return counted


async def test_the_live_policy_over_its_own_history_says_the_same_of_every_decision(world: World) -> None:
    await history(world)
    found = await simulate(world.env, period(world), version=1)
    report = found.report
    assert report.simulated == 27
    assert (report.same, report.rerouted, report.other_rep, report.examples) == (27, 0, 0, ())
    assert report.before == report.after
    assert report.after.by_dimension["outcome"] == {"assigned": 21, "held": 3, "nurture": 3}
    assert report.after.by_dimension["supplier"] == {"in-house": 18, "callwerk": 3}
    assert report.never_matched == ("Customers to customer care",)
    assert (found.facts_as_stored, found.facts_filled_in, found.complete) == (27, 0, True)


#: A lead of the first rule locks the ledger `first` before `second`; those of the other lock `second` alone.
TWO_LEDGERS = {
    "rules": [
        {
            "name": "Both",
            "when": {"field": "lead.country", "equals": "DE"},
            "work": "prospecting",
            "pool": "first",
            "else": "pool:second",
        },
        {"name": "Second", "work": "qualification", "pool": "second"},
    ],
    "pools": {
        "first": {"work": "prospecting", "members": ["mia"]},
        "second": {"work": "qualification", "members": ["lena", "jonas", "sofia"]},
    },
}


async def test_decisions_are_in_the_order_in_which_the_ledger_took_them(world: World) -> None:
    await world.publish(TWO_LEDGERS)
    await deactivate_rep(world.env, "mia", actor=ADMIN)
    await world.route(await world.lead(lead__country="DE"))
    early, late = await world.lead(lead__country="DE"), await world.lead(lead__country="FR")
    async with world.env.uow() as tx:
        await tx.ledgers.lock(["first"])
        waiting = asyncio.create_task(world.route(early))
        await until_blocked(world, waiting)
        await world.route(late)
    await waiting
    turns = "select array_agg(decision_id order by seq) from ledger_entries where pool = 'second'"
    assert await world.value("select array_agg(id order by at) from decisions") == await world.value(turns)
    report = (await simulate(world.env, period(world), version=2)).report
    assert (report.same, report.simulated) == (3, 3)


async def test_history_that_begins_in_the_middle_starts_with_the_ledgers_of_that_moment(world: World) -> None:
    await history(world, rounds=2)
    middle = world.clock()
    await history(world, rounds=2)
    found = await simulate(world.env, SimulationPeriod(since=middle), version=1)
    assert (found.report.simulated, found.report.same) == (18, 18)
    assert found.report.ledgers["sdr-dach"] == "history"
    zero = await simulate(world.env, SimulationPeriod(since=middle, ledgers_from_zero=True), version=1)
    assert zero.report.ledgers["sdr-dach"] == "zero"


async def test_nothing_is_written(world: World) -> None:
    await history(world, rounds=1)
    before = await row_counts(world)
    assert before["decisions"][0] == 9
    await whole(world, {**POLICY, "rules": POLICY["rules"][::-1]})
    assert await row_counts(world) == before


async def test_another_policy_says_who_goes_elsewhere_in_both_policies_words(world: World) -> None:
    await history(world, rounds=2)
    rules = [rule for rule in POLICY["rules"] if rule["name"] != "DACH inbound"]
    caught = {"name": "All inbound", "work": "qualification", "pool": "sdr-dach"}
    found = await whole(world, {**POLICY, "rules": [*rules, caught]})
    report = found.report
    assert report.rerouted == 2  # the leads from France wait no more
    assert report.after.by_dimension["outcome"] == {"assigned": 16, "nurture": 2}
    assert report.after.by_dimension["rule"]["All inbound"] == 14
    first = report.examples[0]
    assert english(first.before).startswith("This lead waits: no rule matches")
    assert "rule 'All inbound' matched" in english(first.after)
    assert {one.lead_id for one in report.examples[:2]} == {
        row[0] for row in await world.rows("select id from leads where facts ->> 'lead.country' = 'FR'")
    }


async def test_fields_that_were_not_kept_are_the_leads_present_ones_and_it_says_for_how_many(world: World) -> None:
    await history(world, rounds=3)
    hot = {"name": "Hot", "when": {"field": "lead.score", "gte": 20}, "work": "nurture"}
    found = await whole(world, {**POLICY, "rules": [hot, *POLICY["rules"]]})
    assert found.report.after.by_dimension["rule"]["Hot"] == 6  # scores were not read then, but are known now
    assert (found.facts_as_stored, found.facts_filled_in) == (0, 27)
    assert say("simulation.filled-in", count=27) in found.assumptions


OTHER_RULES: dict[str, dict[str, Any]] = {
    "an empty word": {"empty_words": ["as discussed"]},
    "another kind": {
        "names": {"need": {"kind": "motivated"}, "fit": {"kind": "qualified"}, "tour": {"kind": "educated"}}
    },
}


@pytest.mark.parametrize("change", OTHER_RULES)
async def test_evidence_is_judged_by_the_rules_of_the_policy_that_is_tried(world: World, change: str) -> None:
    asks = {"name": "Asks", "when": {"field": "qualification.need", "present": True}, "work": "nurture"}
    before = {**POLICY, "rules": [asks, *POLICY["rules"]]}
    await world.publish(before)
    need = Evidence(
        kind=EvidenceKind.QUALIFIED,
        name="need",
        value="as discussed",
        affirmed=True,
        source="form",
        observed_at=world.clock(),
    )
    given = LeadInput(email="q@gmail.com", facts={"lead.source": "demo_form", "lead.country": "DE"}, evidence=(need,))
    told = await submit_lead(world.env, given, actor=SENDER)
    assert told.routed is not None
    assert told.routed.decision.rule == "Asks"
    same = await whole(world, before)
    assert (same.report.same, same.assumptions[1]) == (1, say("simulation.facts", count=1))
    after = {**before, "evidence": OTHER_RULES[change]}
    explained = await explain(world.env, ExplainRequest(lead_id=told.lead.id, document=after))
    found = await whole(world, after)
    assert found.report.after.by_dimension["rule"] == {explained.decision.rule: 1} == {"DACH inbound": 1}
    assert say("simulation.judged-anew", count=1) in found.assumptions


async def test_caps_hold_within_the_simulation(world: World) -> None:
    for _ in range(6):
        await world.route(await world.lead(lead__country="DE"))
    only_two = [rep_given(key, caps=Caps(per_day=1)) for key in ("lena", "jonas", "sofia")]
    await put_roster(world.env, RosterInput(reps=tuple(only_two)), actor=ADMIN)
    found = await simulate(world.env, period(world), version=1)
    assert found.report.after.by_dimension["outcome"] == {"assigned": 3, "held": 3}
    assert found.report.after.by_dimension["rep"] == {"lena": 1, "jonas": 1, "sofia": 1}


async def test_decisions_by_hand_are_left_out_and_counted(world: World) -> None:
    lead = await world.lead(lead__country="DE")
    first = await world.route(lead)
    other = "jonas" if first.decision.rep == "lena" else "lena"
    await assign_manually(
        world.env, lead, rep=other, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN
    )
    found = await simulate(world.env, period(world), version=1)
    assert (found.report.simulated, dict(found.report.left_out)) == (1, {"manual": 1})


async def test_a_lead_that_waited_then_and_does_not_here_is_not_given_away_twice(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    await world.route(lead)
    rules = [{"name": "All", "work": "qualification", "pool": "sdr-dach"}]
    await world.publish({**POLICY, "rules": rules})
    await world.route(lead, trigger="drain")
    found = await whole(world, {**POLICY, "rules": rules})
    assert (found.report.simulated, dict(found.report.left_out)) == (1, {"placed-earlier": 1})
    assert found.report.after.by_dimension["outcome"] == {"assigned": 1}


async def test_a_limit_ends_it_and_is_told(world: World) -> None:
    await history(world, rounds=1)
    found = await simulate(world.env, period(world, limit=4), version=1)
    assert (found.report.simulated, found.complete) == (4, False)
    exact = await simulate(world.env, period(world, limit=9), version=1)
    assert (exact.report.simulated, exact.complete) == (9, True)


async def test_batches_join_without_a_gap_or_a_repeat(world: World) -> None:
    for _ in range(105):
        await world.route(await world.lead(lead__country="DE"))
    found = await simulate(world.env, period(world), version=1)
    assert (found.report.simulated, found.report.same, found.complete) == (105, 105, True)


async def test_what_cannot_be_simulated_is_refused(world: World) -> None:
    with pytest.raises(NotFound):
        await simulate(world.env, period(world), version=99)
    with pytest.raises(Invalid):
        await simulate(world.env, period(world), document={"rules": "none"})
    with pytest.raises(Invalid):
        await simulate(
            world.env, SimulationPeriod(since=world.clock(), until=world.clock() - timedelta(days=1)), version=1
        )
    assert (await simulate(world.env, period(world), version=1)).report.simulated == 0  # the refused ones block nobody


async def test_one_simulation_at_a_time_runs_in_a_process(world: World) -> None:
    await history(world, rounds=1)
    outcomes = await asyncio.gather(*(whole(world) for _ in range(3)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert len(refused) == 2
    assert all(error.code == "simulation-running" for error in refused)
