"""The capability `busy`: by schedules, 20 mailboxes in one question, or by the events of a calendar, which have our keys.

A calendar that is asked for alone costs one question either way, so it is read by its events. So is one that getSchedule does
not know: every calendar but the default one, and those of personal accounts (Graph, "calendar: getSchedule").
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pointsman_microsoft.events import EXPAND, key_in, made_at
from pointsman_microsoft.graph.client import Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import shaped, text
from pointsman_microsoft.graph.times import plain, slot_of
from pointsman_microsoft.schedules import ELSEWHERE, TOO_MANY, Schedules, throttled
from pointsman_sdk import BusyTime, BusyTimes, CalendarRef, ConnectorError, Rejected, Retryable, Scope, Slot, Unreadable

AT_ONCE = 4  # requests that a mailbox stands side by side
_FIELDS = "id,showAs,start,end,isAllDay,isCancelled,responseStatus,createdDateTime"
_TOP = "200"
_DAY = timedelta(days=1)  # by which whole days reach further in other zones
Found = BusyTimes | Unreadable


class Busy:
    """Busy times of calendars. `mailbox` is the one over which schedules are asked for."""

    def __init__(self, client: Client, *, mailbox: str | None, elsewhere_blocks: bool) -> None:
        self._client, self._elsewhere_blocks = client, elsewhere_blocks
        self._schedules = Schedules(client, mailbox=mailbox, elsewhere_blocks=elsewhere_blocks)
        self._places = asyncio.Semaphore(AT_ONCE)
        self.alone_by_events = True  # else by its schedule, as those that are asked for together

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, Found]:
        """When the owners cannot be booked: keyed where a calendar was read by its events."""
        mailboxes = [one for one in asked if "/" not in one.id]
        found: dict[str, Found] = {}
        if len(mailboxes) > self.alone_by_events:
            found |= await self._schedules.read(mailboxes, window)
        left = [one for one in asked if found.get(one.id, TOO_MANY) is TOO_MANY]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._settled(one, window)) for one in left]
        for one, task in zip(left, tasks, strict=True):
            result = task.result()
            if isinstance(result, ConnectorError):
                raise result
            found[one.id] = result
        return found

    async def _settled(self, asked: CalendarRef, window: Slot) -> Found | ConnectorError:
        """What is wrong with one calendar makes that one Unreadable; what is wrong with the connection is for all of them."""
        try:
            async with self._places:
                return await self.by_events(asked, window)
        except Rejected as fault:
            return Unreadable(reason=str(fault), lasting=True)
        except Retryable as fault:
            if fault.scope is Scope.CONNECTION:
                return fault
            return throttled(fault)
        except ConnectorError as fault:
            return fault

    async def by_events(self, asked: CalendarRef, window: Slot) -> BusyTimes:
        """By calendarView, which has every instance of a series (Graph, "list calendarView")."""
        place, params = Place.of(asked.id), view(window, fields=_FIELDS)
        found: list[tuple[str, BusyTime]] = []
        async for row in self._client.items(f"{place.path}/calendarView", params=params):
            time = shaped(lambda one: self._time(one, asked.zone), row)
            if time is not None and time.slot.overlaps(window):
                found.append((shaped(made_at, row), time))
        times: list[BusyTime] = []
        keys: set[str] = set()
        for _, one in sorted(
            found, key=lambda pair: pair[0]
        ):  # a copy that its owner made has our key too, and is younger
            times.append(replace(one, key=None) if one.key in keys else one)
            keys |= {one.key} if one.key else set()
        return BusyTimes(times=times, keyed=True)

    def _time(self, row: Any, zone: str) -> BusyTime | None:
        """None for what leaves its owner free: shown so, called off, or declined."""
        shown = text(row["showAs"])
        elsewhere = shown == ELSEWHERE and not self._elsewhere_blocks
        declined = (row.get("responseStatus") or {}).get("response") == "declined"
        slot = slot_of(row, zone)
        if shown == "free" or elsewhere or declined or row.get("isCancelled") is True:
            return None
        return BusyTime(slot=slot, key=key_in(row))


def view(window: Slot, *, fields: str) -> dict[str, str]:
    """The question for the events of a window, and of the days around it, with what is ours in them."""
    start, end = window.utc().start - _DAY, window.utc().end + _DAY
    return {
        "startDateTime": f"{plain(start)}Z",
        "endDateTime": f"{plain(end)}Z",
        "$select": fields,
        "$expand": EXPAND,
        "$top": _TOP,
    }
