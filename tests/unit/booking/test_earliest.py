"""The first bookable slot of many reps is the first of the slots that each would be offered."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import Interval, Reservation, bookable_window, free_intervals
from pointsman.domain.booking.earliest_starts import RepSchedule, earliest_starts
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Caps, Rep, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from support.hypothesis_profiles import examples
from support.rep_slots import slots_of_rep
from support.strategies.reservations import reservations

NOW = datetime(2026, 10, 19, 6, 0, tzinfo=UTC)  # a Monday; Berlin's clocks go back on the 25th
MINUTE = timedelta(minutes=1)
ROLE = Role(name="Closer", works=frozenset({Work.CLOSING}))
FORTNIGHT = Interval(NOW, NOW + timedelta(days=14))


def a_rep(key: str, zone: str, blocks: list[WeeklyBlock], per_day: int | None) -> Rep:
    return Rep(
        id=UUID(int=1), key=key, name=key, email="", role=ROLE, role_id=UUID(int=2), time_zone=zone,
        working_hours=tuple(blocks), caps=Caps(appointments_per_day=per_day),
    )  # fmt: skip


def diary(key: str, *busy: Interval, known: Interval = FORTNIGHT) -> RepSchedule:
    week = [WeeklyBlock(weekday=day, start=time(9), end=time(17)) for day in range(5)]
    return RepSchedule(
        rep=a_rep(key, "Europe/Berlin", week, None), busy=busy, reservations=(), appointments=(), known=known
    )


minutes = st.integers(0, 14 * 24 * 12).map(lambda n: NOW + n * 5 * MINUTE)
intervals = st.builds(lambda start, n: Interval(start, start + n * 5 * MINUTE), minutes, st.integers(1, 1_000))
blocks = st.builds(
    lambda day, a, b: WeeklyBlock(weekday=day, start=time(min(a, b)), end=time(max(a, b), 30)),
    st.integers(0, 6), st.integers(0, 23), st.integers(0, 23),
)  # fmt: skip
reps = st.builds(
    a_rep,
    st.sampled_from(["anna", "ben"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Chatham", "UTC"]),
    st.lists(blocks, max_size=6),
    st.sampled_from([None, 1, 2]),
)
rules = st.builds(
    BookingRules,
    duration=st.sampled_from([15, 30, 90, 600]).map(lambda n: n * MINUTE),
    slot_grid=st.sampled_from([15, 30, 60]).map(lambda n: n * MINUTE),
    minimum_notice=st.sampled_from([0, 240, 2_880]).map(lambda n: n * MINUTE),
    buffer_before=st.sampled_from([0, 15]).map(lambda n: n * MINUTE),
    buffer_after=st.sampled_from([0, 45]).map(lambda n: n * MINUTE),
)


@given(reps, rules, st.lists(intervals, max_size=8), st.lists(reservations(intervals), max_size=4), intervals)
@examples(300)
def test_the_earliest_start_is_the_first_slot_on_offer(
    rep: Rep, rules: BookingRules, busy: list[Interval], gone: list[Reservation], known: Interval
) -> None:
    meetings = [CountedAppointment(start=one.interval.start) for one in gone]
    given = RepSchedule(rep=rep, busy=busy, reservations=gone, appointments=meetings, known=known)
    open_times = free_intervals(rep, busy, gone, known, rules, NOW)
    offered = slots_of_rep(
        rep.key, open_times, rules.duration, rules.slot_grid, rep.time_zone, full_days=full_days(rep, meetings), limit=1
    )
    assert earliest_starts([given], rules, NOW) == {slot.rep: slot.start for slot in offered}


def test_a_rep_who_has_nothing_free_is_left_out_and_the_others_are_found() -> None:
    rules = BookingRules()
    busy = Interval(NOW, NOW + timedelta(days=2))
    found = earliest_starts([diary("anna", FORTNIGHT), diary("ben", busy), diary("clara")], rules, NOW)
    reach = bookable_window(rules, NOW)
    assert found == {"ben": NOW + timedelta(days=2, hours=1), "clara": reach.start}


def test_only_so_many_days_are_looked_at_and_the_nearest_of_everybody_first() -> None:
    late = Interval(NOW, NOW + timedelta(days=3))
    everybody = [diary(f"rep-{i}", late) for i in range(50)]
    soon = diary("soon")
    assert set(earliest_starts([*everybody, soon], BookingRules(), NOW, max_days=102)) == {"soon"}
    assert len(earliest_starts([*everybody, soon], BookingRules(), NOW, max_days=500)) == 51
