"""One fake of Google Calendar, connectors that are signed in to it, and a clock for both."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from contract.google.bench_vendor import CONFIG
from pointsman_google import GoogleConfig, GoogleConnector
from pointsman_google.fake import Description, GoogleVendor
from pointsman_sdk import Context, NoMemory, Renew, Token
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import NOW
from pointsman_sdk.testing.bench import reader_processes
from pointsman_sdk.testing.faults import FaultyTransport

ANNA, BEN = "anna@example.com", "ben@example.com"


@dataclass(slots=True)
class SubjectTokens:
    """Tokens as the host keeps them: one for each subject, and one of the user who signed in."""

    signed_in: Token
    kept: dict[str, Token] = field(default_factory=dict)

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        if subject is None or renew is None:
            return self.signed_in
        if subject not in self.kept:
            self.kept[subject] = await renew(None)
        return self.kept[subject]

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        if subject is None or renew is None:
            return self.signed_in
        self.kept[subject] = await renew(stale)
        return self.kept[subject]


@dataclass(slots=True, kw_only=True)
class World:
    """`now` is the time of the fake and of the host. `instead` are answers, by a path's end, in the place of the fake's,
    and `answers` gives all.
    """

    now: datetime = NOW
    answers: Callable[[httpx.Request], httpx.Response] | None = None
    instead: dict[str, httpx.Response] = field(default_factory=dict)
    vendor: GoogleVendor = field(init=False)
    wire: FaultyTransport = field(init=False)
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.vendor = GoogleVendor(clock=lambda: self.now, description=Description.from_environment())
        self.vendor.calendar(ANNA)
        self.vendor.calendar(BEN).roles[ANNA] = "writer"
        self.wire = FaultyTransport(httpx.MockTransport(self._answer))
        self.http = make_client(self.wire)

    def connect(self, config: GoogleConfig = CONFIG) -> GoogleConnector:
        """A connector as a host builds it."""
        access, _ = self.vendor.oauth.sign_in()
        context = Context(
            http=self.http,
            clock=lambda: self.now,
            tokens=SubjectTokens(Token(access=SecretStr(access))),
            memory=NoMemory(),
            readers=reader_processes(),
            log=logging.getLogger("test"),
        )
        return GoogleConnector(config, context)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.answers is not None:
            return self.answers(request)
        end = next((one for one in self.instead if request.url.path.endswith(one)), None)
        return self.vendor.handle(request) if end is None else self.instead[end]

    def asked(self, part: str = "") -> list[httpx.Request]:
        """The requests whose path has this part."""
        return [one for one in self.wire.seen if part in one.url.path]

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)
