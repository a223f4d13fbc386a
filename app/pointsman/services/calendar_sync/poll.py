"""Calendar truth: what somebody changed in a calendar itself is noticed, and becomes a reschedule, a cancellation or a conflict.

Every calendar that we put an event into for an appointment ahead is read back about once a minute, and compared with what we
left there. Only what is settled is compared: what is still owed to a calendar, or was carried out after the reading began,
says nothing yet. A reading that fails says nothing either: no appointment is ever called off because a server was away.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

from pointsman.domain.booking.availability import Interval, interval
from pointsman.domain.booking.calendar_diff import Compared, Expected, compare, says
from pointsman.domain.errors import PointsmanError
from pointsman.services.calendar_sync.apply_findings import act_on, take_out
from pointsman.services.calendar_sync.conflicts import EMPTIED, tidy_alerts
from pointsman.services.calendars.unreadable_alerts import Bound, forget_others, read_again, subject_of, unreadable
from pointsman.services.deliveries.vendor_error_text import safe_text
from pointsman.services.ports import CalendarFault, Env, EventReceipt
from pointsman.services.ports.meeting import ConnectionRow, Placed

BUDGET = timedelta(seconds=50)  # a look at all calendars begins no reading later than this
DEADLINE = timedelta(seconds=8)
AT_ONCE = 16  # calendars of all connections together
PER_CONNECTION = 4  # so that one slow vendor cannot take every reader
STRIKES = 3  # failures in a row after which the rest of a connection is left to the next look

_LOOKED = "calendar-truth-looked"  # in env.cache: when each was looked at last, for a fair order; lost is fine


@dataclass(slots=True, kw_only=True)
class _Line:
    """One connection during one look: its own gate, and how often it failed in a row."""

    connection: ConnectionRow
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PER_CONNECTION))
    strikes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calendar:
    """One calendar, and every event that we put into it for an appointment ahead."""

    line: _Line
    name: str
    placed: tuple[Placed, ...]
    bound: tuple[Bound, ...]

    @property
    def key(self) -> tuple[UUID, str]:
        return self.line.connection.id, self.name


async def look_at_calendars(env: Env, *, deadline: timedelta = DEADLINE) -> int:
    """Compare every calendar with our appointments, and act on what differs; the count of calendars that were read."""
    began = env.clock()
    calendars = await _calendars(env, began)
    gate = asyncio.Semaphore(AT_ONCE)
    looked: dict[tuple[UUID, str], datetime] = env.cache.setdefault(_LOOKED, {})

    async def look(calendar: _Calendar) -> bool:
        async with calendar.line.gate, gate:
            if calendar.line.strikes >= STRIKES or env.clock() > began + BUDGET:
                return False
            looked[calendar.key] = env.clock()
            return await _look_at(env, calendar, deadline)

    # Whoever waited longest comes first; gates let them in in this order.
    calendars.sort(key=lambda calendar: looked.get(calendar.key, datetime.min.replace(tzinfo=UTC)))
    # One that we fail over keeps no other one waiting.
    done = await asyncio.gather(*(look(calendar) for calendar in calendars), return_exceptions=True)
    for gone in looked.keys() - {calendar.key for calendar in calendars}:
        del looked[gone]
    await forget_others(env, {subject_of(calendar.line.connection, calendar.name) for calendar in calendars})
    await tidy_alerts(env)
    for failed in done:
        if isinstance(failed, BaseException):
            raise failed  # so that whoever runs this says so
    return sum(read is True for read in done)


async def _calendars(env: Env, now: datetime) -> list[_Calendar]:
    """The calendars to look at; those of a connection that is out of use have an alert already."""
    by_calendar: dict[tuple[UUID, str], list[Placed]] = defaultdict(list)
    bound: dict[tuple[UUID, str], list[Bound]] = defaultdict(list)
    lines: dict[UUID, _Line] = {}
    async with env.uow() as tx:
        for item in await tx.deliveries.placed(after=now):
            by_calendar[item.connection_id, item.calendar].append(item)
        for binding, last in await tx.calendars.bindings(None):
            bound[binding.connection.id, binding.calendar].append((binding, last))
        for connection_id in {connection_id for connection_id, _ in by_calendar}:
            lines[connection_id] = _Line(connection=await tx.deliveries.connection(connection_id))
    return [
        _Calendar(line=lines[key[0]], name=key[1], placed=tuple(placed), bound=tuple(bound[key]))
        for key, placed in by_calendar.items()
        if lines[key[0]].connection.active and not lines[key[0]].connection.fault
    ]


async def _look_at(env: Env, calendar: _Calendar, deadline: timedelta) -> bool:
    """Read one calendar, and act on what differs. False when it could not be read."""
    started = env.clock()
    wanted = [item for item in calendar.placed if item.wanted and item.settled_at and item.settled_at < started]
    try:
        seen = await _read(env, calendar, wanted, started, deadline)
    except (CalendarFault, TimeoutError) as fault:
        calendar.line.strikes += 1
        error = (
            safe_text(fault) if isinstance(fault, CalendarFault) else f"no answer within {deadline.total_seconds():g} s"
        )
        reps = {item.rep_key for item in calendar.placed}
        await unreadable(env, calendar.line.connection, calendar.name, calendar.bound, reps, error)
        return False
    calendar.line.strikes = 0
    await read_again(env, calendar.line.connection, calendar.name)
    expected = [
        Expected(key=item.key, time=item.interval, emptied=says(item.conflict, item.rep_key, EMPTIED))
        for item in wanted
    ]
    found = {result.key: result for result in compare(expected, seen)}
    for item in wanted:
        await _try(env, item, found[item.key])
    owned = {item.key for item in calendar.placed if item.wanted}
    strangers = sorted(key for key in seen if key not in owned)
    await take_out(env, calendar.line.connection, calendar.name, strangers, read_at=started)
    return True


async def _try(env: Env, item: Placed, compared: Compared) -> None:
    try:
        await act_on(env, item, compared)
    except PointsmanError:
        return  # it changed meanwhile, or too many asked for the same: the next look sees it as it is then


async def _read(
    env: Env, calendar: _Calendar, wanted: Sequence[Placed], now: datetime, deadline: timedelta
) -> Mapping[str, Sequence[Interval]]:
    """When every event of ours stands; what is missing where it should be is looked for by its key. Raises CalendarFault."""
    ref, end = calendar.line.connection.ref(), max(item.ends_at for item in calendar.placed)
    async with asyncio.timeout(deadline.total_seconds()):
        found = await env.calendars.booked(ref, calendar.name, now, end, deadline=deadline)
    there = {receipt.key for receipt in found}
    gate = asyncio.Semaphore(PER_CONNECTION)

    async def look_up(key: str) -> EventReceipt | None:
        async with gate, asyncio.timeout(deadline.total_seconds()):
            return await env.calendars.find(ref, calendar.name, key)

    missing = await asyncio.gather(*(look_up(item.key) for item in wanted if item.key not in there))
    seen: dict[str, list[Interval]] = defaultdict(list)
    for receipt in chain(found, missing):
        time = interval(receipt.start, receipt.end) if receipt and not receipt.cancelled else None
        if receipt is not None and time is not None:
            seen[receipt.key].append(time)
    return seen
