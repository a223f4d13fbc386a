"""Series that owners make of our events: they are told as such, and a state that is put makes a single event where it has to."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from contract.google.world import ANNA, World
from pointsman_google import GoogleConnector
from pointsman_google.events import slot_of
from pointsman_google.ids import event_id
from pointsman_google.shape import shaped
from pointsman_sdk import Invites, Rejected, RemoteRecord, Retryable, Slot, Standing
from pointsman_sdk.testing.samples import ADA, SPRING, appointment, at

pytestmark = pytest.mark.anyio
NAME = event_id(ANNA, "check-g1")
WEEKS, DAYS = timedelta(weeks=1), timedelta(days=1)
MONTH = Slot(SPRING, SPRING + 4 * WEEKS)


def later(weeks: int, hour: int = 9) -> Slot:
    slot = at(hour)
    return Slot(slot.start + weeks * WEEKS, slot.end + weeks * WEEKS)


async def series(
    world: World, google: GoogleConnector, rule: str = "FREQ=WEEKLY", zone: str = "UTC", **values: Any
) -> None:
    """Ours, of which its owner makes a series."""
    await google.appointments.put(appointment(ANNA, **values))
    times = {name: {**world.vendor.calendar(ANNA).events[NAME][name], "timeZone": zone} for name in ("start", "end")}
    world.vendor.edit(ANNA, NAME, recurrence=[f"RRULE:{rule}"], **times)


async def told(google: GoogleConnector) -> RemoteRecord:
    """As it is told by its key; by the list it is the same, where that has it."""
    found = await google.appointments.get(ANNA, "check-g1")
    assert found is not None
    assert found.repeats
    assert [one for one in await google.appointments.ours(ANNA, MONTH) if one != found] == []
    return found


async def test_a_series_stands_where_its_first_time_stands(world: World, google: GoogleConnector) -> None:
    await series(world, google)
    found = await told(google)
    assert (found.slot, found.standing) == (at(9), Standing.CONFIRMED)
    assert await google.appointments.ours(ANNA, MONTH) == [found]


@pytest.mark.parametrize("first", [1, 3])
async def test_a_series_whose_first_times_are_deleted_stands_at_the_next(
    world: World, google: GoogleConnector, first: int
) -> None:
    await series(world, google)
    for number in range(first):
        world.vendor.erase_instance(ANNA, NAME, number=number)
    found = await told(google)
    assert (found.slot, found.standing) == (later(first), Standing.CONFIRMED)


async def test_a_series_whose_first_time_is_moved_stands_there(world: World, google: GoogleConnector) -> None:
    await series(world, google)
    moved = Slot(at(14).start + DAYS, at(14).end + DAYS)
    world.vendor.move_instance(ANNA, NAME, number=0, to=moved)
    assert (await told(google)).slot == moved


async def test_a_series_of_a_year_that_lacks_its_first_time_stands_in_the_next(
    world: World, google: GoogleConnector
) -> None:
    await series(world, google, "FREQ=YEARLY")
    world.vendor.erase_instance(ANNA, NAME, number=0)
    assert (await told(google)).slot == at(9, day=SPRING.replace(year=2032))


async def test_a_series_of_which_no_time_is_left_stands_nowhere(world: World, google: GoogleConnector) -> None:
    await series(world, google, "FREQ=WEEKLY;COUNT=2")
    for number in (1, 0):
        world.vendor.erase_instance(ANNA, NAME, number=number)
    found = await told(google)
    assert (found.slot, found.standing) == (at(9), Standing.CANCELLED)


async def test_a_state_that_is_put_again_brings_the_first_time_of_a_series_back(
    world: World, google: GoogleConnector
) -> None:
    await series(world, google, invites=Invites.VENDOR)
    world.vendor.erase_instance(ANNA, NAME, number=0)
    world.vendor.events.mailed.clear()
    made = await google.appointments.put(appointment(ANNA, sequence=1, invites=Invites.VENDOR))
    assert (made.slot, made.repeats, made.standing) == (at(9), False, Standing.CONFIRMED)
    assert await google.appointments.ours(ANNA, MONTH) == [made]
    assert world.vendor.calendar(ANNA).busy(MONTH) == [at(9).utc()]
    assert [to for to, _ in world.vendor.events.mailed] == [ADA.email]


async def test_a_series_whose_first_time_stands_is_the_owners_to_keep(world: World, google: GoogleConnector) -> None:
    await series(world, google)
    world.vendor.erase_instance(ANNA, NAME, number=1)
    made = await google.appointments.put(appointment(ANNA, sequence=1))
    assert (made.slot, made.repeats) == (at(9), True)
    assert [slot.start for slot in world.vendor.calendar(ANNA).busy(MONTH)] == [
        at(9).start,
        later(2).start,
        later(3).start,
    ]
    moved = await google.appointments.put(appointment(ANNA, sequence=2, slot=at(11)))
    assert (moved.slot, (await told(google)).slot) == (at(11), at(11))


async def test_a_state_that_comes_late_is_answered_with_where_the_series_stands(
    world: World, google: GoogleConnector
) -> None:
    await series(world, google, sequence=2)
    world.vendor.erase_instance(ANNA, NAME, number=0)
    late = await google.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
    assert late == await told(google)
    assert late.slot == later(1)


async def test_a_series_whose_first_time_is_put_on_another_day_is_a_single_event_again(
    world: World, google: GoogleConnector
) -> None:
    """Its rule has none on that day, or none any more."""
    await series(world, google, "FREQ=WEEKLY;BYDAY=SU;UNTIL=20310420T000000Z")
    slot = at(9, day=SPRING + timedelta(days=30))
    made = await google.appointments.put(appointment(ANNA, sequence=1, slot=slot))
    assert (made.slot, made.repeats) == (slot, False)
    assert world.vendor.calendar(ANNA).busy(Slot(SPRING, SPRING + 9 * WEEKS)) == [slot.utc()]


async def test_a_series_that_is_put_at_another_hour_keeps_its_clock_through_the_year(
    world: World, google: GoogleConnector
) -> None:
    await series(world, google, zone="Europe/Berlin")
    await google.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
    times = world.vendor.calendar(ANNA).busy(Slot(SPRING, SPRING + 40 * WEEKS))
    assert {slot.start.astimezone(SPRING.tzinfo).hour for slot in times} == {11}
    assert len(times) == 40


async def test_a_series_that_vanishes_while_it_is_read_is_asked_for_again(
    world: World, google: GoogleConnector
) -> None:
    await series(world, google)
    world.instead["/instances"] = refused(404)
    with pytest.raises(Retryable):
        await google.appointments.get(ANNA, "check-g1")


def refused(status: int) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "errors": [{"reason": "notFound"}]}})


@pytest.mark.parametrize("zone", ["Europe", "America/Argentina", "Nowhere/Town", "x" * 5_000, "", "..", None, 5])
def test_a_whole_day_in_no_zone_is_of_an_unknown_shape(zone: Any) -> None:
    """The names of folders, and those that no file may have, among them."""
    day = {"date": "2031-01-15", "timeZone": zone}
    with pytest.raises(Rejected, match="unknown shape"):
        shaped(slot_of, {"start": day, "end": day})
