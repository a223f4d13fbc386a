"""What owners do to events in Google's pages and in Outlook, and what becomes of the appointments."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pointsman.domain.messages.message import message_from_json
from pointsman.services.booking.book import book
from pointsman.services.calendar_sync.conflicts import dismiss_conflict
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman_sdk import Slot
from support.floors.booking_floor import SETTER
from support.vendors.owners import CalendarProgram
from support.vendors.two_vendors import TwoVendors, open_two_vendors

pytestmark = pytest.mark.anyio
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def booked(here: TwoVendors) -> AppointmentRow:
    """An appointment, whose event stands in its closer's calendar beside one of the closer's own."""
    lead, handed = await here.floor.ready()
    row = await book(here.env, lead, handed.slots[4].start, actor=SETTER)
    await here.block(row.rep_key, here.ahead(40))
    await here.floor.work_out()
    await here.work()
    here.floor.world.clock.advance(MINUTE)
    return row


def start_of(event: Any) -> datetime:
    return event.slot.utc().start


async def test_an_event_that_its_owner_drags_takes_the_appointment_along_and_nothing_goes_round(
    here: TwoVendors,
) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, slot),) = program.ours()
    moved = Slot(slot.start + 2 * HOUR, slot.end + 2 * HOUR)
    await program.drag(event, moved)
    await here.look()
    after = await here.floor.appointment(row.id)
    assert (after.starts_at, after.status, after.conflict) == (moved.start, "confirmed", None)
    for _ in range(3):
        await here.floor.work_out()
        await here.work()
        await here.poll(after=6 * MINUTE)
        await here.look()
    assert [one.utc() for _, one in program.ours()] == [moved.utc()]
    assert (await here.floor.appointment(row.id)).sequence == after.sequence


async def test_an_event_that_its_owner_deletes_calls_the_appointment_off_at_the_second_look(here: TwoVendors) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, _),) = program.ours()
    await program.delete(event)
    await here.look()
    assert (await here.floor.appointment(row.id)).status == "confirmed"
    here.floor.world.clock.advance(MINUTE)
    await here.look()
    after = await here.floor.appointment(row.id)
    assert (after.status, after.cancelled_by) == ("cancelled", "calendar")


async def test_an_event_that_its_owner_restores_in_time_calls_nothing_off(here: TwoVendors) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, _),) = program.ours()
    await program.delete(event)
    await here.look()
    await program.restore(event)
    here.floor.world.clock.advance(MINUTE)
    await here.look()
    here.floor.world.clock.advance(MINUTE)
    await here.look()
    assert ((await here.floor.appointment(row.id)).status, len(program.ours())) == ("confirmed", 1)


async def test_an_event_that_is_restored_after_its_appointment_was_called_off_goes_again(here: TwoVendors) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    other = await booked(here)
    ((event, _),) = [one for one in program.ours() if one[1].utc().start == row.starts_at]
    await program.delete(event)
    for _ in range(2):
        await here.look()
        here.floor.world.clock.advance(MINUTE)
    assert (await here.floor.appointment(row.id)).status == "cancelled"
    await here.floor.work_out()
    here.floor.world.clock.advance(MINUTE)
    await program.restore(event)
    await here.look()
    await here.floor.work_out()
    assert [slot.utc().start for _, slot in program.ours()] == [other.starts_at]
    assert (await here.floor.appointment(row.id)).status == "cancelled"


async def test_a_series_of_which_its_owner_deletes_the_first_time_is_a_conflict_that_keeping_settles(
    here: TwoVendors,
) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, slot),) = program.ours()
    await program.make_weekly(event, times=3)
    await here.look()
    assert (await here.floor.appointment(row.id)).conflict is None
    await program.delete_instance(event, number=0)
    await looked_at_twice(here)
    after = await here.floor.appointment(row.id)
    assert (after.status, after.starts_at, said(after)) == ("confirmed", row.starts_at, "calendar.series")
    await dismiss_conflict(here.env, row.id, actor=SETTER)
    await here.floor.work_out()
    await looked_at_twice(here)
    assert [one.utc() for _, one in program.ours()] == [slot.utc()]
    after = await here.floor.appointment(row.id)
    assert (after.status, after.conflict) == ("confirmed", None)


async def test_a_series_of_which_no_time_is_left_calls_nothing_off(here: TwoVendors) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, _),) = program.ours()
    await program.make_weekly(event, times=2)
    for number in (1, 0):
        await program.delete_instance(event, number=number)
    await looked_at_twice(here)
    after = await here.floor.appointment(row.id)
    assert (after.status, said(after)) == ("confirmed", "calendar.series-is-empty")


async def looked_at_twice(here: TwoVendors) -> None:
    for _ in range(2):
        here.floor.world.clock.advance(MINUTE)
        await here.look()


def said(row: AppointmentRow) -> str:
    """What its leader's calendar says otherwise, by the message's key."""
    return message_from_json((row.conflict or {})[row.rep_key]).key


async def test_an_event_that_its_owner_declines_calls_the_appointment_off(here: TwoVendors) -> None:
    row, program = await booked(here), CalendarProgram(here, here.rep)
    ((event, _),) = program.ours()
    await program.decline(event)
    for _ in range(2):
        await here.look()
        here.floor.world.clock.advance(MINUTE)
    assert (await here.floor.appointment(row.id)).status == "cancelled"


async def test_a_time_of_an_owners_own_series_is_free_once_it_was_deleted(here: TwoVendors) -> None:
    program, slot = CalendarProgram(here, here.rep), here.ahead(5)
    series = await program.weekly(slot, times=2)
    await here.poll(after=6 * MINUTE)
    assert len(await here.busy(here.rep)) == 2
    await program.delete_instance(series, number=1)
    await here.work()
    assert [start for start, _ in await here.busy(here.rep)] == [slot.utc().start.replace(microsecond=0)]


@pytest.mark.parametrize("to", ["ben", "anna"])
async def test_an_appointment_goes_from_one_vendor_to_the_other_with_its_event(database_url: str, to: str) -> None:
    async with open_two_vendors(database_url, reps=["anna", "ben"]) as here:
        row = await booked(here)
        if row.rep_key == to:
            await reassign_appointment(
                here.env, row.id, to="anna" if to == "ben" else "ben", reason="asks", actor=SETTER
            )
            await here.floor.work_out()
            row = await here.floor.appointment(row.id)
        former = row.rep_key
        after = await reassign_appointment(here.env, row.id, to=to, reason="is ill", actor=SETTER)
        await here.floor.work_out()
        assert CalendarProgram(here, former).ours() == []
        ((_, slot),) = CalendarProgram(here, to).ours()
        assert (after.rep_key, slot.utc().start) == (to, row.starts_at)
        here.floor.world.clock.advance(MINUTE)
        await here.look()
        assert (await here.floor.appointment(row.id)).status == "confirmed"
