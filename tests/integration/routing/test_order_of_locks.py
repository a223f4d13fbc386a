"""Every use case that moves leads takes locks in one order: leads, then ledgers by name. So there is no deadlock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports import DatabaseUnavailable
from pointsman.services.reassignment.bulk import BulkRequest, reassign_leads
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.routing.ledger_audit import verify_all_ledgers
from support.floors.use_case_env import ADMIN, World
from support.waiting import PATIENCE_S, until_blocked

pytestmark = pytest.mark.anyio

#: Leads go to `web`, and from there to `inbound`, whose name comes first.
TWO = {
    "pools": {
        "web": {"work": "qualification", "members": ["lena", "jonas"]},
        "inbound": {"work": "qualification", "members": ["sofia", "jonas"]},
    },
    "rules": [{"name": "All", "work": "qualification", "pool": "web", "else": "pool:inbound"}],
}
LEDGER = "select 1 from pool_ledgers where pool = :what for update nowait"
LEAD = "select 1 from leads where id = cast(:what as uuid) for update nowait"


@asynccontextmanager
async def holding(world: World, statement: str, what: object) -> AsyncIterator[AsyncConnection]:
    """Somebody else's transaction that holds this row."""
    async with world.engine.connect() as connection, connection.begin():
        await connection.execute(text(statement), {"what": str(what)})
        yield connection


async def in_web(world: World, count: int) -> list[UUID]:
    await world.publish(TWO)
    leads = [await world.lead() for _ in range(count)]
    for lead in leads:
        assert (await world.route(lead)).decision.pool == "web"
    return leads


async def test_a_turn_is_taken_back_and_given_under_locks_taken_together(world: World) -> None:
    (lead,) = await in_web(world, 1)
    async with holding(world, LEDGER, "inbound") as other:
        moving = asyncio.create_task(reassign(world.env, lead, reason="ill", actor=ADMIN))
        await until_blocked(world, moving)
        await other.execute(text(LEDGER), {"what": "web"})  # the ledger of the old turn is not held while waiting
    assert (await moving).decision.pool == "web"
    assert all(found.agrees for found in await verify_all_ledgers(world.env))


async def test_a_dry_run_waits_for_no_lock_and_is_refused_one_by_the_database(world: World) -> None:
    first, second = sorted(await in_web(world, 2))
    asked = BulkRequest(reason="ill", dry_run=True)
    async with holding(world, LEAD, second) as other:
        for ledger in ("inbound", "web"):
            await other.execute(text(LEDGER), {"what": ledger})
        trying = reassign_leads(world.env, [first, second], asked, actor=ADMIN)
        tried = await asyncio.wait_for(trying, PATIENCE_S)
    assert [fate.outcome.value for fate in tried.results] == ["reassigned", "reassigned"]
    with pytest.raises(DatabaseUnavailable):  # it is read only there
        async with world.env.uow.snapshot() as tx:
            await tx.leads.get(first, lock=True)
