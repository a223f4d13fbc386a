"""Calendars and their busy times: a list in pages, and twenty calendars in one question."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_memory.client import Client
from pointsman_memory.shape import rows, shaped, slot_json, slot_of, text, text_or_none
from pointsman_sdk import BusyTime, BusyTimes, CalendarInfo, CalendarRef, Page, Rejected, Slot, Unreadable

BATCH = 20
_MOST_PAGES = 1_000


class MemoryCalendars:
    """The list from which an admin picks."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        found = await self._client.page("calendars", cursor=cursor)
        return Page(items=[shaped(_calendar, row) for row in found.items], cursor=found.cursor)


class MemoryBusy:
    """The vendor tells each calendar apart, and may report some of them merged, without keys."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        by_id = {one.id: one for one in asked}
        told: dict[str, Any] = {}
        times: dict[str, list[BusyTime]] = defaultdict(list)
        body = {**slot_json(window), "calendars": [{"id": one.id, "owner": one.owner} for one in asked]}
        seen: set[str | None] = set()
        cursor: str | None = None
        while cursor not in seen and len(seen) < _MOST_PAGES:
            seen.add(cursor)
            answer = await self._client.call("POST", "busy", body={**body, "cursor": cursor})
            for row in shaped(lambda data: rows(data["items"]), answer):
                name = shaped(lambda one: text(one["id"]), row)
                if name in by_id:
                    told[name] = row
                    times[name] += shaped(partial(_times, ref=by_id[name], window=window), row)
            cursor = shaped(lambda data: text_or_none(data["next"]), answer)
            if cursor is None:
                return {one: _answer(told.get(one), times[one]) for one in by_id}
        raise Rejected("the memory vendor's list of busy times has no end")


def _answer(row: Any, times: Sequence[BusyTime]) -> BusyTimes | Unreadable:
    if row is None:
        return Unreadable(reason="the memory vendor's answer leaves the calendar out")
    if shaped(lambda one: one.get("error"), row):
        return Unreadable(reason="the memory vendor does not let the connection read the calendar", lasting=True)
    return BusyTimes(times=times, keyed=shaped(lambda one: one["keyed"] is True, row))


def _times(row: Any, *, ref: CalendarRef, window: Slot) -> list[BusyTime]:
    if row.get("error"):
        return []
    found = [BusyTime(slot=_slot(one, ref), key=text_or_none(one.get("key"))) for one in rows(row["busy"])]
    return [one for one in found if one.slot.overlaps(window)]


def _slot(row: Any, ref: CalendarRef) -> Slot:
    """Whole days are those of the owner's zone, from the first midnight to the one after the last day."""
    if "first_day" not in row:
        return slot_of(row)
    first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    zone = ZoneInfo(ref.zone)
    start = datetime.combine(first, time(), zone)
    return Slot(start, datetime.combine(last + timedelta(days=1), time(), zone))


def _calendar(row: Any) -> CalendarInfo:
    return CalendarInfo(
        id=text(row["id"]),
        name=text(row["name"]),
        owner_email=text_or_none(row["owner"]),
        zone=text_or_none(row["zone"]),
        writable=row["writable"] is True,
    )
