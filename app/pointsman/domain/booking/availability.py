"""When a rep is free: working hours, less everything that is in the way.

All intervals are half-open, [start, end), as PostgreSQL's tstzrange '[)': what merely touches does not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pointsman.domain.dates.local_time import local_days
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_days import HasWorkingHours, working_spans_on

if TYPE_CHECKING:  # the policy's models take a tenth of a second, and commands that read rows alone need none
    from pointsman.domain.policy.parsing import BookingRules


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A non-empty stretch of time in UTC: from `start` up to but not including `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        # In UTC, since Python compares two times of one zone by their wall clocks.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.start >= self.end:
            raise ValueError("an interval must end after it starts")

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Reservation:
    """Time of a rep that is given away, with the buffers that the policy said when it was made."""

    interval: Interval
    buffer_before: timedelta
    buffer_after: timedelta


def interval_or_none(start: datetime, end: datetime) -> Interval | None:
    """[start, end), or None when nothing lies between."""
    return Interval(start, end) if start.astimezone(UTC) < end.astimezone(UTC) else None


def merge_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as sorted intervals that neither overlap nor touch."""
    result: list[Interval] = []
    for item in sorted(intervals):
        if result and item.start <= result[-1].end:
            if item.end > result[-1].end:
                result[-1] = Interval(result[-1].start, item.end)
        else:
            result.append(item)
    return result


def subtract_intervals(base: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """The instants of `base` that no interval of `taken` holds."""
    blocks = merge_intervals(taken)
    result: list[Interval] = []
    first = 0
    for item in merge_intervals(base):
        start = item.start
        while first < len(blocks) and blocks[first].end <= item.start:
            first += 1
        for block in blocks[first:]:
            if block.start >= item.end:
                break
            if left := interval_or_none(start, block.start):
                result.append(left)
            start = max(start, block.end)
        if left := interval_or_none(start, item.end):
            result.append(left)
    return result


def clip_intervals(base: Iterable[Interval], window: Interval) -> list[Interval]:
    """The instants of `base` inside `window`."""
    clipped = (interval_or_none(max(i.start, window.start), min(i.end, window.end)) for i in base)
    return [item for item in clipped if item]


def working_intervals(who: HasWorkingHours, window: Interval) -> list[Interval]:
    """The working time inside `window`, sorted and apart; a function of `WorkingPattern.of(who)` and `window` alone."""
    days = local_days(window.start, window.end, who.time_zone)
    return clip_intervals(
        merge_intervals(Interval(start, end) for day in days for start, end in working_spans_on(who, day)), window
    )


def bookable_window(rules: BookingRules, now: datetime) -> Interval:
    """Between minimum notice and horizon: where an appointment must lie, whole."""
    return Interval(now + rules.minimum_notice, now + rules.horizon)


def gap_between(buffer_after: timedelta, buffer_before: timedelta) -> timedelta:
    """How much time lies between two reservations of one rep, at least: what the earlier one keeps free after it or the
    later one before it, whichever is longer; not their sum. In the database: `pointsman_gap`.
    """
    return max(buffer_after, buffer_before)


def with_gaps(reservations: Iterable[Reservation], rules: BookingRules) -> list[Interval]:
    """Where no appointment by `rules` may lie: the reservations, each with its gap on either side."""
    return [
        Interval(
            r.interval.start - gap_between(rules.buffer_after, r.buffer_before),
            r.interval.end + gap_between(r.buffer_after, rules.buffer_before),
        )
        for r in reservations
    ]


def with_buffers(busy: Iterable[Interval], rules: BookingRules) -> list[Interval]:
    """Where no appointment by `rules` may lie beside busy times of calendars, which have no buffers of their own."""
    return [Interval(t.start - rules.buffer_after, t.end + rules.buffer_before) for t in busy]


def time_off_intervals(rep: Rep) -> list[Interval]:
    return [Interval(off.start, off.end) for off in rep.time_off]


def free_intervals(
    rep: Rep,
    busy: Sequence[Interval],
    reservations: Sequence[Reservation],
    window: Interval,
    rules: BookingRules,
    now: datetime,
) -> list[Interval]:
    """Where an appointment with `rep` may lie, sorted and apart: each must fit into one of these, whole."""
    return free_beside([*with_buffers(busy, rules), *with_gaps(reservations, rules)], rep, window, rules, now)


def free_beside(
    taken: Sequence[Interval], rep: Rep, window: Interval, rules: BookingRules, now: datetime
) -> list[Interval]:
    """`free_intervals`, where `taken` has its buffers and gaps already."""
    reach = bookable_window(rules, now)
    asked = interval_or_none(max(window.start, reach.start), min(window.end, reach.end))
    if asked is None:
        return []
    return subtract_intervals(working_intervals(rep, asked), [*time_off_intervals(rep), *taken])
