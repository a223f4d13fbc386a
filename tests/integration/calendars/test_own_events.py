"""Our own events in the calendars: what we move or call off frees its time, and never what stands beside it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pointsman.domain.errors import Conflict
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.worker.tasks import JOBS
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.faulty_calendars import Cue
from support.floors.use_case_env import POLICY

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
ALONE = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": {"work": "closing", "members": ["anna"]}}}


async def booked(floor: Floor) -> AppointmentRow:
    """The first slot of Anna, in her calendar, which was read since."""
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.work_out()
    floor.world.clock.advance(6 * MINUTE)
    await poll_calendars(floor.env)
    floor.vendor.batches.clear()
    return row


async def starts(floor: Floor) -> set[datetime]:
    """When another lead is offered Anna."""
    lead_id, _ = await floor.ready()
    return {slot.start for slot in (await slots_for_lead(floor.env, lead_id, actor=SETTER, limit=20)).slots}


async def call_off(floor: Floor, row: AppointmentRow) -> None:
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="no time", actor=SETTER)


async def work_off(floor: Floor) -> None:
    """What a worker does with the jobs about calendars."""
    for row in await floor.world.rows(
        "select task_name, args from procrastinate_jobs where task_name like 'calendars.%'"
    ):
        await JOBS[row.task_name](floor.env, row.args)


@pytest.fixture(params=[False, True], ids=["by keys", "merged"])
async def alone(request: pytest.FixtureRequest, database_url: str):  # type: ignore[no-untyped-def]  # a fixture
    async with open_floor(database_url, policy=ALONE) as floor:
        floor.vendor.merges = request.param
        yield floor


async def test_a_private_event_that_overlaps_our_cancelled_one_stays_busy(alone: Floor) -> None:
    row = await booked(alone)
    private = (row.starts_at - 15 * MINUTE, row.starts_at + 15 * MINUTE)
    alone.vendor.busy["anna-cal"] = [private]
    alone.world.clock.advance(6 * MINUTE)
    await poll_calendars(alone.env)
    await call_off(alone, row)
    for _ in range(2):
        found = await starts(alone)
        assert found
        assert not [start for start in found if start < private[1] and start + 30 * MINUTE > private[0]]
        await alone.work_out()


async def test_a_private_event_at_the_time_of_ours_stays_busy_when_ours_moves(alone: Floor) -> None:
    row = await booked(alone)
    alone.vendor.busy["anna-cal"] = [(row.starts_at, row.ends_at)]
    alone.world.clock.advance(6 * MINUTE)
    await poll_calendars(alone.env)
    found = {slot.start for slot in (await slots_for_lead(alone.env, row.lead_id, actor=SETTER, limit=20)).slots}
    assert found
    assert not [start for start in found if start < row.ends_at and start + 30 * MINUTE > row.starts_at]
    with pytest.raises(Conflict):
        await reschedule(alone.env, row.id, row.starts_at + 15 * MINUTE, reason="later", actor=SETTER)


async def test_time_that_we_freed_is_offered_at_once_where_our_events_have_keys(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row = await booked(floor)
        assert row.starts_at not in await starts(floor)
        await call_off(floor, row)
        floor.vendor.batches.clear()
        assert row.starts_at in await starts(floor)  # though the event still stands there
        assert len(floor.vendor.events()) == 1


async def test_time_that_we_freed_in_a_merged_calendar_is_offered_after_it_was_read_again_alone(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        floor.vendor.merges = True
        row = await booked(floor)
        await call_off(floor, row)
        assert row.starts_at not in await starts(floor)
        floor.vendor.batches.clear()
        await floor.work_out()
        await work_off(floor)
        assert floor.vendor.batches == [["anna-cal"]]
        assert row.starts_at in await starts(floor)
        assert floor.vendor.batches == [["anna-cal"]]  # that reading was used


async def test_who_asks_before_the_worker_reads_a_merged_calendar_reads_it(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        floor.vendor.merges = True
        row = await booked(floor)
        await call_off(floor, row)
        await floor.work_out()
        assert row.starts_at in await starts(floor)


async def test_an_appointment_moves_into_its_own_time_where_our_events_have_keys(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row = await booked(floor)
        later = row.starts_at + 15 * MINUTE
        moved = await reschedule(floor.env, row.id, later, reason="later", actor=SETTER)
        assert moved.starts_at == later


async def test_an_event_that_its_owner_moved_keeps_the_owner_busy_until_the_appointment_follows(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        await booked(floor)
        (event,) = floor.vendor.events()
        floor.vendor.drag(event, event.start + 120 * MINUTE)
        floor.world.clock.advance(6 * MINUTE)
        await poll_calendars(floor.env)
        found = await starts(floor)
        assert event.start not in found  # the appointment has it
        assert event.start + 120 * MINUTE not in found
        assert event.start + 60 * MINUTE in found


async def test_the_event_of_another_house_is_busy(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row = await booked(floor)
        (event,) = floor.vendor.events()
        await call_off(floor, row)
        await floor.work_out()
        strange = replace(event, key=f"pm-{row.lead_id}-0123abcd")
        floor.vendor.live[event.calendar, strange.key] = [strange]
        floor.world.clock.advance(6 * MINUTE)
        assert event.start not in await starts(floor)


async def test_an_event_that_its_owner_moved_keeps_its_new_time_busy_though_a_dead_letter_was_overtaken(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        lead_id, handed = await floor.ready()
        row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
        floor.vendor.cues = [Cue.REJECTED]
        await floor.work()
        start = row.starts_at + 60 * MINUTE
        await reschedule(floor.env, row.id, start, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        await floor.work()
        (event,) = floor.vendor.events()
        floor.vendor.drag(event, event.start + 60 * MINUTE)
        floor.world.clock.advance(2 * MINUTE)
        found = await starts(floor)
        assert found
        assert event.start + 60 * MINUTE not in found
