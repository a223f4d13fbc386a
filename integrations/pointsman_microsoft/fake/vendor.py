"""The fake of Graph: who may ask, which mailbox is meant, and how often; each operation is in a module of its own."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

from pointsman_microsoft.fake.deltas import Deltas
from pointsman_microsoft.fake.events import Events
from pointsman_microsoft.fake.mailboxes import Calendar, Directory, Mailbox
from pointsman_microsoft.fake.schedules import Schedules
from pointsman_microsoft.fake.schema import check
from pointsman_microsoft.fake.showing import calendar_row, chosen_calendar, shown
from pointsman_microsoft.fake.sign_in import DirectorySignIn
from pointsman_microsoft.fake.subscriptions import Post, Subscriptions
from pointsman_microsoft.fake.wire import Answer, Asked, Refused, page, preferences
from pointsman_sdk import WebhookRequest
from pointsman_sdk.fakes import OAuthServer, Turn, too_many_calls
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_ROOT = "/v1.0"
_WINDOW = timedelta(minutes=10)
_RESOURCE = re.compile(r"/users/([^/]+)(?:/calendars/([^/]+))?/events")


def _now() -> datetime:
    return datetime.now(UTC)


def _by_http(request: WebhookRequest) -> httpx.Response:
    """Graph gives a callback three seconds (Graph, "receive change notifications through webhooks")."""
    return httpx.post(request.url, headers=dict(request.headers), content=request.body, timeout=3.0, trust_env=False)


@dataclass(slots=True, kw_only=True)
class GraphVendor:
    """Graph over one directory, `tenant`. `me` is the person who signs in by delegated permission.

    `scope` are the mailboxes that an app may use, None for all; `lists_users` whether it may list them. `most_calls` is how often
    a mailbox may be asked for in ten minutes. `heeds_zone` False: times come in the mailbox's zone, whatever is preferred.
    """

    tenant: str = "example.com"
    me: str = "anna@example.com"
    clock: Callable[[], datetime] = _now
    page_size: int = 100
    scope: set[str] | None = None
    lists_users: bool = True
    most_calls: int = 10_000
    heeds_zone: bool = True
    post: Post = _by_http
    sign_in: DirectorySignIn = field(init=False)
    directory: Directory = field(init=False)
    events: Events = field(init=False)
    schedules: Schedules = field(init=False)
    deltas: Deltas = field(init=False)
    subscriptions: Subscriptions = field(init=False)
    asked: dict[str, "deque[datetime]"] = field(default_factory=dict)
    transport: httpx.MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.sign_in = DirectorySignIn(clock=self.clock, domain=self.tenant)
        self.directory = Directory(clock=self.clock)
        self.directory.mailbox(self.me)
        self.events = Events(self.directory, self.page_size)
        self.schedules = Schedules(self.directory)
        self.deltas = Deltas(self.page_size)
        self.subscriptions = Subscriptions(
            directory=self.directory, clock=self.clock, post=self._call, place_of=self._resource
        )
        self.transport = httpx.MockTransport(self.handle)

    @property
    def oauth(self) -> OAuthServer:
        return self.sign_in.oauth

    # ── as FakeServer asks it ────────────────────────────────────────────────────────────────────

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request to Graph, or to the sign-in of the directory."""
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        if (told := self.sign_in.answer(request, path)) is not None:
            return told
        try:
            app = self._signed_in(request.headers.get("Authorization", ""))
            status, answer = self._answer(request, path.removeprefix(_ROOT), app=app)
        except Refused as refusal:
            return _refusal(refusal)
        except (KeyError, ValueError, TypeError, AttributeError, Unreadable):
            return _refusal(Refused(400, "BadRequest"))
        return httpx.Response(status) if answer is None else httpx.Response(status, json=answer)

    def failure(self, turn: Turn, *, now: datetime) -> httpx.Response:
        """With the codes that Graph has for it."""
        if turn.retry_after is not None:
            told = too_many_calls(turn.retry_after, now=now, as_date=turn.as_date, status=turn.status)
            headers = {"Retry-After": told.headers["Retry-After"]}
            return httpx.Response(
                turn.status, headers=headers, json=_error("ApplicationThrottled", "Too many requests.")
            )
        return httpx.Response(turn.status, json=_error("serviceNotAvailable", "The service is not available."))

    def signed_in(self, access: str) -> str | None:
        """By the number of the sign-in."""
        return self.oauth.issued_to.get(access)

    def standing(self) -> dict[str, Any]:
        """The events by place, in UTC, what was written to attendees, and the subscriptions."""
        asked = Asked(method="GET", url="", prefer=preferences('IdType="ImmutableId", outlook.timezone="UTC"'))
        events = {}
        for mailbox in self.directory.mailboxes.values():
            for calendar in mailbox.calendars():
                place = mailbox.address if calendar is mailbox.default else f"{mailbox.address}/{calendar.id}"
                rows = [shown(one, mailbox, asked) | {"properties": one.properties} for one in calendar.events.values()]
                events[place] = rows
        known = [{"id": one["id"], "resource": one["resource"]} for one in self.subscriptions.known.values()]
        return {"events": events, "mailed": self.directory.mailed, "subscriptions": known}

    # ── as clients ask it ────────────────────────────────────────────────────────────────────────

    def _signed_in(self, authorization: str) -> bool:
        """Whether the app itself signed in, rather than a person."""
        token = authorization.removeprefix("Bearer ")
        if not self.oauth.lets_in(token):
            raise Refused(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        return self.oauth.issued_to.get(token, "").startswith("app")

    def _answer(self, request: httpx.Request, path: str, *, app: bool) -> Answer:
        asked = Asked(
            method=request.method,
            url=_address(request),
            query=dict(request.url.params),
            prefer=self._preferred(request),
            etag=request.headers.get("If-Match"),
            body=parse_json(request.content) if request.content else {},
        )
        check(asked.method, path, asked.query, asked.body)
        parts = [unquote(part) for part in path.strip("/").split("/")]
        match parts:
            case ["subscriptions"]:
                return self.subscriptions.listed() if asked.method == "GET" else self.subscriptions.created(asked.body)
            case ["subscriptions", name]:
                if asked.method == "PATCH":
                    return self.subscriptions.renewed(name, asked.body)
                return self.subscriptions.deleted(name)
            case ["users"]:
                return self._users(asked, app=app)
            case ["me", *rest]:
                if app:
                    raise Refused(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
                return self._mailbox(asked, self._usable(self.me, app=app), rest)
            case ["users", address, *rest]:
                return self._mailbox(asked, self._usable(address, app=app), rest)
            case _:
                raise Refused(400, "BadRequest")

    def _preferred(self, request: httpx.Request) -> dict[str, str]:
        found = preferences(", ".join(request.headers.get_list("Prefer")))
        return (
            found if self.heeds_zone else {name: value for name, value in found.items() if name != "outlook.timezone"}
        )

    def _mailbox(self, asked: Asked, mailbox: Mailbox, rest: list[str]) -> Answer:
        self._count(mailbox)
        match rest:
            case ["calendars"]:
                rows = [chosen_calendar(calendar_row(mailbox, one), asked) for one in mailbox.calendars()]
                answer: Answer = 200, page(asked, rows, self.page_size)
            case ["events", event]:
                answer = self.events.one(asked, mailbox, event)
            case ["events", event, "instances"]:
                answer = self.events.times(asked, mailbox, event)
            case ["events", event, "cancel"]:
                answer = self.events.cancelled(asked, mailbox, event)
            case ["calendar", "getSchedule"]:
                answer = self.schedules.answer(asked, mailbox)
            case ["calendarView", "delta"]:
                answer = self.deltas.answer(asked, mailbox, mailbox.default)
            case ["calendars", name, *last]:
                answer = self._calendar(asked, mailbox, _calendar_of(mailbox, name), last)
            case _:
                answer = self._calendar(asked, mailbox, mailbox.default, rest[1:])
        return answer

    def _calendar(self, asked: Asked, mailbox: Mailbox, calendar: Calendar, last: list[str]) -> Answer:
        match last:
            case ["events"]:
                listed, created = self.events.listed, self.events.created
                return (listed if asked.method == "GET" else created)(asked, mailbox, calendar)
            case ["calendarView"]:
                return self.events.view(asked, mailbox, calendar)
            case ["calendarView", "delta"]:
                return self.deltas.answer(asked, mailbox, calendar)
            case _:
                return 200, chosen_calendar(calendar_row(mailbox, calendar), asked)

    def _users(self, asked: Asked, *, app: bool) -> Answer:
        if not (app and self.lists_users):
            raise Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        rows = [
            {"id": one.address, "displayName": one.name, "mail": one.address, "userPrincipalName": one.address}
            for one in self.directory.mailboxes.values()
        ]
        return 200, page(asked, rows, self.page_size)

    def _usable(self, address: str, *, app: bool) -> Mailbox:
        """Raises Refused for a mailbox that is not there, or that this sign-in may not use."""
        found = self.directory.find(address)
        if found is None:
            raise Refused(404, "ErrorInvalidUser", "The requested user is invalid.")
        if found.fault is not None:
            raise Refused(*found.fault)
        allowed = self.scope is None or found.address in self.scope if app else found.address == self.me
        if not allowed:
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def _count(self, mailbox: Mailbox) -> None:
        """Ten minutes of calls for each app and mailbox (Graph, "throttling limits", Outlook service limits)."""
        now, calls = self.clock(), self.asked.setdefault(mailbox.address, deque())
        while calls and calls[0] <= now - _WINDOW:
            calls.popleft()
        if len(calls) >= self.most_calls:
            raise Throttled(calls[0] + _WINDOW - now)
        calls.append(now)

    def _call(self, request: WebhookRequest) -> httpx.Response:
        return self.post(request)

    def _resource(self, resource: str) -> tuple[Mailbox, Calendar]:
        found = _RESOURCE.fullmatch(resource)
        mailbox = self.directory.find(unquote(found[1])) if found else None
        if found is None or mailbox is None or mailbox.fault is not None:
            raise Refused(404, "ResourceNotFound")
        return mailbox, _calendar_of(mailbox, unquote(found[2])) if found[2] else mailbox.default


class Throttled(Refused):
    """The mailbox was asked for too often."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
        self.wait = wait


def _calendar_of(mailbox: Mailbox, name: str) -> Calendar:
    found = next((one for one in mailbox.calendars() if one.id == name), None)
    if found is None:
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return found


def _address(request: httpx.Request) -> str:
    """Where Graph is, as its caller sees it: its links lead back there."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    if request.url.host == "fake.invalid":  # behind FakeServer, which keeps the header alone
        return f"http://{request.headers['host']}{path}"
    return str(request.url.copy_with(raw_path=path.encode()))


def _refusal(refusal: Refused) -> httpx.Response:
    headers = {"Retry-After": str(int(refusal.wait.total_seconds()) + 1)} if isinstance(refusal, Throttled) else {}
    return httpx.Response(refusal.status, headers=headers, json=_error(refusal.code, refusal.message))


def _error(code: str, message: str) -> dict[str, Any]:
    inner = {"request-id": "81c1a558-aa52-4c7e-a0bf-0f0a11ec6ec1", "date": "2031-01-15T12:00:00"}
    return {"error": {"code": code, "message": message, "innerError": inner}}
