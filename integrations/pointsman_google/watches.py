"""The capability `watches`: channels that push, and sync tokens that say what changed.

Sources: developers.google.com/calendar/api/guides/push, /guides/sync.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from pointsman_google.client import Client, next_page, paged
from pointsman_google.events import KEY, is_deleted, private
from pointsman_google.ids import event_ids, has_our_form
from pointsman_google.refusals import Gone, Malformed, NotFound
from pointsman_google.shape import rows, shaped, text
from pointsman_sdk import Changes, Rejected, Reply, Watch, WebhookRequest

_LASTS = timedelta(days=7)  # asked for; Google may give less
_BEFORE = 4  # renewed in the last quarter of its time
_MOST_PAGES = 1_000
_PAST = timedelta(days=31)
_SYNC = {"maxResults": "2500", "showDeleted": "true"}
_CHANGES = "kind,items(id,status,extendedProperties),nextPageToken,nextSyncToken"
_END = "kind,nextPageToken,nextSyncToken"
_NO_END = "Google's list of changes has no end"
_TOKEN, _STATE = "x-goog-channel-token", "x-goog-resource-state"
_STATES = frozenset({"sync", "exists", "not_exists"})


class GoogleWatches:
    """A watch is a channel; its note is the channel's id and the resource's. A cursor is a sync token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        """None for what Google does not push: to an address without https, or of a calendar such as public holidays."""
        if not callback.startswith("https://"):
            return None
        now = self._client.now()
        asked = {
            "id": str(uuid4()),
            "type": "web_hook",
            "address": callback,
            "token": secret.get_secret_value(),
            "expiration": str(_milliseconds(now + _LASTS)),
        }
        try:
            made = await self._client.events("POST", place, "watch", body=asked)
        except Malformed:
            await self._begin(place)  # raises where it is the calendar that is wrong
            return None
        return shaped(lambda channel: _watch(channel, now), made)

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        """A call has no body and says by headers of which channel it is. The first one, `sync`, comes with the watch."""
        shown = request.headers.get(_TOKEN, "").encode("utf-8", "replace")
        if not hmac.compare_digest(shown, secret.get_secret_value().encode()):
            raise Rejected("the call does not show the secret of this watch")
        if request.headers.get(_STATE) not in _STATES:
            raise Rejected("the call is none of Google Calendar's")
        return Reply()

    async def unwatch(self, place: str, state: str) -> None:
        name, _, resource = state.partition(" ")
        if not name or not resource:
            return
        try:
            await self._client.call("POST", "channels", "stop", place=place, body={"id": name, "resourceId": resource})
        except (NotFound, Malformed, Gone):
            return

    async def changed(self, place: str, cursor: str | None) -> Changes:
        if cursor is None:
            return Changes(cursor=await self._begin(place))
        keys: dict[str, None] = {}
        others, complete = False, True
        following: str | None = None
        seen: set[str | None] = set()
        while following not in seen and len(seen) < _MOST_PAGES:
            seen.add(following)
            try:
                answer = await self._list(place, {"syncToken": cursor}, _CHANGES, following)
            except (Gone, Malformed):
                return Changes(cursor=await self._begin(place), others=True, complete=False)
            for event in rows(answer, "items"):
                key = shaped(lambda one: private(one).get(KEY), event)
                if isinstance(key, str) and shaped(lambda one: one["id"], event) in event_ids(place, key):
                    keys[key] = None
                    continue
                others = True
                # Google promises no more than the id of a deleted event: which one of ours it was cannot be told then.
                complete = complete and not (shaped(is_deleted, event) and has_our_form(event.get("id")))
            following = next_page(answer)
            if following is None:
                return Changes(keys=tuple(keys), others=others, cursor=_sync_token(answer), complete=complete)
        raise Rejected(_NO_END)

    async def _begin(self, place: str) -> str:
        """A sync token of now. Google gives one at the end of a list alone, of which nothing but the end is sent.

        A first list may be limited by `timeMin`, as in the guide's own example; the token keeps to that.
        """
        since = {"timeMin": (self._client.now() - _PAST).astimezone(UTC).isoformat()}
        following: str | None = None
        seen: set[str | None] = set()
        while following not in seen and len(seen) < _MOST_PAGES:
            seen.add(following)
            answer = await self._list(place, since, _END, following)
            following = next_page(answer)
            if following is None:
                return _sync_token(answer)
        raise Rejected(_NO_END)

    async def _list(self, place: str, what: Mapping[str, str], fields: str, following: str | None) -> Any:
        return await self._client.events("GET", place, params=paged({**_SYNC, **what, "fields": fields}, following))


def _sync_token(answer: Any) -> str:
    return shaped(lambda data: text(data["nextSyncToken"]), answer)


def _watch(channel: Any, now: datetime) -> Watch:
    said = channel.get("expiration")
    ends = now + _LASTS if said is None else datetime.fromtimestamp(int(said) / 1000, tz=UTC)
    return Watch(
        state=f"{text(channel['id'])} {text(channel['resourceId'])}",
        renew_at=ends - (ends - now) / _BEFORE,
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
