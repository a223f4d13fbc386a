"""Series that owners made of our events: which of their times is the first that still stands.

Google keeps a time that was deleted, or moved, as an event of its own beside the series, which says that it begins where it did
(developers.google.com/calendar/api/guides/recurringevents).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pointsman_google.client import Client
from pointsman_google.events import is_deleted, is_series, slot_of
from pointsman_google.refusals import Changed, Gone, NotFound
from pointsman_google.shape import shaped, text
from pointsman_sdk import RemoteRecord, Slot, Standing, first_time


class SeriesTimes:
    """Asks for the times of one series."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def seen(self, place: str, event: Mapping[str, Any], found: RemoteRecord) -> RemoteRecord:
        """The record of the event, at the time at which a series of it stands."""
        if not found.repeats:
            return found
        first = await self.first(place, event)
        return replace(
            found, slot=first or found.slot, standing=Standing.CANCELLED if first is None else found.standing
        )

    async def is_broken(self, place: str, event: Mapping[str, Any]) -> bool:
        """Whether it is a series of which nothing stands where it begins."""
        return shaped(is_series, event) and await self.first(place, event) != shaped(slot_of, event)

    async def first(self, place: str, event: Mapping[str, Any]) -> Slot | None:
        """None where none is left."""
        name = shaped(lambda one: text(one["id"]), event)
        return await first_time(shaped(slot_of, event), lambda window: self._within(place, name, window))

    async def _within(self, place: str, name: str, window: Slot) -> list[Slot]:
        params = {"timeMin": window.start.isoformat(), "timeMax": window.end.isoformat()}
        try:
            rows = [one async for one in self._client.listed(place, params, name, "instances")]
        except (NotFound, Gone):
            raise Changed("the series was deleted while it was being read") from None
        return [shaped(slot_of, one) for one in rows if not shaped(is_deleted, one)]
