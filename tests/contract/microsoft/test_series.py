"""Series that owners make of our events: they are told as such, and a state that is put makes a single event where it has to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contract.microsoft.world import ANNA, World, world
from pointsman_sdk import Invites, RemoteRecord, Retryable, Slot, Standing
from pointsman_sdk.testing import ADA, appointment, at
from pointsman_sdk.testing.samples import SPRING

pytestmark = pytest.mark.anyio
WEEKS, DAYS = timedelta(weeks=1), timedelta(days=1)
MONTH = Slot(SPRING, SPRING + 4 * WEEKS)


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made


def later(weeks: int, hour: int = 9) -> Slot:
    slot = at(hour)
    return Slot(slot.start + weeks * WEEKS, slot.end + weeks * WEEKS)


async def series(here: World, *, weeks: int = 9, **values: Any) -> str:
    """The id of ours, of which its owner makes a series."""
    made = await here.connector.appointments.put(appointment(ANNA, **values))
    here.vendor.directory.repeat(ANNA, made.id, weeks=weeks)
    return made.id


async def told(here: World) -> RemoteRecord:
    """As it is told by its key; by the list it is at the same time, where that has it."""
    found = await here.connector.appointments.get(ANNA, "check-g1")
    assert found is not None
    assert found.repeats
    for one in await here.connector.appointments.ours(ANNA, MONTH):
        assert (one.key, one.slot, one.repeats) == ("check-g1", found.slot, True)
    return found


async def test_a_series_stands_where_its_first_time_stands(here: World) -> None:
    await series(here)
    found = await told(here)
    assert (found.slot, found.standing) == (at(9), Standing.CONFIRMED)
    assert len(await here.connector.appointments.ours(ANNA, MONTH)) == 1


@pytest.mark.parametrize("first", [1, 3])
async def test_a_series_whose_first_times_are_deleted_stands_at_the_next(here: World, first: int) -> None:
    event = await series(here)
    for number in range(first):
        here.vendor.directory.erase_instance(ANNA, event, number=number)
    found = await told(here)
    assert (found.slot, found.standing) == (later(first), Standing.CONFIRMED)
    assert await here.connector.appointments.ours(ANNA, at(9)) == []


async def test_a_series_whose_first_time_is_moved_stands_there(here: World) -> None:
    event, moved = await series(here), Slot(at(14).start + DAYS, at(14).end + DAYS)
    here.vendor.directory.move_instance(ANNA, event, number=0, to=moved)
    assert (await told(here)).slot == moved


async def test_a_series_of_which_no_time_is_left_stands_nowhere(here: World) -> None:
    event = await series(here, weeks=2)
    for number in (1, 0):
        here.vendor.directory.erase_instance(ANNA, event, number=number)
    found = await told(here)
    assert (found.slot, found.standing) == (at(9), Standing.CANCELLED)


async def test_a_copy_of_a_series_is_not_taken_for_it(here: World) -> None:
    event = await series(here)
    here.vendor.directory.erase_instance(ANNA, event, number=0)
    stored = here.vendor.directory.calendar(ANNA)[1].events[event]
    here.clock.now += DAYS
    here.vendor.directory.block(ANNA, at(9)).properties |= stored.properties
    assert (await told(here)).slot == later(1)


async def test_a_state_that_is_put_again_brings_the_first_time_of_a_series_back(here: World) -> None:
    event = await series(here, invites=Invites.VENDOR)
    here.vendor.directory.erase_instance(ANNA, event, number=0)
    here.vendor.directory.mailed.clear()
    made = await here.connector.appointments.put(appointment(ANNA, sequence=1, invites=Invites.VENDOR))
    assert (made.slot, made.repeats, made.standing) == (at(9), False, Standing.CONFIRMED)
    assert await here.connector.appointments.ours(ANNA, MONTH) == [made]
    assert await here.slots(ANNA, window=MONTH) == [at(9)]
    assert [who for who, _ in here.vendor.directory.mailed] == [ADA.email]


async def test_a_series_whose_first_time_stands_is_the_owners_to_keep(here: World) -> None:
    event = await series(here)
    here.vendor.directory.erase_instance(ANNA, event, number=1)
    made = await here.connector.appointments.put(appointment(ANNA, sequence=1))
    assert (made.slot, made.repeats) == (at(9), True)
    assert await here.slots(ANNA, window=MONTH) == [at(9), later(2), later(3)]
    assert [set(body) for body in here.asked("PATCH", event)] == [{"singleValueExtendedProperties"}]
    moved = await here.connector.appointments.put(appointment(ANNA, sequence=2, slot=at(11)))
    assert (moved.slot, (await told(here)).slot) == (at(11), at(11))


async def test_a_series_that_is_put_at_another_hour_keeps_its_clock_through_the_year(here: World) -> None:
    """Written in UTC, its later times would be an hour off once the clocks change."""
    event = await series(here, weeks=40)
    made = await here.connector.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
    assert (made.slot, made.repeats) == (at(11), True)
    times = here.vendor.directory.calendar(ANNA)[1].events[event].slots(SPRING.tzinfo)
    assert {slot.start.astimezone(SPRING.tzinfo).hour for slot in times} == {11}


async def test_a_state_that_comes_late_is_answered_with_where_the_series_stands(here: World) -> None:
    event = await series(here, sequence=2)
    here.vendor.directory.erase_instance(ANNA, event, number=0)
    late = await here.connector.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
    assert late == await told(here)
    assert late.slot == later(1)


async def test_a_series_whose_first_time_is_put_on_another_day_is_a_single_event_again(here: World) -> None:
    """Its range begins on the day of its first time, and its pattern may have none on the other."""
    await series(here)
    slot = at(9, day=SPRING + 30 * DAYS)
    made = await here.connector.appointments.put(appointment(ANNA, sequence=1, slot=slot))
    assert (made.slot, made.repeats) == (slot, False)
    assert await here.slots(ANNA, window=Slot(SPRING, SPRING + 8 * WEEKS)) == [slot]


async def test_a_change_of_a_series_is_told_by_its_key_though_its_times_are_told_bare(here: World) -> None:
    here.clock.now = SPRING - DAYS
    event = await series(here, weeks=9)
    began = (await here.connector.watches.changed(ANNA, None)).cursor
    here.vendor.directory.erase_instance(ANNA, event, number=0)
    found = await here.connector.watches.changed(ANNA, began)
    assert (found.keys, found.complete) == (("check-g1",), True)


async def test_a_series_that_vanishes_while_it_is_read_is_asked_for_again(here: World) -> None:
    await series(here)
    gone = httpx.Response(404, json={"error": {"code": "ErrorItemNotFound", "message": "x"}})
    here.answer = lambda request: gone if request.url.path.endswith("/instances") else None
    with pytest.raises(Retryable):
        await here.connector.appointments.get(ANNA, "check-g1")
