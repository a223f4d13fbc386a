"""The whole fake: what it has, who may ask, and its HTTP API, spoken inside the process with nothing on a socket."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx

from pointsman_google.fake import back_door, lists
from pointsman_google.fake.accounts import JWT_BEARER, ServiceAccounts, sign_in_refused
from pointsman_google.fake.channels import Channels
from pointsman_google.fake.description import Description
from pointsman_google.fake.events import Events
from pointsman_google.fake.resources import Calendar, Numbers
from pointsman_google.fake.wire import Asked, Refused, error, not_found, selected
from pointsman_google.sign_in import SCOPES
from pointsman_sdk import Slot
from pointsman_sdk.fakes import OAuthServer, Rotation, Turn, too_many_calls
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_API = ("calendar", "v3")
_THROTTLED = "rateLimitExceeded"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class GoogleVendor:
    """Google Calendar in memory. `transport` is how a connector reaches it inside the process.

    `user` is who signs in by OAuth 2. `page_size` is how many items a page of any list has at most. With a `description` each
    request is judged by it: one that it does not know is refused, and written into `faults`.
    """

    clock: Callable[[], datetime] = _now
    user: str = "anna@example.com"
    page_size: int = 2_500
    description: Description | None = None
    calendars: dict[str, Calendar] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # calendars whose busy times cannot be worked out now
    faults: list[str] = field(default_factory=list)
    throttles: int = 0  # so many calls are answered 403 with this reason
    throttles_by: str = _THROTTLED
    numbers: Numbers = field(default_factory=Numbers)
    oauth: OAuthServer = field(init=False)
    accounts: ServiceAccounts = field(init=False)
    channels: Channels = field(init=False)
    events: Events = field(init=False)
    transport: httpx.MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.oauth = OAuthServer(clock=self.clock, client_id="google-client", client_secret="google-client-secret")  # noqa: S106  # of a fake
        self.oauth.rotation = Rotation.NONE  # Google's refresh tokens stay
        self.oauth.refused = sign_in_refused
        self.accounts = ServiceAccounts(
            clock=self.clock, numbers=self.numbers, users=self._users, delegated=frozenset(SCOPES)
        )
        self.channels = Channels(clock=self.clock, numbers=self.numbers)
        self.events = Events(clock=self.clock, numbers=self.numbers, heard=self.channels.heard)
        self.transport = httpx.MockTransport(self.handle)

    # -- as its users have it

    def calendar(self, name: str, *, owner: str | None = None) -> Calendar:
        """The calendar of this address; a new one is its owner's, who is the user of that address unless another is named."""
        if name not in self.calendars:
            self.calendars[name] = Calendar(id=name, owner=owner or name)
        return self.calendars[name]

    def block(self, name: str, slot: Slot, **values: Any) -> dict[str, Any]:
        """Put in an event that is not ours, with fields as Google names them."""
        times = {"start": {"dateTime": slot.start.isoformat()}, "end": {"dateTime": slot.end.isoformat()}}
        return self.events.insert(self.calendar(name), {"summary": "Private", **times, **values})

    def edit(self, name: str, event: str, **values: Any) -> None:
        """The owner changes an event in Google's own pages."""
        self.events.change(self.calendar(name), event, values)

    def erase(self, name: str, event: str) -> None:
        """The owner deletes an event."""
        self.events.remove(self.calendar(name), event)

    def erase_instance(self, name: str, event: str, *, number: int) -> None:
        """The owner deletes one time of a series; the first has the number 0."""
        self.events.remove_instance(self.calendar(name), event, number)

    def move_instance(self, name: str, event: str, *, number: int, to: Slot) -> None:
        """The owner drags one time of a series."""
        self.events.move_instance(self.calendar(name), event, number, to)

    # -- over a new start

    def kept(self) -> dict[str, Any]:
        """Calendars, the user, and the service account's key. Who signed in by OAuth 2 signs in again; channels are gone."""
        return {
            "user": self.user,
            "key": self.accounts.key_file() if self.accounts.key is not None else None,
            "last": self.numbers.last,
            "calendars": [one.kept() for one in self.calendars.values()],
        }

    def take_up(self, kept: dict[str, Any]) -> None:
        """Go on from what `kept` said."""
        self.user = kept["user"]
        self.numbers.last = kept["last"]
        if kept["key"] is not None:
            self.accounts.take_key(kept["key"])
        self.calendars.update({one["id"]: Calendar.of(one) for one in kept["calendars"]})

    # -- as clients ask it

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        # Split before unquoting: an id may hold a slash.
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        parts = tuple(unquote(part) for part in path.strip("/").split("/"))
        if parts == ("token",):
            is_assertion = JWT_BEARER.encode() in request.content.replace(b"%3A", b":")
            return self.accounts.token(request) if is_assertion else self.oauth.token(request)
        if parts[0] == "_fake":
            return back_door.answer(self, request, parts[1:])
        if parts == ("o", "oauth2", "v2", "auth"):
            return self.oauth.authorize(dict(request.url.params))
        try:
            return self._answer(request, parts)
        except Refused as refusal:
            return error(refusal)

    def failure(self, turn: Turn, *, now: datetime) -> httpx.Response:
        """An error of Google's; "too many calls" by 429, or by 403 with a reason of its own."""
        reason = _THROTTLED if turn.retry_after is not None else "backendError"
        answer = error(Refused(turn.status, reason, domain="usageLimits" if turn.retry_after is not None else "global"))
        if turn.retry_after is not None:
            told = too_many_calls(turn.retry_after, now=now, as_date=turn.as_date, status=turn.status)
            answer.headers["Retry-After"] = told.headers["Retry-After"]
        return answer

    def signed_in(self, access: str) -> str | None:
        """By the number of the sign-in, or the user that the service account acts as."""
        subject, _ = self.accounts.tokens.get(access, (None, None))
        return subject or self.oauth.issued_to.get(access)

    def standing(self) -> dict[str, Any]:
        """The events by calendar, who was mailed what, and which users tokens were issued for."""
        return {
            "events": {name: list(one.events.values()) for name, one in self.calendars.items()},
            "mailed": [{"to": to, "seen": seen} for to, seen in self.events.mailed],
            "channels": [{"calendar": one.calendar, "calls": one.calls} for one in self.channels.open.values()],
            "token_requests": [*self.oauth.asked, *self.accounts.asked],
        }

    def _answer(self, request: httpx.Request, parts: tuple[str, ...]) -> httpx.Response:
        user = self._who(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if parts[:2] != _API:
            raise not_found()
        query: dict[str, list[str]] = defaultdict(list)
        for name, value in request.url.params.multi_items():
            query[name].append(value)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = parse_json(request.content) if request.content else None
        except Unreadable:
            raise Refused(400, "parseError", "Parse Error") from None
        asked = Asked(method=request.method, path=parts[2:], user=user, query=query, headers=headers, body=body)
        self._judge(asked)
        try:
            answer = self._route(asked)
        except (KeyError, ValueError, TypeError, AttributeError):
            raise Refused(400, "badRequest", "Bad Request") from None
        return (
            httpx.Response(204) if answer is None else httpx.Response(200, json=selected(answer, asked.one("fields")))
        )

    def _who(self, token: str) -> str:
        found = self.accounts.user(token) or (self.user if self.oauth.lets_in(token) else None)
        if found is None:
            raise Refused(401, "authError", "Invalid Credentials")
        if self.throttles > 0:
            self.throttles -= 1
            raise Refused(403, self.throttles_by, "Rate Limit Exceeded", domain="usageLimits")
        return found

    def _judge(self, asked: Asked) -> None:
        if self.description is None:
            return
        found = self.description.faults(asked)
        if not found and self.description.scopes(asked).isdisjoint(SCOPES):
            found = [f"none of the scopes allows {asked.method} {'/'.join(asked.path)}"]
        if found:
            self.faults += found
            raise Refused(400, "badRequest", found[0])

    def _route(self, asked: Asked) -> dict[str, Any] | None:
        match asked.method, asked.path:
            case "GET", ("users", "me", "calendarList"):
                return lists.calendars(asked, list(self.calendars.values()), self.page_size)
            case "POST", ("freeBusy",):
                return lists.busy(asked, self.calendars, self.broken)
            case "POST", ("channels", "stop"):
                self.channels.stop(asked)
                return None
            case _, ("calendars", name, "events", *rest):
                return self._in_calendar(asked, name, rest)
            case _:
                raise not_found()

    def _in_calendar(self, asked: Asked, name: str, rest: list[str]) -> dict[str, Any] | None:
        calendar = self.calendars.get(asked.user if name == "primary" else name)
        if calendar is None:
            raise not_found()
        match asked.method, rest:
            case "GET", []:
                return lists.events(asked, calendar, self.page_size)
            case "GET", [event, "instances"]:
                return lists.instances(asked, calendar, event, self.page_size)
            case "POST", ["watch"]:
                return self.channels.watch(asked, calendar)
            case _:
                return self.events.answer(asked, calendar, rest[0] if rest else None)

    def _users(self) -> frozenset[str]:
        """Those of the user's own domain: another domain delegates nothing to this service account."""
        domain = self.user.rpartition("@")[2]
        return frozenset(one.owner for one in self.calendars.values() if one.owner.endswith(f"@{domain}")) | {self.user}
