"""Watches: the vendor pushes that something changed, and its feed says what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from pointsman_memory.client import Changed, Client
from pointsman_memory.shape import rows, shaped, text, text_or_none
from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import Changes, Rejected, Reply, Watch, WebhookRequest
from pointsman_sdk.abilities.handshakes import echo, query_of

_MOST_PAGES = 1_000
WATCH_ENDED = b"watch-ended"
"""The body of a watch's last call; that of all others is empty."""


class MemoryWatches:
    """A watch is a subscription by id; a cursor is the vendor's sync token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        body = {"callback": callback, "secret": secret.get_secret_value()}
        made = await self._client.call("POST", "calendars", place, "watches", body=body)
        if shaped(lambda row: row["push"] is False, made):
            return None
        return shaped(lambda row: Watch(state=text(row["id"]), renew_at=datetime.fromisoformat(row["renew"])), made)

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        query = query_of(request.url)
        if "validationToken" in query:
            return echo(query["validationToken"][0])
        SIGNATURE.verify(request, [secret.get_secret_value()], now=self._client.now())
        return Reply(status=202, renew=request.body == WATCH_ENDED)

    async def unwatch(self, place: str, state: str) -> None:
        await self._client.call("DELETE", "calendars", place, "watches", state, absent_is_none=True)

    async def changed(self, place: str, cursor: str | None) -> Changes:
        keys: dict[str, None] = {}
        others, following, sync = False, cursor, None
        seen: set[str | None] = set()
        while following not in seen and len(seen) < _MOST_PAGES:
            seen.add(following)
            answer = await self._feed(place, following)
            if answer is None:
                return Changes(complete=False)
            for row in shaped(lambda data: rows(data["items"]), answer):
                key = shaped(lambda one: text_or_none(one["key"]), row)
                if key is None:
                    others = True
                else:
                    keys[key] = None
            sync = shaped(lambda data: text(data["sync"]), answer)
            following = shaped(lambda data: text_or_none(data["next"]), answer)
            if following is None:
                return Changes(keys=tuple(keys), others=others, cursor=sync)
        raise Rejected("the memory vendor's list of changes has no end")

    async def _feed(self, place: str, cursor: str | None) -> Any:
        """A page of the feed; None where the vendor does not know the cursor any more."""
        params: Mapping[str, str] = {} if cursor is None else {"cursor": cursor}
        try:
            return await self._client.call("GET", "calendars", place, "changes", params=params)
        except Changed:
            return None
