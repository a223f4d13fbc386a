"""Being at work is a question to the clock on the rep's own wall."""

from datetime import UTC, datetime, time, timedelta

import pytest

from pointsman.domain.roster.reps import TimeOff, WeeklyBlock
from pointsman.domain.roster.working_hours import away_until, is_at_work, next_work_start
from support.roster import NOW, rep


@pytest.mark.parametrize(
    ("instant", "here"),
    [
        (datetime(2026, 3, 27, 7, 59, tzinfo=UTC), False),  # Friday before the clocks change: Berlin is one hour ahead
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),  # Monday after: two hours ahead
        (datetime(2026, 3, 30, 15, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 10, 0, tzinfo=UTC), False),  # Sunday
    ],
)
def test_working_hours_follow_the_wall_clock_through_the_change_of_time(instant: datetime, here: bool) -> None:
    assert is_at_work(rep("lena", time_zone="Europe/Berlin"), instant) is here


def test_the_next_start_skips_the_weekend() -> None:
    friday_evening = datetime(2026, 3, 6, 20, tzinfo=UTC)
    assert next_work_start(rep("lena", time_zone="Europe/Berlin"), friday_evening) == datetime(
        2026, 3, 9, 8, tzinfo=UTC
    )
    assert next_work_start(rep("lena", working_hours=()), friday_evening) is None


def test_a_weekly_block_that_has_begun_starts_again_next_week() -> None:
    only = (WeeklyBlock(weekday=2, start=time(9), end=time(17)),)
    assert next_work_start(rep("lena", working_hours=only), NOW) == datetime(2026, 3, 11, 9, tzinfo=UTC)


def test_adjoining_absences_count_as_one() -> None:
    hour = timedelta(hours=1)
    off = (TimeOff(start=NOW + hour, end=NOW + 2 * hour), TimeOff(start=NOW - hour, end=NOW + hour))
    assert away_until(rep("lena", time_off=off), NOW) == NOW + 2 * hour
    assert away_until(rep("lena", time_off=off), NOW + 2 * hour) is None
