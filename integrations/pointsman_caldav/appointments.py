"""The capability `appointments`: each is one resource, named by its key."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import httpx

from pointsman_caldav.address import event_url, member_url
from pointsman_caldav.busy import span
from pointsman_caldav.client import VENDOR, Client, etag_of
from pointsman_caldav.collections import Collections
from pointsman_caldav.dav import event_query, uid_query
from pointsman_caldav.events import Stored, placed, worded, written
from pointsman_caldav.objects import rewritten
from pointsman_caldav.reading import name_of_key, one_event, our_events, precondition
from pointsman_caldav.uids import uid_of
from pointsman_sdk import (
    CREATE_MEETING,
    AmbiguousOutcome,
    Appointment,
    Invites,
    Rejected,
    RemoteRecord,
    Retryable,
    Slot,
    Standing,
)

_ICALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
_GONE = frozenset({404, 410})
_DELETED = frozenset({200, 202, 204, 403, *_GONE})
_NO_ANSWER = frozenset({400, 403, 405, 422, 501, *_GONE})  # to the question for a UID
_ATTEMPTS = 3


class Appointments:
    """Events of the host's on one server. `zone` is the one of floating times, where the calendar says none."""

    def __init__(self, client: Client, collections: Collections, *, zone: str, clock: Callable[[], datetime]) -> None:
        self._client, self._collections, self._zone, self._clock = client, collections, zone, clock

    async def put(self, thing: Appointment) -> RemoteRecord:
        """Create the resource if there is none, else change the one that we read if it did not change since."""
        if thing.invites is Invites.VENDOR or thing.meeting == CREATE_MEETING:
            raise Rejected("a CalDAV server writes to no guests for us, and makes no meetings")
        if thing.sequence == 0 and (made := await self._created(thing)) is not None:
            return made
        before: _Present | None = None
        for _ in range(_ATTEMPTS):
            present = await self._read(thing.place, thing.key)
            if present is not None and present == before:
                # Nobody changed it. The server, or a proxy in front of it, shows another ETag than it compares with.
                present = present._replace(etag="")
            changed = await (self._created(thing) if present is None else self._changed(thing, present))
            if changed is not None:
                return changed
            before = present
        raise Retryable("the event keeps changing while it is being written")

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """Read the resource of this key."""
        present = await self._read(place, key)
        if present is None:
            await self._collections.calendar(place)
            return None
        return self._record(place, key, present)

    async def drop(self, place: str, key: str) -> None:
        """Delete the resource of this key, also where its owner's program gave it another name."""
        answer = await self._client.call("DELETE", self._url(place, key), expect=_DELETED)
        if answer.status_code in _GONE and (renamed := await self._renamed(place, key)) is not None:
            answer = await self._client.call("DELETE", renamed, expect=_DELETED)
        if answer.status_code in {403, *_GONE}:
            await self._collections.calendar(place)
            if answer.status_code == 403:
                raise Rejected("the CalDAV server does not let this login remove the event")

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        """Ask for the window's events, and keep those with one of our UIDs."""
        calendar = await self._collections.calendar(place)
        answer = await self._client.report(calendar.url, event_query(window), depth="1", expect={207})
        found = await self._client.read_xml(
            our_events, answer.content, within=span(window), zone=calendar.zone or self._zone
        )
        return [
            self._record(place, one["key"], _Present(Stored.of(one), one["etag"], b"", self._url(place, one["key"])))
            for one in found
        ]

    async def _created(self, thing: Appointment) -> RemoteRecord | None:
        """The new resource; None where there is one already. What is no calendar would take a file, too: we look first."""
        await self._collections.calendar(thing.place)
        answer = await self._client.call(
            "PUT",
            self._url(thing.place, thing.key),
            expect={200, 201, 204, 403, 409, 412},
            content=written(thing, now=self._clock()),
            headers={**_ICALENDAR, "If-None-Match": "*"},
        )
        if answer.status_code < 300:
            return await self._read_back(thing, answer)
        reason = await self._client.read_xml(precondition, answer.content)
        if answer.status_code == 403 and reason != "no-uid-conflict":
            raise Rejected(f"{VENDOR} refused the request (status 403)")
        is_there = answer.status_code == 412 and reason in ("", "if-none-match")
        if not is_there and await self._read(thing.place, thing.key) is None:
            raise Rejected(f"the CalDAV server refused the event ({reason or 'is there such a calendar?'})")
        return None

    async def _changed(self, thing: Appointment, present: "_Present") -> RemoteRecord | None:
        """The resource as it stands then; None where another was faster, so that it is to be read again."""
        event = present.event
        late = event.generation is not None and thing.sequence < event.generation
        if late or event.agrees_with(thing):
            return self._record(thing.place, thing.key, present)
        answer = await self._client.call(
            "PUT",
            present.url,
            expect={200, 201, 204, 404, 409, 412},
            content=await self._rewritten(event, present.content, thing),
            headers={**_ICALENDAR, "If-Match": present.etag or "*"},
        )
        return await self._stood(thing) if answer.status_code < 300 else None

    async def _stood(self, thing: Appointment) -> RemoteRecord:
        """What stands after a change: some servers accept several writers and keep the last."""
        present = await self._read(thing.place, thing.key, wrote=True)
        if present is None or present.event.slot != thing.slot:
            raise AmbiguousOutcome("the event was changed, but something else stands in the calendar now")
        return self._record(thing.place, thing.key, present)

    async def _read_back(self, thing: Appointment, answer: httpx.Response) -> RemoteRecord:
        """What was created; a server that gives no ETag may have rewritten it, so it is asked."""
        etag = etag_of(answer)
        if etag:
            event = Stored.of(one_event(answer.request.content, zone=self._zone))  # our own, so that no child is needed
            return self._record(thing.place, thing.key, _Present(event, etag, b"", self._url(thing.place, thing.key)))
        present = await self._read(thing.place, thing.key, wrote=True)
        if present is None:
            raise AmbiguousOutcome("the CalDAV server accepted the event and does not show it")
        return self._record(thing.place, thing.key, present)

    async def _rewritten(self, event: Stored, content: bytes, thing: Appointment) -> str:
        """The same event in the state asked for, with everything kept that its owner added or reworded."""
        sequence = max(event.sequence + 1, thing.sequence)
        values = placed(thing, sequence=sequence, now=self._clock())
        if not event.is_reworded:
            values += worded(thing)
        text: str = await self._client.read_icalendar(rewritten, content, values=values, alone=event.broken)
        return text

    async def _read(self, place: str, key: str, *, wrote: bool = False) -> "_Present | None":
        """The event of this key. Rejected when another event has the place.

        AmbiguousOutcome for one that cannot be read after we `wrote` it.
        """
        url = self._url(place, key)
        answer = await self._client.call("GET", url, expect={200, *_GONE})
        if answer.status_code in _GONE:
            renamed = await self._renamed(place, key)
            if renamed is None:
                return None
            url, answer = renamed, await self._client.call("GET", renamed, expect={200, *_GONE})
            if answer.status_code in _GONE:
                return None
        read = await self._client.read_icalendar(one_event, answer.content, writes=wrote, zone=self._zone)
        if not read["certain"]:  # a wall clock without a zone is the calendar's own, as in busy times
            zone = (await self._collections.calendar(place)).zone or self._zone
            read = await self._client.read_icalendar(one_event, answer.content, writes=wrote, zone=zone)
        event = Stored.of(read)
        if event.key != key:
            raise Rejected("another event has the name that this appointment needs")
        return _Present(event, etag_of(answer), answer.content, url)

    async def _renamed(self, place: str, key: str) -> httpx.URL | None:
        """Where the event lies under another name; None where it does not, or the server cannot say.

        A program that moves an event away and back, or takes a copy in, names its resource as it likes. Its UID stays.
        """
        collection = self._collections.url_of(place)
        try:
            answer = await self._client.report(collection, uid_query(uid_of(key)), depth="1", expect={207, *_NO_ANSWER})
            if answer.status_code != 207:
                return None
            name = await self._client.read_xml(name_of_key, answer.content, key=key)
        except Rejected:  # a server that overlooks the filter tells of more than can be read
            return None
        return member_url(collection, name) if name else None

    def _url(self, place: str, key: str) -> httpx.URL:
        return event_url(self._collections.url_of(place), key)

    def _record(self, place: str, key: str, present: "_Present") -> RemoteRecord:
        event = present.event
        standing = Standing.TENTATIVE if event.tentative else Standing.CONFIRMED
        return RemoteRecord(
            key=key,
            place=place,
            id=present.url.raw_path.decode("ascii"),
            version=present.etag,
            sequence=event.generation,
            slot=event.slot,
            certain=event.certain,
            repeats=event.repeats,
            standing=Standing.CANCELLED if event.cancelled else standing,
            title=event.title,
            join_url=event.url or None,
        )


class _Present(NamedTuple):
    """An event as it stands: its ETag, its text where that was read, and where it lies."""

    event: Stored
    etag: str
    content: bytes
    url: httpx.URL
