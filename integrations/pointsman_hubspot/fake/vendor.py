"""The whole fake: what it has, who may ask, and its HTTP API, spoken inside the process with nothing on a socket."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

from pointsman_hubspot.fake import back_door
from pointsman_hubspot.fake.catalogue import (
    OWNERS,
    ContactList,
    ListsApi,
    Owner,
    PropertiesApi,
    answer_owners,
    missing_scope,
)
from pointsman_hubspot.fake.description import Description
from pointsman_hubspot.fake.hooks import Hooks
from pointsman_hubspot.fake.keeping import kept_of, taken_up
from pointsman_hubspot.fake.objects import ObjectsApi
from pointsman_hubspot.fake.records import Records, Row, Source
from pointsman_hubspot.fake.wire import Asked, Refused, canonical, error, not_found, too_many
from pointsman_sdk.fakes import OAuthServer, Rotation, Turn, too_many_calls
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_BY_PERSON = Source()
_VERSIONS = ("v1", "v3", "2026-03", "2026-09", "2027-03")
_WINDOW = timedelta(seconds=10)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class HubSpotVendor:
    """One HubSpot account in memory. `transport` is how a connector reaches it inside the process.

    `token` is that of a service key or a private app; a person signs in by OAuth, too. `page_size` is how many results a page
    has at most. With a `description` each request is judged by it: one that it does not know is refused, and written into
    `faults`. `lag` is how long the search index may stay behind.
    """

    token: str = "pat-na1-fake-token"  # noqa: S105  # of a fake
    app_secret: str = "hubspot-app-secret"  # noqa: S105  # of a fake
    clock: Callable[[], datetime] = _now
    page_size: int = 500
    lag: timedelta = timedelta()
    zone: str = "Europe/Berlin"
    description: Description | None = None
    owners: list[Owner] = field(default_factory=lambda: list(OWNERS))
    throttles: int = 0  # so many calls are answered 429
    throttles_by: str = "TEN_SECONDLY_ROLLING"
    most_in_ten_seconds: int | None = None  # counted where it is set
    missing_scopes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    calls: int = 0
    begun: list[datetime] = field(default_factory=list)
    hooks: Hooks = field(init=False)
    records: Records = field(init=False)
    objects: ObjectsApi = field(init=False)
    properties: PropertiesApi = field(init=False)
    lists: ListsApi = field(init=False)
    oauth: OAuthServer = field(init=False)
    transport: httpx.MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.hooks = Hooks(secret=self.app_secret, clock=self.clock)
        self.records = Records(clock=self.clock, heard=self.hooks.heard, owners=self._active_owners, lag=self.lag)
        self.objects = ObjectsApi(self.records, source=self._app, page_size=self.page_size)
        self.properties = PropertiesApi(records=self.records)
        self.lists = ListsApi(records=self.records, tick=self.records.tick, page_size=self.page_size)
        self.oauth = OAuthServer(
            clock=self.clock,
            client_id="hubspot-client",
            client_secret=self.app_secret,
            lifetime=timedelta(minutes=30),
            rotation=Rotation.UNTIL_USED,
        )
        self.transport = httpx.MockTransport(self.handle)

    # -- as its users have it

    def add(self, kind: str, **values: str) -> Row:
        """A user makes a record, or a lead fills in a form."""
        return self.records.make(kind, values, _BY_PERSON)

    def edit(self, kind: str, record: str, **values: str) -> None:
        """A user changes a record; an empty value takes one away."""
        self.records.change(self.records.require(kind, record), values, _BY_PERSON)

    def archive(self, kind: str, record: str) -> None:
        """A user puts a record into the recycle bin."""
        self.records.archive(self.records.require(kind, record), _BY_PERSON)

    def merge(self, kind: str, primary: str, other: str) -> None:
        """A user merges the other record into the first."""
        found = self.records
        found.merge(found.require(kind, primary), found.require(kind, other), _BY_PERSON)

    def add_list(self, name: str, *, dynamic: bool = False) -> ContactList:
        """A user makes a list; its name is its id."""
        self.lists.lists[name] = ContactList(name=f"List {name}", dynamic=dynamic)
        return self.lists.lists[name]

    def join(self, name: str, record: str) -> None:
        """A user puts a contact into a list."""
        self.lists.lists[name].members[record] = self.records.tick()

    # -- over a new start

    def kept(self) -> dict[str, Any]:
        """Records, properties, owners and lists. Who signed in by OAuth signs in again; what was not sent yet is lost."""
        return kept_of(self)

    def take_up(self, kept: dict[str, Any]) -> None:
        """Go on from what `kept` said."""
        taken_up(self, kept)

    # -- as clients ask it

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        # Split before unquoting: an address may hold a slash.
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        parts = tuple(unquote(part) for part in path.strip("/").split("/"))
        if parts[0] == "_fake":
            return back_door.answer(self, request, parts[1:])
        if parts == ("oauth", "authorize"):
            return self.oauth.authorize(dict(request.url.params))
        if parts[0] == "oauth" and parts[2:] == ("token",) and parts[1] in _VERSIONS:
            return self.oauth.token(request)
        try:
            answer = self._answer(request, parts)
        except Refused as refusal:
            answer = error(refusal)
        if self.hooks.post is not None:
            self.hooks.send()
        return answer

    def failure(self, turn: Turn, *, now: datetime) -> httpx.Response:
        """An error of HubSpot's; "too many calls" by 429."""
        if turn.retry_after is None:
            return error(Refused(turn.status, "INTERNAL_ERROR", "internal error"))
        answer = too_many(self.throttles_by)
        told = too_many_calls(turn.retry_after, now=now, as_date=turn.as_date, status=turn.status)
        answer.headers["Retry-After"] = told.headers["Retry-After"]
        return answer

    def signed_in(self, access: str) -> str | None:
        """By the number of the sign-in."""
        return self.oauth.issued_to.get(access)

    def standing(self) -> dict[str, Any]:
        """What stands there by kind, with what it is associated with, who is in which list, and the events that were told."""
        kinds = self.records.rows
        return {
            **{
                kind: [{"id": row.id, **row.values, "links": row.links} for row in rows.values() if not row.archived]
                for kind, rows in kinds.items()
            },
            "lists": {name: list(one.members) for name, one in self.lists.lists.items()},
            "events": self.hooks.events,
            "token_requests": self.oauth.asked,
        }

    def _answer(self, request: httpx.Request, parts: tuple[str, ...]) -> httpx.Response:
        by_app = self._lets_in(request.headers.get("Authorization", "").removeprefix("Bearer "))
        known = canonical(parts)
        if known is None:
            raise not_found("There is no such path")
        if (policy := self._throttled()) is not None:
            return self._counted(too_many(policy), by_app=by_app)
        try:
            body = parse_json(request.content) if request.content else None
        except Unreadable:
            raise Refused(400, "VALIDATION_ERROR", "Invalid input JSON") from None
        path, version = known
        asked = Asked(method=request.method, path=path, version=version, query=dict(request.url.params), body=body)
        self._judge(asked)
        try:
            status, answer = self._route(asked)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            raise Refused(400, "VALIDATION_ERROR", "Invalid input") from None
        made = httpx.Response(status) if answer is None else httpx.Response(status, json=answer)
        return made if asked.path[-1] == "search" else self._counted(made, by_app=by_app)

    def _route(self, asked: Asked) -> tuple[int, Any]:
        match asked.path:
            case ("account",):
                return 200, self._account()
            case ("objects", _, *_):
                return self.objects.answer(asked)
            case ("associations", _, _, *_):
                return self.objects.answer_associations(asked)
            case ("owners", *_):
                self._needs("crm.objects.owners.read")
                return answer_owners(asked, self.owners, self.page_size)
            case ("properties", _, *_):
                return self.properties.answer(asked)
            case ("lists", _, *_):
                self._needs("crm.lists.read" if asked.method == "GET" else "crm.lists.write")
                return self.lists.answer(asked)
            case _:
                raise not_found()

    def _account(self) -> dict[str, Any]:
        return {
            "portalId": self.hooks.portal,
            "accountType": "STANDARD",
            "timeZone": self.zone,
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "eu1",
        }

    def _lets_in(self, token: str) -> bool:
        """Whether a person signed in to an app; 401 for a token that is none."""
        if self.oauth.lets_in(token):
            return True
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            raise Refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        return False

    def _needs(self, scope: str) -> None:
        if scope in self.missing_scopes:
            raise missing_scope(scope)

    def _throttled(self) -> str | None:
        """The policy that is broken."""
        now = self.clock()
        self.begun = [one for one in self.begun if one > now - _WINDOW]
        if self.throttles > 0:
            self.throttles -= 1
            return self.throttles_by
        if self.most_in_ten_seconds is not None and len(self.begun) >= self.most_in_ten_seconds:
            return "TEN_SECONDLY_ROLLING"
        self.begun.append(now)
        self.calls += 1
        return None

    def _counted(self, answer: httpx.Response, *, by_app: bool) -> httpx.Response:
        """With what is left of the limits; a sign-in by OAuth is not told of the day's."""
        most = self.most_in_ten_seconds or 100
        answer.headers["X-HubSpot-RateLimit-Max"] = str(most)
        answer.headers["X-HubSpot-RateLimit-Remaining"] = str(max(most - len(self.begun), 0))
        answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
        if not by_app:
            answer.headers["X-HubSpot-RateLimit-Daily"] = "250000"
            answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(250_000 - self.calls, 0))
        return answer

    def _judge(self, asked: Asked) -> None:
        if self.description is not None and (found := self.description.faults(asked)):
            self.faults += found
            raise Refused(400, "VALIDATION_ERROR", found[0])

    def _active_owners(self) -> frozenset[str]:
        return frozenset(one.id for one in self.owners if not one.archived)

    def _app(self) -> Source:
        return Source.app(self.hooks.app)
