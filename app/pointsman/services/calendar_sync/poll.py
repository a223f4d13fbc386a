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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.services.calendar_sync.compared_calendars import ComparedCalendar, find_calendars
from pointsman.services.calendar_sync.conflicts import resolve_settled_alerts
from pointsman.services.calendar_sync.one_calendar import look_at_calendar
from pointsman.services.calendars.unreadable_alerts import alert_subject, resolve_stale_alerts
from pointsman.services.ports import DatabaseUnavailable, Env
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
            return await look_at_calendar(env, calendar, deadline)

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
