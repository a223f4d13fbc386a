"""Skipping a rep's next turn: once, on record, and exactly as the history says when it costs a turn."""

import asyncio
from fractions import Fraction

import pytest
from sqlalchemy.exc import DBAPIError

from pointsman.domain.errors import Conflict, Invalid, NotFound
from pointsman.services.explain.explain import ExplainRequest, explain, replay_decision
from pointsman.services.routing.ledger import pool_ledger
from pointsman.services.routing.ledger_audit import verify_ledger
from pointsman.services.routing.skips import cancel_skip, skip_next_turn
from support.floors.use_case_env import ADMIN, POLICY, World
from support.wording import english_of

pytestmark = pytest.mark.anyio

POOL = "sdr-dach"
SDRS = ["lena", "jonas", "sofia"]


async def turns(world: World, number: int) -> list[str]:
    """Who gets so many leads, one after another."""
    routed = [await world.route(await world.lead(lead__country="DE")) for _ in range(number)]
    return [r.rep.key for r in routed if r.rep]


async def balances(world: World) -> dict[str, Fraction]:
    return {m.rep: m.balance for m in (await pool_ledger(world.env, POOL)).members}


async def test_a_skip_passes_over_one_turn_and_no_more(world: World) -> None:
    first, second, third = await turns(world, 3)
    skip = await skip_next_turn(world.env, POOL, first, reason="at the dentist", costs_turn=False, actor=ADMIN)
    assert [s.rep for s in (await pool_ledger(world.env, POOL)).skips] == [first]
    routed = await world.route(await world.lead(lead__country="DE"))
    assert (routed.decision.rep, routed.decision.skipped) == (second, (first,))
    assert (await replay_decision(world.env, routed.decision_id)).same
    row = (await world.rows("select rep_id, used_at, decision_id, asked_by from skips where id = :id", id=skip.id))[0]
    assert (row.decision_id, row.asked_by, row.used_at is not None) == (routed.decision_id, "key:admin", True)
    assert (await pool_ledger(world.env, POOL)).skips == ()
    assert await turns(world, 2) == [first, third]  # owed still, and next
    audit = await world.rows(
        "select action, subject, reason #>> '{args,text}' from audit where action like 'ledger.skip%'"
    )
    assert [tuple(line) for line in audit] == [("ledger.skip-added", f"pool:{POOL}", "at the dentist")]
    used = await world.value(
        "select after -> 'skipped' from audit where after ->> 'decision' = :id", id=str(routed.decision_id)
    )
    assert used == [first]


async def test_explaining_uses_no_skip_up(world: World) -> None:
    (first, *_) = await turns(world, 3)
    await skip_next_turn(world.env, POOL, first, reason="a call", costs_turn=False, actor=ADMIN)
    lead = await world.lead(lead__country="DE")
    for _ in range(2):
        assert (await explain(world.env, ExplainRequest(lead_id=lead))).decision.rep != first
    assert [s.rep for s in (await pool_ledger(world.env, POOL)).skips] == [first]


async def test_a_skip_that_costs_a_turn_books_it_at_once_and_the_history_says_so(world: World) -> None:
    await turns(world, 3)
    before = await balances(world)
    await skip_next_turn(world.env, POOL, "lena", reason="walk-in", costs_turn=True, actor=ADMIN)
    half = Fraction(1, 2)
    assert await balances(world) == {r: b + (Fraction(-1) if r == "lena" else half) for r, b in before.items()}
    got = await turns(world, 5)
    assert "lena" not in got[:2]
    assert sum((await balances(world)).values()) == 0
    verified = await verify_ledger(world.env, POOL)
    assert (verified.agrees, verified.entries) == (True, 9)
    reason = await world.value("select reason from ledger_entries where kind = 'adjust'")
    assert english_of(reason) == "a turn was skipped: walk-in"


async def test_a_cancelled_skip_is_none_and_gives_back_exactly_what_it_cost(world: World) -> None:
    before_turns = await turns(world, 3)
    before = await balances(world)
    skip = await skip_next_turn(world.env, POOL, before_turns[0], reason="x", costs_turn=True, actor=ADMIN)
    without = {**POLICY, "pools": {**POLICY["pools"], POOL: {"work": "qualification", "members": SDRS[:2]}}}
    await world.publish(without)  # the others who gained by it may have left meanwhile
    cancelled = await cancel_skip(world.env, POOL, skip.id, reason="they came in", actor=ADMIN)
    assert cancelled.cancelled_at is not None
    assert await balances(world) == before
    assert (await verify_ledger(world.env, POOL)).agrees
    await world.publish(POLICY)
    assert (await turns(world, 1)) == [before_turns[0]]
    with pytest.raises(Conflict, match="cancelled already"):
        await cancel_skip(world.env, POOL, skip.id, reason="again", actor=ADMIN)


async def test_a_used_skip_cannot_be_cancelled_and_an_open_one_not_be_doubled(world: World) -> None:
    (first, *_) = await turns(world, 3)
    skip = await skip_next_turn(world.env, POOL, first, reason="x", costs_turn=False, actor=ADMIN)
    with pytest.raises(Conflict, match="skipped already"):
        await skip_next_turn(world.env, POOL, first, reason="y", costs_turn=True, actor=ADMIN)
    await turns(world, 1)
    with pytest.raises(Conflict, match="was used"):
        await cancel_skip(world.env, POOL, skip.id, reason="too late", actor=ADMIN)
    with pytest.raises(NotFound):
        await cancel_skip(world.env, "customer-care", skip.id, reason="elsewhere", actor=ADMIN)


async def test_a_skip_needs_a_member_and_somebody_else_to_take_the_turn(world: World) -> None:
    for pool, rep, code in ((POOL, "anna", "not-a-member"), ("customer-care", "eva", "only-member")):
        with pytest.raises(Invalid) as refused:
            await skip_next_turn(world.env, pool, rep, reason="x", costs_turn=False, actor=ADMIN)
        assert [fault.code for fault in refused.value.faults] == [code]
    with pytest.raises(NotFound):
        await skip_next_turn(world.env, "no-such-pool", "lena", reason="x", costs_turn=False, actor=ADMIN)
    assert await world.value("select count(*) from skips") == 0


async def test_a_skip_is_used_by_one_of_many_decisions_at_once(world: World) -> None:
    await turns(world, 3)
    for rep in SDRS[:2]:
        await skip_next_turn(world.env, POOL, rep, reason="x", costs_turn=False, actor=ADMIN)
    leads = [await world.lead(lead__country="DE") for _ in range(30)]
    routed = await asyncio.gather(*(world.route(lead) for lead in leads))
    skipped = [rep for r in routed for rep in r.decision.skipped]
    assert sorted(skipped) == sorted(SDRS[:2])
    assert await world.value("select count(*) from skips where used_at is not null") == 2
    got = [r.decision.rep for r in routed]
    assert max(got.count(rep) for rep in SDRS) - min(got.count(rep) for rep in SDRS) <= 1
    assert all([(await replay_decision(world.env, r.decision_id)).same for r in routed])


async def test_where_everybody_is_to_be_skipped_the_turn_is_given_and_the_skips_stay(world: World) -> None:
    for rep in SDRS:
        await skip_next_turn(world.env, POOL, rep, reason="x", costs_turn=False, actor=ADMIN)
    assert len(await turns(world, 1)) == 1
    assert len((await pool_ledger(world.env, POOL)).skips) == 3


async def test_a_skip_and_its_reason_are_never_deleted(world: World) -> None:
    await skip_next_turn(world.env, POOL, "lena", reason="x", costs_turn=False, actor=ADMIN)
    for statement in ("delete from skips", "truncate skips cascade"):
        with pytest.raises(DBAPIError, match="permission denied"):
            await world.rows(statement)
        with pytest.raises(DBAPIError, match="append-only"):
            await world.owner_rows(statement)
    assert await world.value("select count(*) from skips") == 1
