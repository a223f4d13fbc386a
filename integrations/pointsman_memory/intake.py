"""Intake: webhooks with ids alone are answered at the edge, read in batches, and caught up with after an outage."""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pointsman_memory.client import Changed, Client
from pointsman_memory.config import Handshake, MemoryConfig
from pointsman_memory.shape import rows, shaped, text, text_or_none
from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import Arrival, Event, Missed, Rejected, Reply, WebhookRequest
from pointsman_sdk.abilities.handshakes import echo, query_of
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

BATCH = 100
#: Written by the vendor in one form alone, and read once its signature is proven: no parser of XML is needed here.
_SOAP_EVENT = re.compile(rb'<event id="([\w-]{1,64})" about="([\w-]{1,64})" at="([\w:.+-]{1,40})"/>')
_SOAP_MESSAGE = re.compile(rb"<Envelope><Body><events>(?:<event [^<>]{1,250}/>)*+</events></Body></Envelope>")
_COUNT = re.compile(r"[0-9]{1,18}")
_ACKNOWLEDGED = b"<Envelope><Body><eventsResponse><Ack>true</Ack></eventsResponse></Body></Envelope>"


class MemoryIntake:
    """The vendor sends `{"events": [{"id", "about", "origin", "version", "at"}]}`, or an empty body that says "look"."""

    def __init__(self, config: MemoryConfig, client: Client, clock: Callable[[], datetime]) -> None:
        self._config, self._client, self._clock = config, client, clock

    def answer(self, hook: WebhookRequest) -> Reply:
        query = query_of(hook.url)
        if self._config.handshake is Handshake.META and hook.method == "GET":
            return self._meta(query)
        if self._config.handshake is Handshake.GRAPH and "validationToken" in query:
            return echo(query["validationToken"][0])
        SIGNATURE.verify(hook, [self._config.webhook_secret.get_secret_value()], now=self._clock())
        if not hook.body:
            return Reply(status=204)
        if self._config.handshake is Handshake.SOAP:
            return Reply(
                headers={"content-type": "text/xml; charset=utf-8"}, body=_ACKNOWLEDGED, events=_soap(hook.body)
            )
        body = _body(hook)
        if self._config.handshake is Handshake.SLACK and body.get("type") == "url_verification":
            challenge = shaped(lambda data: text(data["challenge"]), body)
            return Reply(
                headers={"content-type": "application/json"}, body=json.dumps({"challenge": challenge}).encode()
            )
        listed = shaped(lambda data: rows(data["events"]), body)
        return Reply(status=202, events=[shaped(_event, row) for row in listed])

    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        found: dict[str, Arrival | None] = {}
        for start in range(0, len(events), BATCH):
            part = events[start : start + BATCH]
            ids = sorted({one.about for one in part if one.about is not None})
            answer = await self._client.call("POST", "fetch", body={"ids": ids})
            told = {
                shaped(lambda row: text(row["id"]), row): row
                for row in shaped(lambda data: rows(data["items"]), answer)
            }
            gone = shaped(lambda data: set(map(text, rows(data["gone"]))), answer)
            for one in part:
                if one.about in told:
                    arrival = shaped(_arrival, told[one.about])
                    if not _is_older(arrival, one):  # a copy of the vendor's that lags behind
                        found[one.key] = arrival
                elif one.about is None or one.about in gone:
                    found[one.key] = None
        return found

    async def since(self, cursor: str | None) -> Missed:
        params = {} if cursor is None else {"cursor": cursor}
        try:
            answer = await self._client.call("GET", "events", params=params)
        except Changed:
            return Missed(events=(), cursor=None, complete=False)
        events = [shaped(_event, row) for row in shaped(lambda data: rows(data["items"]), answer)]
        return Missed(events=events, cursor=shaped(lambda data: text(data["sync"]), answer))

    def _meta(self, query: Mapping[str, Sequence[str]]) -> Reply:
        token = query.get("hub.verify_token", [""])[0]
        if not hmac.compare_digest(token.encode(), self._config.webhook_secret.get_secret_value().encode()):
            raise Rejected("the handshake does not carry the webhook's secret")
        return echo(query.get("hub.challenge", [""])[0])


def _body(hook: WebhookRequest) -> Any:
    try:
        found = parse_json(hook.body)
    except Unreadable:
        raise Rejected("the webhook's body is not JSON") from None
    if not isinstance(found, dict):
        raise Rejected("the webhook's body is no object")
    return found


def _soap(body: bytes) -> list[Event]:
    found = [(one[1].decode(), one[2].decode(), one[3].decode()) for one in _SOAP_EVENT.finditer(body)]
    if not _SOAP_MESSAGE.fullmatch(body) or len(found) != body.count(b"<event "):
        raise Rejected("the webhook's body is no SOAP message of the vendor's")
    listed = [{"id": key, "about": about, "at": at, "origin": None, "version": None} for key, about, at in found]
    return [shaped(_event, row) for row in listed]


def _event(row: Any) -> Event:
    return Event(
        key=text(row["id"]),
        about=text(row["about"]),
        origin=text_or_none(row["origin"]),
        version=text_or_none(row["version"]),
        occurred_at=datetime.fromisoformat(row["at"]),
    )


def _is_older(arrival: Arrival, event: Event) -> bool:
    """The vendor counts the states of a record from 1."""
    counts = [version for version in (arrival.version, event.version) if version and _COUNT.fullmatch(version)]
    return len(counts) == 2 and int(counts[0]) < int(counts[1])


def _arrival(row: Any) -> Arrival:
    fields = {name: value for name, value in row["fields"].items() if value is not None}
    return Arrival(fields=fields, version=text(row["version"]), occurred_at=datetime.fromisoformat(row["changed"]))
