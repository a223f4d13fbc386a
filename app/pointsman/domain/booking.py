"""May this appointment be booked? The rules that slots are made with, asked of one time and answered with a reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pointsman.domain.availability import Interval, absences, bookable_window, padded, working
from pointsman.domain.local_time import local_date
from pointsman.domain.policy import BookingRules
from pointsman.domain.reps import Rep

#: Reasons that mean: somebody else was faster. All others mean: this time was never on offer.
LOST_TO_OTHERS = frozenset({"calendar-busy", "reserved", "day-full"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a time cannot be booked."""

    code: str
    sentence: str


def full_days(rep: Rep, meetings: Collection[datetime]) -> frozenset[date]:
    """The local dates on which `rep` has as many appointments as the cap allows."""
    cap = rep.caps.appointments_per_day
    if cap is None:
        return frozenset()
    dates = [local_date(start, rep.time_zone) for start in meetings]
    return frozenset(day for day in dates if dates.count(day) >= cap)


def obstacle(
    rep: Rep,
    wanted: Interval,
    *,
    busy: Sequence[Interval],
    reservations: Sequence[Interval],
    meetings: Collection[datetime],
    rules: BookingRules,
    now: datetime,
) -> Obstacle | None:
    """The first thing in the way of `wanted`, or None. `meetings` are the starts of the confirmed appointments."""
    reach = bookable_window(rules, now)
    day = local_date(wanted.start, rep.time_zone)
    checks = (
        (wanted.start < reach.start, "too-soon", f"The earliest start is {reach.start:%Y-%m-%dT%H:%MZ}."),
        (wanted.end > reach.end, "too-far", f"An appointment must end by {reach.end:%Y-%m-%dT%H:%MZ}."),
        (
            not any(block.contains(wanted) for block in working(rep, wanted)),
            "outside-working-hours",
            f"{rep.name} does not work then ({rep.time_zone}).",
        ),
        (_hit(wanted, absences(rep)), "time-off", f"{rep.name} is away then."),
        (_hit(wanted, padded(busy, rules)), "calendar-busy", f"{rep.name}'s calendar has something else then."),
        (_hit(wanted, padded(reservations, rules)), "reserved", "Another appointment has this time."),
        (day in full_days(rep, meetings), "day-full", f"{rep.name} has no room for another appointment on {day}."),
    )
    return next((Obstacle(code=code, sentence=sentence) for hit, code, sentence in checks if hit), None)


def _hit(wanted: Interval, taken: Sequence[Interval]) -> bool:
    return any(wanted.overlaps(item) for item in taken)
