"""Wall clocks against an oracle that knows no rule: it scans the instants around every clock change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from pointsman.domain.dates.local_time import (
    grid_of_day,
    is_repeated_local_time,
    is_time_zone,
    local_date,
    local_days,
    local_to_utc,
    monday_of,
    next_hour,
    start_of_day,
    start_of_hour,
    to_local_time,
)

ZONES = [
    "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/London",
    "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "Africa/Casablanca",
]  # fmt: skip
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def transitions(zone: str) -> list[datetime]:
    """Hours in which the offset changes, found by looking at every day, then at every hour of a day with a change."""
    info = ZoneInfo(zone)

    def changed(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
        times = [first + i * step for i in range(int((last - first) / step) + 1)]
        offsets = [at.astimezone(info).utcoffset() for at in times]
        return [times[i] for i, (a, b) in enumerate(pairwise(offsets)) if a != b]

    return [hour for day in changed(FIRST, LAST, DAY) for hour in changed(day, day + DAY, HOUR)]


def scanned(zone: str, around: datetime) -> dict[datetime, datetime]:
    """For every wall minute shown near an instant, when it was shown first."""
    info = ZoneInfo(zone)
    first: dict[datetime, datetime] = {}
    for i in range(-240, 300):
        at = around + i * MINUTE
        first.setdefault(at.astimezone(info).replace(tzinfo=None), at)
    return first


@pytest.mark.parametrize("zone", ZONES)
def test_every_wall_minute_around_every_clock_change_is_resolved_as_the_oracle_says(zone: str) -> None:
    changes = transitions(zone)
    assert len(changes) == {"Asia/Kathmandu": 0, "Africa/Casablanca": 26}.get(zone, 24)
    for change in changes:
        first = scanned(zone, change)
        walls = sorted(first)
        wall = walls[60]
        while wall <= walls[-60]:
            expected = first.get(wall) or min(at for shown, at in first.items() if shown > wall)
            assert local_to_utc(wall.date(), wall.time(), zone) == expected, (zone, wall)
            wall += MINUTE


@pytest.mark.parametrize("zone", ZONES)
def test_a_grid_has_every_wall_time_that_the_day_showed_once_and_no_other(zone: str) -> None:
    days = {local_date(change, zone) for change in transitions(zone)} | {date(2026, 6, 15)}
    for day in days:
        start, end = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
        shown: dict[datetime, datetime] = {}
        at = start
        while at < end:
            wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            shown.setdefault(wall, at)
            at += MINUTE
        for step in (15, 50, 420):  # 50 and 420 do not divide the day: its last time is there all the same
            on_grid = sorted(at for wall, at in shown.items() if (wall.hour * 60 + wall.minute) % step == 0)
            assert grid_of_day(day, zone, step * MINUTE) == on_grid


@pytest.mark.parametrize("zone", ZONES)
def test_an_hour_begins_on_the_full_hour_of_the_wall_or_where_its_clock_is_changed(zone: str) -> None:
    for change in [*transitions(zone)[:4], datetime(2026, 6, 15, tzinfo=UTC)]:
        wall, begun = datetime.combine(date.min, time.min), change - 3 * HOUR
        for i in range(-180, 240):
            at = change + i * MINUTE
            last, wall = wall, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            if wall.minute == 0 or wall - last != MINUTE:
                begun = at
            if i >= -120:
                within = at + timedelta(seconds=7, microseconds=8)
                assert start_of_hour(at, zone) == start_of_hour(within, zone) == begun, (zone, at)
                assert start_of_hour(next_hour(within, zone), zone) == next_hour(at, zone) > within


def test_a_time_is_repeated_only_the_second_time_that_the_wall_shows_it() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, an hour before its clocks go back
    said = [is_repeated_local_time(to_local_time(first + n * HOUR, "Europe/Berlin")) for n in range(-1, 3)]
    assert said == [False, False, True, False]


def test_a_week_begins_on_its_monday() -> None:
    monday = date(2026, 3, 2)
    assert {monday_of(monday + timedelta(days=n)) for n in range(7)} == {monday}


def test_a_skipped_time_moves_to_the_end_of_the_gap() -> None:
    assert local_to_utc(date(2027, 3, 28), time(2, 30), "Europe/Berlin") == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_a_repeated_time_is_its_first_occurrence() -> None:
    assert local_to_utc(date(2027, 10, 31), time(2, 30), "Europe/Berlin") == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_last_moment_of_a_day_is_the_first_of_the_next() -> None:
    assert local_to_utc(date(2026, 12, 31), time.max, "Europe/Vienna") == start_of_day(
        date(2027, 1, 1), "Europe/Vienna"
    )


def test_a_day_without_a_midnight_starts_at_the_end_of_the_gap() -> None:
    # Cairo's clocks skip from 00:00 to 01:00 on the last Friday of April.
    assert start_of_day(date(2026, 4, 24), "Africa/Cairo") == datetime(2026, 4, 23, 22, 0, tzinfo=UTC)


def test_local_days_are_those_on_the_wall() -> None:
    start = datetime(2026, 5, 1, 23, 0, tzinfo=UTC)
    assert list(local_days(start, start + HOUR, "Europe/Berlin")) == [date(2026, 5, 2)]


@pytest.mark.parametrize(
    "name", ["right/UTC", "posix/Europe/Berlin", "localtime", "posixrules", "Factory", "../UTC", "", "x" * 300]
)
def test_what_lies_beside_the_zones_is_no_time_zone(name: str) -> None:
    assert not is_time_zone(name)
    assert is_time_zone("Europe/Berlin")
