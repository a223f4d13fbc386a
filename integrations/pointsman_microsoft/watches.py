"""The capability `watches`: subscriptions that call, and delta queries that tell what changed.

A subscription to events lives 4,230 minutes at most (Graph, "subscription resource type"), and exists only after Graph tried the
callback. Each note shows the clientState; some tell of the subscription itself (Graph, "lifecycle notifications").
"""

import hmac
import re
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from pointsman_microsoft.deltas import Deltas
from pointsman_microsoft.graph.client import SUBSCRIPTIONS, Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import rows, shaped, text, text_or_none
from pointsman_microsoft.graph.times import plain
from pointsman_sdk import Changes, Rejected, Reply, Watch, WebhookRequest
from pointsman_sdk.abilities.handshakes import echo, query_of
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import JsonLimits, parse_json

_LIVES = timedelta(minutes=4_230)
_EARLY = timedelta(hours=12)  # a watch is renewed before it ends
_LIMITS = JsonLimits(size=1_000_000, values=50_000)
_MOST_NOTES = 1_000
_GUID = re.compile(r"[0-9A-Fa-f-]{36}")
_ENDS = frozenset({"subscriptionRemoved", "reauthorizationRequired"})


class Watches:
    """Changes of the calendars of mailboxes."""

    def __init__(self, client: Client) -> None:
        self._client, self._deltas = client, Deltas(client)

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        """A subscription, whose id is the watch's state. A second one to the same calendar is another, with its own end."""
        until = self._client.now() + _LIVES
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": callback,
            "lifecycleNotificationUrl": callback,
            "resource": Place.of(place).resource,
            "expirationDateTime": f"{plain(until)}Z",
            "clientState": secret.get_secret_value(),
        }
        made = await self._client.call("POST", SUBSCRIPTIONS, body=body)
        return shaped(lambda row: Watch(state=text(row["id"]), renew_at=self._renewal(until)), made, writes=True)

    def _renewal(self, until: datetime) -> datetime:
        return until - _EARLY

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        query = query_of(request.url)
        if "validationToken" in query:
            return echo(query["validationToken"][0])
        try:
            notes = shaped(rows, parse_json(request.body, _LIMITS))
        except Unreadable:
            raise Rejected("the call is none of Microsoft Graph's") from None
        if not 0 < len(notes) <= _MOST_NOTES:
            raise Rejected("the call has no notes, or too many")
        said = [shaped(_client_state, note) for note in notes]
        told = secret.get_secret_value().encode()
        wrong = sum(not hmac.compare_digest(one.encode(), told) for one in said)  # of all, so that no time tells which
        if wrong:
            raise Rejected("a note does not show the secret of this watch")
        events = {shaped(lambda note: text_or_none(note.get("lifecycleEvent")), note) for note in notes}
        return Reply(status=202, renew=bool(events & _ENDS))

    async def unwatch(self, place: str, state: str) -> None:  # noqa: ARG002  # an id is enough
        if not _GUID.fullmatch(state):
            return
        path = f"{SUBSCRIPTIONS}/{state}"
        await self._client.call("DELETE", path, of_place=False, silent=True, absent_is_none=True)

    async def changed(self, place: str, cursor: str | None) -> Changes:
        return await self._deltas.changed(Place.of(place), cursor)


def _client_state(note: Any) -> str:
    return text(note["clientState"]).encode("utf-8", "replace").decode()
