"""Read one calendar from its vendor now, keep the reading, and keep the alert about it true."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, interval_or_none
from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import Env, Tx, VendorError, VendorReauthError
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.operations.alerts import AlertCode

READ_DEADLINE = timedelta(seconds=3)
CALLS_PER_CONNECTION = 4  # calls to one connection, so that one slow vendor cannot take every reader


@dataclass(slots=True)
class _RunningReads:
    """Readings on their way, shared by all callers who want the same, and the gate of each connection."""

    tasks: dict[tuple[UUID, Interval], asyncio.Task[CalendarReading]] = field(default_factory=dict)
    gates: dict[UUID, asyncio.Semaphore] = field(default_factory=dict)


async def refresh_calendar(
    env: Env, binding: CalendarBinding, last: CalendarReading | None, window: Interval, deadline: timedelta
) -> CalendarReading:
    """Read one calendar now, keep the reading, and raise or resolve the alert when its readability changed."""
    busy: tuple[Interval, ...] = ()
    error: Message | None = None
    reauth: Message | None = None
    started = env.clock()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            found = await env.calendars.busy_times(
                binding.connection.ref(),
                binding.calendar,
                window.start,
                window.end,
                deadline=deadline,
                owner=binding.owner,
            )
        busy = tuple(item for item in (interval_or_none(a, b) for a, b in found) if item)
    except VendorReauthError as fault:
        reauth = failure_message(fault)
        error = say("calendar-reading.new-sign-in", error=reauth)
    except VendorError as fault:
        error = failure_message(fault)
    except TimeoutError:
        error = say("alerts.no-answer-in-time", seconds=deadline.total_seconds())
    read = CalendarReading(binding_id=binding.id, window=window, busy=busy, read_at=started, error=error)
    async with env.uow() as tx:
        await tx.calendars.store_readings([read])
        if reauth is not None:
            await put_out_of_use(env, tx, binding.connection, reauth)
        await _update_alert(env, tx, binding, last, read)
    return read


async def _update_alert(
    env: Env, tx: Tx, binding: CalendarBinding, last: CalendarReading | None, read: CalendarReading
) -> None:
    """Keep the rep's alert open while any of the rep's calendars cannot be read, also if it was closed before."""
    subject, changed = f"rep:{binding.rep_key}", last is None or (last.error is None) is not (read.error is None)
    if read.error is not None:
        if changed or not await tx.alerts.is_open(code=AlertCode.CALENDAR_UNREADABLE, subject=subject):
            message = _alert(binding, read.error)
            await tx.alerts.put(
                id=env.new_id(), at=read.read_at, code=AlertCode.CALENDAR_UNREADABLE, subject=subject, message=message
            )
    elif changed:
        others = [pair for pair in await tx.calendars.bindings([binding.rep_key]) if pair[0].id != binding.id]
        if all(out_of_use_reason(other) is None and not (known and known.error) for other, known in others):
            await tx.alerts.resolve(at=read.read_at, code=AlertCode.CALENDAR_UNREADABLE, subject=subject)
            await tx.jobs.defer_once("holds.drain")  # a lead may wait for this rep


async def refresh_shared(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    deadline: timedelta,
    *,
    wait: float,
) -> CalendarReading:
    """`refresh_calendar`, once for all callers who want the same at the same time, and few at once per connection.

    A calendar whose turn does not come within `wait` seconds is not read: this caller has given up by then.
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
                        return too_late_reading(binding, window, env.clock())
                    return await refresh_calendar(env, binding, last, window, deadline)
            finally:
                del running.tasks[key]

        running.tasks[key] = asyncio.create_task(read())
    return await asyncio.shield(running.tasks[key])


def too_late_reading(binding: CalendarBinding, asked: Interval, now: datetime) -> CalendarReading:
    """Not kept, and no alert: nothing is wrong with this calendar."""
    error = say("calendar-reading.too-many", connection=connection_name(binding.connection.key))
    return CalendarReading(binding_id=binding.id, window=asked, busy=(), read_at=now, error=error)


def out_of_use_reason(binding: CalendarBinding) -> Message | None:
    """Why the calendar is not asked at all, or None."""
    connection = connection_name(binding.connection.key)
    if not binding.connection.active:
        return say("calendar-reading.switched-off", connection=connection)
    if binding.connection.fault:
        return say("calendar-reading.out-of-use", connection=connection, error=binding.connection.fault)
    return None


def _alert(binding: CalendarBinding, why: Message) -> Message:
    rep, place = rep_name(binding.rep_key), connection_name(binding.connection.key)
    return say("alerts.calendar-unreadable", rep=rep, connection=place, error=why)
