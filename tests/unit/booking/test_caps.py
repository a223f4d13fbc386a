"""Caps on appointments count by the date on which they take place, for all of them and for each category."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.appointment_caps import CAP_LOOKAROUND, CountedAppointment, full_days
from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import SLOT_TAKEN_CODES, Obstacle, find_obstacle
from pointsman.domain.booking.earliest_starts import RepSchedule, earliest_starts
from pointsman.domain.dates.local_time import local_date
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Caps, Rep
from support.hypothesis_profiles import examples
from support.roster import rep
from support.wording import english_sentence

MONDAY = date(2026, 10, 19)  # Berlin's clocks go back on the Sunday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 10, 18, 6, tzinfo=UTC)


def berlin(day: int, hour: int) -> datetime:
    """An instant of that week from Monday, 0, by Berlin's summer time."""
    return datetime(2026, 10, 19, tzinfo=UTC) + day * DAY + (hour - 2) * HOUR


def anna(**caps: object) -> Rep:
    return rep("anna", time_zone="Europe/Berlin", caps=Caps(**caps))


def meeting(day: int, hour: int = 9, category: str | None = None) -> CountedAppointment:
    return CountedAppointment(start=berlin(day, hour), category=category)


def why(who: Rep, meetings: list[CountedAppointment], day: int, category: str | None = None) -> Obstacle | None:
    wanted = Interval(berlin(day, 14), berlin(day, 14) + HOUR)
    rules = BookingRules(horizon=30 * DAY)
    return find_obstacle(
        who, wanted, busy=(), reservations=(), meetings=meetings, rules=rules, now=NOW, category=category
    )


def test_a_day_is_full_when_it_has_as_many_appointments_as_the_cap() -> None:
    who = anna(appointments_per_day=2)
    assert why(who, [meeting(0)], 0) is None
    found = why(who, [meeting(0), meeting(0, 11)], 0)
    assert found is not None
    assert (found.code, english_sentence(found.sentence)) == (
        "appointment-cap-day",
        "Anna has 2 of 2 appointments on Mon 19 Oct 2026.",
    )
    assert why(who, [meeting(0), meeting(0, 11)], 1) is None


def test_a_week_runs_from_monday_to_sunday_on_the_clock_of_the_rep() -> None:
    who = anna(appointments_per_week=1)
    found = why(who, [meeting(4)], 1)
    assert found is not None
    assert (found.code, english_sentence(found.sentence)) == (
        "appointment-cap-week",
        "Anna has 1 of 1 appointment in the week of Mon 19 Oct 2026.",
    )
    last_sunday_late = CountedAppointment(start=datetime(2026, 10, 18, 21, 59, tzinfo=UTC))
    monday_early = CountedAppointment(start=datetime(2026, 10, 18, 22, 0, tzinfo=UTC))  # Sunday still in UTC
    assert why(who, [last_sunday_late], 1) is None
    assert why(who, [monday_early], 1) is not None


def test_a_category_is_capped_by_its_own_appointments_alone() -> None:
    who = anna(categories={"enterprise": Caps(appointments_per_day=1, appointments_per_week=2)})
    booked = [meeting(0, category="enterprise"), meeting(1, category="small"), meeting(1, 11)]
    found = why(who, booked, 0, "enterprise")
    assert found is not None
    assert english_sentence(found.sentence) == "Anna has 1 of 1 appointment of category enterprise on Mon 19 Oct 2026."
    assert why(who, booked, 0, "small") is None
    assert why(who, booked, 0) is None
    assert why(who, booked, 1, "enterprise") is None
    found = why(who, [*booked, meeting(2, category="enterprise")], 3, "enterprise")
    assert found is not None
    assert found.code == "appointment-cap-week"


def test_the_caps_of_a_rep_count_appointments_of_every_category() -> None:
    who = anna(appointments_per_day=2, categories={"enterprise": Caps(appointments_per_day=5)})
    found = why(who, [meeting(0, category="enterprise"), meeting(0, 11, "small")], 0, "enterprise")
    assert found is not None
    assert english_sentence(found.sentence) == "Anna has 2 of 2 appointments on Mon 19 Oct 2026."


def test_a_cap_of_none_at_all_keeps_every_day_free() -> None:
    assert why(anna(appointments_per_day=0), [], 0) is not None
    assert why(anna(appointments_per_week=0), [], 0) is not None
    assert why(anna(), [meeting(0)] * 9, 0) is None


def test_reaching_a_cap_is_losing_to_others_and_no_fault_of_who_asks() -> None:
    assert {"appointment-cap-day", "appointment-cap-week"} <= SLOT_TAKEN_CODES


@pytest.mark.parametrize("category", ["enterprise", None])
def test_the_earliest_start_steps_over_what_is_full_for_a_category(category: str | None) -> None:
    who = anna(categories={"enterprise": Caps(appointments_per_week=1)})
    known = Interval(NOW, NOW + 20 * DAY)
    diary = RepSchedule(
        rep=who, busy=(), reservations=(), appointments=[meeting(3, category="enterprise")], known=known
    )
    rules = BookingRules(horizon=14 * DAY)
    found = earliest_starts([diary], rules, NOW, categories=[category])["anna"]
    assert local_date(found, "Europe/Berlin") == (MONDAY + 7 * DAY if category else MONDAY)


instants = st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 15), timezones=st.just(UTC))  # noqa: DTZ001  # the bounds want none
limits = st.none() | st.integers(0, 3)


@examples(200)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe"]),
    st.lists(st.builds(CountedAppointment, start=instants, category=st.sampled_from([None, "a", "b"])), max_size=12),
    st.tuples(limits, limits, limits, limits),
    st.sampled_from([None, "a", "b"]),
    st.integers(0, 40),
)
def test_a_day_is_full_exactly_when_one_more_would_break_a_cap(
    zone: str, meetings: list[CountedAppointment], caps: tuple[int | None, ...], category: str | None, ahead: int
) -> None:
    """Counted over all that was ever booked, though only what lies around the day was asked for."""
    day = date(2026, 10, 3) + ahead * DAY
    own = Caps(appointments_per_day=caps[2], appointments_per_week=caps[3])
    who = rep(
        "anna", time_zone=zone,
        caps=Caps(appointments_per_day=caps[0], appointments_per_week=caps[1], categories={"a": own}),
    )  # fmt: skip
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    near = [m for m in meetings if noon - 12 * HOUR - CAP_LOOKAROUND <= m.start <= noon + 12 * HOUR + CAP_LOOKAROUND]

    def breaks(per_day: int | None, per_week: int | None, counted: list[CountedAppointment]) -> bool:
        dates = [local_date(m.start, zone) for m in counted] + [day]
        weeks = Counter(found.isocalendar()[:2] for found in dates)
        over_day = per_day is not None and dates.count(day) > per_day
        return over_day or (per_week is not None and weeks[day.isocalendar()[:2]] > per_week)

    of_category = [m for m in meetings if m.category == "a"]
    expected = breaks(caps[0], caps[1], meetings) or (category == "a" and breaks(caps[2], caps[3], of_category))
    full = full_days(who, near, [category])
    assert (day in full) == expected
    assert (full.reached_cap(day) is not None) == expected
