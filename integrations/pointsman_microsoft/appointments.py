"""The capability `appointments`: events with our key in a named property, kept single by a transactionId."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pointsman_microsoft.busy import view
from pointsman_microsoft.changes import changed, created, is_shown, plain_body, rewrites_body
from pointsman_microsoft.events import EXPAND, FIELDS, State, Stored, by_key, key_in, link_of, transaction_id
from pointsman_microsoft.graph.answers import Changed, Duplicate
from pointsman_microsoft.graph.client import PREFER, Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import shaped, text
from pointsman_microsoft.series import SeriesTimes, first_of
from pointsman_microsoft.words import before_meeting, text_of, title_of
from pointsman_sdk import CREATE_MEETING, Appointment, Rejected, RemoteRecord, Retryable, Slot

_TRIES = 4
_SHOWS_AFTER_S = 0.3
_MOST_GENERATIONS = 20
#: Graph takes the event, and answers `isOnlineMeeting` false: of a mailbox without Teams, and of an account that has no provider
#: of meetings (Graph, "calendar resource type", `allowedOnlineMeetingProviders`).
_NO_TEAMS = "Microsoft makes no Teams meeting in this mailbox: its owner needs an account of work or school, with Teams"
_LISTED = FIELDS.replace(",body", "").replace(",attendees", "")
_AS_HTML = PREFER.replace('"text"', '"html"')


class Appointments:
    """Events in calendars of mailboxes."""

    def __init__(self, client: Client) -> None:
        self._client, self._series = client, SeriesTimes(client)

    async def put(self, thing: Appointment) -> RemoteRecord:
        """Look up, then create under an id that Graph takes once, or change what was read if it did not change since."""
        place = Place.of(thing.place)
        for _ in range(_TRIES):
            present = await self._find(place, thing.key)
            try:
                done = await (self._created(place, thing) if not present else self._changed(place, thing, present[0]))
            except Changed:
                continue
            if done is not None:
                return done.record(thing.place, thing.key)
        raise Retryable("the event keeps changing in Outlook while it is being written")

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """Look the key up."""
        where = Place.of(place)
        found = await self._find(where, key)
        return (await self._series.seen(where, found[0])).record(place, key) if found else None

    async def drop(self, place: str, key: str) -> None:
        """Cancel it, which tells the guests, or delete it where there are none (Graph, "event: cancel", "delete event")."""
        where = Place.of(place)
        for one in await self._find(where, key):
            path = where.event(one.id)
            if one.attendees:
                await self._drop("POST", f"{path}/cancel", body={"comment": ""})
            else:
                await self._drop("DELETE", path)

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        """By calendarView. Of an event that its owner copied, the first one counts, and of a series its first time there."""
        where, found = Place.of(place), defaultdict[str, list[Stored]](list)
        async for row in self._client.items(f"{where.path}/calendarView", params=view(window, fields=_LISTED)):
            key = shaped(key_in, row)
            if key is None:
                continue
            found[key].append(shaped(Stored.of, row))
        firsts = [(key, first_of(events, window)) for key, events in found.items()]
        standing = [one.record(place, key) for key, one in firsts if one is not None]
        return sorted(standing, key=lambda one: one.slot.utc().start if one.slot else window.start)

    async def _find(self, place: Place, key: str) -> list[Stored]:
        """The events with this key, the first one first: an owner may have copied ours."""
        params = {"$filter": by_key(key), "$select": FIELDS, "$expand": EXPAND, "$top": "10"}
        rows = [row async for row in self._client.items(f"{place.path}/events", params=params)]
        found = [shaped(Stored.of, row) for row in rows if shaped(key_in, row) == key]
        return sorted(found, key=lambda one: one.made)

    async def _created(self, place: Place, thing: Appointment) -> Stored | None:
        """The new event; None where another call was faster, so that it is to be looked up again."""
        write = created(thing)
        for generation in range(_MOST_GENERATIONS):
            body = write.body | {"transactionId": transaction_id(thing.key, generation)}
            try:
                answer = await self._client.call("POST", f"{place.path}/events", body=body)
            except Duplicate:
                if await self._is_there(place, thing.key, patient=generation == 0):
                    return None
                continue  # that event was removed, or is in another calendar now
            done = await self._written(place, thing, answer, write.state)
            return done if done is not None and done.title == title_of(thing) else None
        raise Rejected("the event was removed too often to be made anew")

    async def _is_there(self, place: Place, key: str, *, patient: bool) -> bool:
        """Whether the event shows by its key; one that was made a moment ago may not at once, and would be made twice."""
        if await self._find(place, key):
            return True
        if patient:
            await asyncio.sleep(_SHOWS_AFTER_S)
            return bool(await self._find(place, key))
        return False

    async def _changed(self, place: Place, thing: Appointment, present: Stored) -> Stored | None:
        """The event as it stands then. Raises Changed where others were faster."""
        if present.state.sequence is not None and present.state.sequence > thing.sequence:
            return await self._series.seen(place, present)
        path = place.event(present.id)
        if not present.state.whole:  # a list shows no more than the beginning of a property
            params = {"$select": FIELDS, "$expand": EXPAND}
            present = shaped(Stored.of, await self._client.call("GET", path, params=params, of_place=False))
        present = await self._series.seen(place, present)
        body = await self._body(place, thing, present) if rewrites_body(present, thing) else None
        write = changed(present, thing, body)
        if not write.body:
            return present
        answer = await self._client.call("PATCH", path, body=write.body, etag=present.etag, of_place=False)
        return await self._written(place, thing, answer, write.state)

    async def _body(self, place: Place, thing: Appointment, present: Stored) -> dict[str, str] | None:
        """The new body, with Teams' part kept. Where that cannot be told the text stays, unless attendees would read too much."""
        shown = is_shown(thing, present)
        if not present.online:
            return plain_body(thing, shown=shown)
        params = {"$select": "id,body"}
        row = await self._client.call("GET", place.event(present.id), params=params, prefer=_AS_HTML, of_place=False)
        html = shaped(lambda one: text(one["body"]["content"]), row)
        beside = before_meeting(text_of(thing, shown=shown), html, present.join_url)
        if beside is None:
            return plain_body(thing, shown=shown) if shown else None
        return {"contentType": "html", "content": beside}

    async def _written(self, place: Place, thing: Appointment, answer: Any, state: State) -> Stored | None:
        """What a write answers. A creation that was repeated may answer an event that is in another state by now: None.

        Raises Rejected where it made no meeting: the event stands without.
        """
        done = shaped(lambda row: Stored.of(row, state, link_of(thing)), answer, writes=True)
        if done.slot != thing.slot:
            return None
        if thing.meeting == CREATE_MEETING and not done.online:
            raise Rejected(_NO_TEAMS)
        if thing.meeting == CREATE_MEETING and done.join_url is None:  # Teams may take a moment
            found = await self._find(place, thing.key)
            return found[0] if found else None
        return done

    async def _drop(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        await self._client.call(method, path, body=body, of_place=False, silent=True, absent_is_none=True)
