"""May this appointment be booked? The rules that slots are made with, asked of one time and answered with a reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import (
    Interval,
    Reservation,
    bookable_window,
    time_off_intervals,
    with_buffers,
    with_gaps,
    working_intervals,
)
from pointsman.domain.dates.local_time import local_date
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_days import special_day_reason

#: Reasons that mean: another booking was faster. All others mean: this time was never on offer.
SLOT_TAKEN_CODES = frozenset({"calendar-busy", "reserved", "appointment-cap-day", "appointment-cap-week"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a time cannot be booked."""

    code: str
    sentence: Message


def find_obstacle(
    rep: Rep,
    wanted: Interval,
    *,
    busy: Sequence[Interval],
    reservations: Sequence[Reservation],
    meetings: Collection[CountedAppointment],
    rules: BookingRules,
    now: datetime,
    category: str | None = None,
) -> Obstacle | None:
    """The first thing in the way of `wanted`, or None.

    `meetings` are the rep's appointments around it (see `full_days`), `category` is what `wanted` would count for.
    """
    return (
        outside_booking_window(wanted, rules, now)
        or _outside_hours(rep, wanted)
        or _taken(rep, wanted, busy=busy, reservations=reservations, rules=rules)
        or _capped(rep, wanted, meetings, category)
    )


def outside_booking_window(wanted: Interval, rules: BookingRules, now: datetime) -> Obstacle | None:
    """Whether `wanted` lies before the minimum notice or beyond the horizon: then no calendar has to be known."""
    reach = bookable_window(rules, now)
    if wanted.start < reach.start:
        return Obstacle(code="too-soon", sentence=say("booking-time.too-soon", at=reach.start))
    if wanted.end > reach.end:
        return Obstacle(code="too-far", sentence=say("booking-time.too-far", at=reach.end))
    return None


def _outside_hours(rep: Rep, wanted: Interval) -> Obstacle | None:
    if any(block.contains(wanted) for block in working_intervals(rep, wanted)):
        return None
    why = special_day_reason(rep, local_date(wanted.start, rep.time_zone))
    told: dict[str, Arg] = {"rep": rep_name(rep.key), "zone": rep.time_zone}
    sentence = say("booking-time.no-work-since", **told, why=why) if why else say("booking-time.no-work", **told)
    return Obstacle(code="outside-working-hours", sentence=sentence)


def _taken(
    rep: Rep, wanted: Interval, *, busy: Sequence[Interval], reservations: Sequence[Reservation], rules: BookingRules
) -> Obstacle | None:
    if _hit(wanted, time_off_intervals(rep)):
        return Obstacle(code="time-off", sentence=say("booking-time.away", rep=rep_name(rep.key)))
    if _hit(wanted, with_buffers(busy, rules)):
        return Obstacle(code="calendar-busy", sentence=say("booking-time.busy", rep=rep_name(rep.key)))
    if _hit(wanted, with_gaps(reservations, rules)):
        return Obstacle(code="reserved", sentence=say("booking-time.reserved"))
    return None


def _capped(
    rep: Rep, wanted: Interval, meetings: Collection[CountedAppointment], category: str | None
) -> Obstacle | None:
    found = full_days(rep, meetings, [category]).reached_cap(local_date(wanted.start, rep.time_zone))
    return Obstacle(code=found[0], sentence=found[1]) if found else None


def _hit(wanted: Interval, taken: Sequence[Interval]) -> bool:
    return any(wanted.overlaps(item) for item in taken)
