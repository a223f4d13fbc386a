"""Reading one calendar back: our events as they stand there, and whether it has anything else."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from pointsman.domain.booking.availability import interval_or_none
from pointsman.domain.booking.calendar_diff import SeenEvent, within_the_ages
from pointsman.services.calendar_sync.compared_calendars import READS_PER_CONNECTION, ComparedCalendar
from pointsman.services.ports import Env, VendorEvent
from pointsman.services.ports.booking.deliveries import PlacedEvent
from pointsman.services.ports.vendors.calendars import BusyCalendar, CalendarAsked
from pointsman.services.ports.vendors.errors import VendorRetryableError

_WIDTH = timedelta(days=14)


async def read_back(
    env: Env, calendar: ComparedCalendar, wanted: Sequence[PlacedEvent], now: datetime, deadline: timedelta
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
            when = within_the_ages(time)
            said = SeenEvent(when, certain=receipt.certain, called_off=receipt.cancelled, repeats=receipt.repeats)
            seen[receipt.key].append(said)
    return seen


async def is_wholly_empty(env: Env, calendar: ComparedCalendar, now: datetime, deadline: timedelta) -> bool:
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
