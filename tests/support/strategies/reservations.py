"""Reservations with buffers of their own, and the rule between two of them said another way than the service says it."""

from datetime import timedelta

from hypothesis import strategies as st

from pointsman.domain.booking.availability import Interval, Reservation
from pointsman.domain.policy.parsing import BookingRules

NONE, MINUTE = timedelta(0), timedelta(minutes=1)


def reserved(interval: Interval, *, before: timedelta = NONE, after: timedelta = NONE) -> Reservation:
    """Given away, without buffers unless some are given."""
    return Reservation(interval, before, after)


def reservations(intervals: st.SearchStrategy[Interval]) -> st.SearchStrategy[Reservation]:
    """Made under rules with long, short and no buffers."""
    buffers = st.sampled_from([0, 0, 10, 60, 24 * 60]).map(lambda n: n * MINUTE)
    return st.builds(Reservation, intervals, buffers, buffers)


def far_enough(wanted: Interval, rules: BookingRules, there: Reservation) -> bool:
    """Whether an appointment by `rules` may be at `wanted`: neither reaches into what the other one keeps free."""
    if wanted.start >= there.interval.end:
        pause = wanted.start - there.interval.end
        return pause >= there.buffer_after and pause >= rules.buffer_before
    pause = there.interval.start - wanted.end
    return pause >= NONE and pause >= rules.buffer_after and pause >= there.buffer_before
