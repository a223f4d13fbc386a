"""A CRM that is connected later hears of the leads that reps have already, once each, at its connection's pace."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.roster.roles import Work
from pointsman.services.booking.book import book
from pointsman.services.connections.health import connection_health
from pointsman.services.deliveries.records.existing_leads import tell_existing_leads
from pointsman.services.ports.booking.connections import RecordValue
from pointsman.services.ports.booking.existing_leads import ExistingLeads
from pointsman.services.reassignment.manual import assign_manually
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio


@pytest.fixture
async def later(database_url: str) -> AsyncIterator[CrmFloor]:
    """A floor whose CRM hears of nothing yet."""
    async with open_crm_floor(database_url) as crm:
        await crm.connect(sync_owners=False)
        yield crm


async def assigned(crm: CrmFloor, count: int) -> list[UUID]:
    leads = []
    for _ in range(count):
        leads.append(await crm.floor.world.lead(lead__country="DE"))
        await crm.floor.world.route(leads[-1])
    return leads


async def progress(crm: CrmFloor) -> ExistingLeads:
    found = (await connection_health(crm.env, "crm")).existing_leads
    assert found is not None
    return found


async def told(crm: CrmFloor, leads: list[UUID]) -> list[bool]:
    return [crm.owner_of(f"{one}@lead.example") is not None for one in leads]


async def test_the_newest_leads_are_told_first_and_each_batch_waits_for_the_one_before(later: CrmFloor) -> None:
    leads = await assigned(later, 5)
    waits = await later.floor.world.lead(lead__source="newsletter")  # nobody has it
    await later.floor.world.route(waits)
    await later.connect()
    assert ((await progress(later)).total, (await progress(later)).owed) == (5, 0)
    assert await tell_existing_leads(later.env, batch_size=2) == 2
    assert await tell_existing_leads(later.env, batch_size=2) == 0  # what is owed is not told yet
    await later.floor.work()
    assert await told(later, leads) == [False, False, False, True, True]
    assert ((await progress(later)).owed, (await progress(later)).done_at) == (2, None)
    for _ in range(3):
        await tell_existing_leads(later.env, batch_size=2)
        await later.floor.work()
    assert await told(later, leads) == [True] * 5
    done = await progress(later)
    assert done.owed == 5
    assert done.done_at is not None
    assert await tell_existing_leads(later.env, batch_size=2) == 0
    assert later.owner_of(f"{waits}@lead.example") is None


async def test_two_processes_and_one_that_died_in_a_batch_owe_each_lead_once(later: CrmFloor) -> None:
    leads = await assigned(later, 9)
    await later.connect()

    class Dies(Exception):
        pass

    calls = 0

    def dying() -> UUID:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Dies
        return later.env.new_id()

    with pytest.raises(Dies):
        await tell_existing_leads(replace(later.env, new_id=dying), batch_size=3)
    assert (await progress(later)).owed == 0
    for _ in range(6):
        await asyncio.gather(*(tell_existing_leads(later.env, batch_size=3) for _ in range(2)))
        await later.floor.work()
    assert (await progress(later)).owed == 9
    assert await told(later, leads) == [True] * 9
    assert [len(await later.records(one)) for one in leads] == [1] * 9


async def test_a_lead_that_changes_meanwhile_is_told_once(later: CrmFloor) -> None:
    first, second = await assigned(later, 2)
    await later.connect()
    async with later.env.uow() as tx:
        current = await tx.decisions.current_assignment(first)
    assert current is not None
    other = "jonas" if current.rep == "sofia" else "sofia"
    await assign_manually(
        later.env, first, rep=other, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN
    )
    await later.floor.work()
    before = sum(request.method != "GET" for request in later.wire.seen)
    assert before == 1
    assert await tell_existing_leads(later.env) == 2
    await later.floor.work()
    assert sum(request.method != "GET" for request in later.wire.seen) == before + 1
    assert [one.status for one in await later.records(first)] == ["done", "superseded"]
    assert [one.status for one in await later.records(second)] == ["done"]


async def test_a_meeting_to_come_is_told_with_its_lead_and_a_past_one_is_not(later: CrmFloor) -> None:
    lead_id, handed = await later.floor.ready()
    row = await book(later.env, lead_id, handed.slots[0].start, actor=SETTER)
    await later.floor.work()
    await later.connect()
    past = replace(later.env, clock=lambda: row.ends_at + timedelta(days=1))
    await tell_existing_leads(past)
    assert ((await progress(later)).owed, (await progress(later)).meetings) == (1, 0)
    await later.connect(sync_owners=False)
    await later.connect()
    await tell_existing_leads(later.env)
    assert (await progress(later)).meetings == 1
    await later.floor.work_out()
    assert later.meetings() == [f"pm-{row.id}"]


async def test_another_record_is_told_of_the_leads_that_stand_and_the_same_is_not(later: CrmFloor) -> None:
    leads = await assigned(later, 2)
    await later.connect()
    await tell_existing_leads(later.env)
    await later.floor.work()
    await later.connect()
    assert await tell_existing_leads(later.env) == 0
    later.crm.crm.custom["person"] = {"pm_stage": {"label": "Stage", "type": "text"}}
    await later.connect(record={RecordValue.STAGE: "pm_stage"})
    assert await tell_existing_leads(later.env) == 2
    await later.floor.work()
    assert {row.fields.get("pm_stage") for row in later.crm.crm.of("person")} == {"working"}
    assert [one.status for one in await later.records(leads[0])] == ["done", "done"]


async def test_it_can_be_declined_and_ended(later: CrmFloor) -> None:
    await assigned(later, 3)
    await later.connect(existing_leads=False)
    assert (await connection_health(later.env, "crm")).existing_leads is None
    assert await tell_existing_leads(later.env) == 0
    await later.connect(sync_owners=False)
    await later.connect()
    assert await tell_existing_leads(later.env, batch_size=1) == 1
    await later.connect(existing_leads=False)
    assert (await connection_health(later.env, "crm")).existing_leads is None
    assert await tell_existing_leads(later.env) == 0


async def test_it_waits_while_the_connection_is_switched_off(later: CrmFloor) -> None:
    leads = await assigned(later, 1)
    await later.connect(active=False)
    assert await tell_existing_leads(later.env) == 0
    await later.connect()
    assert await tell_existing_leads(later.env) == 1
    await later.floor.work()
    assert await told(later, leads) == [True]
