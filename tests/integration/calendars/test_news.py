"""Where a vendor tells what changed, only a calendar in which something did is read again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pointsman.services.calendars.news import is_asked_for_news
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.readings import read_calendars
from pointsman.services.ports import VendorRejectedError, VendorRetryableError
from pointsman.services.ports.vendors.calendars import BusyLimits
from support.floors.booking_floor import Floor
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


async def polled(floor: Floor, *, after: timedelta = 6 * MINUTE) -> set[str]:
    """The calendars that were read."""
    floor.world.clock.advance(after)
    floor.vendor.batches.clear()
    await poll_calendars(floor.env)
    return {name for batch in floor.vendor.batches for name in batch}


async def anna_was_read_at(floor: Floor) -> datetime | None:
    async with floor.env.uow() as tx:
        ((_, read),) = await tx.calendars.bindings(["anna"])
    return read.read_at if read else None


@pytest.fixture
async def told(floor: Floor) -> Floor:
    """Every calendar has been read once since the vendor tells what changed."""
    floor.vendor.news = {}
    assert await polled(floor) == {"anna-cal", "ben-cal", "clara-cal"}
    return floor


async def test_where_nothing_changed_nothing_is_read_and_the_reading_is_as_good_as_new(told: Floor) -> None:
    before = await anna_was_read_at(told)
    assert before is not None
    assert await polled(told) == set()
    after = await anna_was_read_at(told)
    assert after is not None
    assert after > before + 5 * MINUTE
    now = told.env.clock()
    patient = timedelta(seconds=PATIENCE_S)
    await read_calendars(told.env, ["anna"], now, now + timedelta(days=7), max_age=MINUTE, deadline=patient)
    assert told.vendor.batches == []


async def test_many_that_are_read_in_one_question_are_read_without_asking_what_changed(floor: Floor) -> None:
    floor.vendor.news = {}
    floor.vendor.batch = 20
    await floor.world.owner_rows("""
        insert into rep_calendars (id, rep_id, connection_id, calendar, writes)
        select gen_random_uuid(), rep_id, connection_id, calendar || n, false
        from rep_calendars, generate_series(1, 7) n
    """)
    floor.vendor.faults["news"] = AssertionError("24 calendars are read in two questions")
    for _ in range(2):
        assert len(await polled(floor)) == 24
        assert len(floor.vendor.batches) == 2


@pytest.mark.parametrize(
    ("due", "batch", "asked"),
    [(1, 1, True), (500, 1, True), (500, 4, True), (1, 50, True), (4, 50, True), (5, 50, False), (500, 20, False)],
)
async def test_who_is_asked_what_changed_follows_from_the_batch_and_how_many_are_due(
    due: int, batch: int, asked: bool
) -> None:
    assert is_asked_for_news(due, BusyLimits(batch=batch, at_once=4)) is asked


async def test_a_few_are_asked_what_changed_also_where_one_question_would_read_them(told: Floor) -> None:
    told.vendor.batch = 20
    assert await polled(told) == set()


async def test_where_something_changed_that_calendar_is_read_once(told: Floor) -> None:
    told.vendor.news = {"anna-cal": 1}
    assert await polled(told) == {"anna-cal"}
    assert await polled(told) == set()


async def test_a_change_between_the_question_and_the_reading_is_told_by_the_next_question(floor: Floor) -> None:
    floor.vendor.news = {}
    floor.vendor.slow = 0.01
    await polled(floor)
    floor.vendor.news = {"anna-cal": 1}  # after the cursor, be it before the reading or after it
    assert await polled(floor) == {"anna-cal"}


@pytest.mark.parametrize("fault", [VendorRetryableError("503"), VendorRejectedError("410"), TimeoutError()])
async def test_a_vendor_that_cannot_say_has_its_calendars_read(told: Floor, fault: Exception) -> None:
    told.vendor.faults["news"] = fault
    assert await polled(told) == {"anna-cal", "ben-cal", "clara-cal"}


async def test_what_could_not_be_read_is_not_confirmed(told: Floor) -> None:
    told.vendor.news = {"anna-cal": 1}
    told.vendor.faults["anna-cal"] = VendorRetryableError("503")
    assert await polled(told) == {"anna-cal"}
    assert await polled(told) == {"anna-cal"}


async def test_a_reading_that_does_not_reach_far_enough_any_more_is_made_anew(told: Floor) -> None:
    for _ in range(5):
        assert await polled(told, after=30 * MINUTE) == set()
    assert await polled(told, after=120 * MINUTE) == {"anna-cal", "ben-cal", "clara-cal"}


async def test_a_reading_for_another_zone_of_the_owner_is_out_of_date(told: Floor) -> None:
    await told.world.rows("update reps set time_zone = 'America/New_York' where key = 'anna'")
    assert await polled(told, after=MINUTE) == {"anna-cal"}
    assert await polled(told, after=MINUTE) == set()


async def test_a_reading_that_was_replaced_meanwhile_is_not_confirmed(told: Floor) -> None:
    async with told.env.uow() as tx:
        ((_, read),) = await tx.calendars.bindings(["anna"])
        assert read is not None
        newer = replace(read, read_at=read.read_at + MINUTE)
        await tx.calendars.store_readings([newer])
        await tx.calendars.confirm_reading(read, at=read.read_at + 2 * MINUTE, cursor="9")
    assert await anna_was_read_at(told) == newer.read_at
