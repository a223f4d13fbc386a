"""Appointments: events in calendars, each with the host's key for its name."""

from collections.abc import Sequence
from typing import Any

from pointsman_memory.client import Client
from pointsman_memory.desired import bring, read, remove
from pointsman_memory.series import SeriesTimes
from pointsman_memory.shape import record, slot_json
from pointsman_sdk import CREATE_MEETING, Appointment, Invites, RemoteRecord, Slot


class MemoryAppointments:
    """The vendor knows two texts: guests read `description`, the calendar's owner alone reads `internal`."""

    def __init__(self, client: Client) -> None:
        self._client, self._series = client, SeriesTimes(client)

    async def put(self, thing: Appointment) -> RemoteRecord:
        path, state = _path(thing.place, thing.key), _state(thing)
        row = await bring(
            self._client, path, thing.sequence, state, also=lambda one: self._series.mended(one, thing.slot)
        )
        made = record(row)
        # What was put stands where it was put; of what a newer state wrote its owner may have made a series since.
        return made if made.sequence == thing.sequence else await self._series.seen(row)

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        found = await read(self._client, _path(place, key))
        return None if found is None else await self._series.seen(found)

    async def drop(self, place: str, key: str) -> None:
        await remove(self._client, _path(place, key))

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        params = {**slot_json(window), "keyed": "yes"}
        rows = [row async for row in self._client.items("calendars", place, "events", params=params)]
        found = [await self._series.seen(row) for row in rows]
        standing = [one for one in found if one.slot is not None and one.slot.overlaps(window)]
        return sorted(standing, key=lambda one: one.slot.utc().start if one.slot else window.start)


def _path(place: str, key: str) -> tuple[str, ...]:
    return "calendars", place, "events", key


def _state(thing: Appointment) -> dict[str, Any]:
    # Where the host writes to the guests they do not stand in the event: the vendor would write to them, too.
    guests = () if thing.invites is Invites.HOST else thing.guests
    return {
        **slot_json(thing.slot.utc()),
        "title": thing.title,
        "description": thing.shared,
        "internal": thing.private,
        "guests": [{"email": guest.email, "name": guest.name} for guest in guests],
        "invite": thing.invites is Invites.VENDOR,
        "meeting": "own" if thing.meeting == CREATE_MEETING else thing.meeting,
        "status": thing.standing.value,
    }
