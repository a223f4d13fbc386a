"""What the vendor tells of its own accord: a feed of events, and webhooks with their ids."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pointsman_memory.signature import SIGNATURE
from pointsman_memory.vendor.wire import Answer, Refused, page, place_of
from pointsman_sdk import WebhookRequest

CALLBACK = "https://pointsman.example/v1/hooks/memory"


@dataclass(slots=True, kw_only=True)
class Hooks:
    """Every event, oldest first. `secret` signs the webhooks, and answers the handshake of Meta's shape."""

    secret: str
    clock: Callable[[], datetime]
    page_size: int = 50
    events: list[dict[str, Any]] = field(default_factory=list)
    forgotten: int = 0  # events before this one are not told any more

    def happened(self, about: str, *, version: str, origin: str | None = None) -> dict[str, Any]:
        """Something changed: an event of its own."""
        event = {
            "id": f"evt-{len(self.events) + 1}",
            "about": about,
            "origin": origin,
            "version": version,
            "at": self.clock().isoformat(),
        }
        self.events.append(event)
        return event

    def hook(self, events: Sequence[dict[str, Any]], *, now: datetime | None = None) -> WebhookRequest:
        """The webhook with these events, signed now or at another time."""
        return self.signed(json.dumps({"events": list(events)}).encode(), now=now)

    def signed(self, body: bytes, *, now: datetime | None = None) -> WebhookRequest:
        """A webhook with this body; an empty one says no more than "look"."""
        bare = WebhookRequest(method="POST", url=CALLBACK, headers={}, body=body)
        headers = SIGNATURE.sign(bare, self.secret, now=now or self.clock(), event_id="")
        return WebhookRequest(method="POST", url=CALLBACK, headers=headers, body=body)

    def soap(self, events: Sequence[dict[str, Any]]) -> WebhookRequest:
        """The webhook with these events as a SOAP message."""
        told = "".join(f'<event id="{one["id"]}" about="{one["about"]}" at="{one["at"]}"/>' for one in events)
        return self.signed(f"<Envelope><Body><events>{told}</events></Body></Envelope>".encode())

    def meta_handshake(self, challenge: str, *, token: str | None = None) -> WebhookRequest:
        query = {"hub.mode": "subscribe", "hub.verify_token": token or self.secret, "hub.challenge": challenge}
        return WebhookRequest(method="GET", url=f"{CALLBACK}?{urlencode(query)}", headers={}, body=b"")

    def graph_handshake(self, token: str) -> WebhookRequest:
        query = urlencode({"validationToken": token})
        return WebhookRequest(method="POST", url=f"{CALLBACK}?{query}", headers={}, body=b"")

    def slack_handshake(self, challenge: str) -> WebhookRequest:
        return self.signed(json.dumps({"type": "url_verification", "challenge": challenge}).encode())

    def answer(self, cursor: str | None) -> Answer:
        """Serve `/events`: one page since the cursor, and where the next one begins."""
        if cursor is None:
            return 200, {"items": [], "sync": f"p{len(self.events)}"}
        try:
            start = place_of(cursor)
        except Refused:
            raise Refused(410, "cursor") from None
        if not self.forgotten <= start <= len(self.events):
            raise Refused(410, "cursor")
        found = page(self.events, cursor, self.page_size)
        return 200, {"items": found["items"], "sync": f"p{start + len(found['items'])}"}
