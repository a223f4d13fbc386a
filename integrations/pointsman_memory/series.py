"""Series that owners made of our events: which of their times is the first that still stands.

An event goes on to say that it begins where it did, whatever became of its first time: the vendor tells the times that are left
when it is asked for them.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_memory.client import Changed, Client, Unknown
from pointsman_memory.shape import record, shaped, slot_json, slot_of, text
from pointsman_sdk import RemoteRecord, Slot, Standing, first_time

_ALONE: Mapping[str, Any] = {"weeks": 1, "left_out": []}
"""What an event by itself says."""


class SeriesTimes:
    """Asks for the times of one series."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def seen(self, row: Any) -> RemoteRecord:
        """The record of an event, at the time at which a series of it stands; cancelled where none is left."""
        found = record(row)
        if not found.repeats or found.slot is None:
            return found
        first = await self._first(found, found.slot)
        standing = Standing.CANCELLED if first is None else found.standing
        return replace(found, slot=first or found.slot, standing=standing)

    async def mended(self, row: Any, to: Slot) -> Mapping[str, Any]:
        """What makes a single event of a series of which nothing stands where it begins, or that goes to another day.

        Any other is its owner's to keep: nothing.
        """
        found = record(row)
        if not found.repeats or found.slot is None:
            return {}
        zone = shaped(lambda one: ZoneInfo(text(one.get("zone", "UTC"))), row)
        stays = _day(found.slot, zone) == _day(to, zone) and await self._first(found, found.slot) == found.slot
        return {} if stays else _ALONE

    async def _first(self, found: RemoteRecord, own: Slot) -> Slot | None:
        return await first_time(own, lambda window: self._within(found, window))

    async def _within(self, found: RemoteRecord, window: Slot) -> list[Slot]:
        path = ("calendars", found.place, "events", found.key, "times")
        try:
            rows = [row async for row in self._client.items(*path, params=slot_json(window))]
        except Unknown:
            raise Changed("the series was deleted while it was being read") from None
        return [shaped(slot_of, row) for row in rows]


def _day(slot: Slot, zone: tzinfo) -> date:
    return slot.start.astimezone(zone).date()
