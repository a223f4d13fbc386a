"""How old a reading may be: as its connection says for slots and routing, ten seconds at most for booking."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from pointsman.services.calendars.readings import (
    MAX_AGE_FOR_BOOKING,
    MAX_AGE_FOR_SLOTS,
    RepCalendarReading,
    read_calendars,
)
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars, list_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.explain.explain import ExplainRequest, explain
from support.floors.booking_floor import SETTER, Floor

pytestmark = pytest.mark.anyio


async def test_an_explanation_says_when_the_oldest_calendar_behind_it_was_read(floor: Floor) -> None:
    question = ExplainRequest(lead_id=await floor.lead())
    first = (await explain(floor.env, question)).calendars_read_at
    assert first is not None
    floor.world.clock.advance(timedelta(seconds=30))
    assert (await explain(floor.env, question)).calendars_read_at == first  # it is still good
    floor.world.clock.advance(timedelta(minutes=2))
    later = (await explain(floor.env, question)).calendars_read_at
    assert later is not None
    assert later > first


SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)


async def max_reading_age(floor: Floor, seconds: int | None, *, key: str = "cal") -> None:
    given = {"connector": "memory", "config": {"url": "x"}, "active": True, "actor": SETTER}
    await save_connection(floor.env, key, max_reading_age_s=seconds, **given)


async def read(floor: Floor, max_age: timedelta) -> Mapping[str, RepCalendarReading]:
    now = floor.env.clock()
    return await read_calendars(floor.env, ["anna"], now, now + WEEK, max_age=max_age, deadline=SECOND)


async def reads_after(floor: Floor, age: timedelta, max_age: timedelta) -> int:
    """How many calendars are read anew when the last reading is so old."""
    await read(floor, timedelta(0))
    before = floor.vendor.reads
    floor.world.clock.advance(age)
    await read(floor, max_age)
    return floor.vendor.reads - before


@pytest.mark.parametrize(
    ("said", "age", "asked_for", "again"),
    [
        (None, 59, MAX_AGE_FOR_SLOTS, 0),
        (None, 61, MAX_AGE_FOR_SLOTS, 1),
        (300, 61, MAX_AGE_FOR_SLOTS, 0),  # a vendor that counts calls may be asked less often ...
        (300, 301, MAX_AGE_FOR_SLOTS, 1),
        (300, 9, MAX_AGE_FOR_BOOKING, 0),
        (300, 11, MAX_AGE_FOR_BOOKING, 1),  # ... but nobody is booked on what it said five minutes ago
        (20, 21, MAX_AGE_FOR_SLOTS, 1),
        (5, 6, MAX_AGE_FOR_BOOKING, 1),  # and one that is to be asked more often is
    ],
)
async def test_a_reading_is_used_as_long_as_its_connection_allows(
    floor: Floor, said: int | None, age: int, asked_for: timedelta, again: int
) -> None:
    await max_reading_age(floor, said)
    assert await reads_after(floor, age * SECOND, asked_for) == again


async def test_each_calendar_of_a_rep_keeps_to_its_own_connection(floor: Floor) -> None:
    await max_reading_age(floor, 600)
    await max_reading_age(floor, 30, key="other")
    both = [
        CalendarBindingInput(connection="cal", calendar="work", writes=True),
        CalendarBindingInput(connection="other", calendar="private", writes=False),
    ]
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    assert await reads_after(floor, 60 * SECOND, MAX_AGE_FOR_SLOTS) == 1


async def test_a_reading_says_when_its_oldest_calendar_was_read(floor: Floor) -> None:
    await max_reading_age(floor, 600)
    await max_reading_age(floor, 30, key="other")
    both = [
        CalendarBindingInput(connection="cal", calendar="work", writes=True),
        CalendarBindingInput(connection="other", calendar="private", writes=False),
    ]
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    floor.world.clock.advance(60 * SECOND)
    found = (await read(floor, MAX_AGE_FOR_SLOTS))["anna"]
    shown = {b.calendar: known.read_at for b, known in await list_calendars(floor.env, "anna") if known}
    assert shown["private"] - shown["work"] >= 60 * SECOND
    assert found.state.readable
    assert found.read_at == shown["work"]


async def test_a_change_of_freshness_is_audited(floor: Floor) -> None:
    await max_reading_age(floor, 300)
    rows = await floor.world.rows(
        "select before, after from audit where action = 'connection.changed' order by at desc"
    )
    assert (rows[0].before["max_reading_age_s"], rows[0].after["max_reading_age_s"]) == (None, 300)
