"""Many leads at once over one pool, through two engines: the counts stay level and the ledger adds up."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction

import pytest

from pointsman.domain.distribution.ledger import Ledger
from pointsman.services.routing.ledger import pool_ledger
from pointsman.services.routing.ledger_audit import verify_ledger
from support.floors.use_case_env import Ticking, World, floor_given, make_env, open_world, rep_given

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.own_database]

SEVEN = [f"sdr-{i}" for i in range(7)]
POLICY = {
    "rules": [{"name": "Everything", "work": "qualification", "pool": "sdrs"}],
    "pools": {"sdrs": {"work": "qualification", "members": SEVEN}},
}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    roster = floor_given(reps=tuple(rep_given(key) for key in SEVEN))
    async with open_world(database_url, roster=roster, policy=POLICY, pool_size=8) as world:
        yield world


async def test_two_hundred_leads_at_once_are_shared_evenly(world: World, database_url: str) -> None:
    leads = [await world.lead() for _ in range(200)]
    env, engine = make_env(database_url, clock=Ticking(), pool_size=8)
    other = World(env=env, engine=engine, clock=world.clock, calendars=world.calendars)
    gate = asyncio.Semaphore(16)

    async def one(i: int) -> None:
        async with gate:
            await (world if i % 2 else other).route(leads[i])

    try:
        await asyncio.gather(*(one(i) for i in range(200)))
    finally:
        await engine.dispose()
    held = await world.rows("select p.key, count(*) from assignments a join reps p on p.id = a.rep_id group by p.key")
    counts = {row.key: row.count for row in held}
    assert sum(counts.values()) == 200
    assert set(counts) == set(SEVEN)
    assert max(counts.values()) - min(counts.values()) <= 1
    ledger = Ledger.from_json(await world.value("select ledger from pool_ledgers"))
    assert sum((ledger.balance(key) for key in SEVEN), Fraction(0)) == 0
    verified = await verify_ledger(world.env, "sdrs")
    assert (verified.agrees, verified.entries) == (True, 200)
    standing = await pool_ledger(world.env, "sdrs")
    assert {m.rep: m.turns for m in standing.members} == counts
