"""The union of many reps' slots is exactly what each alone would be offered, and what booking would accept."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import Interval, free_intervals, interval_or_none
from pointsman.domain.booking.bookable_check import find_obstacle
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.booking.slot_union import SlotUnion
from pointsman.domain.dates.local_time import grid_of_day, local_days
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Caps, DayChange, Rep, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from support.hypothesis_profiles import examples
from support.rep_slots import slots_of_rep
from support.strategies.reservations import far_enough, reservations, reserved

NOW = datetime(
    2026, 10, 19, 6, 0, tzinfo=UTC
)  # a Monday; Berlin's clocks go back on the 25th, New York's on 1 November
SPRING = datetime(2027, 3, 22, 6, 0, tzinfo=UTC)  # Berlin's go forward on the 28th, Lord Howe's back on 4 April
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
FORTNIGHT = 14 * 24 * 60
ROLE = Role(name="Closer", works=frozenset({Work.CLOSING}))
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "UTC"]


def a_rep(key: str, zone: str, blocks: list[WeeklyBlock], **more: Any) -> Rep:
    return Rep(
        id=UUID(int=1), key=key, name=key, email="", role=ROLE, role_id=UUID(int=2), time_zone=zone,
        working_hours=tuple(blocks), **more,
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> tuple[datetime, BookingRules, Interval, list[RepSchedule]]:
    """A moment near a clock change, rules, a window, and up to four people's diaries; times to the second."""
    now = draw(st.sampled_from([NOW, SPRING])) + draw(st.integers(0, 59)) * SECOND
    seconds = st.integers(0, FORTNIGHT * 12).map(lambda n: now + n * 5 * SECOND)
    lengths = st.one_of(st.integers(1, 12 * 60), st.integers(1, 3 * 24 * 720)).map(lambda n: n * 5 * SECOND)
    spans = st.builds(lambda start, length: Interval(start, start + length), seconds, lengths)
    rules = draw(
        st.builds(
            BookingRules,
            duration=st.sampled_from([15, 30, 45, 90, 600]).map(lambda n: n * MINUTE),
            slot_grid=st.sampled_from([5, 15, 30, 60, 7 * 60]).map(lambda n: n * MINUTE),
            minimum_notice=st.sampled_from([0, 1, 240, 2_880]).map(lambda n: n * MINUTE),
            horizon=st.sampled_from([3, 14]).map(lambda n: timedelta(days=n)),
            buffer_before=st.sampled_from([0, 15]).map(lambda n: n * MINUTE),
            buffer_after=st.sampled_from([0, 45]).map(lambda n: n * MINUTE),
        )
    )
    blocks = st.builds(
        lambda day, a, b, last: WeeklyBlock(weekday=day, start=time(min(a, b)), end=time(max(a, b), 30), last_day=last),
        st.integers(0, 6), st.integers(0, 23), st.integers(0, 23), st.sampled_from([None, (now + 7 * 24 * 60 * MINUTE).date()]),
    )  # fmt: skip
    window = Interval(now, now + FORTNIGHT * MINUTE)
    if draw(st.booleans()):
        window = draw(spans)
    diaries = []
    for number in range(draw(st.integers(1, 4))):
        changes = draw(st.lists(st.integers(0, 13), max_size=2, unique=True))
        days = sorted((now + timedelta(days=n)).date() for n in changes)
        off = draw(st.lists(spans, max_size=2))
        rep = a_rep(
            f"rep{number}",
            draw(st.sampled_from(ZONES)),
            draw(st.lists(blocks, max_size=8)),
            day_changes=tuple(DayChange(day=day, blocks=((time(1), time(4)),)) for day in days),
            holidays=draw(st.sampled_from([None, "DE-BY", "US"])),
            time_off=tuple(TimeOff(start=item.start, end=item.end) for item in off),
            caps=Caps(
                appointments_per_day=draw(st.sampled_from([None, 1])),
                appointments_per_week=draw(st.sampled_from([None, 2])),
                categories={"big": Caps(appointments_per_day=1)} if draw(st.booleans()) else {},
            ),
        )
        given_away = draw(st.lists(reservations(spans), max_size=4))
        diaries.append(
            RepSchedule(
                rep=rep,
                busy=draw(st.lists(spans, max_size=6)),
                reservations=given_away,
                appointments=[
                    CountedAppointment(start=t.interval.start, category="big" if n % 2 else None)
                    for n, t in enumerate(given_away)
                ],
                known=draw(st.one_of(st.just(Interval(now, now + 2 * FORTNIGHT * MINUTE)), spans)),
            )
        )
    return now, rules, window, diaries


def one_by_one(diary: RepSchedule, rules: BookingRules, window: Interval, now: datetime) -> list[datetime]:
    """The naive way: the free intervals of one rep, cut along the grid."""
    known = interval_or_none(max(window.start, diary.known.start), min(window.end, diary.known.end))
    if known is None:
        return []
    rep = diary.rep
    return [
        slot.start
        for slot in slots_of_rep(
            rep.key,
            free_intervals(rep, diary.busy, diary.reservations, known, rules, now),
            rules.duration,
            rules.slot_grid,
            rep.time_zone,
            full_days=full_days(rep, diary.appointments, ["big"]),
        )
    ]


def accepted(diary: RepSchedule, start: datetime, rules: BookingRules, window: Interval, now: datetime) -> bool:
    """What booking says of one time."""
    wanted = Interval(start, start + rules.duration)
    why = find_obstacle(
        diary.rep, wanted, busy=diary.busy, reservations=diary.reservations, meetings=diary.appointments,
        rules=rules, now=now, category="big",
    )  # fmt: skip
    if why is None or why.code == "reserved":
        assert (why is None) == all(far_enough(wanted, rules, one) for one in diary.reservations)
    return why is None and diary.known.contains(wanted) and window.contains(wanted)


@given(worlds())
@examples(400)
def test_the_union_is_what_everybody_alone_is_offered(
    world: tuple[datetime, BookingRules, Interval, list[RepSchedule]],
) -> None:
    now, rules, window, diaries = world
    union = SlotUnion(rules=rules, now=now, window=window, categories=["big"])
    naive = {start for diary in diaries for start in one_by_one(diary, rules, window, now)}
    assert union.starts(diaries) == sorted(naive)
    for diary in diaries:
        assert union.starts([diary]) == one_by_one(diary, rules, window, now)


@given(worlds())
@examples(200)
def test_booking_accepts_what_the_union_offers_and_nothing_else_on_the_grid(
    world: tuple[datetime, BookingRules, Interval, list[RepSchedule]],
) -> None:
    now, rules, window, diaries = world
    union = SlotUnion(rules=rules, now=now, window=window, categories=["big"])
    diary = diaries[0]
    offered = set(union.starts([diary]))
    zone = diary.rep.time_zone
    for day in local_days(window.start, window.end, zone):
        for start in grid_of_day(day, zone, rules.slot_grid):
            assert (start in offered) is accepted(diary, start, rules, window, now), start


@given(worlds())
@examples(200)
def test_a_group_is_offered_when_booking_would_accept_everybody(
    world: tuple[datetime, BookingRules, Interval, list[RepSchedule]],
) -> None:
    now, rules, window, diaries = world
    union = SlotUnion(rules=rules, now=now, window=window, categories=["big"])
    leader, band = diaries[0], diaries[1:]
    alone = union.starts([leader])
    together = [s for s in alone if any(accepted(member, s, rules, window, now) for member in band)]
    assert union.starts([leader], [band]) == together


@pytest.mark.parametrize("zone", ZONES)
def test_no_slot_lies_in_a_gap_and_none_is_offered_twice_in_a_fold(zone: str) -> None:
    always = [WeeklyBlock(weekday=day, start=time(0), end=time.max) for day in range(7)]
    rules = BookingRules(minimum_notice=timedelta(0))
    for now in (NOW, SPRING):
        window = Interval(now, now + FORTNIGHT * MINUTE)
        diary = RepSchedule(rep=a_rep("anna", zone, always), busy=(), reservations=(), appointments=(), known=window)
        found = SlotUnion(rules=rules, now=now, window=window).starts([diary])
        walls = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for at in found]
        assert len(set(walls)) == len(walls)
        assert all(
            wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) == at for wall, at in zip(walls, found, strict=True)
        )


def test_reps_of_two_zones_are_offered_each_on_their_own_clock() -> None:
    day = [WeeklyBlock(weekday=0, start=time(9), end=time(10))]
    rules = BookingRules(duration=timedelta(minutes=30), slot_grid=timedelta(hours=1), minimum_notice=timedelta(0))
    window = Interval(NOW, NOW + timedelta(days=1))
    diaries = [
        RepSchedule(rep=a_rep(key, zone, day), busy=(), reservations=(), appointments=(), known=window)
        for key, zone in (("anna", "Europe/Berlin"), ("ben", "Asia/Kolkata"), ("carl", "Europe/Paris"))
    ]
    found = SlotUnion(rules=rules, now=NOW - timedelta(hours=4), window=Interval(NOW - timedelta(hours=4), window.end))
    known = [RepSchedule(rep=d.rep, busy=(), reservations=(), appointments=(), known=found.window) for d in diaries]
    assert found.starts(known) == [datetime(2026, 10, 19, 3, 30, tzinfo=UTC), datetime(2026, 10, 19, 7, tzinfo=UTC)]


def test_each_thing_in_the_way_is_told_apart() -> None:
    week = [WeeklyBlock(weekday=day, start=time(9), end=time(17)) for day in range(5)]
    window = Interval(NOW, NOW + timedelta(days=2))
    rules = BookingRules(minimum_notice=timedelta(0))
    union = SlotUnion(rules=rules, now=NOW, window=window)

    def left(**more: Any) -> list[bool]:
        over = {name: more.pop(name) for name in ("busy", "reservations", "appointments") if name in more}
        given = {"busy": (), "reservations": (), "appointments": (), **over}
        found = union.availability(
            RepSchedule(rep=a_rep("anna", "Europe/Berlin", more.pop("blocks", week), **more), known=window, **given)
        )
        return [bool(bits) for bits in (found.working, found.not_off, found.not_busy, found.bookable)]

    away = (TimeOff(start=window.start, end=window.end),)
    first, second = (CountedAppointment(start=datetime(2026, 10, day, 9, tzinfo=UTC)) for day in (19, 20))
    assert left() == [True, True, True, True]
    assert left(blocks=[]) == [False, False, False, False]
    assert left(day_changes=tuple(DayChange(day=date(2026, 10, day)) for day in (19, 20, 21))) == [False] * 4
    assert left(time_off=away) == [True, False, False, False]
    assert left(busy=[window]) == [True, True, False, False]
    assert left(appointments=[first, second], caps=Caps(appointments_per_day=1)) == [True, True, True, False]


MONDAY = Interval(datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 19, 22, tzinfo=UTC))  # Berlin's 19th
ALWAYS = [WeeklyBlock(weekday=day, start=time(0), end=time.max) for day in range(7)]
HALF_HOURS = BookingRules(duration=30 * MINUTE, slot_grid=30 * MINUTE, minimum_notice=timedelta(0))


def on_clock(times: list[datetime], zone: str = "Europe/Berlin") -> list[str]:
    return [f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in times]


def blocked(start: int, end: int) -> Interval:
    """From one full hour to another on Berlin's 19th."""
    return Interval(MONDAY.start + start * 60 * MINUTE, MONDAY.start + end * 60 * MINUTE)


@pytest.mark.parametrize("by", ["busy", "reservations", "time_off"])
@pytest.mark.parametrize(
    ("change", "offered"),
    [
        ({}, ["09:00", "09:30", "11:00", "11:30"]),
        ({"buffer_after": MINUTE}, ["09:00", "11:00", "11:30"]),
        ({"buffer_after": 30 * MINUTE}, ["09:00", "11:00", "11:30"]),
        ({"buffer_before": MINUTE}, ["09:00", "09:30", "11:30"]),
        ({"buffer_before": 30 * MINUTE}, ["09:00", "09:30", "11:30"]),
        ({"duration": 60 * MINUTE}, ["09:00", "11:00"]),
        ({"duration": 61 * MINUTE}, []),
    ],
)
def test_an_appointment_may_end_as_something_else_begins_and_begin_as_it_ends(
    by: str, change: dict[str, timedelta], offered: list[str]
) -> None:
    rules = HALF_HOURS.model_copy(update=change)
    taken: dict[str, Any] = {"busy": (), "reservations": ()}
    off = ()
    if by == "time_off":  # nobody needs a buffer beside a day off
        off = (TimeOff(start=blocked(10, 11).start, end=blocked(10, 11).end),)
        offered = offered if "duration" in change else ["09:00", "09:30", "11:00", "11:30"]
    else:
        taken[by] = [reserved(blocked(10, 11)) if by == "reservations" else blocked(10, 11)]
    hours = [WeeklyBlock(weekday=0, start=time(9), end=time(12))]
    rep = a_rep("anna", "Europe/Berlin", hours, time_off=off)
    diary = RepSchedule(rep=rep, appointments=(), known=MONDAY, **taken)
    found = SlotUnion(rules=rules, now=MONDAY.start, window=MONDAY).starts([diary])
    assert on_clock(found) == offered
    assert found == one_by_one(diary, rules, MONDAY, MONDAY.start)


@pytest.mark.parametrize("steps", [1, 14, 15, 16, 17, 72])  # a short one is looked for nearby, a long one far away
def test_what_is_taken_blocks_the_times_it_touches_however_long_it_is(steps: int) -> None:
    rules = HALF_HOURS.model_copy(update={"duration": 5 * MINUTE, "slot_grid": 5 * MINUTE})
    start = blocked(9, 10).start
    taken = Interval(start, start + steps * 5 * MINUTE)
    rep = a_rep("anna", "Europe/Berlin", ALWAYS)
    diary = RepSchedule(rep=rep, busy=[taken], reservations=(), appointments=(), known=MONDAY)
    found = SlotUnion(rules=rules, now=MONDAY.start, window=MONDAY).starts([diary])
    everything = [MONDAY.start + n * 5 * MINUTE for n in range(24 * 12)]
    assert found == [at for at in everything if not taken.start <= at < taken.end]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Pacific/Chatham"])
def test_a_companion_comes_along_in_hours_of_their_own_clock_alone(zone: str) -> None:
    leader = a_rep("anna", "Europe/Berlin", ALWAYS)
    companion = a_rep("ben", zone, [WeeklyBlock(weekday=day, start=time(9), end=time(11)) for day in range(7)])
    diaries = [
        RepSchedule(rep=rep, busy=(), reservations=(), appointments=(), known=MONDAY) for rep in (leader, companion)
    ]
    rules = HALF_HOURS.model_copy(update={"slot_grid": 60 * MINUTE})
    union = SlotUnion(rules=rules, now=MONDAY.start, window=MONDAY)
    at_work = ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30"]
    led_by_anna = [
        at for n in range(24) if on_clock([at := MONDAY.start + n * 60 * MINUTE], zone)[0] in at_work
    ]  # her full hours that Ben is at work in
    assert led_by_anna
    assert union.starts(diaries[:1], [diaries[1:]]) == led_by_anna
    assert on_clock(union.starts(diaries[1:], [diaries[:1]]), zone) == ["09:00", "10:00"]
    # Both ways at once: what was worked out for one clock is not taken for another.
    both = union.starts(diaries, [diaries[1:]])
    assert on_clock(both, zone) == sorted({"09:00", "10:00", *on_clock(led_by_anna, zone)})


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Europe/Berlin"])
def test_a_companions_full_day_is_a_day_of_their_own_clock(zone: str) -> None:
    window = Interval(MONDAY.start, MONDAY.start + timedelta(days=4))
    full = date(2026, 10, 20)
    companion = a_rep("ben", zone, ALWAYS, caps=Caps(appointments_per_day=1))
    noon = datetime.combine(full, time(12), ZoneInfo(zone))
    leading = RepSchedule(
        rep=a_rep("anna", "Europe/Berlin", ALWAYS), busy=(), reservations=(), appointments=(), known=window
    )
    coming = RepSchedule(
        rep=companion, busy=(), reservations=(), appointments=[CountedAppointment(start=noon)], known=window
    )
    union = SlotUnion(rules=HALF_HOURS, now=MONDAY.start, window=window)
    everything = [MONDAY.start + n * 30 * MINUTE for n in range(4 * 48)]
    wanted = [at for at in everything if at.astimezone(ZoneInfo(zone)).date() != full]
    assert union.starts([leading], [[coming]]) == wanted
    assert union.starts([coming], [[leading]]) == wanted


def test_a_grid_that_does_not_divide_the_day_keeps_its_last_start() -> None:
    window = Interval(MONDAY.start, MONDAY.start + timedelta(days=7, hours=1))  # the last day has 25 hours
    rules = HALF_HOURS.model_copy(update={"slot_grid": 50 * MINUTE})
    late = [WeeklyBlock(weekday=day, start=time(22), end=time.max) for day in range(7)]
    diary = RepSchedule(
        rep=a_rep("anna", "Europe/Berlin", late), busy=(), reservations=(), appointments=(), known=window
    )
    found = SlotUnion(rules=rules, now=MONDAY.start, window=window).starts([diary])
    assert on_clock(found[:2]) == ["22:30", "23:20"]
    assert on_clock(found) == ["22:30", "23:20"] * 7
