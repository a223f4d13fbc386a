"""Calendar truth: a change made in a calendar itself is noticed, and becomes a reschedule, a cancellation or a conflict.

Every calendar that we put an event into for an appointment ahead is read back about once a minute, and compared with what we
left there. Only what is settled is compared: what is still owed to a calendar, or was carried out after the reading began,
says nothing yet. A reading that fails says nothing either: no appointment is ever called off because a server was away. What is
gone has to be gone at two looks, a minute apart, and from a calendar that has nothing left at all it is taken for an accident, as
it is where several calendars of a connection lose much at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

from pointsman.domain.booking.availability import interval_or_none
from pointsman.domain.booking.calendar_diff import (
    BETWEEN_LOOKS,
    EventComparison,
    EventState,
    ExpectedEvent,
    Loss,
    SeenEvent,
    compare_events,
    has_any,
    has_emptied,
    is_accident,
)
from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import say
from pointsman.services.calendar_sync.apply_findings import apply_comparison, remove_orphan_events
from pointsman.services.calendar_sync.conflicts import resolve_settled_alerts
from pointsman.services.calendar_sync.moved_back import find_moved_back, is_put_back
from pointsman.services.calendars.unreadable_alerts import (
    BindingWithReading,
    alert_subject,
    raise_unreadable_alert,
    resolve_stale_alerts,
    resolve_unreadable_alert,
)
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import DatabaseUnavailable, Env, VendorError, VendorEvent, VendorRejectedError
from pointsman.services.ports.booking.calendars import MissingEvent
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import PlacedEvent
from pointsman.services.ports.vendors.calendars import BusyCalendar, CalendarAsked, VendorRetryableError
from pointsman.services.roster.names import roster_names
from pointsman.services.sweeps import FailedItems

SYNC_BUDGET = timedelta(seconds=50)  # a look at all calendars begins no reading later than this
DEADLINE = timedelta(seconds=8)
MAX_PARALLEL_READS = 16  # calendars of all connections together
READS_PER_CONNECTION = 4  # so that one slow vendor cannot take every reader
_WIDTH = timedelta(days=14)
MAX_CONSECUTIVE_FAILURES = 3  # failures in a row after which the rest of a connection is left to the next look


@dataclass(slots=True)
class _SyncTimes:
    """When this process compared each calendar last, for a fair order."""

    by_calendar: dict[tuple[UUID, str], datetime] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _ConnectionRun:
    """One connection during one look: its own gate, and how often it failed in a row.

    `lost_much`: what its calendars lost by the last look, they lost by an accident. `is_doubtful`: it may lead to another
    account since somebody signed in.
    """

    connection: ConnectionRow
    lost_much: bool = False
    is_doubtful: bool = False
    semaphore: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_PER_CONNECTION))
    consecutive_failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calendar:
    """One calendar, and every event that we put into it for an appointment ahead."""

    connection_run: _ConnectionRun
    name: str
    placed_events: tuple[PlacedEvent, ...]
    bindings: tuple[BindingWithReading, ...]
    missing: Mapping[str, MissingEvent]  # at the last look, by key

    @property
    def key(self) -> tuple[UUID, str]:
        return self.connection_run.connection.id, self.name


async def sync_calendars(env: Env, *, deadline: timedelta = DEADLINE) -> int:
    """Compare every calendar with our appointments, and act on what differs; the count of calendars that were read."""
    began = env.clock()
    calendars = await _calendars(env, began)
    gate = asyncio.Semaphore(MAX_PARALLEL_READS)
    synced_at = env.cache.of(_SyncTimes).by_calendar

    async def look(calendar: _Calendar) -> bool:
        async with calendar.connection_run.semaphore, gate:
            if (
                calendar.connection_run.consecutive_failures >= MAX_CONSECUTIVE_FAILURES
                or env.clock() > began + SYNC_BUDGET
            ):
                return False
            synced_at[calendar.key] = env.clock()
            return await _sync_calendar(env, calendar, deadline)

    # The calendar that waited longest comes first; the gates let them in in this order.
    calendars.sort(key=lambda calendar: synced_at.get(calendar.key, datetime.min.replace(tzinfo=UTC)))
    # One that we fail over keeps no other one waiting.
    done = await asyncio.gather(*(look(calendar) for calendar in calendars), return_exceptions=True)
    for gone in synced_at.keys() - {calendar.key for calendar in calendars}:
        del synced_at[gone]
    await resolve_stale_alerts(
        env, {alert_subject(calendar.connection_run.connection, calendar.name) for calendar in calendars}
    )
    await resolve_settled_alerts(env)
    failures = FailedItems(tried=len(calendars))
    for calendar, result in zip(calendars, done, strict=True):
        if isinstance(result, DatabaseUnavailable):
            raise result
        if isinstance(result, Exception):
            failures.add(f"calendar:{calendar.connection_run.connection.key}", result)
    failures.raise_if_any()
    return sum(read is True for read in done)


async def look_at_account(env: Env, connection_id: UUID) -> int:
    """Look at once whether a connection leads to another account since it has new secrets, or somebody signed in.

    Where nothing of ours is left in a calendar then, its owner did not delete it: it counts as emptied, whatever the number.
    The count of calendars that were read.
    """
    every = await _calendars(env, env.clock())
    calendars = [calendar for calendar in every if calendar.connection_run.connection.id == connection_id]

    async def look(calendar: _Calendar) -> bool:
        calendar.connection_run.is_doubtful = True
        async with calendar.connection_run.semaphore:
            return await _sync_calendar(env, calendar, DEADLINE)

    done = await asyncio.gather(*(look(calendar) for calendar in calendars), return_exceptions=True)
    failures = FailedItems(tried=len(calendars))
    for result in done:
        if isinstance(result, DatabaseUnavailable):
            raise result
        if isinstance(result, Exception):
            failures.add(f"connection:{connection_id}", result)
    failures.raise_if_any()
    return sum(read is True for read in done)


async def _calendars(env: Env, now: datetime) -> list[_Calendar]:
    """The calendars to look at; those of a connection that is out of use have an alert already."""
    by_calendar: dict[tuple[UUID, str], list[PlacedEvent]] = defaultdict(list)
    bound: dict[tuple[UUID, str], list[BindingWithReading]] = defaultdict(list)
    lines: dict[UUID, _ConnectionRun] = {}
    missing: dict[tuple[UUID, str], dict[str, MissingEvent]] = defaultdict(dict)
    async with env.uow() as tx:
        for item in await tx.deliveries.placed_events(after=now):
            by_calendar[item.connection_id, item.calendar].append(item)
        for one in await tx.calendars.missing_events():
            missing[one.connection_id, one.calendar][one.key] = one
        for binding, last in await tx.calendars.bindings(None):
            bound[binding.connection.id, binding.calendar].append((binding, last))
        for connection_id in {connection_id for connection_id, _ in by_calendar}:
            lines[connection_id] = _ConnectionRun(connection=await tx.deliveries.connection(connection_id))
        found = {key for key in by_calendar if lines[key[0]].connection.active and not lines[key[0]].connection.fault}
        for connection_id, run in lines.items():
            run.lost_much = _lost_much(connection_id, by_calendar, missing, now)
        for place in missing.keys() - found:  # nothing is looked for there
            await tx.calendars.keep_missing(*place, [])
    return [
        _Calendar(
            connection_run=lines[key[0]],
            name=key[1],
            placed_events=tuple(placed),
            bindings=tuple(bound[key]),
            missing=missing[key],
        )
        for key, placed in by_calendar.items()
        if key in found
    ]


def _lost_much(
    connection_id: UUID,
    placed: Mapping[tuple[UUID, str], Sequence[PlacedEvent]],
    missing: Mapping[tuple[UUID, str], Mapping[str, MissingEvent]],
    now: datetime,
) -> bool:
    expected = sum(one.is_wanted for place, items in placed.items() if place[0] == connection_id for one in items)
    losses = [
        Loss(place[1], one.since)
        for place, items in missing.items()
        if place[0] == connection_id
        for one in items.values()
    ]
    return is_accident(losses, expected=expected, now=now)


async def _sync_calendar(env: Env, calendar: _Calendar, deadline: timedelta) -> bool:
    """Read one calendar, and act on what differs. False when it could not be read."""
    started = env.clock()
    wanted = [
        item for item in calendar.placed_events if item.is_wanted and item.settled_at and item.settled_at < started
    ]
    try:
        seen = await _read(env, calendar, wanted, started, deadline)
        is_empty = bool(wanted) and not has_any(seen) and await _is_empty(env, calendar, started, deadline)
    except (VendorError, TimeoutError) as fault:
        # An answer that cannot be read says something of this calendar, and nothing of its server.
        if not isinstance(fault, VendorRejectedError):
            calendar.connection_run.consecutive_failures += 1
        error = (
            failure_message(fault)
            if isinstance(fault, VendorError)
            else say("alerts.no-answer-in-time", seconds=deadline.total_seconds())
        )
        reps = {item.rep_key for item in calendar.placed_events}
        await raise_unreadable_alert(
            env, calendar.connection_run.connection, calendar.name, calendar.bindings, reps, error
        )
        return False
    calendar.connection_run.consecutive_failures = 0
    await resolve_unreadable_alert(env, calendar.connection_run.connection, calendar.name)
    zones = (await roster_names(env)).zones
    expected = [
        ExpectedEvent(
            key=item.key,
            time=item.interval,
            zone=zones.get(item.rep_key, "UTC"),
            was_emptied=has_emptied(item.conflict, item.rep_key),
        )
        for item in wanted
    ]
    run = calendar.connection_run
    is_lost = is_empty or run.lost_much or (run.is_doubtful and not has_any(seen))
    found = {result.key: result for result in compare_events(expected, seen, is_empty=is_lost)}
    back = await find_moved_back(env, wanted, found)
    missing = [
        _missing(calendar, item, started)
        for item in wanted
        if found[item.key].state is EventState.DELETED or item.key in back
    ]
    if missing or calendar.missing:
        async with env.uow() as tx:
            await tx.calendars.keep_missing(*calendar.key, missing)
    once = {one.key for one in missing if started - one.since < BETWEEN_LOOKS}
    for item in wanted:
        if item.key in back and (run.lost_much or is_put_back(item)):
            await _apply_or_skip(env, item, replace(found[item.key], state=EventState.PUT_BACK))
        elif item.key not in once:
            await _apply_or_skip(env, item, found[item.key])
    owned = {item.key for item in calendar.placed_events if item.is_wanted}
    strangers = sorted(key for key, events in seen.items() if key not in owned and has_any({key: events}))
    await remove_orphan_events(env, calendar.connection_run.connection, calendar.name, strangers, read_at=started)
    return True


def _missing(calendar: _Calendar, item: PlacedEvent, now: datetime) -> MissingEvent:
    """Since the look at which it was first not found, unless it was put there again after that."""
    before = calendar.missing.get(item.key)
    since = before.since if before is not None and before.settled_at == item.settled_at else now
    connection_id, name = calendar.key
    return MissingEvent(
        connection_id=connection_id, calendar=name, key=item.key, since=since, settled_at=item.settled_at
    )


async def _apply_or_skip(env: Env, item: PlacedEvent, compared: EventComparison) -> None:
    try:
        await apply_comparison(env, item, compared)
    except PointsmanError:
        return  # it changed meanwhile, or too many asked for the same: the next look sees it as it is then


async def _read(
    env: Env, calendar: _Calendar, wanted: Sequence[PlacedEvent], now: datetime, deadline: timedelta
) -> Mapping[str, Sequence[SeenEvent]]:
    """Every event of ours as it stands; what is missing where it should be is looked for by its key.

    Raises VendorError, TimeoutError.
    """
    ref, end = calendar.connection_run.connection.ref(), max(item.ends_at for item in calendar.placed_events)
    async with asyncio.timeout(deadline.total_seconds()):
        found = await env.calendars.our_events(ref, calendar.name, now, end, deadline=deadline)
    there = {receipt.key for receipt in found}
    gate = asyncio.Semaphore(READS_PER_CONNECTION)

    async def look_up(key: str) -> VendorEvent | None:
        async with gate, asyncio.timeout(deadline.total_seconds()):
            return await env.calendars.get_event(ref, calendar.name, key)

    missing = await asyncio.gather(*(look_up(item.key) for item in wanted if item.key not in there))
    seen: dict[str, list[SeenEvent]] = defaultdict(list)
    for receipt in chain(found, missing):
        time = interval_or_none(receipt.start, receipt.end) if receipt else None
        if receipt is not None and time is not None:
            seen[receipt.key].append(SeenEvent(time, certain=receipt.certain, called_off=receipt.cancelled))
    return seen


async def _is_empty(env: Env, calendar: _Calendar, now: datetime, deadline: timedelta) -> bool:
    """Whether the calendar, in which none of our events is left, has nothing else either, weeks before and after now.

    One that is bound to no rep any more cannot be asked. Raises VendorError, TimeoutError.
    """
    if not calendar.bindings:
        return True
    asked = [CalendarAsked(calendar=calendar.name, owner=calendar.bindings[0][0].owner)]
    ref, end = calendar.connection_run.connection.ref(), max(item.ends_at for item in calendar.placed_events)
    start, end = now - _WIDTH, max(end, now + _WIDTH)
    async with asyncio.timeout(deadline.total_seconds()):
        answer = await env.calendars.busy_times(ref, asked, start, end, deadline=deadline)
    found = answer.get(calendar.name)
    if not isinstance(found, BusyCalendar):
        raise found or VendorRetryableError("the answer leaves the calendar out")
    return not found.times
