"""Reading many calendars: once for all callers who want the same, in batches, as many side by side as the vendor stands."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.services.calendars.refresh import ReadOrder, ask_vendor, keep_readings, too_late_reading
from pointsman.services.ports import Env, VendorRejectedError
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading

_Place = tuple[UUID, Interval, timedelta]  # connection, window, deadline


@dataclass(frozen=True, slots=True)
class _Waiting(ReadOrder):
    """A calendar that waits for its turn; its callers have given up by `until`, in the loop's time."""

    until: float
    answer: asyncio.Future[CalendarReading]


@dataclass(slots=True)
class _RunningReads:
    """Readings on their way, what waits for a turn, and the turns of each connection.

    The gate of the connectors bounds what all processes ask together; here is the line of those who wait in this one.
    """

    tasks: dict[tuple[UUID, Interval], asyncio.Future[CalendarReading]] = field(default_factory=dict)
    waiting: dict[_Place, list[_Waiting]] = field(default_factory=dict)
    readers: set[asyncio.Task[None]] = field(default_factory=set)
    turns: dict[UUID, asyncio.Semaphore] = field(default_factory=dict)
    alone: set[UUID] = field(default_factory=set)  # bindings whose batch was refused: one of them spoils it


async def refresh_shared(
    env: Env,
    binding: CalendarBinding,
    last: CalendarReading | None,
    window: Interval,
    deadline: timedelta,
    *,
    wait: float,
    cursor: str | None = None,
) -> CalendarReading:
    """`refresh_calendar`, once for all callers who want the same at the same time, and in batches.

    `cursor` is kept with the reading: from there on the vendor tells what changed. A calendar whose turn does not come within
    `wait` seconds is not read: this caller has given up by then.
    """
    running = env.cache.of(_RunningReads)
    key = (binding.id, window)
    if key not in running.tasks:
        loop = asyncio.get_running_loop()
        running.tasks[key] = answer = loop.create_future()
        answer.add_done_callback(lambda done: _forget(running, key, done))
        _stand_in_line(env, running, [_Waiting(binding, last, cursor, loop.time() + wait, answer)], window, deadline)
    return await asyncio.shield(running.tasks[key])


def _stand_in_line(
    env: Env, running: _RunningReads, orders: Iterable[_Waiting], window: Interval, deadline: timedelta
) -> None:
    """As many readers as calendars: one takes a whole batch, so those whose calendar was taken along find nothing."""
    for order in orders:
        place = (order.binding.connection.id, window, deadline)
        running.waiting.setdefault(place, []).append(order)
        reader = asyncio.create_task(_read_waiting(env, running, place, order.binding.connection.connector))
        running.readers.add(reader)
        reader.add_done_callback(running.readers.discard)


def _forget(running: _RunningReads, key: tuple[UUID, Interval], done: asyncio.Future[CalendarReading]) -> None:
    running.tasks.pop(key, None)
    if not done.cancelled():
        done.exception()  # its callers may all be gone


async def _read_waiting(env: Env, running: _RunningReads, place: _Place, connector: str) -> None:
    """Take the next batch that waits for this connection, window and deadline, and answer each of its calendars."""
    connection_id, window, deadline = place
    limits = env.calendars.busy_limits(connector)
    batch: list[_Waiting] = []
    try:
        async with running.turns.setdefault(connection_id, asyncio.Semaphore(limits.at_once)):
            batch = _in_time(env, _next_batch(running, place, limits.batch), window)
            if not batch:
                return
            answer = await ask_vendor(env, [one.binding for one in batch], window, deadline)
        if len(batch) > 1 and isinstance(answer.fault, VendorRejectedError):
            # Some vendors refuse a question over one calendar in it, and may not say which.
            running.alone.update(one.binding.id for one in batch)
            _stand_in_line(env, running, batch, window, deadline)
            batch = []
            return
        for one, read in zip(batch, await keep_readings(env, batch, answer), strict=True):
            if read.error is None:
                running.alone.discard(read.binding_id)
            one.answer.set_result(read)
    except Exception as error:  # noqa: BLE001  # goes to each caller whose calendar was not kept
        for one in batch:
            if not one.answer.done():
                one.answer.set_exception(error)
    finally:
        for one in batch:
            one.answer.cancel()


def _in_time(env: Env, batch: Iterable[_Waiting], window: Interval) -> list[_Waiting]:
    """Those whose callers still wait; the others hear that their turn did not come."""
    now, found = asyncio.get_running_loop().time(), list[_Waiting]()
    for one in batch:
        if now <= one.until:
            found.append(one)
        else:
            one.answer.set_result(too_late_reading(one.binding, window, env.clock()))
    return found


def _next_batch(running: _RunningReads, place: _Place, size: int) -> list[_Waiting]:
    """The first that wait, of each calendar one: two reps of one calendar may have two zones."""
    queue, batch = running.waiting.get(place, []), dict[str, _Waiting]()
    for one in list(queue):
        if len(batch) == size:
            break
        if one.binding.id in running.alone and batch:
            continue
        if one.binding.calendar not in batch:
            batch[one.binding.calendar] = one
            queue.remove(one)
            if one.binding.id in running.alone:
                break
    if not queue:
        running.waiting.pop(place, None)
    return list(batch.values())
