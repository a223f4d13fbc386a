"""A connection that leads to another account by now, or to one that was put back from a backup, calls nothing off."""

import asyncio
from datetime import datetime, timedelta

import pytest

from pointsman.domain.booking.calendar_diff import CALENDAR_EMPTIED, LOST_WITHIN
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import CLOSERS, SETTER, Floor, live_beside, look_twice, open_floor
from support.floors.reassignment_floor import CLOSERS_POOL, appointment, at, booked, events
from support.floors.use_case_env import POLICY

pytestmark = pytest.mark.anyio


async def placed(floor: Floor, count: int) -> list[AppointmentRow]:
    """So many appointments, each with its event, in calendars that have events of their owners, too."""
    rows = [await booked(floor, at(floor, 9 + number)) for number in range(count)]
    await floor.work_out()
    for closer in CLOSERS:
        live_beside(floor, f"{closer}-cal")
    await sync_calendars(floor.env)
    return rows


def lose(floor: Floor, *rows: AppointmentRow) -> None:
    for event in floor.vendor.events():
        if any(str(row.id) in event.key for row in rows):
            floor.vendor.remove(event)


async def configure(floor: Floor, url: str) -> None:
    await save_connection(floor.env, "cal", connector="memory", config={"url": url}, active=True, actor=SETTER)


def where(rows: list[AppointmentRow]) -> list[tuple[str, datetime]]:
    return sorted((f"{row.rep_key}-cal", row.starts_at) for row in rows)


async def test_events_are_put_into_the_calendars_of_another_account(floor: Floor) -> None:
    rows = await placed(floor, 2)
    lose(floor, *rows)
    await configure(floor, "another")
    await look_twice(floor)
    await floor.work()
    await look_twice(floor)
    assert [(await appointment(floor, row.id)).status for row in rows] == ["confirmed"] * 2
    assert await events(floor) == where(rows)


async def test_an_event_on_its_way_to_the_account_of_before_is_put_into_the_new_one(floor: Floor) -> None:
    row = await booked(floor)
    answer, acted = asyncio.get_running_loop().create_future(), asyncio.Event()

    def hold(_op: str) -> asyncio.Future[None]:
        acted.set()
        return answer

    floor.vendor.before_answer = hold
    under_way = asyncio.create_task(floor.work())
    await acted.wait()
    lose(floor, row)
    await configure(floor, "another")
    floor.vendor.before_answer = lambda _op: None
    answer.set_result(None)
    await under_way
    await floor.work()
    assert await events(floor) == where([row])
    assert [one.status for one in await floor.deliveries(row.id)] == ["done"]


async def test_settings_that_are_saved_again_as_they_are_owe_nothing_anew(floor: Floor) -> None:
    rows = await placed(floor, 2)
    await cancel(floor.env, rows[0].id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work_out()
    told = len(floor.vendor.calls)
    await configure(floor, "x")
    assert await floor.work() == 0
    await configure(floor, "another")
    assert await floor.work() == 1  # what was called off stays so
    assert [op for op, _ in floor.vendor.calls[told:]] == ["put"]
    await cancel(floor.env, rows[1].id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()
    assert {one.status for one in await floor.deliveries(rows[1].id)} == {"done"}  # at once: all was answered


async def test_calendars_of_a_connection_that_lose_much_at_once_call_nothing_off(floor: Floor) -> None:
    rows = await placed(floor, 4)
    lose(floor, *rows[:3])
    await look_twice(floor)
    after = [await appointment(floor, row.id) for row in rows]
    assert [row.status for row in after] == ["confirmed"] * 4
    assert [row.conflict for row in after[:3]] == [{row.rep_key: CALENDAR_EMPTIED.as_json()} for row in rows[:3]]
    told = await floor.world.rows("select code from alerts where resolved_at is null")
    assert {one.code for one in told} == {"calendar-emptied"}
    await look_twice(floor)  # nor later
    assert [(await appointment(floor, row.id)).status for row in rows] == ["confirmed"] * 4


async def test_two_reps_who_delete_one_event_each_call_both_off(floor: Floor) -> None:
    rows = await placed(floor, 3)
    lose(floor, *rows[:2])
    await look_twice(floor)
    assert [(await appointment(floor, row.id)).status for row in rows] == ["cancelled", "cancelled", "confirmed"]


async def test_secrets_of_another_account_call_nothing_off(floor: Floor) -> None:
    rows = await placed(floor, 1)
    (event,) = floor.vendor.events()
    lose(floor, *rows)
    await configure(floor, "x")
    await look_twice(floor)
    await look_twice(floor)
    after = await appointment(floor, rows[0].id)
    assert (after.status, after.conflict) == ("confirmed", {after.rep_key: CALENDAR_EMPTIED.as_json()})
    floor.vendor.drag(event, event.start)  # the right account again
    await configure(floor, "x")
    await sync_calendars(floor.env)
    assert (await appointment(floor, rows[0].id)).conflict is None
    lose(floor, *rows)
    await look_twice(floor)
    assert (await appointment(floor, rows[0].id)).status == "cancelled"


async def test_what_is_deleted_beside_others_of_ours_is_called_off_after_a_sign_in_too(database_url: str) -> None:
    policy = {**POLICY, "pools": {**POLICY["pools"], CLOSERS_POOL: {"work": "closing", "members": ["anna"]}}}
    async with open_floor(database_url, policy=policy) as floor:
        rows = await placed(floor, 2)
        lose(floor, rows[0])
        await configure(floor, "x")
        await look_twice(floor)
        assert [(await appointment(floor, row.id)).status for row in rows] == ["cancelled", "confirmed"]


async def test_another_account_is_doubted_until_a_look_has_seen_it_however_long_its_vendor_is_away(
    floor: Floor,
) -> None:
    rows = await placed(floor, 1)
    lose(floor, *rows)
    await configure(floor, "x")
    floor.vendor.blind = True
    await look_twice(floor)
    floor.vendor.blind = False
    await look_twice(floor)
    after = await appointment(floor, rows[0].id)
    assert (after.status, after.conflict) == ("confirmed", {after.rep_key: CALENDAR_EMPTIED.as_json()})


async def test_a_look_that_began_before_the_secrets_were_new_clears_no_doubt(floor: Floor) -> None:
    rows = await placed(floor, 1)
    floor.vendor.after_reading = lambda: configure(floor, "x")
    await sync_calendars(floor.env)
    lose(floor, *rows)
    await look_twice(floor)
    await look_twice(floor)
    assert (await appointment(floor, rows[0].id)).status == "confirmed"


async def test_what_is_put_there_since_the_doubt_and_then_deleted_is_called_off(floor: Floor) -> None:
    await placed(floor, 0)
    await configure(floor, "x")
    floor.world.clock.advance(timedelta(seconds=1))
    rows = await placed(floor, 1)
    await configure(floor, "x")
    await sync_calendars(floor.env)  # seen: the doubt is over
    lose(floor, *rows)
    await look_twice(floor)
    assert (await appointment(floor, rows[0].id)).status == "cancelled"


@pytest.mark.parametrize("count", [2, 3])
async def test_events_that_stand_again_where_they_stood_before_move_nothing_where_they_are_many(
    floor: Floor, count: int
) -> None:
    rows = await placed(floor, count)
    before = floor.vendor.events()
    for hour, row in enumerate(rows, start=12):
        await reschedule(floor.env, row.id, at(floor, hour), by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work_out()
    moved = [(await appointment(floor, row.id)).starts_at for row in rows]
    for event in before:
        floor.vendor.drag(event, event.start)
    await sync_calendars(floor.env)
    assert [(await appointment(floor, row.id)).starts_at for row in rows] == moved
    floor.world.clock.advance(LOST_WITHIN - timedelta(minutes=1))
    await sync_calendars(floor.env)
    floor.world.clock.advance(2 * LOST_WITHIN)
    await sync_calendars(floor.env)
    after = [await appointment(floor, row.id) for row in rows]
    if count == 2:  # two reps who did it by hand
        assert [row.starts_at for row in after] == [row.starts_at for row in rows]
    else:
        assert [row.starts_at for row in after] == moved
        assert {(row.conflict or {})[row.rep_key]["key"] for row in after} == {"calendar.put-back"}
