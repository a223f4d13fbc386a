"""The capability `appointments`: events under ids of our own, so that Google itself keeps each single."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pointsman_google.client import Client
from pointsman_google.events import (
    KEY,
    OURS,
    conference_status,
    is_deleted,
    is_newer,
    leaves_series,
    private,
    record,
    writing,
)
from pointsman_google.ids import GENERATIONS, event_id, event_ids
from pointsman_google.refusals import Changed, Exists, Forbidden, Gone, NotFound, UsageLimit
from pointsman_google.series import SeriesTimes
from pointsman_google.shape import shaped
from pointsman_sdk import (
    CREATE_MEETING,
    AmbiguousOutcome,
    Appointment,
    ConnectorError,
    GuestsRefused,
    Invites,
    Rejected,
    RemoteRecord,
    Retryable,
    Slot,
)

_TRIES = 5
_MEETING_PAUSES_S = (0.1, 0.3, 0.6)
_SHOWN, _SILENT = "all", "none"
_LONGEST_ETAG = 200


class GoogleAppointments:
    """Each is brought to its state by an insert, or by a patch under the condition that it is still the one that was read."""

    def __init__(self, client: Client) -> None:
        self._client, self._series = client, SeriesTimes(client)

    async def put(self, thing: Appointment) -> RemoteRecord:
        try:
            return await self._put(thing)
        except UsageLimit as limit:
            if thing.invites is not Invites.VENDOR or not thing.guests:
                raise
            said = "Google's limits of calendar use are reached: for hours or days it takes no guests from outside"
            raise GuestsRefused(said, retry_after=limit.retry_after) from limit

    async def _put(self, thing: Appointment) -> RemoteRecord:
        generation = 0
        if thing.sequence == 0 and (made := await self._insert(thing, generation)) is not None:
            return await self._done(thing, made)
        for _ in range(_TRIES):
            present = await self._find(thing.place, thing.key)
            if generation and (present is None or is_deleted(present)):
                present = await self._read(thing.place, event_id(thing.place, thing.key, generation))
            try:
                if present is None:
                    made = await self._insert(thing, generation)
                elif is_deleted(present):
                    made = await self._bring_back(thing, present)
                elif shaped(lambda event: is_newer(thing, event), present):
                    return await self._series.seen(thing.place, present, await self._done(thing, present))
                else:
                    made = await self._change(thing, present)
            except Changed:
                continue
            if made is not None:
                return await self._done(thing, made)
            # The id is reserved for what cannot be read or brought back.
            generation = min(generation + 1, GENERATIONS - 1)
        raise Retryable("the event keeps changing while it is being written")

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        found = await self._find(place, key)
        if found is None or is_deleted(found):
            return None
        return await self._series.seen(place, found, shaped(lambda event: record(place, event, key), found))

    async def drop(self, place: str, key: str) -> None:
        """Guests stand in the event where Google wrote to them, and nowhere else: it tells them."""
        try:
            await self._delete(place, event_id(place, key))
        except (NotFound, Gone):
            for other in await self._under(place, key):  # asks the calendar, too, whether it is there
                try:
                    await self._delete(place, str(other["id"]))
                except (NotFound, Gone):
                    continue

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        utc = window.utc()
        params = {
            "privateExtendedProperty": "=".join(OURS),
            "timeMin": utc.start.isoformat(),
            "timeMax": utc.end.isoformat(),
        }
        listed = [event async for event in self._client.listed(place, params)]
        found = [
            await self._series.seen(place, event, shaped(lambda one: record(place, one), event))
            for event in listed
            if _is_ours(place, event)
        ]
        standing = [(one.slot.utc().start, one) for one in found if one.slot is not None and one.slot.overlaps(window)]
        return [one for _, one in sorted(standing, key=lambda pair: pair[0])]

    async def _insert(self, thing: Appointment, generation: int) -> Any:
        """The new event; None where there is, or was, one of this id."""
        name = event_id(thing.place, thing.key, generation)
        fresh = writing(thing, name, {})
        assert fresh is not None
        params = _params(tells_guests=fresh.tells_guests)
        try:
            return await self._client.events("POST", thing.place, params=params, body={"id": name, **fresh.body})
        except Exists:
            return None

    async def _change(self, thing: Appointment, present: Mapping[str, Any]) -> Any:
        """The event in its new state; as it is where nothing is to change."""
        try:
            return await self._patch(thing, present)
        except (NotFound, Gone):  # it was there a moment ago
            raise Changed("the event was deleted while it was being written") from None

    async def _bring_back(self, thing: Appointment, present: Mapping[str, Any]) -> Any:
        """A deleted event keeps its id: it is made anew by its status. None where Google does not let it be."""
        try:
            return await self._patch(thing, present)
        except (Forbidden, NotFound, Gone):
            return None

    async def _patch(self, thing: Appointment, present: Mapping[str, Any]) -> Any:
        name = shaped(lambda event: str(event["id"]), present)
        leaves = not is_deleted(present) and shaped(lambda event: leaves_series(thing, event), present)
        alone = leaves or (not is_deleted(present) and await self._series.is_broken(thing.place, present))
        new = shaped(lambda event: writing(thing, name, event, alone=alone), present)
        if new is None:
            return present
        params = _params(tells_guests=new.tells_guests)
        return await self._client.events(
            "PATCH", thing.place, name, params=params, body=new.body, etag=shaped(_etag, present)
        )

    async def _done(self, thing: Appointment, event: Any) -> RemoteRecord:
        """The record, with the link of a meeting that Google makes meanwhile, if that takes a moment only."""
        made = _recorded(thing.place, event)
        if thing.meeting != CREATE_MEETING:
            return made
        for pause in _MEETING_PAUSES_S:
            if made.join_url is not None or shaped(conference_status, event) != "pending":
                break
            await asyncio.sleep(pause)
            try:
                event = await self._client.events("GET", thing.place, made.id)
            except ConnectorError:
                break  # it stands; the link is told by a later reading
            made = _recorded(thing.place, event)
        return made

    async def _find(self, place: str, key: str) -> Any:
        """The event under the key, the deleted one where none stands, or None. PlaceGone where the calendar is not there."""
        found = await self._read(place, event_id(place, key))
        if found is not None and not shaped(is_deleted, found):
            return _checked(found, key)
        others = await self._under(place, key)
        return others[0] if others else found

    async def _read(self, place: str, name: str) -> Any:
        try:
            return await self._client.events("GET", place, name)
        except (NotFound, Gone):
            return None

    async def _under(self, place: str, key: str) -> list[Any]:
        """What stands under the key, by whichever of its ids."""
        params = {"privateExtendedProperty": f"{KEY}={key}"}
        ids = event_ids(place, key)
        return [
            event async for event in self._client.listed(place, params) if shaped(lambda one: one["id"] in ids, event)
        ]

    async def _delete(self, place: str, name: str) -> None:
        await self._client.events("DELETE", place, name, params={"sendUpdates": _SHOWN})


def _params(*, tells_guests: bool) -> dict[str, str]:
    """Without `conferenceDataVersion` Google overlooks the meeting that is asked for."""
    return {"sendUpdates": _SHOWN if tells_guests else _SILENT, "conferenceDataVersion": "1"}


def _is_ours(place: str, event: Any) -> bool:
    """A copy that its owner made has our properties, and another id."""
    key = shaped(lambda one: private(one).get(KEY), event)
    return isinstance(key, str) and shaped(lambda one: one["id"] in event_ids(place, key), event)


def _checked(event: Any, key: str) -> Any:
    """Our id is a digest, which no other event has by chance.

    One without a key has lost it: some programs take all properties away. The next change puts ours back.
    """
    if shaped(lambda one: private(one).get(KEY, key), event) != key:
        raise Rejected("another event has the id that this appointment needs")
    return event


def _etag(event: Mapping[str, Any]) -> str | None:
    """None for a deleted event of which Google tells no more than the id."""
    found = event.get("etag")
    if found is None:
        return None
    if not (isinstance(found, str) and found.isascii() and found.isprintable() and 0 < len(found) <= _LONGEST_ETAG):
        raise ValueError("an ETag that cannot be sent")
    return found


def _recorded(place: str, event: Any) -> RemoteRecord:
    """What was written, as it is answered: an answer of another shape says nothing of what was done."""
    try:
        return shaped(lambda one: record(place, one), event)
    except Rejected as fault:
        raise AmbiguousOutcome(str(fault)) from None
