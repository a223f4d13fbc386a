"""Reading the calendars of reps: the last reading while it is fresh, else the vendor, never inside a transaction.

Unknown is not free: a calendar that cannot be read makes its owner unbookable, and says so in an alert.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, interval_or_none
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.messages.message import say
from pointsman.services.calendars.refresh import out_of_use_reason, too_late_reading
from pointsman.services.calendars.shared_reads import refresh_shared
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading, ShownEvent

#: How old a reading may be to show slots and to route by, unless its connection says otherwise (`max_reading_age_s`) ...
MAX_AGE_FOR_SLOTS = timedelta(seconds=60)
MAX_AGE_FOR_BOOKING = timedelta(seconds=10)  # ... and to book by, at most, whatever its connection says
MAX_WAIT_IN_DEADLINES = 2  # so many deadlines long is one waited for all the calendars of a question together
NOT_CONNECTED = CalendarState(readable=False, reason=say("eligibility.no-calendar"))

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTime(ShownEvent):
    """An event of ours in one of a rep's calendars, as a reading that began at `read_at` shows it."""

    binding_id: UUID
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepCalendarReading:
    """What is known of one rep's time: all bound calendars together. Outside `asked` nothing is known."""

    state: CalendarState
    busy: tuple[Interval, ...] = ()  # without `own`
    own: tuple[OwnTime, ...] = ()
    known_window: Interval | None = None
    read_at: datetime | None = None  # when the oldest of them was read; None where one of them cannot be

    def known_in(self, window: Interval) -> Interval | None:
        """The part of `window` that was read, if any."""
        if self.known_window is None:
            return None
        return interval_or_none(max(window.start, self.known_window.start), min(window.end, self.known_window.end))


async def read_calendar_states(
    env: Env, rep_keys: Collection[str], start: datetime, end: datetime, *, max_age: timedelta, deadline: timedelta
) -> Mapping[str, CalendarState]:
    """Whether each rep's calendars can be read; see `read_calendars`."""
    readings = await read_calendars(env, rep_keys, start, end, max_age=max_age, deadline=deadline)
    return {rep: reading.state for rep, reading in readings.items()}


async def read_calendars(
    env: Env, rep_keys: Collection[str], start: datetime, end: datetime, *, max_age: timedelta, deadline: timedelta
) -> Mapping[str, RepCalendarReading]:
    """The busy times of each rep in [start, end); every rep asked for is in the answer.

    `max_age` FOR_SLOTS gives way to what a connection says of its own readings; a shorter one only becomes shorter.
    Calendars are read in the order of `rep_keys`; a calendar whose turn does not come in time counts as unreadable.
    """
    async with env.uow.autocommit() as tx:
        bound = await tx.calendars.bindings(sorted(rep_keys))
    window = widened_window(start, end)
    now = env.clock()
    asked, by_rep = Interval(start, end), {rep: list[CalendarReading]() for rep in rep_keys}
    order = {rep: place for place, rep in enumerate(by_rep)}
    bound = sorted(bound, key=lambda pair: order[pair[0].rep_key])
    tasks = [
        asyncio.create_task(_fresh(env, binding, last, window, asked, now - _max_age_of(binding, max_age), deadline))
        for binding, last in bound
    ]
    late = (
        (await asyncio.wait(tasks, timeout=(MAX_WAIT_IN_DEADLINES * deadline).total_seconds()))[1] if tasks else set()
    )
    for task, (binding, _) in zip(tasks, bound, strict=True):
        if task in late:
            task.cancel()
        by_rep[binding.rep_key].append(too_late_reading(binding, asked, now) if task in late else task.result())
    return {rep: _combined_reading(found, asked) for rep, found in by_rep.items()}


async def recorded_readings(
    tx: Tx, rep_keys: Collection[str], asked: Interval, *, oldest: datetime
) -> Mapping[str, RepCalendarReading]:
    """What is on record, by one statement and without asking any vendor; a reading from before `oldest` is none."""
    by_rep: dict[str, list[CalendarReading]] = {rep: [] for rep in rep_keys}
    for binding, last in await tx.calendars.bindings(sorted(rep_keys)):
        fault = out_of_use_reason(binding) or (
            None if last and last.read_at >= oldest else say("calendar-reading.not-read-lately")
        )
        unknown = CalendarReading(binding_id=binding.id, window=asked, busy=(), read_at=oldest, error=fault)
        by_rep[binding.rep_key].append(unknown if last is None or fault is not None else last)
    return {rep: _recorded_reading(found, asked) for rep, found in by_rep.items()}


def _recorded_reading(reads: Sequence[CalendarReading], asked: Interval) -> RepCalendarReading:
    """All calendars of one rep together, as far as each of them was read."""
    together = _combined_reading(reads, asked)
    if together.known_window is None:
        return together
    start, end = max(read.window.start for read in reads), min(read.window.end for read in reads)
    return replace(together, known_window=interval_or_none(max(start, asked.start), min(end, asked.end)))


async def _fresh(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    asked: Interval,
    oldest: datetime,
    deadline: timedelta,
) -> CalendarReading:
    if out_of_use := out_of_use_reason(binding):
        return CalendarReading(binding_id=binding.id, window=asked, busy=(), read_at=env.clock(), error=out_of_use)
    # A failure is remembered for a moment too: a vendor that is down is not asked again by every request.
    floor = max(oldest, env.clock() - MAX_AGE_FOR_BOOKING) if last is not None and last.error else oldest
    if last is not None and last.read_at >= floor and not last.outdated and last.window.contains(asked):
        return last
    return await refresh_shared(
        env, binding, last, window, deadline, wait=(MAX_WAIT_IN_DEADLINES * deadline).total_seconds()
    )


def _max_age_of(binding: CalendarBinding, max_age: timedelta) -> timedelta:
    """How old a reading of this calendar may be."""
    if binding.connection.max_reading_age_s is None:
        return max_age
    own = timedelta(seconds=binding.connection.max_reading_age_s)
    return own if max_age >= MAX_AGE_FOR_SLOTS else min(own, max_age)


def widened_window(start: datetime, end: datetime) -> Interval:
    """A window on whole hours that also covers what the next requests will ask for."""
    floor = start.replace(minute=0, second=0, microsecond=0) - _HOUR
    ceiling = end.replace(minute=0, second=0, microsecond=0) + 3 * _HOUR
    return Interval(floor, ceiling)


def _combined_reading(reads: Sequence[CalendarReading], asked: Interval) -> RepCalendarReading:
    if not reads:
        return RepCalendarReading(state=NOT_CONNECTED)
    oldest = min(read.read_at for read in reads)
    errors = [read.error for read in reads if read.error]
    if errors:
        return RepCalendarReading(
            state=CalendarState(
                readable=False,
                reason=errors[0] if len(errors) == 1 else say("calendar-reading.several", errors=tuple(errors)),
            )
        )
    own = tuple(
        OwnTime(time=event.time, key=event.key, binding_id=read.binding_id, read_at=read.read_at)
        for read in reads
        for event in read.own
    )
    busy = tuple(block for read in reads for block in read.busy)
    return RepCalendarReading(
        state=CalendarState(readable=True, read_at=oldest), busy=busy, own=own, known_window=asked, read_at=oldest
    )
