"""When at least one of many reps can be booked: each rep's starts as the bits of one number, on the grid of a clock.

It gives exactly what `slots.starts` and `booking.obstacle` give one by one (tests/unit/booking/test_slot_union.py), for a
pool of hundreds in the time that those need for a handful. Bit i stands for the i-th time of the grid.

An appointment at s lies whole in working time [a, b) when a <= s and s + length <= b, and hits what is taken when
s - before < b and s + length + after > a: so every interval allows or forbids one run of the grid, found by bisection.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import compress, groupby

from pointsman.domain.booking.appointment_caps import full_days
from pointsman.domain.booking.availability import (
    Interval,
    bookable_window,
    interval_or_none,
    time_off_intervals,
    with_gaps,
    working_intervals,
)
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.dates.local_time import grid_of_day, local_date, local_days
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.working_days import WorkingPattern

_NEAR = 15  # most things in a calendar end within so many steps of the grid


@dataclass(frozen=True, slots=True, eq=False)
class SlotGrid:
    """The times at which appointments may start by the clocks of one zone, ascending, and what is asked of each."""

    starts: Sequence[datetime]
    ends: Sequence[datetime]
    before: Sequence[datetime]  # starts less the buffer before
    after: Sequence[datetime]  # ends with the buffer after

    def fitting_in(self, span: Interval) -> int:
        """Those whose appointment lies in `span`, whole."""
        return _run(bisect_left(self.starts, span.start), bisect_right(self.ends, span.end))

    def overlapping(self, taken: Iterable[Interval], *, buffers: bool = True) -> int:
        """Those whose appointment, with its buffers if asked, overlaps any of `taken`."""
        firsts, lasts = (self.after, self.before) if buffers else (self.ends, self.starts)
        bits, size = 0, len(firsts)
        for item in taken:
            first = bisect_right(firsts, item.start)
            near = min(first + _NEAR, size)
            after = bisect_left(lasts, item.end, first, near)
            if after == near:  # a long one
                after = bisect_left(lasts, item.end, near)
            if first < after:
                bits |= ((1 << (after - first)) - 1) << first
        return bits

    def times(self, bits: int) -> Iterator[datetime]:
        """The times that the bits stand for, ascending."""
        return compress(self.starts, map(int, reversed(f"{bits:b}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityBits:
    """What is left of one rep's starts after each thing that may be in the way, in the order of asking."""

    working: int
    not_off: int
    not_busy: int
    bookable: int  # may be booked


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotUnion:
    """One question: appointments by `rules` inside `window`, asked at `now`; `categories` are what they would count for."""

    rules: BookingRules
    now: datetime
    window: Interval
    categories: Collection[str | None] = ()
    _grids: dict[str, SlotGrid] = field(default_factory=dict)
    _hours: dict[tuple[WorkingPattern, Interval, str], int] = field(default_factory=dict)
    _days: dict[tuple[str, str], Mapping[date, int]] = field(default_factory=dict)

    def starts(self, leaders: Iterable[RepSchedule], bands: Sequence[Sequence[RepSchedule]] = ()) -> list[datetime]:
        """When any of `leaders` can be booked, on that one's own clock, with somebody of each band; each time once."""
        by_zone: dict[str, int] = {}
        for schedule in leaders:
            zone = schedule.rep.time_zone
            by_zone[zone] = by_zone.get(zone, 0) | self.bookable(schedule)
        found: list[datetime] = []
        for zone, bits in by_zone.items():
            for band in bands:
                bits &= self.bookable_by_any(band, zone)  # noqa: PLW2901  # what is left
            found.extend(self.grid(zone).times(bits))
        found.sort()  # a few ascending runs: quicker than telling times apart by their hashes
        return [at for at, _ in groupby(found)]

    def bookable_by_any(self, schedules: Iterable[RepSchedule], zone: str) -> int:
        """When at least one of them is free, on the grid of `zone`."""
        bits = 0
        for schedule in schedules:
            bits |= self.bookable(schedule, zone)
        return bits

    def bookable(self, schedule: RepSchedule, zone: str | None = None) -> int:
        """When the rep can be booked, on the grid of `zone` (None: of the rep's own clock)."""
        return self.availability(schedule, zone).bookable

    def availability(self, schedule: RepSchedule, zone: str | None = None) -> AvailabilityBits:
        """`bookable`, with what each thing in the way leaves."""
        rep, rules = schedule.rep, self.rules
        zone = zone or rep.time_zone
        grid, reach = self.grid(zone), bookable_window(rules, self.now)
        start = max(self.window.start, reach.start, schedule.known.start)
        span = interval_or_none(start, min(self.window.end, reach.end, schedule.known.end))
        if span is None:
            return AvailabilityBits(working=0, not_off=0, not_busy=0, bookable=0)
        hours = self._working(schedule, span, zone, grid)
        present = hours & ~grid.overlapping(time_off_intervals(rep), buffers=False) if rep.time_off else hours
        free = present
        if free:
            reserved = with_gaps(schedule.reservations, rules)
            free &= ~(grid.overlapping(schedule.busy) | grid.overlapping(reserved, buffers=False))
        left = free
        full = full_days(rep, schedule.appointments, self.categories)
        if full and left:
            for day, bits in self._by_day(zone, rep.time_zone).items():
                if day in full:
                    left &= ~bits
        return AvailabilityBits(working=hours, not_off=present, not_busy=free, bookable=left)

    def grid(self, zone: str) -> SlotGrid:
        """The grid of the clocks in `zone`, as far as the window goes."""
        if zone not in self._grids:
            rules, window = self.rules, self.window
            starts: list[datetime] = []
            by_day: dict[date, int] = {}
            for day in local_days(window.start, window.end, zone):
                first = len(starts)
                starts += _within(grid_of_day(day, zone, rules.slot_grid), window)
                by_day[day] = _run(first, len(starts))
            self._days[zone, zone] = by_day
            ends = _moved(starts, rules.duration)
            before, after = _moved(starts, -rules.buffer_before), _moved(ends, rules.buffer_after)
            self._grids[zone] = SlotGrid(starts, ends, before, after)
        return self._grids[zone]

    def _working(self, schedule: RepSchedule, span: Interval, zone: str, grid: SlotGrid) -> int:
        """Equal for all who keep the same hours: most of a pool do."""
        key = (WorkingPattern.of(schedule.rep), span, zone)
        if key not in self._hours:
            bits = 0
            for block in working_intervals(key[0], span):
                bits |= grid.fitting_in(block)
            self._hours[key] = bits
        return self._hours[key]

    def _by_day(self, zone: str, own: str) -> Mapping[date, int]:
        """Which times of the grid of `zone` lie on which date of the clocks in `own`."""
        if (zone, own) not in self._days:
            days: dict[date, int] = {}
            for position, at in enumerate(self.grid(zone).starts):
                day = local_date(at, own)
                days[day] = days.get(day, 0) | (1 << position)
            self._days[zone, own] = days
        return self._days[zone, own]


def _within(times: Sequence[datetime], window: Interval) -> Sequence[datetime]:
    """Those that lie in the window; `times` ascend."""
    return times[bisect_left(times, window.start) : bisect_left(times, window.end)]


def _moved(times: Sequence[datetime], by: timedelta) -> Sequence[datetime]:
    return [at + by for at in times] if by else times


def _run(first: int, after: int) -> int:
    """The bits from `first` up to but not including `after`."""
    return ((1 << (after - first)) - 1) << first if after > first else 0
