"""Waiting leads move on in order of arrival as soon as somebody may take them; who waits too long is announced."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text

from pointsman.domain.errors import Conflict, Unavailable
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.services.holds.drain import drain_due_holds, drain_holds, retry_hold
from pointsman.services.overlay import Overlay, overlaid
from pointsman.services.ports import Env, Tx, UnitOfWork
from pointsman.services.ports.roster import TimeOffRow
from pointsman.services.roster.change_roster import RosterInput, add_time_off, delete_time_off, get_rep, put_roster
from support.floors.use_case_env import ADMIN, POLICY, World, absence, rep_given
from support.waiting import PATIENCE_S
from support.wording import english_of

pytestmark = pytest.mark.anyio

CATCH_ALL = {**POLICY, "rules": [*POLICY["rules"], {"name": "Rest", "work": "qualification", "pool": "sdr-dach"}]}


DRAINS = "select count(*) from procrastinate_jobs where task_name = 'holds.drain' and status = 'todo'"
FETCH = "select id from procrastinate_fetch_job_v2(array['pointsman'], null)"


async def test_a_new_policy_and_a_changed_roster_each_ask_for_a_drain(world: World) -> None:
    for change in (
        lambda: put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=2),)), actor=ADMIN),
        lambda: world.publish(CATCH_ALL),
    ):
        await world.rows("delete from procrastinate_jobs")
        await change()
        assert await world.value(DRAINS) == 1
    await world.rows("delete from procrastinate_jobs")
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=2),)), actor=ADMIN)  # nothing new
    assert await world.value(DRAINS) == 0


async def test_however_often_the_roster_changes_one_drain_waits_beside_the_one_that_runs(world: World) -> None:
    async def change(times: int) -> None:
        for _ in range(times):
            weight = 2 + await world.value("select max(version) from roster_versions")
            await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=weight),)), actor=ADMIN)

    await world.rows("delete from procrastinate_jobs")
    await change(15)
    assert await world.value(DRAINS) == 1
    await world.rows("update procrastinate_jobs set status = 'doing'")
    await change(15)
    assert await world.value(DRAINS) == 1


async def test_a_waiting_drain_begins_after_every_change_that_counts_on_it(world: World) -> None:
    await world.rows("delete from procrastinate_jobs where task_name <> 'holds.drain'")
    assert await world.value(DRAINS) == 1
    async with world.env.uow() as changing:
        await changing.jobs.defer_once("holds.drain")
        assert (await world.rows(FETCH))[0].id is None
    assert (await world.rows(FETCH))[0].id is not None


class NotingUow:
    """The real unit of work; `tried` has the holds that were tried, in order."""

    def __init__(self, real: Any) -> None:
        self._real, self.tried = real, list[UUID]()

    def autocommit(self) -> Any:
        return self._real.autocommit()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        async with self._real() as tx:
            lock = tx.holds.lock_if_lead_free

            async def noting(hold_id: UUID) -> Any:
                self.tried.append(hold_id)
                return await lock(hold_id)

            tx.holds.lock_if_lead_free = noting
            yield tx


def noting(world: World) -> tuple[Env, list[UUID]]:
    """The world's environment, and the holds that drains in it try, in order."""
    uow = NotingUow(world.env.uow)
    return replace(world.env, uow=uow), uow.tried


async def holds_in_order(world: World) -> list[UUID]:
    return [row.id for row in await world.rows("select id from holds where released_at is null order by held_at, id")]


async def wait_for(world: World, *reps: str) -> list[TimeOffRow]:
    """All of them are away for days."""
    return [
        await add_time_off(world.env, rep, absence(world.clock(), world.clock() + timedelta(days=3)), actor=ADMIN)
        for rep in reps
    ]


async def test_of_leads_that_wait_for_the_same_one_is_tried(world: World) -> None:
    await wait_for(world, "lena", "jonas", "sofia")
    for country in ("DE", "DE", "FR", "AT", "FR", "DE"):
        await world.route(await world.lead(lead__country=country))
    order = await holds_in_order(world)
    env, tried = noting(world)
    assert await drain_holds(env, limit=2) == 0
    assert tried == [order[0], order[2]]


async def test_a_lead_that_another_skill_holds_up_is_tried_beside_its_like(world: World) -> None:
    match = [{"lead": "lead.language", "rep": "languages"}]
    pools = {**POLICY["pools"], "sdr-dach": {**POLICY["pools"]["sdr-dach"], "match": match}}
    await world.publish({**POLICY, "pools": pools})
    for language in ("da", "sv", "da", "sv"):
        await world.route(await world.lead(lead__country="DE", lead__language=language))
    danes = rep_given("sofia", skills={"languages": frozenset({"sv"})}, caps=Caps(open_load=1))
    order = await holds_in_order(world)
    await put_roster(world.env, RosterInput(reps=(danes,)), actor=ADMIN)
    env, tried = noting(world)
    assert await drain_holds(env) == 1
    assert tried == [order[0], order[1], order[3]]  # the second one's like waits for room now
    assert await holds_in_order(world) == [order[0], order[2], order[3]]


@pytest.mark.parametrize("seed", range(5))
async def test_no_lead_that_could_move_on_stays_behind(world: World, seed: int) -> None:
    """After a drain that passes over likes, each lead that is tried by itself waits on, and nothing is written."""
    chance = random.Random(seed)
    match = [{"lead": "lead.language", "rep": "languages"}]
    pools = {**POLICY["pools"], "sdr-dach": {**POLICY["pools"]["sdr-dach"], "match": match}}
    rules = [*POLICY["rules"], {"name": "Rest", "work": "qualification", "pool": "sdr-dach", "category": "rest"}]
    await world.publish({**POLICY, "pools": pools, "rules": rules})
    await wait_for(world, "lena", "jonas", "sofia", "eva")
    for _ in range(12):
        country, language = chance.choice(["DE", "FR"]), chance.choice(["da", "sv", "de"])
        await world.route(await world.lead(lead__country=country, lead__language=language))
    for rep in chance.sample(["lena", "jonas", "sofia"], 2):
        (off,) = (await get_rep(world.env, rep))[1]
        await delete_time_off(world.env, rep, off.id, actor=ADMIN)
        skills = {"languages": frozenset(chance.sample(["da", "sv", "de"], chance.choice([1, 2])))}
        caps = Caps(open_load=chance.choice([1, 2, 3]))
        await put_roster(world.env, RosterInput(reps=(rep_given(rep, skills=skills, caps=caps),)), actor=ADMIN)
    before = await holds_in_order(world)
    moved = await drain_holds(world.env, limit=chance.choice([3, 100]))
    assert moved == len(before) - len(await holds_in_order(world))
    state = await world.rows("select * from holds order by id")
    for hold in await holds_in_order(world):
        assert not (await retry_hold(world.env, hold, actor=ADMIN)).changed
    assert await world.rows("select * from holds order by id") == state


async def test_a_due_lead_behind_many_that_wait_is_tried_before_they_all_were(world: World) -> None:
    await wait_for(world, "lena", "jonas", "sofia")
    leads = [await world.lead(lead__country="DE") for _ in range(12)]
    for lead in leads:
        await world.route(lead)
    order = await holds_in_order(world)
    await world.rows("update holds set releases = jsonb_set(releases, '{0,rep}', to_jsonb(id))")  # no two are alike
    await world.rows("update holds set next_try_at = now() where id = :id", id=order[-1])
    await world.rows('update leads set facts = \'{"lead.source"\\: "newsletter"}\' where id = :id', id=leads[-1])

    def slow() -> datetime:  # each look at the clock takes a while
        world.clock.advance(timedelta(seconds=0.2))
        return world.clock()

    env, tried = noting(world)
    assert await drain_due_holds(replace(env, clock=slow)) == 1
    assert tried.index(order[-1]) < 4
    others = [hold for hold in tried if hold != order[-1]]
    assert others == order[: len(others)]  # in order of arrival, as far as the run's time goes


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
    assert rows[0].message["key"].startswith("alerts.hold-overdue")
    await world.publish(CATCH_ALL)
    await drain_holds(world.env)
    assert await world.value("select count(*) from alerts where resolved_at is null") == 0


class ChangingRoster(Overlay):
    """A roster that somebody changes as soon as its rows were read."""

    def __init__(self, real: object, change: Callable[[], Awaitable[object]]) -> None:
        super().__init__(real)
        self._change = change

    async def reps(self) -> Sequence[Rep]:
        rows: Sequence[Rep] = await self._real.reps()
        await self._change()
        return rows


class WhileTheRosterChanges(Overlay):
    """Transactions beside which the roster changes."""

    def __init__(self, real: object, change: Callable[[], Awaitable[object]]) -> None:
        super().__init__(real)
        self._change = change

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        async with self._real() as tx:
            yield overlaid(tx, {"roster": ChangingRoster(tx.roster, self._change)})


async def test_a_roster_that_is_changed_while_it_is_looked_at_is_not_called_outdated(world: World) -> None:
    weights = count(2)

    async def change() -> None:
        await put_roster(world.env, RosterInput(reps=(rep_given("lena", weight=next(weights)),)), actor=ADMIN)

    uow = cast("UnitOfWork", WhileTheRosterChanges(world.env.uow, change))
    await drain_holds(replace(world.env, uow=uow))
    assert next(weights) > 3
    assert await world.value("select count(*) from alerts where code = 'roster-outdated'") == 0


async def test_a_rep_whose_row_differs_from_the_roster_is_named_until_it_is_put_again(world: World) -> None:
    await world.publish(
        {**POLICY, "pools": {**POLICY["pools"], "sdr-dach": {"work": "qualification", "members": ["lena"]}}}
    )
    await world.rows("update reps set active = false where key = 'lena'")
    with pytest.raises(Unavailable, match="rep lena is not active"):
        await world.route(await world.lead(lead__country="DE"))
    told = "select message from alerts where code = 'roster-outdated' and resolved_at is null"
    for _ in range(2):
        await drain_holds(world.env)
    (alert,) = await world.rows(told)
    assert "differs from the rows of Lena" in english_of(alert.message)
    await put_roster(world.env, RosterInput(reps=(rep_given("lena"),)), actor=ADMIN)
    await drain_holds(world.env)
    assert await world.rows(told) == []
    assert (await world.route(await world.lead(lead__country="DE"))).rep is not None
