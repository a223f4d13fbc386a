"""Read one calendar from its vendor now, keep the reading, and keep the alert about it true."""

import asyncio
from collections.abc import Mapping, Sequence
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
from pointsman.services.ports.vendors.calendars import CalendarAsked

READ_DEADLINE = timedelta(seconds=3)
CALLS_PER_CONNECTION = 4  # calls to one connection, so that one slow vendor cannot take every reader


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A calendar that waits for its turn; its callers have given up by `until`, in the loop's time."""

    binding: CalendarBinding
    last: CalendarReading | None
    until: float
    answer: asyncio.Future[CalendarReading]


@dataclass(slots=True)
class _RunningReads:
    """Readings on their way, shared by all callers who want the same, and the gate of each connection."""

    tasks: dict[tuple[UUID, Interval], asyncio.Future[CalendarReading]] = field(default_factory=dict)
    waiting: dict[tuple[UUID, Interval, timedelta], list["_Waiting"]] = field(default_factory=dict)
    readers: set[asyncio.Task[None]] = field(default_factory=set)
    gates: dict[UUID, asyncio.Semaphore] = field(default_factory=dict)


_Found = Mapping[str, list[tuple[datetime, datetime]] | VendorError]


async def refresh_calendar(
    env: Env, binding: CalendarBinding, last: CalendarReading | None, window: Interval, deadline: timedelta
) -> CalendarReading:
    """Read one calendar now, keep the reading, and raise or resolve the alert when its readability changed."""
    started = env.clock()
    found = await _ask(env, [binding], window, deadline)
    return await _keep(env, binding, last, window, started, found, deadline)


async def _ask(env: Env, bindings: Sequence[CalendarBinding], window: Interval, deadline: timedelta) -> _Found | None:
    """What the vendor says of calendars of one connection; None: nothing in time."""
    asked = [CalendarAsked(calendar=one.calendar, owner=one.owner) for one in bindings]
    connection = bindings[0].connection.ref()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return await env.calendars.busy_times(connection, asked, window.start, window.end, deadline=deadline)
    except TimeoutError:
        return None


async def _keep(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    started: datetime,
    answers: _Found | None,
    deadline: timedelta,
) -> CalendarReading:
    busy: tuple[Interval, ...] = ()
    error: Message | None = None
    reauth: Message | None = None
    found = None if answers is None else answers.get(binding.calendar)
    if found is None:
        error = say("alerts.no-answer-in-time", seconds=deadline.total_seconds())
    elif isinstance(found, VendorReauthError):
        reauth = failure_message(found)
        error = say("calendar-reading.new-sign-in", error=reauth)
    elif isinstance(found, VendorError):
        error = failure_message(found)
    else:
        busy = tuple(item for item in (interval_or_none(a, b) for a, b in found) if item)
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
    """`refresh_calendar`, once for all callers who want the same at the same time, in batches, few at once per connection.

    A calendar whose turn does not come within `wait` seconds is not read: this caller has given up by then.
    """
    running = env.cache.of(_RunningReads)
    key = (binding.id, window)
    if key not in running.tasks:
        loop = asyncio.get_running_loop()
        running.tasks[key] = answer = loop.create_future()
        answer.add_done_callback(lambda done: _forget(running, key, done))
        queue = running.waiting.setdefault((binding.connection.id, window, deadline), [])
        queue.append(_Waiting(binding, last, loop.time() + wait, answer))
        # As many readers as calendars: one takes a whole batch, so those whose calendar was taken along find nothing.
        reader = asyncio.create_task(_read_waiting(env, running, binding, window, deadline))
        running.readers.add(reader)
        reader.add_done_callback(running.readers.discard)
    return await asyncio.shield(running.tasks[key])


def _forget(running: _RunningReads, key: tuple[UUID, Interval], done: asyncio.Future[CalendarReading]) -> None:
    running.tasks.pop(key, None)
    if not done.cancelled():
        done.exception()  # its callers may all be gone


async def _read_waiting(
    env: Env, running: _RunningReads, binding: CalendarBinding, window: Interval, deadline: timedelta
) -> None:
    """Take the next batch that waits for this connection, window and deadline, and answer each of its calendars."""
    connection, place = binding.connection, (binding.connection.id, window, deadline)
    async with running.gates.setdefault(connection.id, asyncio.Semaphore(CALLS_PER_CONNECTION)):
        batch = _next_batch(running, place, env.calendars.busy_batch(connection.connector))
        now = asyncio.get_running_loop().time()
        for late in (one for one in batch if now > one.until):
            late.answer.set_result(too_late_reading(late.binding, window, env.clock()))
        batch = [one for one in batch if now <= one.until]
        try:
            if batch:
                started = env.clock()
                found = await _ask(env, [one.binding for one in batch], window, deadline)
                for one in batch:
                    one.answer.set_result(await _keep(env, one.binding, one.last, window, started, found, deadline))
        except Exception as error:  # noqa: BLE001  # goes to each caller whose calendar was not kept
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
        finally:
            for one in batch:
                one.answer.cancel()


def _next_batch(running: _RunningReads, place: tuple[UUID, Interval, timedelta], size: int) -> list[_Waiting]:
    """The first that wait, of each calendar one: two reps of one calendar may have two zones."""
    queue, batch = running.waiting.get(place, []), dict[str, _Waiting]()
    for one in list(queue):
        if len(batch) == size:
            break
        if one.binding.calendar not in batch:
            batch[one.binding.calendar] = one
            queue.remove(one)
    if not queue:
        running.waiting.pop(place, None)
    return list(batch.values())


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
