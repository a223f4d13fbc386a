"""Readings kept true by what a vendor says has changed: where nothing did, nothing is read again."""

import asyncio
from datetime import timedelta

from pointsman.domain.booking.availability import Interval
from pointsman.services.ports import Env, VendorError
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.vendors.calendars import BusyLimits

#: Reading a batch is as dear as this many questions about what changed, whose answers are short. A connector of small batches
#: may ask its vendor about each of their calendars by itself.
_A_READING_COSTS = 5


def is_asked_for_news(due: int, limits: BusyLimits) -> bool:
    """Whether `due` calendars of one connection are each asked what changed, rather than all read in a few questions."""
    questions = -(-due // limits.batch)
    return due < questions * _A_READING_COSTS


async def confirm_or_cursor(
    env: Env, binding: CalendarBinding, last: CalendarReading | None, window: Interval, *, deadline: timedelta
) -> tuple[bool, str | None]:
    """Whether the last reading still is true for `window`, and else the cursor to keep with the next one.

    A vendor that cannot say makes it read again: what is not known to be unchanged has changed.
    """
    asked_at = env.clock()
    reaches = last is not None and last.error is None and last.window.contains(window)
    since = last.cursor if last is not None and reaches else None
    connection, calendar = binding.connection.ref(), binding.calendar
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            told = await env.calendars.calendar_news(connection, calendar, since, deadline=deadline)
            if since is not None and told.cursor is None:  # it is lost, and a new one begins
                told = await env.calendars.calendar_news(connection, calendar, None, deadline=deadline)
    except (VendorError, TimeoutError):
        return False, None
    falls_short = told.until is not None and told.until < window.end
    if last is None or since is None or last.outdated or told.changed or falls_short or told.cursor is None:
        return False, told.cursor
    async with env.uow.autocommit() as tx:
        await tx.calendars.confirm_reading(last, at=asked_at, cursor=told.cursor)
    return True, told.cursor
