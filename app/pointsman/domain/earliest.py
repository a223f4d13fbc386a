"""The first bookable slot of each of many reps: day by day, all reps before the next day, within a bounded amount of work."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsman.domain.availability import Interval, bookable_window, free, interval
from pointsman.domain.booking import full_days
from pointsman.domain.policy import BookingRules
from pointsman.domain.reps import Rep
from pointsman.domain.slots import first_start

#: So many days of anybody's calendar are looked at for one decision: 500 reps, three weeks ahead.
MOST_DAYS = 10_500
_STRETCH = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """What is known of one rep's time; nothing is known outside `known`."""

    rep: Rep
    busy: Sequence[Interval]
    reservations: Sequence[Interval]
    meetings: Collection[datetime]  # starts of the appointments
    known: Interval


def earliest_starts(
    diaries: Sequence[Diary], rules: BookingRules, now: datetime, *, most_days: int = MOST_DAYS
) -> dict[str, datetime]:
    """When each rep can be booked first, by the rules that slots are offered by; whoever cannot be is left out.

    Whoever has no free slot on the days that may be looked at (`most_days` over all reps) is left out, too.
    """
    reach = bookable_window(rules, now)
    found: dict[str, datetime] = {}
    full = {diary.rep.key: full_days(diary.rep, diary.meetings) for diary in diaries}
    waiting, begin = list(diaries), reach.start
    while waiting and begin < reach.end and most_days >= len(waiting):
        most_days -= len(waiting)
        end = min(begin + _STRETCH, reach.end)
        left = []
        for diary in waiting:
            start = _first(diary, rules, now, Interval(begin, end), full[diary.rep.key])
            if start is not None:
                found[diary.rep.key] = start
            elif diary.known.end > end:
                left.append(diary)
        waiting, begin = left, end
    return found


def _first(diary: Diary, rules: BookingRules, now: datetime, day: Interval, full: Collection[date]) -> datetime | None:
    """The first start in `day`; the appointment itself may last longer."""
    window = interval(max(day.start, diary.known.start), min(day.end + rules.duration, diary.known.end))
    if window is None:
        return None
    near = Interval(window.start - rules.buffer_before, window.end + rules.buffer_after)
    taken = [time for time in (*diary.busy, *diary.reservations) if time.overlaps(near)]
    open_times = free(diary.rep, taken, (), window, rules, now)
    start = first_start(open_times, rules.duration, rules.slot_grid, diary.rep.time_zone, full_days=full)
    return start if start is not None and start < day.end else None
