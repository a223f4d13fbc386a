"""Series that owners made of our events: which of their times is the first that still stands.

A series says that it begins where it did, whatever became of its first time: Graph tells the times that are left when it is asked
for them ("event: list instances").
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pointsman_microsoft.events import Stored
from pointsman_microsoft.graph.client import Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import shaped
from pointsman_microsoft.graph.times import plain, slot_of
from pointsman_sdk import Slot

_AHEAD = timedelta(days=400)
"""How far the first time is looked for: a series of every year has another one by then."""
_FIELDS = "id,start,end,isAllDay"
_TOP = "200"


class SeriesTimes:
    """Asks for the times of one series in a window, its own first: in most series the first one stands there."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def seen(self, place: Place, event: Stored) -> Stored:
        """The event, as it was found by its key, at the time at which a series of it stands; cancelled where none is left."""
        if event.series is None:
            return event
        first = await self._first(place, event)
        return replace(
            event,
            slot=first or event.slot,
            cancelled=event.cancelled or first is None,
            broken=first != event.slot,
        )

    async def _first(self, place: Place, event: Stored) -> Slot | None:
        own = event.slot
        for end in (own.end, own.start + _AHEAD):
            slots = await self._within(place, event, own.start, end)
            if own in slots:
                return own
            if slots:
                return min(slots, key=_begin)
        return None

    async def _within(self, place: Place, event: Stored, start: datetime, end: datetime) -> list[Slot]:
        params = {
            "startDateTime": f"{plain(start)}Z",
            "endDateTime": f"{plain(end)}Z",
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
