"""Calendar truth: a change made in a calendar itself is noticed, and becomes a reschedule, a cancellation or a conflict.

Every calendar that we put an event into for an appointment ahead is read back about once a minute, and compared with what we
left there. Only what is settled is compared: what is still owed to a calendar, or was carried out after the reading began,
says nothing yet. A reading that fails says nothing either: no appointment is ever called off because a server was away. What is
gone has to be gone at two looks, a minute apart, and from a calendar that has nothing left at all it is taken for an accident, as
it is where several calendars of a connection lose much at once. A connection may lead to another account once somebody signed in
or its secrets are new: at the first look at a calendar after that, one without any event of ours says nothing of deletions.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.calendar_diff import (
    BETWEEN_LOOKS,
    EventComparison,
    EventState,
    ExpectedEvent,
    compare_events,
    has_any,
    has_emptied,
)
from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import say
from pointsman.services.calendar_sync.apply_findings import apply_comparison, remove_orphan_events
from pointsman.services.calendar_sync.compared_calendars import ComparedCalendar, find_calendars
from pointsman.services.calendar_sync.conflicts import resolve_settled_alerts
from pointsman.services.calendar_sync.moved_back import find_moved_back, is_put_back
from pointsman.services.calendar_sync.read_back import is_wholly_empty, read_back
from pointsman.services.calendars.unreadable_alerts import (
    alert_subject,
    raise_unreadable_alert,
    resolve_stale_alerts,
    resolve_unreadable_alert,
)
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import DatabaseUnavailable, Env, VendorError, VendorRejectedError
from pointsman.services.ports.booking.calendars import MissingEvent
from pointsman.services.ports.booking.deliveries import PlacedEvent
from pointsman.services.roster.names import roster_names
from pointsman.services.sweeps import FailedItems

SYNC_BUDGET = timedelta(seconds=50)  # a look at all calendars begins no reading later than this
DEADLINE = timedelta(seconds=8)
MAX_PARALLEL_READS = 16  # calendars of all connections together
MAX_CONSECUTIVE_FAILURES = 3  # failures in a row after which the rest of a connection is left to the next look


@dataclass(slots=True)
class _SyncTimes:
    """When this process compared each calendar last, for a fair order."""

    by_calendar: dict[tuple[UUID, str], datetime] = field(default_factory=dict)


async def sync_calendars(env: Env, *, deadline: timedelta = DEADLINE) -> int:
    """Compare every calendar with our appointments, and act on what differs; the count of calendars that were read."""
    began = env.clock()
    calendars = await find_calendars(env, began)
    gate = asyncio.Semaphore(MAX_PARALLEL_READS)
    synced_at = env.cache.of(_SyncTimes).by_calendar

    async def look(calendar: ComparedCalendar) -> bool:
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
    return _read_count(calendars, done)


def _read_count(calendars: Sequence[ComparedCalendar], done: Sequence[bool | BaseException]) -> int:
    failures = FailedItems(tried=len(calendars))
    for calendar, result in zip(calendars, done, strict=True):
        if isinstance(result, DatabaseUnavailable):
            raise result
        if isinstance(result, Exception):
            failures.add(f"calendar:{calendar.connection_run.connection.key}", result)
    failures.raise_if_any()
    return sum(read is True for read in done)


async def _sync_calendar(env: Env, calendar: ComparedCalendar, deadline: timedelta) -> bool:
    """Read one calendar, and act on what differs. False when it could not be read."""
    started = env.clock()
    wanted = [
        item for item in calendar.placed_events if item.is_wanted and item.settled_at and item.settled_at < started
    ]
    try:
        seen = await read_back(env, calendar, wanted, started, deadline)
        is_empty = bool(wanted) and not has_any(seen) and await is_wholly_empty(env, calendar, started, deadline)
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
    is_lost = is_empty or run.lost_much or (_is_doubted(calendar, wanted) and not has_any(seen))
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
    skipped = set()
    for item in wanted:
        if item.key in back and (run.lost_much or is_put_back(item)):
            await _apply_or_skip(env, item, replace(found[item.key], state=EventState.PUT_BACK))
        elif item.key not in once and not await _apply_or_skip(env, item, found[item.key]):
            skipped.add(found[item.key].state)
    if calendar.doubted_at is not None and EventState.CALENDAR_EMPTIED not in skipped:
        async with env.uow() as tx:
            await tx.calendars.clear_doubt(*calendar.key, since=calendar.doubted_at)
    owned = {item.key for item in calendar.placed_events if item.is_wanted}
    strangers = sorted(key for key, events in seen.items() if key not in owned and has_any({key: events}))
    await remove_orphan_events(env, calendar.connection_run.connection, calendar.name, strangers, read_at=started)
    return True


def _missing(calendar: ComparedCalendar, item: PlacedEvent, now: datetime) -> MissingEvent:
    """Since the look at which it was first not found, unless it was put there again after that."""
    before = calendar.missing.get(item.key)
    since = before.since if before is not None and before.settled_at == item.settled_at else now
    connection_id, name = calendar.key
    return MissingEvent(
        connection_id=connection_id, calendar=name, key=item.key, since=since, settled_at=item.settled_at
    )


def _is_doubted(calendar: ComparedCalendar, wanted: Sequence[PlacedEvent]) -> bool:
    """Whether an event that we put there belongs to the account of before, for all that we know."""
    since = calendar.doubted_at
    return since is not None and any(item.settled_at is not None and item.settled_at <= since for item in wanted)


async def _apply_or_skip(env: Env, item: PlacedEvent, compared: EventComparison) -> bool:
    """Whether it was done."""
    try:
        await apply_comparison(env, item, compared)
    except PointsmanError:
        return False  # it changed meanwhile, or too many asked for the same: the next look sees it as it is then
    return True
