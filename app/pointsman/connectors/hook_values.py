"""Values of the SDK's intake, from and to those of the port; what may be sent to a vendor, and how much, is decided here."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any

from pointsman.connectors.sdk_values import kept_instant, kept_text
from pointsman.services.ports.intake.vendor_events import HookArrival, HookEvent, HookReply
from pointsman.services.ports.vendors.calendars import PushReply
from pointsman_sdk import Arrival, Event, Reply

MAX_EVENTS = 1_000
MAX_REPLY = 65_536
MAX_KEY, MAX_ABOUT = 500, 500
MAX_BODY, MAX_TOGETHER = 1_000_000, 20_000_000
#: Nothing that sets a cookie, sends a browser elsewhere, or lets another site read the answer.
REPLY_HEADERS = frozenset(
    {
        "cache-control",
        "content-type",
        "webhook-allowed-origin",
        "webhook-allowed-rate",
        "www-authenticate",
        "x-hook-secret",
    }
)
#: Some vendors have their own words sent back: none of these is a page for a browser.
_PLAIN = re.compile(r"(text/plain|application/(json|xml|soap\+xml)|text/xml)(\s*;\s*charset=[\w-]{1,40})?", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
_NO_BODY = frozenset({204, 205})


def reply_of(reply: Reply) -> HookReply:
    """The reply, as it may be sent. Raises TypeError and ValueError for what the contract does not allow."""
    if not (200 <= reply.status < 300 or 400 <= reply.status < 500):
        raise ValueError("a reply is a success, or a refusal")
    if len(reply.body) > MAX_REPLY:
        raise ValueError("a reply's body is short")
    if reply.body and reply.status in _NO_BODY:
        raise ValueError("a reply of this status has no body")
    if reply.events and reply.status >= 400:
        raise ValueError("a reply that takes events is a success")
    return HookReply(
        status=reply.status, headers=_headers(reply.headers), body=bytes(reply.body), events=hook_events(reply.events)
    )


def push_reply(reply: Reply) -> PushReply:
    """The reply to a call about a watch, as it may be sent. Raises as `reply_of`."""
    sent = reply_of(reply)
    if sent.events:
        raise ValueError("a call about a watch has no events")
    return PushReply(status=sent.status, headers=sent.headers, body=sent.body, renew=bool(reply.renew))


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    headers = {name.lower(): value for name, value in given.items()}
    headers.pop("x-content-type-options", None)  # each answer of ours has it
    if not headers.keys() <= REPLY_HEADERS:
        raise ValueError("a reply has a header that may not be sent")
    if not all(_VALUE.fullmatch(value) for value in headers.values()):
        raise ValueError("a header's value is short ASCII")
    if "content-type" in headers and not _PLAIN.fullmatch(headers["content-type"].lower()):
        raise ValueError("a reply is plain text, JSON or XML")
    return headers


def hook_events(given: Iterable[Event], *, left_out: Callable[[Exception], None] | None = None) -> list[HookEvent]:
    """The events of one request or page, bounded. ValueError for more than is taken at once, and for one that cannot be kept.

    With `left_out`, which hears why, such a one is left out: it must not keep the others waiting.
    """
    events = list[HookEvent]()
    for number, event in enumerate(islice(given, MAX_EVENTS + 1), start=1):
        if number > MAX_EVENTS:
            raise ValueError("too many events at once")
        try:
            events.append(hook_event(event))
        except (TypeError, ValueError, AttributeError) as error:
            if left_out is None:
                raise
            left_out(error)
    if sum(len(event.body or b"") for event in events) > MAX_TOGETHER:
        raise ValueError("too many events at once")
    return events


def hook_event(event: Event) -> HookEvent:
    """The event, bounded. ValueError for a key that cannot be kept."""
    return HookEvent(
        key=_text(event.key, MAX_KEY),
        about=None if event.about is None else _text(event.about, MAX_ABOUT),
        body=None if event.body is None else _json(event.body),
        origin=None if event.origin is None else _text(event.origin, MAX_KEY),
        version=None if event.version is None else _text(event.version, MAX_KEY),
        occurred_at=kept_instant(event.occurred_at),
    )


def sdk_event(event: HookEvent) -> Event:
    """An event that is to be fetched, as the connector told it."""
    return Event(key=event.key, about=event.about, version=event.version, occurred_at=event.occurred_at)


def arrival(found: Arrival | None) -> HookArrival | None:
    if found is None:
        return None
    version = None if found.version is None else _text(found.version, MAX_KEY)
    return HookArrival(body=_json(found.fields), version=version, occurred_at=kept_instant(found.occurred_at))


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a key is a short text")
    return kept_text(value, longest)


def _json(fields: Mapping[str, object]) -> bytes:
    written = json.dumps(dict(fields), allow_nan=False, default=_plain).encode()
    if len(written) > MAX_BODY:
        raise ValueError("an event says too much")
    return written


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError("an event says what JSON can")
