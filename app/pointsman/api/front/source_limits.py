"""How often one source may ask without proving who it is: the booking page, wrong keys, wrong signatures.

Counted in each process by itself, in bounded memory (decision 19). A source is an IPv4 address, or the /64 of an IPv6 one.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.api.http.body_limits import OAUTH_PREFIX, WEBHOOK_PREFIX
from pointsman.api.http.problems import ProblemResponse, problem_of_error
from pointsman.domain.errors import TooManyRequests
from pointsman.services.signed_links.lead_page import LEAD_PAGE_PATH
from pointsman.services.signed_links.tokens import LINK_PATH

MAX_SOURCES = 20_000
_ROUNDING = 1e-6
_NAMELESS = "no address"  # of all that a trusted proxy tells of by "unknown" or the like
_GUARDED = ("/v1/", "/metrics")
_LINKED = (LINK_PATH, LEAD_PAGE_PATH, OAUTH_PREFIX)
_log = structlog.get_logger("pointsman.http")


class SourceLimiter:
    """A bucket for each source that holds `per_minute` requests and fills up again within a minute. 0 limits nothing."""

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float], max_sources: int = MAX_SOURCES) -> None:
        self._size = float(per_minute)
        self._monotonic = monotonic
        self._max_sources = max_sources
        self._buckets: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # what is left, when; the last used is last

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, source: str) -> int:
        """In how many seconds the source may ask again; 0 is now."""
        left, _ = self._level(source)
        return 0 if left > 1 - _ROUNDING or not self._size else ceil((1 - left) * 60 / self._size)

    def take(self, source: str) -> int:
        """Count a request of the source; in how many seconds it may ask again where it had none left, else 0."""
        if (wait := self.wait_s(source)) or not self._size:
            return wait
        left, now = self._level(source)
        self._buckets[source] = (left - 1, now)
        self._buckets.move_to_end(source)
        if len(self._buckets) > self._max_sources:
            self._buckets.popitem(last=False)
        return 0

    def _level(self, source: str) -> tuple[float, float]:
        now = self._monotonic()
        left, at = self._buckets.get(source, (self._size, now))
        return min(self._size, left + (now - at) * self._size / 60), now


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """The limits of a process: requests of the booking page, and refused keys and signatures."""

    page: SourceLimiter
    keys: SourceLimiter
    signatures: SourceLimiter

    @classmethod
    def of(cls, *, page_per_minute: int, refused_per_minute: int, monotonic: Callable[[], float]) -> "SourceLimits":
        return cls(
            page=SourceLimiter(page_per_minute, monotonic=monotonic),
            keys=SourceLimiter(refused_per_minute, monotonic=monotonic),
            signatures=SourceLimiter(refused_per_minute, monotonic=monotonic),
        )


class SourceLimitsMiddleware:
    """Answers 429 by `app.state.source_limits`. What proves who it is (a known key, a right signature) is never limited."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source = source_of(scope) if scope["type"] == "http" else None
        if source is None:
            await self._app(scope, receive, send)
            return
        limits: SourceLimits = scope["app"].state.source_limits
        path = scope["path"]
        if path.startswith(_LINKED):
            if wait := limits.page.take(source):
                await _too_many(wait, scope, source)(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        elif path.startswith(WEBHOOK_PREFIX):
            # The signature is looked at first: senders of one vendor share addresses.
            await self._app(
                scope, receive, _counted(limits.signatures, source, frozenset({401, 403, 404, 502}), scope, send)
            )
        elif path.startswith(_GUARDED):
            wait = limits.keys.wait_s(source)
            if wait and not scope["app"].state.keys.recognises(_token(scope)):
                await _too_many(wait, scope, source)(scope, receive, send)
            else:
                await self._app(scope, receive, _counted(limits.keys, source, frozenset({401}), scope, send))
        else:
            await self._app(scope, receive, send)


def source_of(scope: Scope) -> str | None:
    """The client of a request, as far as trusted proxies tell it; None where it has no address (a socket file)."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0]) if client else None
    except ValueError:
        return _NAMELESS if client and client[0] else None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address) if address else None


def _token(scope: Scope) -> str:
    return Headers(scope=scope).get("authorization", "").partition(" ")[2].strip()


def _counted(limiter: SourceLimiter, source: str, statuses: frozenset[int], scope: Scope, send: Send) -> Send:
    """Count answers of these statuses; where none is left for the source, say so in their place."""
    replaced = False

    async def tell(message: Message) -> None:
        nonlocal replaced
        if (
            message["type"] == "http.response.start"
            and message["status"] in statuses
            and (wait := limiter.take(source))
        ):
            replaced = True
            await _too_many(wait, scope, source)(scope, _nothing, send)
        elif not replaced:
            await send(message)

    return tell


def _say_who_forwards(scope: Scope, source: str) -> None:
    """Once in each process: all clients of a proxy that is not believed share one limit, and only a log can tell why."""
    forwarded = Headers(scope=scope).get("x-forwarded-for")
    state = scope["app"].state
    if forwarded is None or getattr(state, "forwarder_named", False) or source in forwarded:
        return
    state.forwarder_named = True
    _log.warning(
        "a source that forwards for others was limited as one: if it is your proxy, POINTSMAN_TRUSTED_PROXIES has to name it"
    )


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _too_many(wait_s: int, scope: Scope, source: str) -> ProblemResponse:
    _say_who_forwards(scope, source)
    said = f"Too many requests came from your address. Retry in {wait_s} second{'s' if wait_s > 1 else ''}."
    return problem_of_error(TooManyRequests(said, retry_after_s=wait_s))
