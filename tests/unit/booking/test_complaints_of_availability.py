"""What users of other schedulers complain about, each complaint as a test of ours."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pointsman.domain.booking.availability import Interval, free_intervals
from pointsman.domain.booking.bookable_check import find_obstacle
from pointsman.domain.booking.slots import Slot
from pointsman.domain.dates.local_time import local_date, local_to_utc
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Rep, TimeOff, WeeklyBlock
from pointsman.domain.roster.working_hours import away_until, is_at_work
from support.rep_slots import slots_of_rep
from support.roster import rep

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 10, 19, 5, tzinfo=UTC)  # a Monday, 07:00 in Berlin; clocks go back on the 25th
RULES = BookingRules(duration=HOUR, slot_grid=HOUR, minimum_notice=timedelta(0), horizon=21 * DAY)
BERLIN = ZoneInfo("Europe/Berlin")


def a_rep(**over: Any) -> Rep:
    return rep("anna", **{"time_zone": "Europe/Berlin"} | over)


def offered(who: Rep, *busy: Interval, at: datetime = NOW) -> list[Slot]:
    window = Interval(at, at + RULES.horizon)
    return slots_of_rep(
        who.key, free_intervals(who, busy, [], window, RULES, at), RULES.duration, RULES.slot_grid, who.time_zone
    )


def days_of(found: list[Slot]) -> list[int]:
    return sorted({local_date(slot.start, "Europe/Berlin").toordinal() for slot in found})


def off(start: datetime, end: datetime) -> tuple[TimeOff, ...]:
    return (TimeOff(start=start, end=end),)


def hinders(who: Rep, start: datetime, *busy: Interval) -> str | None:
    wanted = Interval(start, start + HOUR)
    found = find_obstacle(who, wanted, busy=busy, reservations=(), meetings=(), rules=RULES, now=NOW)
    return found.code if found else None


# ── out of office ───────────────────────────────────────────────────────────────────────────────


def test_nobody_is_booked_while_out_of_office() -> None:
    away = Interval(NOW + 2 * DAY, NOW + 4 * DAY + 6 * HOUR)
    who = a_rep(time_off=off(away.start, away.end))
    assert not [slot for slot in offered(who) if Interval(slot.start, slot.end).overlaps(away)]
    assert hinders(who, NOW + 3 * DAY + 5 * HOUR) == "time-off"


def test_out_of_office_today_blocks_no_future_day() -> None:
    midnight = datetime(2026, 10, 18, 22, tzinfo=UTC)
    who = a_rep(time_off=off(midnight, midnight + DAY))
    assert days_of(offered(who)) == days_of(offered(a_rep()))[1:]
    assert [slot for slot in offered(who) if slot.start >= midnight + DAY] == offered(a_rep())[8:]


def test_time_off_that_lies_ahead_takes_nothing_away_before_it_and_gives_everything_back_after_it() -> None:
    """Nobody is to be switched off two days early, nor by hand again on return."""
    start, end = NOW + 2 * DAY, NOW + 9 * DAY
    who = a_rep(time_off=off(start, end))
    plain = offered(a_rep())
    assert offered(who) == [slot for slot in plain if slot.end <= start or slot.start >= end]
    just_before = start - timedelta(microseconds=1)
    assert away_until(who, just_before) is None
    assert away_until(who, start) == end
    assert away_until(who, end) is None


def test_a_rep_who_comes_back_at_noon_is_bookable_at_noon() -> None:
    noon = datetime(2026, 10, 20, 10, tzinfo=UTC)
    who = a_rep(time_off=off(NOW - DAY, noon))
    assert offered(who)[0].start == noon


# ── clock changes ───────────────────────────────────────────────────────────────────────────────


def test_slots_do_not_move_by_an_hour_when_the_clocks_change() -> None:
    clocks = {slot.start.astimezone(BERLIN).time() for slot in offered(a_rep())}
    assert clocks == {time(hour) for hour in range(9, 17)}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_busy_hour_takes_the_same_hour_from_offer_whatever_offset_it_is_written_with(zone: str) -> None:
    """An event an hour off is a double booking."""
    who = a_rep(time_zone=zone)
    for slot in offered(who)[::5]:
        for written in (ZoneInfo(zone), ZoneInfo("Asia/Kathmandu"), UTC):
            busy = Interval(slot.start.astimezone(written), slot.end.astimezone(written))
            assert slot not in offered(who, busy)
            assert hinders(who, slot.start, busy) == "calendar-busy"
            assert [other for other in offered(who) if other != slot] == offered(who, busy)


def test_an_event_in_the_first_of_two_equal_hours_leaves_the_second_out_of_it() -> None:
    night = tuple(WeeklyBlock(weekday=day, start=time(0), end=time.max) for day in range(7))
    who = a_rep(working_hours=night)
    second = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 02:00 in Berlin, shown again
    busy = Interval(second - HOUR, second)
    starts = [slot.start for slot in offered(who, busy)]
    assert second - HOUR not in starts  # what is taken is not offered
    assert second not in starts  # and its twin is never offered, since a buyer could not tell them apart
    assert hinders(who, second, busy) is None
    assert second + HOUR in starts


def test_an_appointment_over_a_clock_change_lasts_as_long_as_any_other() -> None:
    night = tuple(WeeklyBlock(weekday=day, start=time(0), end=time.max) for day in range(7))
    found = offered(a_rep(working_hours=night))
    assert {slot.end - slot.start for slot in found} == {HOUR}
    assert all(a.start < b.start for a, b in pairwise(found))


# ── asleep ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_nobody_gets_a_call_while_asleep_wherever_the_buyer_lives(zone: str) -> None:
    """The hours are those on the rep's own wall; a zone of the pool or the buyer is nowhere in it."""
    who = a_rep(time_zone=zone)
    found = offered(who)
    assert found
    for slot in found:
        begin, end = (moment.astimezone(ZoneInfo(zone)) for moment in (slot.start, slot.end))
        assert time(9) <= begin.time() < end.time() <= time(17)
        assert begin.weekday() < 5
        assert is_at_work(who, slot.start)


def test_an_open_calendar_opens_no_hour_outside_the_working_time() -> None:
    who = a_rep()
    assert hinders(who, local_to_utc(NOW.date() + DAY, time(3), "Europe/Berlin")) == "outside-working-hours"
    assert hinders(who, local_to_utc(NOW.date() + DAY, time(16, 30), "Europe/Berlin")) == "outside-working-hours"
