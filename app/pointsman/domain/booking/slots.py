"""Slots: free time cut into appointments that a buyer can choose from."""

from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsman.domain.booking.availability import Interval
from pointsman.domain.dates.local_time import grid_of_day, local_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A start and an end that `rep` (a key) can be booked for."""

    start: datetime
    end: datetime
    rep: str


def slot_starts(
    free: Sequence[Interval], duration: timedelta, grid: timedelta, zone: str, *, full_days: Container[date] = ()
) -> Iterator[datetime]:
    """Where appointments of `duration` may start, in order: on the grid of the local wall clock, inside one free interval.

    `free` is sorted and disjoint. A wall time that a clock change skips is never offered, a repeated one once;
    days in `full_days` (local dates) are left out.
    """
    if not free:
        return
    opens = [item.start for item in free]
    for day in local_days(free[0].start, free[-1].end, zone):
        if day in full_days:
            continue
        for start in grid_of_day(day, zone, grid):
            at = bisect_right(opens, start) - 1
            if at >= 0 and start + duration <= free[at].end:
                yield start


def first_slot_start(
    free: Sequence[Interval], duration: timedelta, grid: timedelta, zone: str, *, full_days: Container[date] = ()
) -> datetime | None:
    """The first of `slot_starts`, without the work for the others."""
    return next(slot_starts(free, duration, grid, zone, full_days=full_days), None)
