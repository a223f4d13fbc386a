"""Waiting leads move on in order of arrival as soon as somebody may take them; who waits too long is announced."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from pointsman.domain.errors import Conflict
from pointsman.domain.roster.reps import Caps
from pointsman.services.holds.drain import drain_holds, retry_hold
from pointsman.services.roster.change_roster import RosterInput, add_time_off, delete_time_off, put_roster
from support.floors.use_case_env import ADMIN, POLICY, World, absence, rep_given
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

CATCH_ALL = {**POLICY, "rules": [*POLICY["rules"], {"name": "Rest", "work": "qualification", "pool": "sdr-dach"}]}


async def test_a_new_policy_and_a_changed_roster_each_ask_for_a_drain(world: World) -> None:
    before = await world.value("select count(*) from procrastinate_jobs where task_name = 'holds.drain'")
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=2),)), actor=ADMIN)
    await world.publish(CATCH_ALL)
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=2),)), actor=ADMIN)  # nothing new
    after = await world.value("select count(*) from procrastinate_jobs where task_name = 'holds.drain'")
    assert after - before == 2


async def test_waiting_leads_are_taken_in_order_of_arrival(world: World) -> None:
    await put_roster(
        world.env,
        RosterInput(reps=(rep_given("eva", "Customer manager", caps=Caps(open_load=2)),)),
        actor=ADMIN,
    )
    leads = [await world.lead(account__status="x", lead__source="s") for _ in range(5)]
    account = world.env.new_id()
    await world.rows("insert into accounts (id, status, created_at) values (:id, 'customer', now())", id=account)
    await world.rows("update leads set account_id = :id", id=account)
    for lead in leads:
        await world.route(lead)
    held = [row.lead_id for row in await world.rows("select lead_id from holds order by held_at")]
    assert held == leads[2:]  # eva is full
    await world.rows("update assignments set ended_at = now(), end_reason = 'done' where lead_id = :id", id=leads[0])
    assert await drain_holds(world.env) == 1
    assert await world.value("select lead_id from holds where released_at is not null") == leads[2]


async def test_a_rep_who_is_back_takes_what_waited(world: World) -> None:
    away = [
        await add_time_off(world.env, rep, absence(world.clock(), world.clock() + timedelta(days=3)), actor=ADMIN)
        for rep in ("lena", "jonas", "sofia")
    ]
    lead = await world.lead(lead__country="DE")
    routed = await world.route(lead)
    assert {c.code for c in routed.decision.candidates} == {"time-off"}
    assert await drain_holds(world.env) == 0
    await delete_time_off(world.env, "jonas", away[1].id, actor=ADMIN)
    assert await drain_holds(world.env) == 1
    assert await world.value("select p.key from assignments a join reps p on p.id = a.rep_id") == "jonas"
    assert await world.value("select release from holds") == "assigned"


async def test_a_lead_that_somebody_works_on_is_left_alone(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    await world.route(lead)
    hold = await world.value("select id from holds")
    await world.publish(CATCH_ALL)
    async with world.engine.connect() as busy:
        await busy.execute(text("select 1 from leads where id = :id for update"), {"id": lead})
        assert await asyncio.wait_for(drain_holds(world.env), PATIENCE_S) == 0
        with pytest.raises(Conflict, match="working on this lead"):
            await retry_hold(world.env, hold, actor=ADMIN)
    assert await drain_holds(world.env) == 1


async def test_leads_behind_a_page_of_stuck_ones_are_reached(world: World) -> None:
    for _ in range(4):
        await world.route(await world.lead(lead__country="FR"))
    last = await world.lead(lead__country="FR")
    await world.route(last)
    await world.rows('update leads set facts = \'{"lead.country"\\: "DE"}\' where id = :id', id=last)
    assert await drain_holds(world.env, limit=2) == 1
    assert await world.value("select count(*) from holds where released_at is null") == 4


async def test_two_drains_at_once_give_each_lead_to_one_rep(world: World) -> None:
    for _ in range(20):
        await world.route(await world.lead(lead__country="FR"))
    await world.publish(CATCH_ALL)
    moved = await asyncio.gather(drain_holds(world.env), drain_holds(world.env))
    while await world.value("select count(*) from holds where released_at is null"):
        moved.append(await drain_holds(world.env))
    assert sum(moved) == 20
    assert await world.value("select count(*) from assignments") == 20


async def test_a_wait_that_breaks_its_promise_is_announced_once_until_it_ends(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    await world.route(lead)
    await drain_holds(world.env)
    assert await world.value("select count(*) from alerts") == 0
    world.clock.advance(timedelta(hours=4, minutes=1))
    await drain_holds(world.env)
    await drain_holds(world.env)
    rows = await world.rows("select code, subject, count, message, resolved_at from alerts")
    assert [(row.code, row.subject, row.count, row.resolved_at) for row in rows] == [
        ("hold-overdue", f"lead:{lead}", 1, None)
    ]
    assert "no-rule" in rows[0].message
    await world.publish(CATCH_ALL)
    await drain_holds(world.env)
    assert await world.value("select count(*) from alerts where resolved_at is null") == 0
