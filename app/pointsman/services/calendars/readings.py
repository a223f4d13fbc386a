"""Reading the calendars of reps: the last reading while it is fresh, else the vendor, never inside a transaction.

Unknown is not free: a calendar that cannot be read makes its owner unbookable, and says so in an alert.
"""

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, interval_or_none
from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.roster.roles import Work
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx, VendorError, VendorReauthError
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.operations.alerts import AlertCode

#: How old a reading may be to show slots and to route by, unless its connection says otherwise (`max_reading_age_s`) ...
MAX_AGE_FOR_SLOTS = timedelta(seconds=60)
MAX_AGE_FOR_BOOKING = timedelta(seconds=10)  # ... and to book by, at most, whatever its connection says
READ_DEADLINE = timedelta(seconds=3)
MAX_WAIT_IN_DEADLINES = 2  # so many deadlines long is one waited for all the calendars of a question together
CALLS_PER_CONNECTION = 4  # calls to one connection, so that one slow vendor cannot take every reader
NOT_CONNECTED = CalendarState(readable=False, reason="no calendar is connected")

_HOUR = timedelta(hours=1)
_FORTNIGHT = timedelta(days=14)


@dataclass(slots=True)
class _RunningReads:
    """Readings on their way, which all who ask for the same share, and the gate of each connection."""

    tasks: dict[tuple[UUID, Interval], asyncio.Task[CalendarReading]] = field(default_factory=dict)
    gates: dict[UUID, asyncio.Semaphore] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepCalendarReading:
    """What is known of one rep's time: all bound calendars together. Outside `asked` nothing is known."""

    state: CalendarState
    busy: tuple[Interval, ...] = ()
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
    Whoever comes first in `rep_keys` is read first; a calendar whose turn does not come in time counts as unreadable.
    """
    async with env.uow.autocommit() as tx:
        bound = await tx.calendars.bindings(sorted(rep_keys))
    window = _widened_window(start, end)
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
        by_rep[binding.rep_key].append(_too_late(binding, asked, now) if task in late else task.result())
    return {rep: _combined_reading(found, asked) for rep, found in by_rep.items()}


async def recorded_readings(
    tx: Tx, rep_keys: Collection[str], asked: Interval, *, oldest: datetime
) -> Mapping[str, RepCalendarReading]:
    """What is on record, by one statement and without asking any vendor; a reading from before `oldest` is none."""
    by_rep: dict[str, list[CalendarReading]] = {rep: [] for rep in rep_keys}
    for binding, last in await tx.calendars.bindings(sorted(rep_keys)):
        fault = _out_of_use_reason(binding) or (None if last and last.read_at >= oldest else "it was not read lately")
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


async def refresh_calendar(
    env: Env, binding: CalendarBinding, last: CalendarReading | None, window: Interval, deadline: timedelta
) -> CalendarReading:
    """Read one calendar now, keep the reading, and raise or resolve the alert when its readability changed."""
    busy: tuple[Interval, ...] = ()
    error: str | None = None
    reauth = False
    started = env.clock()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            found = await env.calendars.busy_times(
                binding.connection.ref(), binding.calendar, window.start, window.end, deadline=deadline
            )
        busy = tuple(item for item in (interval_or_none(a, b) for a, b in found) if item)
    except VendorReauthError as fault:
        error, reauth = f"the connection needs a new sign-in: {safe_error_text(fault)}", True
    except VendorError as fault:
        error = safe_error_text(fault)
    except TimeoutError:
        error = f"no answer within {deadline.total_seconds():g} s"
    read = CalendarReading(binding_id=binding.id, window=window, busy=busy, read_at=started, error=error)
    async with env.uow() as tx:
        await tx.calendars.store_readings([read])
        if reauth and await tx.connections.set_fault(binding.connection.id, safe_error_text(error or "")):
            await tx.alerts.put(
                id=env.new_id(),
                at=started,
                code=AlertCode.CONNECTION_REAUTH,
                subject=f"connection:{binding.connection.key}",
                message=error or "",
            )
        await _update_alert(env, tx, binding, last, read)
    return read


async def _update_alert(
    env: Env, tx: Tx, binding: CalendarBinding, last: CalendarReading | None, read: CalendarReading
) -> None:
    """The alert is about the rep: open while any of the rep's calendars cannot be read, whoever closed it before."""
    subject, changed = f"rep:{binding.rep_key}", last is None or (last.error is None) is not (read.error is None)
    if read.error is not None:
        if changed or not await tx.alerts.is_open(code=AlertCode.CALENDAR_UNREADABLE, subject=subject):
            message = _alert(binding, read.error)
            await tx.alerts.put(
                id=env.new_id(), at=read.read_at, code=AlertCode.CALENDAR_UNREADABLE, subject=subject, message=message
            )
    elif changed:
        others = [pair for pair in await tx.calendars.bindings([binding.rep_key]) if pair[0].id != binding.id]
        if all(_out_of_use_reason(other) is None and not (known and known.error) for other, known in others):
            await tx.alerts.resolve(at=read.read_at, code=AlertCode.CALENDAR_UNREADABLE, subject=subject)
            await tx.jobs.defer("holds.drain", {}, lock="holds.drain")  # somebody may be waiting for this rep


async def poll_calendars(env: Env, *, older_than: timedelta = timedelta(minutes=5)) -> int:
    """Read every calendar of an active rep whose last reading has aged; the count of calendars read.

    Also raises an alert for everybody in a pool that books (closing, or `soonest`) whom no calendar is connected for, or
    whose connection is switched off.
    """
    now = env.clock()
    async with env.uow() as tx:
        bound = await tx.calendars.bindings(None)
        horizon = await _alert_unconnected(env, tx, [binding for binding, _ in bound], now)
    window = _widened_window(now, now + horizon)
    aged = [
        (binding, last)
        for binding, last in bound
        if _out_of_use_reason(binding) is None and (last is None or last.error or last.read_at < now - older_than)
    ]
    await asyncio.gather(
        *(_refresh_shared(env, binding, last, window, READ_DEADLINE, wait=math.inf) for binding, last in aged)
    )
    return len(aged)


async def _alert_unconnected(env: Env, tx: Tx, bound: Collection[CalendarBinding], now: datetime) -> timedelta:
    """Alert for members of pools that book, without a calendar that is asked; how far ahead any of those pools books."""
    if (await tx.policies.live_versions()).policy is None:
        return _FORTNIGHT
    known = await load_routing_config(env, tx)
    every = known.policy.policy.pools.values()
    pools = [pool for pool in every if pool.work is Work.CLOSING or pool.method is DistributionMethod.SOONEST]
    members = {member.rep for pool in pools for member in pool.members}
    told = {row["subject"] for row in await tx.alerts.list_open() if row["code"] == AlertCode.CALENDAR_UNREADABLE}
    connected = {binding.rep_key for binding in bound}
    off = {binding.rep_key: binding.connection.key for binding in bound if not binding.connection.active}
    for key in sorted((members - connected) | (members & off.keys())):
        rep = known.roster.reps.get(key)
        if rep is not None and rep.active and f"rep:{key}" not in told:
            why = f"the connection {off[key]} is switched off" if key in off else "no calendar is connected"
            message = f"{rep.name} is in a pool that books, but {why}. Nobody can book {rep.name}."
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.CALENDAR_UNREADABLE, subject=f"rep:{key}", message=message
            )
    return max((pool.booking.horizon for pool in pools), default=_FORTNIGHT)


async def poll_rep(env: Env, rep_key: str) -> None:
    """Read one rep's calendars now."""
    now = env.clock()
    await read_calendars(env, [rep_key], now, now + _FORTNIGHT, max_age=timedelta(0), deadline=READ_DEADLINE)


async def _fresh(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    asked: Interval,
    oldest: datetime,
    deadline: timedelta,
) -> CalendarReading:
    if out_of_use := _out_of_use_reason(binding):
        return CalendarReading(binding_id=binding.id, window=asked, busy=(), read_at=env.clock(), error=out_of_use)
    # A failure is remembered for a moment too: a vendor that is down is not asked again by every request.
    floor = max(oldest, env.clock() - MAX_AGE_FOR_BOOKING) if last is not None and last.error else oldest
    if last is not None and last.read_at >= floor and last.window.contains(asked):
        return last
    return await _refresh_shared(
        env, binding, last, window, deadline, wait=(MAX_WAIT_IN_DEADLINES * deadline).total_seconds()
    )


def _max_age_of(binding: CalendarBinding, max_age: timedelta) -> timedelta:
    """How old a reading of this calendar may be."""
    if binding.connection.max_reading_age_s is None:
        return max_age
    own = timedelta(seconds=binding.connection.max_reading_age_s)
    return own if max_age >= MAX_AGE_FOR_SLOTS else min(own, max_age)


async def _refresh_shared(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    deadline: timedelta,
    *,
    wait: float,
) -> CalendarReading:
    """`refresh`, once for all who ask for the same at the same time, and few at once per connection.

    Whose turn does not come within `wait` seconds is not read: nobody waits any more, but others may for theirs.
    """
    running = env.cache.of(_RunningReads)
    key = (binding.id, window)
    if key not in running.tasks:
        gate = running.gates.setdefault(binding.connection.id, asyncio.Semaphore(CALLS_PER_CONNECTION))
        given_up = asyncio.get_running_loop().time() + wait

        async def read() -> CalendarReading:
            try:
                async with gate:
                    if asyncio.get_running_loop().time() > given_up:
                        return _too_late(binding, window, env.clock())
                    return await refresh_calendar(env, binding, last, window, deadline)
            finally:
                del running.tasks[key]

        running.tasks[key] = asyncio.create_task(read())
    return await asyncio.shield(running.tasks[key])


def _too_late(binding: CalendarBinding, asked: Interval, now: datetime) -> CalendarReading:
    """Not kept, and no alert: nothing is wrong with this calendar."""
    error = f"too many calendars of {binding.connection.key} were asked for at once"
    return CalendarReading(binding_id=binding.id, window=asked, busy=(), read_at=now, error=error)


def _out_of_use_reason(binding: CalendarBinding) -> str | None:
    if not binding.connection.active:
        return f"the connection {binding.connection.key} is switched off"
    if binding.connection.fault:
        return f"the connection {binding.connection.key} is out of use: {binding.connection.fault}"
    return None


def _widened_window(start: datetime, end: datetime) -> Interval:
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
        return RepCalendarReading(state=CalendarState(readable=False, reason="; ".join(errors)))
    busy = tuple(block for read in reads for block in read.busy)
    return RepCalendarReading(state=CalendarState(readable=True), busy=busy, known_window=asked, read_at=oldest)


def _alert(binding: CalendarBinding, error: str) -> str:
    return f"The calendar of {binding.rep_key} at {binding.connection.key} cannot be read: {error}. Nobody can book it."
