"""The whole vendor: what it has, and its HTTP API, spoken inside the process with nothing on a socket."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx

from pointsman_memory.vendor.diary import Diary
from pointsman_memory.vendor.hooks import Hooks
from pointsman_memory.vendor.items import Shelf
from pointsman_memory.vendor.records import Crm, Row
from pointsman_memory.vendor.wire import Answer, Asked, Refused
from pointsman_sdk.fakes import OAuthServer, Turn, too_many_calls

_MOST_AT_ONCE = 100  # records in one question


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class MemoryVendor:
    """A CRM with calendars, programmes and messages. `transport` is how a connector reaches it inside the process.

    `page_size` is how many items a page of any list has.
    """

    token: str = "memory-token"  # noqa: S105  # a vendor in memory guards nothing
    webhook_secret: str = "memory-webhook-secret"  # noqa: S105  # of a vendor in memory
    clock: Callable[[], datetime] = _now
    page_size: int = 50
    diary: Diary = field(init=False)
    crm: Crm = field(init=False)
    hooks: Hooks = field(init=False)
    oauth: OAuthServer = field(init=False)
    activities: Shelf = field(default_factory=lambda: Shelf("activity"))
    tasks: Shelf = field(default_factory=lambda: Shelf("task"))
    messages: Shelf = field(default_factory=lambda: Shelf("message"))
    programmes: dict[str, Shelf] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # programmes and channels that are not there any more
    transport: httpx.MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.diary = Diary(clock=self.clock, page_size=self.page_size)
        self.hooks = Hooks(secret=self.webhook_secret, clock=self.clock, page_size=self.page_size)
        self.crm = Crm(heard=self._heard, page_size=self.page_size)
        self.oauth = OAuthServer(clock=self.clock)
        self.transport = httpx.MockTransport(self.handle)

    def members(self, programme: str) -> list[str]:
        """The address of everyone in the programme, once for each time they are in it."""
        shelf = self.programmes.get(programme)
        return [item.values["email"] for item in shelf.items.values()] if shelf else []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        # Split before unquoting: a calendar's name may hold a slash.
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        parts = [unquote(part) for part in path.strip("/").split("/")]
        query = dict(request.url.params)
        if parts == ["oauth", "authorize"]:
            return self.oauth.authorize(query)
        if parts == ["oauth", "token"]:
            return self.oauth.token(request)
        if not self._lets_in(request.headers.get("Authorization", "")):
            return httpx.Response(401, json={"code": "unknown token"})
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = json.loads(request.content or b"{}")
            asked = Asked(method=request.method, query=query, headers=headers, body=body)
            status, answer = self._route(asked, parts)
        except Refused as refusal:
            return httpx.Response(refusal.status, json={"code": refusal.code})
        except (KeyError, ValueError, IndexError, TypeError, AttributeError):
            return httpx.Response(400, json={"code": "malformed request"})
        return httpx.Response(status) if answer is None else httpx.Response(status, json=answer)

    def failure(self, turn: Turn, *, now: datetime) -> httpx.Response:
        """A code that says no more than that."""
        if turn.retry_after is not None:
            return too_many_calls(turn.retry_after, now=now, as_date=turn.as_date, status=turn.status)
        return httpx.Response(turn.status, json={"code": "fault"})

    def signed_in(self, access: str) -> str | None:
        """By the number of the sign-in."""
        return self.oauth.issued_to.get(access)

    def standing(self) -> dict[str, Any]:
        """By kind; the token requests are all that there were."""
        calendars = self.diary.calendars
        return {
            "events": {name: [item.shown() for item in one.shelf.items.values()] for name, one in calendars.items()},
            "people": [row.shown() for row in self.crm.of("person")],
            "accounts": [row.shown() for row in self.crm.of("account")],
            "activities": [item.shown() for item in self.activities.items.values()],
            "tasks": [item.shown() for item in self.tasks.items.values()],
            "messages": [item.shown() for item in self.messages.items.values()],
            "members": {name: self.members(name) for name in self.programmes},
            "token_requests": self.oauth.asked,
        }

    def _lets_in(self, authorization: str) -> bool:
        if hmac.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            return True
        return self.oauth.lets_in(authorization.removeprefix("Bearer "))

    def _route(self, asked: Asked, parts: list[str]) -> Answer:
        match parts:
            case ["me"]:
                answer: Answer = 200, {"account": "memory"}
            case ["calendars", *rest]:
                answer = self.diary.answer(asked, rest)
            case ["busy"]:
                answer = self.diary.busy(asked.body)
            case ["records", *rest]:
                answer = self.crm.answer(asked, rest)
            case ["users"]:
                answer = self.crm.listed_users(asked.query)
            case ["fields", *rest]:
                answer = self.crm.answer_fields(asked, rest)
            case ["events"]:
                answer = self.hooks.answer(asked.query.get("cursor"))
            case ["fetch"]:
                answer = self._fetch(asked.body)
            case _:
                answer = self._item(asked, parts)
        return answer

    def _item(self, asked: Asked, parts: list[str]) -> Answer:
        match parts:
            case ["activities", key]:
                return self._on_record(self.activities, asked, key)
            case ["tasks", key]:
                return self._on_record(self.tasks, asked, key)
            case ["programmes", programme, "members", key]:
                if programme in self.gone:
                    raise Refused(404, "place")
                return self._member(self.programmes.setdefault(programme, Shelf("member", programme)), asked, key)
            case ["messages", key]:
                return self._message(asked, key)
            case _:
                raise Refused(404, "no such path")

    def _member(self, shelf: Shelf, asked: Asked, key: str) -> Answer:
        """A person is in a programme once: under another key it is the same membership, and goes by that from then on."""
        if asked.method == "PUT" and key not in shelf.items:
            email = str(asked.body["email"]).casefold()
            same = next((one for one in shelf.items.values() if one.values["email"].casefold() == email), None)
            if same is not None:
                del shelf.items[same.key or same.id]
                shelf.items[key], same.key = same, key
                return 200, same.shown()
        return shelf.answer(asked, key)

    def _on_record(self, shelf: Shelf, asked: Asked, key: str) -> Answer:
        if asked.method == "PUT":
            if self.crm.row(asked.body["person"]) is None:
                raise Refused(422, "no such person")
            if asked.body.get("owner") is not None and self.crm.user(asked.body["owner"]) is None:
                raise Refused(422, "no such user")
        return shelf.answer(asked, key)

    def _message(self, asked: Asked, key: str) -> Answer:
        if asked.method == "PUT":
            if asked.body["to"] in self.gone:
                raise Refused(404, "place")
            if key in self.messages.items:
                raise Refused(412, "changed")  # what was sent cannot be changed
        status, shown = self.messages.answer(asked, key)
        return status, None if shown is None else {**shown, "place": shown["to"]}

    def _fetch(self, body: Mapping[str, Any]) -> Answer:
        ids = list(body["ids"])
        if len(ids) > _MOST_AT_ONCE:
            raise Refused(400, "too many ids")
        found = {one: self.crm.row(one) for one in ids}
        items = [{**_lead(row), "id": one, "changed": self._changed(row)} for one, row in found.items() if row]
        return 200, {"items": items, "gone": [one for one, row in found.items() if row is None]}

    def _changed(self, row: Row) -> str:
        told = [one["at"] for one in self.hooks.events if one["about"] == row.id]
        return str(told[-1]) if told else self.clock().isoformat()

    def _heard(self, row: Row, origin: str | None) -> None:
        if row.kind == "person":
            self.hooks.happened(row.id, version=str(row.version), origin=origin)


def _lead(row: Row) -> dict[str, Any]:
    return {"version": str(row.version), "fields": {**row.values, **row.fields, "name": row.name}}
