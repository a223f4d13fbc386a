"""Which hours count on a date: a change of that day before a public holiday, a holiday before the week."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.availability import Interval, free_intervals, working_intervals
from pointsman.domain.booking.bookable_check import find_obstacle
from pointsman.domain.booking.slots import slot_starts
from pointsman.domain.dates.public_holidays import holiday_name, is_holiday, known_regions, region_fault
from pointsman.domain.distribution.candidate import EligibilityContext
from pointsman.domain.distribution.eligibility import check_eligibility
from pointsman.domain.policy.document import Pool
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.policy_check.staffing import check_staffed_hours
from pointsman.domain.roster.reps import DayChange, Rep, WeeklyBlock
from pointsman.domain.roster.roles import Work
from pointsman.domain.roster.working_days import WorkingPattern
from pointsman.domain.roster.working_hours import is_at_work, next_work_start, weekly_working_minutes
from pointsman.domain.routing.next_openings import next_presence
from support.hypothesis_profiles import examples
from support.roster import rep, roster
from support.wording import english, english_sentence

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EPIPHANY = date(2026, 1, 6)  # a Tuesday; free in Bavaria, not in Berlin
CHRISTMAS_EVE = date(2026, 12, 24)


def berlin(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant in winter, when Berlin is one hour ahead."""
    return datetime(day.year, day.month, day.day, hour - 1, minute, tzinfo=UTC)


def whole(day: date) -> Interval:
    return Interval(berlin(day, 1) - HOUR, berlin(day, 1) + 23 * HOUR)


def a_rep(**over: Any) -> Rep:
    return rep("anna", time_zone="Europe/Berlin", **over)


def hours_of(who: Rep, day: date) -> list[tuple[datetime, datetime]]:
    return [(span.start, span.end) for span in working_intervals(who, whole(day))]


def test_a_public_holiday_of_the_region_is_no_working_day() -> None:
    assert hours_of(a_rep(holidays="DE-BY"), EPIPHANY) == []
    assert hours_of(a_rep(holidays="DE-BE"), EPIPHANY) == [(berlin(EPIPHANY, 9), berlin(EPIPHANY, 17))]
    assert hours_of(a_rep(), EPIPHANY) == [(berlin(EPIPHANY, 9), berlin(EPIPHANY, 17))]


def test_a_change_of_a_day_counts_before_the_holiday_and_before_the_week() -> None:
    shift = DayChange(day=EPIPHANY, blocks=((time(10), time(12)), (time(13), time(14))))
    found = hours_of(a_rep(holidays="DE-BY", day_changes=(shift,)), EPIPHANY)
    assert found == [(berlin(EPIPHANY, 10), berlin(EPIPHANY, 12)), (berlin(EPIPHANY, 13), berlin(EPIPHANY, 14))]
    off = a_rep(day_changes=(DayChange(day=EPIPHANY),))
    assert hours_of(off, EPIPHANY) == []
    assert hours_of(off, EPIPHANY + DAY) != []


def test_a_change_can_make_a_sunday_a_working_day() -> None:
    sunday = date(2026, 1, 4)
    shift = a_rep(day_changes=(DayChange(day=sunday, blocks=((time(10), time(12)),)),))
    assert hours_of(shift, sunday) == [(berlin(sunday, 10), berlin(sunday, 12))]
    assert is_at_work(shift, berlin(sunday, 11))


def test_a_block_holds_from_its_first_day_to_its_last() -> None:
    monday = date(2026, 1, 5)
    until = WeeklyBlock(weekday=0, start=time(9), end=time(12), last_day=monday)
    after = WeeklyBlock(weekday=0, start=time(14), end=time(18), first_day=monday + DAY)
    part_time = a_rep(working_hours=(until, after))
    assert hours_of(part_time, monday) == [(berlin(monday, 9), berlin(monday, 12))]
    assert hours_of(part_time, monday + 7 * DAY) == [(berlin(monday, 14) + 7 * DAY, berlin(monday, 18) + 7 * DAY)]
    assert is_at_work(part_time, berlin(monday, 10))
    assert not is_at_work(part_time, berlin(monday, 10) + 7 * DAY)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"holidays": "DE-BY"}, "Anna does not work then (Europe/Berlin: public holiday (Epiphany))."),
        (
            {"day_changes": (DayChange(day=EPIPHANY, blocks=((time(14), time(16)),), reason="dentist"),)},
            "Anna does not work then (Europe/Berlin: works other hours on that day).",
        ),
        (
            {"day_changes": (DayChange(day=EPIPHANY, reason="court"),)},
            "Anna does not work then (Europe/Berlin: does not work on that day).",
        ),
        ({"working_hours": ()}, "Anna does not work then (Europe/Berlin)."),
    ],
)
def test_an_obstacle_says_what_is_special_about_the_day_and_keeps_private_reasons(
    over: dict[str, Any], words: str
) -> None:
    wanted = Interval(berlin(EPIPHANY, 10), berlin(EPIPHANY, 11))
    now = berlin(EPIPHANY, 9) - 2 * DAY
    why = find_obstacle(a_rep(**over), wanted, busy=(), reservations=(), meetings=(), rules=BookingRules(), now=now)
    assert why is not None
    assert (why.code, english_sentence(why.sentence)) == ("outside-working-hours", words)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        (
            {"holidays": "DE-BY"},
            "Anna is not at work now: public holiday (Epiphany); starts Wed 7 Jan 2026, 09:00 (CET)",
        ),
        (
            {"day_changes": (DayChange(day=EPIPHANY, blocks=((time(14), time(16)),)),)},
            "Anna is not at work now: works other hours on that day; starts Tue 6 Jan 2026, 14:00 (CET)",
        ),
        (
            {"working_hours": (WeeklyBlock(weekday=1, start=time(9), end=time(17), first_day=date(2026, 3, 1)),)},
            "Anna is not at work now: starts Tue 3 Mar 2026, 09:00 (CET)",
        ),
        (
            {"working_hours": (WeeklyBlock(weekday=1, start=time(9), end=time(17), last_day=date(2026, 1, 1)),)},
            "Anna is not at work now: has no working hours ahead",
        ),
    ],
)
def test_work_that_is_handed_out_at_once_keeps_to_holidays_and_changes(over: dict[str, Any], words: str) -> None:
    pool = Pool.model_validate({"work": "qualification", "members": ["anna"], "immediate": True})
    task = EligibilityContext(work=Work.QUALIFICATION, facts={}, now=berlin(EPIPHANY, 10), gate_open=True)
    dropped, _ = check_eligibility("sdrs", pool, roster(a_rep(**over)), task)
    assert (dropped["anna"].code, english(dropped["anna"].sentence)) == ("outside-working-hours", words)


def test_the_next_start_steps_over_holidays_and_days_off() -> None:
    eve = berlin(date(2026, 12, 23), 18)
    who = a_rep(holidays="DE-BY", day_changes=(DayChange(day=CHRISTMAS_EVE),))
    assert next_work_start(who, eve) == berlin(date(2026, 12, 28), 9)  # the 25th is a Friday
    assert next_presence(who, eve, in_hours=True) == berlin(date(2026, 12, 28), 9)


def test_a_pattern_is_all_that_working_time_depends_on() -> None:
    anna, ben = a_rep(holidays="DE-BY"), rep("ben", time_zone="Europe/Berlin", holidays="DE-BY", tier=3)
    pattern = WorkingPattern.of(anna)
    assert pattern == WorkingPattern.of(ben)
    assert hash(pattern) == hash(WorkingPattern.of(ben))
    assert WorkingPattern.of(a_rep()) != pattern
    assert working_intervals(pattern, whole(EPIPHANY + DAY)) == working_intervals(anna, whole(EPIPHANY + DAY))


def test_the_check_of_a_policy_counts_on_what_lasts() -> None:
    """A contract that ends covers nobody for long; one day off uncovers nothing."""
    monday = date(2026, 1, 12)
    lasting = WeeklyBlock(weekday=0, start=time(9), end=time(17))
    ending = WeeklyBlock(weekday=1, start=time(9), end=time(17), last_day=date(2027, 1, 1))
    who = rep("anna", working_hours=(lasting, ending), day_changes=(DayChange(day=monday),), holidays="DE-BY")
    assert list(weekly_working_minutes(who, monday, "UTC")) == [(9 * 60, 17 * 60)]
    pool = Pool.model_validate({"work": "qualification", "members": ["anna"], "immediate": True})
    (finding,) = check_staffed_hours("pools.sdrs", pool, [who])
    assert "Tue-Sun all day" in english(finding.message)


# ── regions ─────────────────────────────────────────────────────────────────────────────────────


def test_holidays_have_english_names() -> None:
    assert holiday_name("DE-BY", EPIPHANY) == "Epiphany"
    assert holiday_name("DE", EPIPHANY) is None
    assert is_holiday("AT", EPIPHANY)
    assert not is_holiday("CH-ZH", EPIPHANY)


def test_a_region_that_nobody_knows_has_no_holidays() -> None:
    assert holiday_name("XX-YY", EPIPHANY) is None
    assert hours_of(a_rep(holidays="XX"), EPIPHANY) != []


def test_an_unknown_region_is_answered_with_what_may_be_meant() -> None:
    assert region_fault("DE-BY") is None
    assert {"DE", "AT", "CH", "GB-SCT", "US-CA"} <= known_regions()
    assert region_fault("de-by") == "there are no public holidays for 'de-by'; did you mean 'DE-BY'?"
    assert "DE-BW, DE-BY" in (region_fault("DE-Bavaria") or "")
    assert "did you mean 'DE'?" in (region_fault("DEU") or "")
    assert "write a country as DE" in (region_fault("Germany") or "")


# ── one rule for each caller ────────────────────────────────────────────────────────────────────

first = date(2026, 10, 19)  # a Monday; clocks go back on the Sunday after
days = st.integers(0, 20).map(lambda n: first + n * DAY)
clocks = st.sampled_from([time(0), time(2, 15), time(2, 30), time(9), time(12, 45), time(17), time.max])
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] < span[1])
blocks = st.builds(
    lambda weekday, span, start, end: WeeklyBlock(
        weekday=weekday, start=span[0], end=span[1], first_day=start, last_day=end
    ),
    st.integers(0, 6), spans, st.none() | days, st.none() | days,
)  # fmt: skip
changes = st.lists(st.builds(lambda day, span: DayChange(day=day, blocks=(span,)), days, spans) | st.builds(DayChange, day=days),
                   max_size=4, unique_by=lambda change: change.day)  # fmt: skip
people = st.builds(
    lambda zone, week, changed, region: rep(
        "anna", time_zone=zone, working_hours=tuple(week), day_changes=tuple(changed), holidays=region
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.lists(blocks, max_size=6),
    changes,
    st.sampled_from([None, "DE-BY", "US", "AU-NSW"]),
)
moments = st.integers(0, 20 * 24 * 4).map(lambda n: datetime(2026, 10, 19, tzinfo=UTC) + n * timedelta(minutes=15))


@examples(300)
@given(people, moments)
def test_at_work_is_being_in_working_time_and_the_next_start_is_the_next_of_it(who: Rep, now: datetime) -> None:
    known = working_intervals(who, Interval(now - 3 * DAY, now + 12 * DAY))
    assert is_at_work(who, now) == any(span.start <= now < span.end for span in known)
    start = next_work_start(who, now)
    begun = [span.start for span in known if span.start > now]
    if begun:  # working time has the blocks that touch as one
        assert start is not None
        assert now < start <= begun[0]
        assert is_at_work(who, start)
    elif start is not None:
        assert any(span.start <= start < span.end for span in known) or start >= now + 11 * DAY


@examples(100)
@given(people, moments)
def test_a_rep_who_is_offered_is_at_work_from_the_first_to_the_last_moment(who: Rep, now: datetime) -> None:
    rules = BookingRules(minimum_notice=timedelta(0), horizon=10 * DAY)
    window = Interval(now, now + 10 * DAY)
    for start in slot_starts(
        free_intervals(who, [], [], window, rules, now), rules.duration, rules.slot_grid, who.time_zone
    ):
        assert is_at_work(who, start)
        assert is_at_work(who, start + rules.duration - timedelta(microseconds=1))


def test_ids_are_not_part_of_a_pattern() -> None:
    assert WorkingPattern.of(rep("anna", id=UUID(int=7))) == WorkingPattern.of(rep("ben"))
