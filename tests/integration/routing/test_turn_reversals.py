"""Turns, credits and corrections: exact, once, and always the sum that the history says."""

from fractions import Fraction

import pytest

from pointsman.domain.distribution.ledger import Ledger
from pointsman.services.explain.explain import replay_decision
from pointsman.services.policies.cache import CACHE_SIZE
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.ledger import adjust_balance, reverse_turn_of
from pointsman.services.routing.ledger_audit import verify_ledger
from pointsman.services.transactions import run_in_transaction
from support.floors.use_case_env import ADMIN, POLICY, World, rep_given

pytestmark = pytest.mark.anyio

POOL = "sdr-dach"


async def balances(world: World) -> dict[str, Fraction]:
    ledger = Ledger.from_json(await world.value("select ledger from pool_ledgers where pool = :pool", pool=POOL))
    return {rep: ledger.balance(rep) for rep in ("lena", "jonas", "sofia")}


async def test_a_credit_takes_back_exactly_what_its_decision_moved_and_only_once(world: World) -> None:
    first = await world.route(await world.lead(lead__country="DE"))
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=3),)), actor=ADMIN)
    await world.route(await world.lead(lead__country="DE"))
    after_two = await balances(world)
    done = [
        await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, first.decision_id, "spam"))
        for _ in range(2)
    ]
    assert done == [True, False]
    third = Fraction(1, 3)
    moved = {rep: third - (rep == first.decision.rep) for rep in after_two}
    assert await balances(world) == {rep: after_two[rep] - moved[rep] for rep in after_two}
    assert await world.value("select count(*) from ledger_entries where kind = 'credit'") == 1


async def test_a_decision_that_took_no_turn_earns_no_credit(world: World) -> None:
    held = await world.route(await world.lead(lead__country="FR"))
    assert (
        await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, held.decision_id, "spam"))
        is False
    )


async def test_history_leads_to_the_stored_balances_and_a_tampered_ledger_is_found(world: World) -> None:
    decisions = [(await world.route(await world.lead(lead__country="DE"))).decision_id for _ in range(10)]
    await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, decisions[3], "no-show"))
    await adjust_balance(world.env, POOL, "sofia", Fraction(-1, 7), reason="training week", actor=ADMIN)
    verified = await verify_ledger(world.env, POOL)
    assert (verified.agrees, verified.entries) == (True, 12)
    assert sum((await balances(world)).values()) == 0
    tampered = '{"denominator": "1", "balances": {"lena": "5", "jonas": "-5"}}'
    await world.rows("update pool_ledgers set ledger = cast(:ledger as jsonb)", ledger=tampered)
    assert (await verify_ledger(world.env, POOL)).agrees is False


async def test_every_decision_replays_to_the_same_bytes_whatever_changed_since(world: World) -> None:
    decisions = [(await world.route(await world.lead(lead__country=c))).decision_id for c in ("DE", "FR", "AT", "CH")]
    lead = await world.lead(company__employees=80)
    await world.pass_gate(lead)
    decisions.append((await world.route(lead)).decision_id)
    everybody = tuple(rep_given(key, weight=4, active=False) for key in ("lena", "jonas", "sofia"))
    await put_roster(world.env, RosterInput(reps=everybody), actor=ADMIN)
    world.env.cache.clear()
    replayed = [await replay_decision(world.env, decision) for decision in decisions]
    assert [(r.same, r.differing_parts) for r in replayed] == [(True, ())] * 5


async def test_a_decision_replays_after_more_policies_and_rosters_than_a_process_keeps(world: World) -> None:
    routed = await world.route(await world.lead(lead__country="DE"))
    for weight in range(2, CACHE_SIZE + 4):
        await world.publish(POLICY)
        await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=weight),)), actor=ADMIN)
        await world.route(await world.lead(lead__country="DE"))
    assert (await replay_decision(world.env, routed.decision_id)).same
