"""The first time of a series that is left, where a calendar has it begin at the end of all time."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsman_sdk import Slot, first_time

pytestmark = pytest.mark.anyio
LAST = datetime.max.replace(tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize("before_the_end", [HALF_AN_HOUR, timedelta(days=399), timedelta(days=401)])
async def test_a_series_may_begin_at_the_end_of_all_time(before_the_end: timedelta) -> None:
    start = LAST - before_the_end
    own, asked = Slot(start, start + HALF_AN_HOUR), list[Slot]()

    async def none(window: Slot) -> list[Slot]:
        asked.append(window)
        return []

    assert await first_time(own, none) is None
    assert [one.start for one in asked] == [start, start]
    assert asked[1].end == start + min(timedelta(days=400), before_the_end)


async def test_one_that_stands_where_it_begins_is_not_looked_for_further() -> None:
    own = Slot(LAST - HALF_AN_HOUR, LAST)

    async def own_alone(window: Slot) -> list[Slot]:
        assert window == own
        return [own]

    assert await first_time(own, own_alone) == own
