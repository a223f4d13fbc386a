"""Read calendars from their vendor now, keep the readings, and keep the alerts about them true."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.booking.availability import Interval, interval_or_none
from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.domain.text.lines import show_hidden
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import Env, Tx, VendorError, VendorReauthError
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading, ShownEvent
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.vendors.calendars import BusyCalendar, CalendarAsked

_LONGEST_NAME = 200  # of a calendar, in an alert
READ_DEADLINE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """A calendar to be read, and what was read there last."""

    binding: CalendarBinding
    last: CalendarReading | None
    cursor: str | None  # of the vendor's changes, taken before the reading


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """What a vendor said of several calendars of one connection when asked at `asked_at`; a fault stands for all."""

    asked_at: datetime
    window: Interval
    found: Mapping[str, BusyCalendar | VendorError]
    fault: VendorError | None = None
    timed_out: timedelta | None = None


async def refresh_calendar(
    env: Env, binding: CalendarBinding, last: CalendarReading | None, window: Interval, deadline: timedelta
) -> CalendarReading:
    """Read one calendar now, keep the reading, and raise or resolve the alert when its readability changed."""
    answer = await ask_vendor(env, [binding], window, deadline)
    (read,) = await keep_readings(env, [ReadOrder(binding, last, None)], answer)
    return read


async def ask_vendor(
    env: Env, bindings: Sequence[CalendarBinding], window: Interval, deadline: timedelta
) -> BatchAnswer:
    """One question about calendars of one connection."""
    asked = [CalendarAsked(calendar=one.calendar, owner=one.owner) for one in bindings]
    connection, now = bindings[0].connection.ref(), env.clock()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            found = await env.calendars.busy_times(connection, asked, window.start, window.end, deadline=deadline)
    except TimeoutError:
        return BatchAnswer(asked_at=now, window=window, found={}, timed_out=deadline)
    except VendorError as fault:
        return BatchAnswer(asked_at=now, window=window, found={}, fault=fault)
    return BatchAnswer(asked_at=now, window=window, found=found)


async def keep_readings(env: Env, orders: Sequence[ReadOrder], answer: BatchAnswer) -> Sequence[CalendarReading]:
    """Keep what the answer says of each calendar, in one transaction with what follows from it."""
    reads = [
        replace(_reading(order.binding, answer), owner=order.binding.owner, cursor=order.cursor) for order in orders
    ]
    subjects = sorted({_alert_subject(order.binding) for order in orders})
    async with env.uow() as tx:
        await tx.calendars.store_readings(reads)
        told = await tx.alerts.open_among(code=AlertCode.CALENDAR_UNREADABLE, subjects=subjects)
        for order, read in sorted(zip(orders, reads, strict=True), key=lambda pair: pair[0].binding.rep_key):
            fault = answer.fault or answer.found.get(order.binding.calendar)
            if isinstance(fault, VendorReauthError):
                await put_out_of_use(env, tx, order.binding.connection, failure_message(fault))
            if read.error is not None or order.last is not None or _alert_subject(order.binding) in told:
                await _update_alert(env, tx, order.binding, order.last, read)
        if any(order.last is None and read.error is None for order, read in zip(orders, reads, strict=True)):
            await tx.jobs.defer_once(
                "holds.drain"
            )  # a lead may wait for a rep whose calendar is read for the first time
    return reads


def _reading(binding: CalendarBinding, answer: BatchAnswer) -> CalendarReading:
    error: Message | None = None
    found = answer.fault or answer.found.get(binding.calendar)
    if isinstance(found, VendorReauthError):
        error = say("calendar-reading.new-sign-in", error=failure_message(found))
    elif isinstance(found, VendorError):
        error = failure_message(found)
    elif found is None:
        error = say("alerts.no-answer-in-time", seconds=(answer.timed_out or READ_DEADLINE).total_seconds())
    else:
        return _times_of(binding, answer, found)
    return CalendarReading(binding_id=binding.id, window=answer.window, busy=(), read_at=answer.asked_at, error=error)


def _times_of(binding: CalendarBinding, answer: BatchAnswer, found: BusyCalendar) -> CalendarReading:
    """Ours are only told apart where the vendor tells all of them apart."""
    busy: list[Interval] = []
    own: list[ShownEvent] = []
    for one in found.times:
        time = interval_or_none(one.start, one.end)
        if time is not None and found.keyed and one.key is not None:
            own.append(ShownEvent(time=time, key=one.key))
        elif time is not None:
            busy.append(time)
    return CalendarReading(
        binding_id=binding.id,
        window=answer.window,
        busy=tuple(busy),
        own=tuple(own),
        keyed=found.keyed,
        read_at=answer.asked_at,
        error=None,
    )


async def _update_alert(
    env: Env, tx: Tx, binding: CalendarBinding, last: CalendarReading | None, read: CalendarReading
) -> None:
    """Keep the rep's alert open while any of the rep's calendars cannot be read, also if it was closed before.

    It names all of them, so that it is written anew whenever one more cannot be read, or can again.
    """
    subject, changed = _alert_subject(binding), last is None or (last.error is None) is not (read.error is None)
    if not changed and (
        read.error is None or await tx.alerts.is_open(code=AlertCode.CALENDAR_UNREADABLE, subject=subject)
    ):
        return
    # Another calendar of the rep may be read by now: who comes second sees what the first one kept.
    await tx.alerts.lock(code=AlertCode.CALENDAR_UNREADABLE, subject=subject)
    faults = [] if read.error is None else [(binding, read.error)]
    for other, known in await tx.calendars.bindings([binding.rep_key]):
        why = out_of_use_reason(other) or (known.error if known else None)
        if other.id != binding.id and why is not None:
            faults.append((other, why))
    if faults:
        await tx.alerts.put(
            id=env.new_id(),
            at=read.read_at,
            code=AlertCode.CALENDAR_UNREADABLE,
            subject=subject,
            message=unreadable_message(faults),
        )
    else:
        await tx.alerts.resolve(at=read.read_at, code=AlertCode.CALENDAR_UNREADABLE, subject=subject)
        await tx.jobs.defer_once("holds.drain")  # a lead may wait for this rep


def _alert_subject(binding: CalendarBinding) -> str:
    return f"rep:{binding.rep_key}"


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


def unreadable_message(faults: Sequence[tuple[CalendarBinding, Message]]) -> Message:
    """Which calendars of one rep cannot be read, each with why; at least one."""
    rep = rep_name(faults[0][0].rep_key)
    if len(faults) == 1:
        ((binding, why),) = faults
        place = connection_name(binding.connection.key)
        return say("alerts.calendar-unreadable", rep=rep, connection=place, error=why)
    named = sorted(faults, key=lambda pair: (pair[0].connection.key, pair[0].calendar))
    told = tuple(
        say(
            "calendar-reading.of-calendar",
            calendar=_shown_name(binding.calendar),
            connection=connection_name(binding.connection.key),
            error=why,
        )
        for binding, why in named
    )
    return say("alerts.calendars-unreadable", rep=rep, faults=told)


def _shown_name(calendar: str) -> str:
    """As its vendor names it, which may be at length and with signs that act on a screen."""
    name = show_hidden(calendar.replace("\n", " "))
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
