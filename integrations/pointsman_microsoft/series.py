"""Series that owners made of our events: which of their times is the first that still stands.

A series says that it begins where it did, whatever became of its first time: Graph tells the times that are left when it is asked
for them ("event: list instances").
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pointsman_microsoft.events import Stored
from pointsman_microsoft.graph.client import Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import shaped
from pointsman_microsoft.graph.times import plain, slot_of
from pointsman_sdk import Slot, first_time

_FIELDS = "id,start,end,isAllDay"
_TOP = "200"


class SeriesTimes:
    """Asks for the times of one series."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def seen(self, place: Place, event: Stored) -> Stored:
        """The event, as it was found by its key, at the time at which a series of it stands; cancelled where none is left."""
        if event.series is None:
            return event
        first = await first_time(event.slot, lambda window: self._within(place, event, window))
        return replace(
            event,
            slot=first or event.slot,
            cancelled=event.cancelled or first is None,
            broken=first != event.slot,
        )

    async def _within(self, place: Place, event: Stored, window: Slot) -> list[Slot]:
        params = {
            "startDateTime": f"{plain(window.start)}Z",
            "endDateTime": f"{plain(window.end)}Z",
            "$select": _FIELDS,
            "$top": _TOP,
        }
        rows = self._client.items(f"{place.event(event.id)}/instances", params=params, of_place=False)
        return [shaped(slot_of, row) async for row in rows]


def first_of(events: Sequence[Stored], window: Slot) -> Stored | None:
    """Of events with one key the one that was there first, of a series its first time in the window; None where that has none."""
    made = {one.series or one.id: one.made for one in sorted(events, key=lambda one: one.made, reverse=True)}
    oldest = min(made, key=lambda name: made[name])
    there = [one for one in events if (one.series or one.id) == oldest and one.slot.overlaps(window)]
    return min(there, key=lambda one: _begin(one.slot), default=None)


def _begin(slot: Slot) -> datetime:
    return slot.utc().start
