"""The vendor's side: an HTTP API with a token, spoken inside the process, nothing on a socket."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx

from pointsman_memory.diary import Diary
from pointsman_memory.ledger import Ledger
from pointsman_memory.wire import Answer
from pointsman_sdk import Contact, WebhookRequest


def signature(secret: str, moment: int, body: bytes) -> str:
    """How the vendor signs: an HMAC over the time and the body, both of which it sends."""
    signed = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


@dataclass(slots=True)
class MemoryVendor:
    """A CRM with calendars, programmes and messages. `transport` is how a connector reaches it."""

    token: str = "memory-token"  # noqa: S105  # a vendor in memory guards nothing
    webhook_secret: str = "memory-webhook-secret"  # noqa: S105  of a vendor in memory
    diary: Diary = field(default_factory=Diary)
    ledger: Ledger = field(default_factory=Ledger)
    members: dict[str, list[str]] = field(default_factory=dict)
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    transport: httpx.MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = httpx.MockTransport(self._handle)

    def hook(self, contacts: Sequence[Contact], *, moment: int) -> WebhookRequest:
        """A webhook with one lead per contact, signed at this Unix time."""
        leads = [
            {"id": f"lead-{number}-{contact.email}", "fields": {"email": contact.email, "name": contact.name}}
            for number, contact in enumerate(contacts)
        ]
        body = json.dumps({"leads": leads}).encode()
        headers = {"memory-signature": signature(self.webhook_secret, moment, body)}
        return WebhookRequest(
            method="POST", url="https://pointsman.example/v1/hooks/memory", headers=headers, body=body
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.token}"):
            return httpx.Response(401, json={"error": "unknown token"})
        # Split before unquoting: a calendar's name may hold a slash.
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        parts = [unquote(part) for part in path.strip("/").split("/")]
        try:
            body = json.loads(request.content or b"{}")
            status, answer = self._route(request.method, parts, dict(request.url.params), body)
        except (KeyError, ValueError, IndexError):
            return httpx.Response(400, json={"error": "malformed request"})
        return httpx.Response(status) if answer is None else httpx.Response(status, json=answer)

    def _route(self, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
        match parts[0]:
            case "me":
                answer: Answer = 200, {"account": "memory"}
            case "calendars":
                answer = self.diary.answer(method, parts[1:], query, body)
            case "records":
                answer = self.ledger.answer(method, parts[1:], query, body)
            case "users":
                answer = self.ledger.users(int(query.get("page", "0")))
            case "programmes":
                answer = self._member(method, self.members.setdefault(parts[1], []), parts[2])
            case "messages":
                answer = self._message(method, parts[1], body)
            case _:
                answer = 404, {"error": "no such path"}
        return answer

    def _member(self, method: str, members: list[str], email: str) -> Answer:
        present = email in members
        if method == "PUT" and not present:
            members.append(email)
        if method == "DELETE" and present:
            members.remove(email)
        return (200, {"member": email in members}) if present or method == "PUT" else (404, {"error": "not a member"})

    def _message(self, method: str, key: str, body: dict[str, Any]) -> Answer:
        if method == "PUT":
            self.messages.setdefault(key, body)
        return (200, {"key": key}) if key in self.messages else (404, {"error": "no such message"})


_worlds: dict[str, MemoryVendor] = {}


def world(name: str) -> MemoryVendor:
    """The vendor of this name inside this process: the server's state, which outlives any one connector."""
    return _worlds.setdefault(name, MemoryVendor())
