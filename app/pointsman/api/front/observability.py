"""One line, one count and one id per request; whatever escapes a route becomes a problem.

Pure ASGI. Logged are the route's template and ids: no body, no query, no header.
"""

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.api.front.metrics import Metrics
from pointsman.api.http.problem_handlers import problem_of_unexpected

_log = structlog.get_logger("pointsman.http")
_SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UNKNOWN = "(none)"
#: Any answer may contain a lead's data: no proxy keeps it, no browser guesses its type.
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_PRIVATE = (b"cache-control", b"no-store")


class ObservabilityMiddleware:
    """The outermost layer of ours. It counts in `app.state.metrics`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _given_id(scope) or uuid.uuid4().hex
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), *_HEADERS, (b"x-request-id", request_id.encode())]
                if scope["path"].startswith("/v1/"):
                    headers.append(_PRIVATE)
                message = {**message, "headers": headers}
            await send(message)

        structlog.contextvars.clear_contextvars()  # of the request before, when they come one after the other on a connection
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, tell)
        except Exception as error:  # noqa: BLE001  # the top of the request loop
            answer = problem_of_unexpected(error)
            if status == 0:
                await answer(scope, receive, tell)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", _UNKNOWN)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        metrics: Metrics = scope["app"].state.metrics
        metrics.count_request(method, route, status, seconds)
        tell = _log.warning if status >= 500 else _log.debug if route in _PROBES else _log.info
        tell("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


_PROBES = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds: counted, seldom logged
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _given_id(scope: Scope) -> str | None:
    """The caller's own request id, when it is harmless."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("ascii") if _SAFE_ID.fullmatch(value) else None
    return None
