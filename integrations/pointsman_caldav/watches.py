"""The capability `watches`: what changed since a token (RFC 6578), or whether anything did. CalDAV has no push."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from pointsman_caldav.client import Client
from pointsman_caldav.collections import Collections
from pointsman_caldav.dav import STATE_QUERY, sync_query
from pointsman_caldav.reading import changed_resources, state_of_collection
from pointsman_caldav.uids import key_of_path
from pointsman_sdk import Changes, Rejected, Reply, Watch, WebhookRequest

_NO_SYNC = frozenset({400, 403, 404, 405, 409, 412, 415, 422, 501, 507})
_MOST_PAGES = 20
_TOKEN, _CTAG = "token:", "ctag:"
_LASTS = timedelta(days=6)
"""DAViCal forgets tokens after a week, and answers a forgotten one with all that stands, without what went."""


class Watches:
    """Changes of calendars on one server."""

    def __init__(self, client: Client, collections: Collections, *, clock: Callable[[], datetime]) -> None:
        self._client, self._collections, self._clock = client, collections, clock

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:  # noqa: ARG002  # no push
        return None

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:  # noqa: ARG002  # no push
        raise Rejected("CalDAV servers make no calls")

    async def unwatch(self, place: str, state: str) -> None:
        """There is nothing to end."""

    async def changed(self, place: str, cursor: str | None) -> Changes:
        """A token that the server forgot, and a server that tells no more than that something changed: not complete."""
        calendar = await self._collections.calendar(place)
        if cursor is not None and cursor.startswith(_TOKEN):
            if token := self._lasting(cursor.removeprefix(_TOKEN)):
                return await self._since(calendar.url, token)
            return Changes(cursor=await self._state(calendar.url), others=True, complete=False)
        now = await self._state(calendar.url)
        return Changes(cursor=now, others=cursor != now, complete=cursor is None or (cursor == now and now != ""))

    async def _since(self, url: httpx.URL, token: str) -> Changes:
        paths: list[str] = []
        first = token
        for _ in range(_MOST_PAGES):
            answer = await self._client.report(url, sync_query(token), depth="0", expect={207, *_NO_SYNC})
            if answer.status_code != 207:
                return Changes(cursor=await self._state(url), others=True, complete=False)
            found = await self._client.read_xml(changed_resources, answer.content)
            paths += found["paths"]
            token = found["token"] or token
            if not found["more"]:
                keys = [key for path in paths if (key := key_of_path(path)) is not None]
                # A new token and no change: the server forgot the old one, and says nothing of what went since.
                known = bool(paths) or token == first
                return Changes(keys=keys, others=bool(paths) or not known, cursor=self._cursor(token), complete=known)
        return Changes(cursor=await self._state(url), others=True, complete=False)

    async def _state(self, url: httpx.URL) -> str:
        """The cursor of now; empty for a server that has neither token nor tag, where every reading may be a change."""
        answer = await self._client.report(url, STATE_QUERY, depth="0", expect={207})
        state = await self._client.read_xml(state_of_collection, answer.content)
        if state["token"]:
            return self._cursor(state["token"])
        return f"{_CTAG}{state['ctag']}" if state["ctag"] else ""

    def _cursor(self, token: str) -> str:
        return f"{_TOKEN}{int(self._clock().timestamp())}:{token}"

    def _lasting(self, text: str) -> str:
        """The token of a cursor; empty for an old one, and for what is none of ours."""
        asked_at, _, token = text.partition(":")
        if not asked_at.isdecimal() or len(asked_at) > 12:
            return ""
        age = self._clock().timestamp() - int(asked_at)
        return token if age < _LASTS.total_seconds() else ""
