"""Pools that name one ledger share it: turns in either count in both, at the same moment too."""

import asyncio
from fractions import Fraction
from typing import Any

import pytest

from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.errors import Invalid
from pointsman.domain.roster.reps import Caps
from pointsman.services.explain.explain import replay_decision
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.ledger import adjust_balance, pool_ledger, reverse_turn_of
from pointsman.services.routing.ledger_audit import verify_all_ledgers, verify_ledger
from pointsman.services.transactions import run_in_transaction
from support.floors.use_case_env import ADMIN, POLICY, World, rep_given

pytestmark = pytest.mark.anyio

SDRS = ["lena", "jonas", "sofia"]


def shared(**pools: list[str]) -> dict[str, Any]:
    """A pool for each source of that name, all on the ledger `inbound`."""
    return {
        "pools": {name: {"work": "qualification", "members": who, "ledger": "inbound"} for name, who in pools.items()},
        "rules": [
            {"name": name, "when": {"field": "lead.source", "equals": name}, "work": "qualification", "pool": name}
            for name in pools
        ],
    }


async def balances(world: World) -> dict[str, Fraction]:
    ledger = Ledger.from_json(await world.value("select ledger from pool_ledgers where pool = 'inbound'"))
    return {rep: ledger.balance(rep) for rep in ledger.balances}


async def test_two_pools_of_one_ledger_are_fair_over_both_at_once(world: World) -> None:
    await world.publish(shared(web=SDRS, phone=SDRS))
    leads = [await world.lead(lead__source="web" if i % 4 else "phone") for i in range(48)]
    routed = await asyncio.gather(*(world.route(lead) for lead in leads))
    counts = {key: sum(r.decision.rep == key for r in routed) for key in SDRS}
    assert counts == dict.fromkeys(SDRS, 16)
    assert [tuple(row) for row in await world.rows("select pool, seq from pool_ledgers")] == [("inbound", 48)]
    seqs = await world.rows("select pool, seq from ledger_entries order by seq")
    assert [tuple(row) for row in seqs] == [("inbound", seq) for seq in range(1, 49)]


async def test_one_decision_that_may_reach_both_pools_locks_their_ledger_once(world: World) -> None:
    document = shared(web=["mia"], phone=SDRS)
    document["rules"][0]["else"] = "pool:phone"
    await world.publish(document)
    await put_roster(world.env, RosterInput(reps=(rep_given("mia", caps=Caps(open_load=0)),)), actor=ADMIN)
    routed = await world.route(await world.lead(lead__source="web"))
    assert (routed.decision.pool, await world.value("select count(*) from pool_ledgers")) == ("phone", 1)
    assert (await replay_decision(world.env, routed.decision_id)).same


async def test_a_credit_a_correction_and_a_check_by_a_pools_name_are_those_of_its_ledger(world: World) -> None:
    await world.publish(shared(web=SDRS, phone=["lena", "mia"]))
    routed = await world.route(await world.lead(lead__source="phone"))
    assert await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, routed.decision_id, "spam"))
    await adjust_balance(world.env, "phone", "mia", Fraction(1), reason="a favour", actor=ADMIN)
    third = Fraction(-1, 3)  # everybody who shares the ledger bears it
    assert await balances(world) == {"lena": third, "jonas": third, "sofia": third, "mia": Fraction(1)}
    standing = await pool_ledger(world.env, "web")
    assert (standing.ledger, standing.shared_with, standing.seq) == ("inbound", ("phone",), 3)
    assert [m.rep for m in standing.members] == [*SDRS, "mia"]
    for pool in ("web", "phone", "inbound"):
        verified = await verify_ledger(world.env, pool)
        assert (verified.ledger, verified.agrees, verified.entries) == ("inbound", True, 3)
    with pytest.raises(Invalid, match="no member"):
        await adjust_balance(world.env, "web", "eva", Fraction(1), reason="x", actor=ADMIN)


async def test_the_turns_of_a_pool_that_is_gone_are_credited_where_they_were_booked(world: World) -> None:
    await world.publish(shared(web=SDRS))
    routed = await world.route(await world.lead(lead__source="web"))
    await world.publish(POLICY)
    assert await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, routed.decision_id, "no-show"))
    assert set((await balances(world)).values()) == {Fraction(0)}
    assert (await pool_ledger(world.env, "inbound")).seq == 2
    assert [(v.ledger, v.agrees) for v in await verify_all_ledgers(world.env)] == [("inbound", True)]


async def test_a_pool_that_leaves_its_ledger_starts_level_and_owes_that_ledger_nothing(world: World) -> None:
    await world.publish(shared(web=SDRS))
    await world.route(await world.lead(lead__source="web"))
    alone = shared(web=SDRS)
    del alone["pools"]["web"]["ledger"]
    await world.publish(alone)
    standing = await pool_ledger(world.env, "web")
    assert (standing.ledger, {m.balance for m in standing.members}) == ("web", {Fraction(0)})
    await world.route(await world.lead(lead__source="web"))
    seqs = await world.rows("select pool, seq from pool_ledgers order by pool")
    assert [tuple(row) for row in seqs] == [("inbound", 1), ("web", 1)]
