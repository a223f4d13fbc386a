"""The first bookable slot of each of many reps: day by day, all reps before the next day, within a bounded amount of work."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsman.domain.booking.appointment_caps import CountedAppointment, full_days
from pointsman.domain.booking.availability import (
    Interval,
    Reservation,
    bookable_window,
    free_beside,
    interval_or_none,
    merge_intervals,
    with_buffers,
    with_gaps,
)
from pointsman.domain.booking.slots import first_slot_start
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Rep

#: So many days of all calendars together are looked at for one decision: 500 reps, three weeks ahead.
MAX_CALENDAR_DAYS = 10_500
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepSchedule:
    """What is known of one rep's time; nothing is known outside `known`."""

    rep: Rep
    busy: Sequence[Interval]
    reservations: Sequence[Reservation]
    appointments: Collection[CountedAppointment]  # the appointments around `known`, as `full_days` wants them
    known: Interval


def earliest_starts(
    schedules: Sequence[RepSchedule],
    rules: BookingRules,
    now: datetime,
    *,
    categories: Collection[str | None] = (),
    max_days: int = MAX_CALENDAR_DAYS,
) -> dict[str, datetime]:
    """The first bookable start of each rep, by the rules that slots are offered by. A rep without one is left out.

    A rep who has no free slot on the days that may be looked at (`max_days` over all reps) is left out, too. A day on
    which any of `categories` is full counts as full.
    """
    reach = bookable_window(rules, now)
    found: dict[str, datetime] = {}
    waiting, begin = [_DayScan(schedule, rules, categories) for schedule in schedules], reach.start
    while waiting and begin < reach.end and max_days >= len(waiting):
        max_days -= len(waiting)
        day = Interval(begin, min(begin + _DAY, reach.end))
        left = []
        for looked in waiting:
            start = looked.first_start(now, day)
            if start is not None:
                found[looked.schedule.rep.key] = start
            elif looked.schedule.known.end > day.end:
                left.append(looked)
        waiting, begin = left, day.end
    return found


class _DayScan:
    """A schedule made ready for looking at one day after another."""

    def __init__(self, schedule: RepSchedule, rules: BookingRules, categories: Collection[str | None]) -> None:
        self.schedule = schedule
        self._rules = rules
        self._full = full_days(schedule.rep, schedule.appointments, categories)
        self._busy = merge_intervals(schedule.busy)  # its buffers are added day by day: most days are never looked at
        self._reserved = merge_intervals(with_gaps(schedule.reservations, rules))

    def first_start(self, now: datetime, day: Interval) -> datetime | None:
        """The first start in `day`; the appointment itself may last longer."""
        rep, known, rules = self.schedule.rep, self.schedule.known, self._rules
        window = interval_or_none(max(day.start, known.start), min(day.end + rules.duration, known.end))
        if window is None:
            return None
        busy = _around(self._busy, window.start - rules.buffer_before, window.end + rules.buffer_after)
        taken = [*with_buffers(busy, rules), *_around(self._reserved, window.start, window.end)]
        open_times = free_beside(taken, rep, window, rules, now)
        start = first_slot_start(open_times, rules.duration, rules.slot_grid, rep.time_zone, full_days=self._full)
        return start if start is not None and start < day.end else None


def _around(times: Sequence[Interval], start: datetime, end: datetime) -> Sequence[Interval]:
    """Those of `times`, which are sorted and apart, that overlap or touch [start, end)."""
    first = bisect_left(times, start, key=lambda time: time.end)
    return times[first : bisect_right(times, end, key=lambda time: time.start)]
