"""Free time, slots and obstacles: three views of one rule, which must agree."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import (
    Interval,
    Reservation,
    free_intervals,
    merge_intervals,
    subtract_intervals,
    working_intervals,
)
from pointsman.domain.booking.bookable_check import find_obstacle
from pointsman.domain.booking.slots import slot_starts
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Caps, Rep, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from support.hypothesis_profiles import examples
from support.rep_slots import slots_of_rep
from support.strategies.reservations import far_enough, reservations, reserved

NOW = datetime(2026, 10, 19, 6, 0, tzinfo=UTC)  # a Monday; Berlin's clocks go back on the 25th
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WEEK = tuple(WeeklyBlock(weekday=d, start=time(9), end=time(17)) for d in range(5))


def a_rep(**changes: object) -> Rep:
    given = {
        "id": UUID(int=1), "key": "anna", "name": "Anna", "email": "anna@example.com",
        "role": Role(name="Closer", works=frozenset({Work.CLOSING})), "role_id": UUID(int=2),
        "time_zone": "Europe/Berlin", "working_hours": WEEK,
    } | changes  # fmt: skip
    return Rep(**given)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def span(day: int, start: int, end: int) -> Interval:
    return Interval(at(day, start), at(day, end))


minutes = st.integers(min_value=0, max_value=14 * 24 * 12).map(lambda n: NOW + n * 5 * MINUTE)
intervals = st.builds(lambda start, n: Interval(start, start + n * 5 * MINUTE), minutes, st.integers(1, 200))
many = st.lists(intervals, max_size=12)


def covered(items: list[Interval], moment: datetime) -> bool:
    return any(i.start <= moment < i.end for i in items)


@given(many, many, st.lists(minutes, min_size=1, max_size=20))
def test_subtraction_keeps_exactly_the_instants_that_are_not_taken(
    base: list[Interval], taken: list[Interval], moments: list[datetime]
) -> None:
    left = subtract_intervals(base, taken)
    for moment in [*moments, *(i.start for i in base + taken), *(i.end for i in base + taken)]:
        assert covered(left, moment) == (covered(base, moment) and not covered(taken, moment))


@given(many)
def test_merged_intervals_neither_overlap_nor_touch(items: list[Interval]) -> None:
    result = merge_intervals(items)
    assert all(a.end < b.start for a, b in pairwise(result))
    assert all(any(whole.contains(item) for whole in result) for item in items)


rules_of = st.builds(
    BookingRules,
    duration=st.sampled_from([15 * MINUTE, 30 * MINUTE, HOUR]),
    slot_grid=st.sampled_from([15 * MINUTE, 20 * MINUTE, HOUR]),
    minimum_notice=st.sampled_from([timedelta(0), 4 * HOUR]),
    horizon=st.sampled_from([timedelta(days=2), timedelta(days=14)]),
    buffer_before=st.sampled_from([timedelta(0), 10 * MINUTE]),
    buffer_after=st.sampled_from([timedelta(0), 25 * MINUTE]),
)
nights = tuple(WeeklyBlock(weekday=d, start=time(0), end=time.max) for d in range(7))
reps = st.builds(
    lambda zone, hours, off: a_rep(
        time_zone=zone, working_hours=hours, time_off=tuple(TimeOff(start=i.start, end=i.end) for i in off)
    ),
    st.sampled_from(["Europe/Berlin", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe"]),
    st.sampled_from([WEEK, nights]),
    st.lists(intervals, max_size=2),
)


@examples(60)
@given(reps, many, st.lists(reservations(intervals), max_size=12), rules_of)
def test_a_time_on_the_grid_is_offered_exactly_when_nothing_stands_in_its_way(
    rep: Rep, busy: list[Interval], gone: list[Reservation], rules: BookingRules
) -> None:
    window = Interval(NOW, NOW + timedelta(days=15))
    open_time = free_intervals(rep, busy, gone, window, rules, NOW)
    offered = set(slot_starts(open_time, rules.duration, rules.slot_grid, rep.time_zone))
    zone = ZoneInfo(rep.time_zone)
    seen: set[datetime] = set()
    for n in range(0, 15 * 24 * 60, 5):
        start = NOW + n * MINUTE
        wall = start.astimezone(zone).replace(tzinfo=None)
        step = int(rules.slot_grid / MINUTE)
        if (wall.hour * 60 + wall.minute) % step or wall in seen:
            assert start not in offered
            continue
        seen.add(wall)
        wanted = Interval(start, start + rules.duration)
        why = find_obstacle(rep, wanted, busy=busy, reservations=gone, meetings=(), rules=rules, now=NOW)
        assert (start in offered) == (why is None), (start, why)
        if why is None or why.code == "reserved":
            assert (why is None) == all(far_enough(wanted, rules, one) for one in gone), (start, why)


def test_intervals_that_touch_do_not_overlap() -> None:
    assert not span(20, 9, 10).overlaps(span(20, 10, 11))
    assert span(20, 9, 11).overlaps(span(20, 10, 12))


def test_an_empty_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="end after"):
        span(20, 9, 9)


def test_working_hours_keep_to_the_wall_clock_over_a_clock_change() -> None:
    found = working_intervals(a_rep(), Interval(at(23, 0), at(27, 0)))
    assert [i.start for i in found] == [at(23, 7), at(26, 8)]  # Friday in summer time, Monday in winter time


def test_a_repeated_hour_is_offered_once_and_a_skipped_one_never() -> None:
    rep = a_rep(working_hours=nights)
    zone = ZoneInfo(rep.time_zone)
    autumn = [Interval(at(24, 22), at(25, 6))]
    walls = [
        s.astimezone(zone).replace(tzinfo=None) for s in slot_starts(autumn, 30 * MINUTE, 30 * MINUTE, rep.time_zone)
    ]
    assert len(walls) == len(set(walls))
    spring = [Interval(datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC))]
    walls = [
        s.astimezone(zone).replace(tzinfo=None) for s in slot_starts(spring, 30 * MINUTE, 30 * MINUTE, rep.time_zone)
    ]
    assert not [w for w in walls if w.hour == 2]


def test_buffers_keep_their_distance_from_other_appointments() -> None:
    rules = BookingRules(buffer_before=15 * MINUTE, buffer_after=30 * MINUTE, minimum_notice=timedelta(0))
    open_time = free_intervals(a_rep(), [span(20, 10, 11)], [], span(20, 7, 15), rules, NOW)
    assert open_time == [Interval(at(20, 7), at(20, 9, 30)), Interval(at(20, 11, 15), at(20, 15))]


@pytest.mark.parametrize(
    ("mine", "theirs", "free_before", "free_after"),
    [
        # (before, after) of the rules, and of the reservation from ten to eleven; when before it and after it is free
        ((0, 0), (0, 0), (10, 0), (11, 0)),
        ((0, 15), (0, 15), (9, 45), (11, 15)),
        ((0, 15), (0, 0), (9, 45), (11, 0)),
        ((0, 0), (0, 15), (10, 0), (11, 15)),
        ((30, 0), (0, 15), (10, 0), (11, 30)),  # the greater of both, not their sum
        ((15, 0), (0, 30), (10, 0), (11, 30)),
        ((0, 10), (20, 0), (9, 40), (11, 0)),
        ((0, 20), (10, 0), (9, 40), (11, 0)),
        ((5, 10), (20, 25), (9, 40), (11, 25)),
    ],
)
def test_two_appointments_lie_as_far_apart_as_the_longer_of_both_buffers(
    mine: tuple[int, int], theirs: tuple[int, int], free_before: tuple[int, int], free_after: tuple[int, int]
) -> None:
    rules = BookingRules(
        buffer_before=mine[0] * MINUTE, buffer_after=mine[1] * MINUTE, minimum_notice=timedelta(0), duration=5 * MINUTE
    )
    there = reserved(span(20, 10, 11), before=theirs[0] * MINUTE, after=theirs[1] * MINUTE)
    open_time = free_intervals(a_rep(), [], [there], span(20, 7, 15), rules, NOW)
    assert open_time == [Interval(at(20, 7), at(20, *free_before)), Interval(at(20, *free_after), at(20, 15))]
    given = {"busy": (), "reservations": [there], "meetings": (), "rules": rules, "now": NOW}
    for start, free in (
        (at(20, *free_before) - 5 * MINUTE, True),
        (at(20, *free_before) - 4 * MINUTE, False),
        (at(20, *free_after), True),
        (at(20, *free_after) - MINUTE, False),
    ):
        why = find_obstacle(a_rep(), Interval(start, start + 5 * MINUTE), **given)
        assert (why.code if why else None) == (None if free else "reserved"), start


def test_our_own_event_in_the_calendar_beside_its_reservation_doubles_no_buffer() -> None:
    rules = BookingRules(buffer_before=10 * MINUTE, buffer_after=20 * MINUTE, minimum_notice=timedelta(0))
    there = reserved(span(20, 10, 11), before=30 * MINUTE, after=5 * MINUTE)
    alone = free_intervals(a_rep(), [], [there], span(20, 7, 15), rules, NOW)
    assert free_intervals(a_rep(), [there.interval], [there], span(20, 7, 15), rules, NOW) == alone
    assert alone == [Interval(at(20, 7), at(20, 9, 30)), Interval(at(20, 11, 10), at(20, 15))]


def test_a_rep_without_working_hours_is_never_free() -> None:
    assert free_intervals(a_rep(working_hours=()), [], [], span(20, 0, 23), BookingRules(), NOW) == []


def test_a_full_day_offers_nothing_and_refuses_by_name() -> None:
    rep = a_rep(caps=Caps(appointments_per_day=1))
    meetings = [CountedAppointment(start=at(20, 8))]
    assert [day for day in range(19, 23) if date(2026, 10, day) in full_days(rep, meetings)] == [20]
    offered = slots_of_rep("anna", [span(20, 7, 15)], HOUR, HOUR, rep.time_zone, full_days=full_days(rep, meetings))
    assert offered == []
    why = find_obstacle(
        rep, span(20, 10, 11), busy=(), reservations=(), meetings=meetings, rules=BookingRules(), now=NOW
    )
    assert why is not None
    assert why.code == "appointment-cap-day"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (span(19, 7, 8), "too-soon"),
        (Interval(at(19, 10) + timedelta(days=20), at(19, 11) + timedelta(days=20)), "too-far"),
        (span(20, 15, 16), "outside-working-hours"),
        (span(21, 9, 10), "time-off"),
        (span(20, 10, 11), "calendar-busy"),
        (span(20, 12, 13), "reserved"),
    ],
)
def test_an_obstacle_has_a_name(wanted: Interval, code: str) -> None:
    rep = a_rep(time_off=(TimeOff(start=at(21, 0), end=at(22, 0)),))
    why = find_obstacle(
        rep,
        wanted,
        busy=[span(20, 10, 11)],
        reservations=[reserved(span(20, 12, 13))],
        meetings=(),
        rules=BookingRules(),
        now=NOW,
    )
    assert why is not None
    assert why.code == code
