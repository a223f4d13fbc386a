"""When anybody of many can be booked: each rep's starts as the bits of one number, on the grid of a clock.

It gives exactly what `slots.starts` and `booking.obstacle` give one by one (tests/unit/meeting/test_slot_union.py), for a
pool of hundreds in the time that those need for a handful. Bit i stands for the i-th time of the grid.

An appointment at s lies whole in working time [a, b) when a <= s and s + length <= b, and hits what is taken when
s - before < b and s + length + after > a: so every interval allows or forbids one run of the grid, found by bisection.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pointsman.domain.appointment_caps import full_days
from pointsman.domain.availability import Interval, absences, bookable_window, interval, working
from pointsman.domain.earliest import Diary
from pointsman.domain.local_time import grid_of_day, local_date, local_days
from pointsman.domain.policy import BookingRules
from pointsman.domain.working_pattern import WorkingPattern


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The times at which appointments may start by the clocks of one zone, ascending, and what is asked of each."""

    starts: Sequence[datetime]
    ends: Sequence[datetime]
    before: Sequence[datetime]  # starts less the buffer before
    after: Sequence[datetime]  # ends with the buffer after

    def inside(self, span: Interval) -> int:
        """Those whose appointment lies in `span`, whole."""
        return _run(bisect_left(self.starts, span.start), bisect_right(self.ends, span.end))

    def hitting(self, taken: Iterable[Interval], *, buffers: bool = True) -> int:
        """Those whose appointment, with its buffers if asked, overlaps any of `taken`."""
        firsts, lasts = (self.after, self.before) if buffers else (self.ends, self.starts)
        bits = 0
        for item in taken:
            bits |= _run(bisect_right(firsts, item.start), bisect_left(lasts, item.end))
        return bits

    def times(self, bits: int) -> Iterator[datetime]:
        """The times that the bits stand for, ascending."""
        while bits:
            lowest = bits & -bits
            yield self.starts[lowest.bit_length() - 1]
            bits ^= lowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What is left of one rep's starts after each thing that may be in the way, in the order of asking."""

    hours: int
    present: int
    free: int
    open: int  # may be booked


@dataclass(slots=True, kw_only=True)
class SlotUnion:
    """One question: appointments by `rules` inside `window`, asked at `now`; `categories` are what they would count for."""

    rules: BookingRules
    now: datetime
    window: Interval
    categories: Collection[str | None] = ()
    _grids: dict[str, Grid] = field(default_factory=dict)
    _hours: dict[tuple[WorkingPattern, Interval, str], int] = field(default_factory=dict)
    _days: dict[tuple[str, str], Mapping[date, int]] = field(default_factory=dict)

    def starts(self, leaders: Iterable[Diary], bands: Sequence[Sequence[Diary]] = ()) -> list[datetime]:
        """When any of `leaders` can be booked, on that one's own clock, with somebody of each band; each time once."""
        by_zone: dict[str, int] = {}
        for diary in leaders:
            zone = diary.rep.time_zone
            by_zone[zone] = by_zone.get(zone, 0) | self.open(diary)
        found: set[datetime] = set()
        for zone, bits in by_zone.items():
            for band in bands:
                bits &= self.anybody(band, zone)  # noqa: PLW2901  # what is left
            found.update(self.grid(zone).times(bits))
        return sorted(found)

    def anybody(self, diaries: Iterable[Diary], zone: str) -> int:
        """When at least one of them is free, on the grid of `zone`."""
        bits = 0
        for diary in diaries:
            bits |= self.open(diary, zone)
        return bits

    def open(self, diary: Diary, zone: str | None = None) -> int:
        """When the rep can be booked, on the grid of `zone` (None: of the rep's own clock)."""
        return self.sift(diary, zone).open

    def sift(self, diary: Diary, zone: str | None = None) -> Sifted:
        """`open`, with what each thing in the way leaves."""
        rep, rules = diary.rep, self.rules
        zone = zone or rep.time_zone
        grid, reach = self.grid(zone), bookable_window(rules, self.now)
        start = max(self.window.start, reach.start, diary.known.start)
        span = interval(start, min(self.window.end, reach.end, diary.known.end))
        if span is None:
            return Sifted(hours=0, present=0, free=0, open=0)
        hours = self._working(diary, span, zone, grid)
        present = hours & ~grid.hitting(absences(rep), buffers=False) if rep.time_off else hours
        free = present
        if free:
            free &= ~(grid.hitting(diary.busy) | grid.hitting(diary.reservations))
        left = free
        full = full_days(rep, diary.meetings, self.categories)
        if full and left:
            for day, bits in self._by_day(zone, rep.time_zone).items():
                if day in full:
                    left &= ~bits
        return Sifted(hours=hours, present=present, free=free, open=left)

    def grid(self, zone: str) -> Grid:
        """The grid of the clocks in `zone`, as far as the window goes."""
        if zone not in self._grids:
            rules, window = self.rules, self.window
            days = local_days(window.start, window.end, zone)
            every = (at for day in days for at in grid_of_day(day, zone, rules.slot_grid))
            starts = [at for at in every if window.start <= at < window.end]
            self._grids[zone] = Grid(
                starts,
                [at + rules.duration for at in starts],
                [at - rules.buffer_before for at in starts],
                [at + rules.duration + rules.buffer_after for at in starts],
            )
        return self._grids[zone]

    def _working(self, diary: Diary, span: Interval, zone: str, grid: Grid) -> int:
        """Equal for all who keep the same hours: most of a pool do."""
        key = (WorkingPattern.of(diary.rep), span, zone)
        if key not in self._hours:
            bits = 0
            for block in working(key[0], span):
                bits |= grid.inside(block)
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


def _run(first: int, after: int) -> int:
    """The bits from `first` up to but not including `after`."""
    return ((1 << (after - first)) - 1) << first if after > first else 0
