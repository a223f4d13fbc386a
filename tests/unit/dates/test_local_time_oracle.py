"""Wall clocks against an independent reading of the time zone database: `whenever`, around every transition from 2024 to 2035.

Ours goes through the standard library's zoneinfo. Both read the same files, so that a difference is one of rules.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
import whenever
from whenever import Instant, PlainDateTime, SkippedTime, ZonedDateTime

from pointsman.domain.booking.availability import Interval, free_intervals, working_intervals
from pointsman.domain.dates.local_time import grid_of_day, local_date, local_to_utc, next_day, next_week, start_of_day
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import DayChange, Rep, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.roster.working_hours import is_at_work
from support.rep_slots import slots_of_rep

#: The zones that we promise, and how often their clocks change in these twelve years.
ZONES = {
    "Europe/Berlin": 24, "Europe/Vienna": 24, "Europe/Zurich": 24, "Europe/London": 24, "America/New_York": 24,
    "Australia/Lord_Howe": 24, "Asia/Kathmandu": 0, "Africa/Casablanca": 26,
}  # fmt: skip
FIRST, LAST = Instant.from_utc(2024, 1, 1), Instant.from_utc(2036, 1, 1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS = (5 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR)
HOURS = {
    "round the clock": [(time(0), time.max)],
    "across the change": [(time(1, 15), time(2, 45))],
    "from within it": [(time(2, 30), time(5))],
    "only within it": [(time(2, 10), time(2, 20))],
    "in pieces": [(time(0), time(1)), (time(1), time(2, 15)), (time(2, 50), time(3, 10)), (time(23), time.max)],
}

zones = pytest.mark.parametrize("zone", ZONES)


def transitions(zone: str) -> list[Instant]:
    """Every moment at which the clocks of a zone change."""
    found: list[Instant] = []
    at = FIRST.to_tz(zone)
    while (following := at.next_transition()) is not None and following.to_instant() < LAST:
        if following.offset != following.subtract(seconds=1).offset:  # a new name for the same time is none
            found.append(following.to_instant())
        at = following
    return found


def days_around(zone: str) -> list[date]:
    """The day of each transition with its neighbours; for a zone without any, a day of each season."""
    changes = [ours(change.to_tz(zone)) for change in transitions(zone)]
    days = {local_date(change, zone) + n * DAY for change in changes for n in (-1, 0, 1)}
    return sorted(days) or [date(2026, month, 15) for month in (1, 4, 7, 10)]


def ours(moment: ZonedDateTime) -> datetime:
    return moment.to_instant().to_stdlib().astimezone(UTC)


def shown(day: date, wall: time, zone: str) -> tuple[datetime, bool]:
    """The instant of a wall time by the oracle, and whether clocks ever showed it."""
    if wall == time.max:
        day, wall = day + DAY, time.min
    plain = PlainDateTime(day.year, day.month, day.day, wall.hour, wall.minute, wall.second)
    try:
        plain.assume_tz(zone, disambiguation="raise")
    except SkippedTime:  # the end of the gap, which begins after the earlier reading of such a time
        end = plain.assume_tz(zone, disambiguation="earlier").next_transition()
        assert end is not None
        return ours(end), False
    except whenever.RepeatedTime:
        pass
    return ours(plain.assume_tz(zone, disambiguation="earlier")), True


def walls(step: timedelta) -> Iterator[time]:
    minutes = (i * (step // MINUTE) for i in range(DAY // step))
    return (time(minute // 60, minute % 60) for minute in minutes)


def spans(day: date, hours: list[tuple[time, time]], zone: str) -> Iterator[Interval]:
    for begin, end in hours:
        start, stop = shown(day, begin, zone)[0], shown(day, end, zone)[0]
        if start < stop:
            yield Interval(start, stop)


def a_rep(zone: str, hours: list[tuple[time, time]], *changes: DayChange) -> Rep:
    return Rep(
        id=UUID(int=1), key="anna", name="Anna", email="", role=Role(name="C", works=frozenset({Work.CLOSING})),
        role_id=UUID(int=2), time_zone=zone, day_changes=changes,
        working_hours=tuple(WeeklyBlock(weekday=day, start=a, end=b) for day in range(7) for a, b in hours),
    )  # fmt: skip


def test_both_read_the_same_edition_of_the_time_zones() -> None:
    assert [str(path) for path in whenever.get_tzpath()] == list(zoneinfo.TZPATH)


@zones
def test_the_oracle_knows_every_transition(zone: str) -> None:
    assert len(transitions(zone)) == ZONES[zone]


@zones
def test_every_minute_of_the_wall_is_the_instant_that_the_oracle_says(zone: str) -> None:
    for day in days_around(zone):
        near = (wall for wall in walls(MINUTE) if wall < time(6))  # all these clocks change at night
        for wall in [*near, *walls(30 * MINUTE), time.max]:
            assert local_to_utc(day, wall, zone) == shown(day, wall, zone)[0], (zone, day, wall)
        assert start_of_day(day, zone) == ours(ZonedDateTime(day.year, day.month, day.day, tz=zone).start_of("day"))


@zones
def test_the_next_day_and_week_begin_when_the_oracle_says(zone: str) -> None:
    for day in days_around(zone):
        noon = shown(day, time(12), zone)[0]
        monday = day + (7 - day.weekday()) * DAY
        assert next_day(noon, zone) == shown(day + DAY, time.min, zone)[0]
        assert next_week(noon, zone) == shown(monday, time.min, zone)[0]


@zones
def test_a_grid_has_no_wall_time_of_a_gap_and_no_repeated_one_twice(zone: str) -> None:
    for day in days_around(zone):
        for step in STEPS:
            expected = [at for at, exists in (shown(day, wall, zone) for wall in walls(step)) if exists]
            assert grid_of_day(day, zone, step) == expected, (zone, day, step)


@zones
@pytest.mark.parametrize("hours", HOURS.values(), ids=HOURS)
def test_working_time_around_every_transition_is_what_the_oracle_says(
    zone: str, hours: list[tuple[time, time]]
) -> None:
    rep = a_rep(zone, hours)
    for day in days_around(zone):
        window = Interval(shown(day, time.min, zone)[0], shown(day, time.max, zone)[0])
        expected: list[Interval] = []
        for span in spans(day, hours, zone):
            touching = bool(expected) and expected[-1].end == span.start
            expected.append(Interval(expected.pop().start, span.end) if touching else span)
        assert working_intervals(rep, window) == expected, (zone, day)


@zones
@pytest.mark.parametrize("hours", HOURS.values(), ids=HOURS)
def test_a_rep_who_is_at_work_by_the_clock_is_at_work_by_what_is_on_offer(
    zone: str, hours: list[tuple[time, time]]
) -> None:
    """One rule for immediate work and for appointments, in the repeated hour as well, with and without a change of the day."""
    for change in transitions(zone):
        near = ours(change.to_tz(zone))
        window = Interval(near - 4 * HOUR, near + 4 * HOUR)
        plain = a_rep(zone, hours)
        for rep in (plain, a_rep(zone, [], DayChange(day=local_date(near, zone), blocks=tuple(hours)))):
            known = working_intervals(rep, window)
            for i in range(-240, 240, 5):
                at = near + i * MINUTE
                assert is_at_work(rep, at) == any(span.start <= at < span.end for span in known), (zone, at)


@zones
def test_no_slot_lies_in_a_gap_and_none_is_offered_twice_in_a_fold(zone: str) -> None:
    now = shown(date(2024, 1, 1), time.min, zone)[0]
    rules = BookingRules(duration=30 * MINUTE, slot_grid=15 * MINUTE, minimum_notice=timedelta(0), horizon=365 * DAY)
    rep = a_rep(zone, HOURS["round the clock"])
    for day in days_around(zone):
        window = Interval(shown(day, time.min, zone)[0], shown(day, time.max, zone)[0] + 15 * MINUTE)
        now = window.start - DAY
        offered = slots_of_rep(
            "anna", free_intervals(rep, [], [], window, rules, now), rules.duration, rules.slot_grid, zone
        )
        expected = [at for at, exists in (shown(day, wall, zone) for wall in walls(15 * MINUTE)) if exists]
        assert [slot.start for slot in offered] == expected, (zone, day)
        faces = [slot.start.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None) for slot in offered]
        assert len(faces) == len(set(faces))
        assert all(slot.end - slot.start == rules.duration for slot in offered)
