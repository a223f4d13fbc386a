"""The order in which a request is judged: is there such a path, does it take the method, may the caller; then the rest.

Pure ASGI, and outside of all that looks at a body, a query or an id: a caller without a key learns nothing from how the
rest is answered.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import cast

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.api.front.route_table import RouteTable
from pointsman.api.http.auth import Guard
from pointsman.api.http.problem_handlers import problem_of, problem_of_status
from pointsman.api.http.problems import ProblemResponse, problem_response
from pointsman.services.operations.api_keys import ApiKeyAuthenticator

#: As RFC 3986 writes host and port. Any host is served: none is ever used in an answer.
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.%A-Za-z]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]*)?")
_DRAIN_S = 2.0
_DRAIN_BYTES = 1_000_000


class FrontDoorMiddleware:
    """Answers 404, 405, 401 and 403 for `routes` and those of the app itself; HEAD is answered wherever GET is."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes
        self._table = RouteTable(())
        self._mounts: tuple[str, ...] = ()
        self._known = -1  # routes of the app itself that the table holds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._learn(scope["app"])
        if (refusal := await self._refusal(scope)) is not None:
            if not await _is_whole(scope, receive):
                refusal.headers["Connection"] = "close"
            await refusal(scope, receive, send)
        elif scope["method"] == "HEAD" and not scope["path"].startswith(self._mounts):
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> ProblemResponse | None:
        if not _has_host(scope):
            detail = "HTTP/1.1 wants one header `Host`, such as `Host: leads.example.com`."
            return problem_response(400, "bad-host", detail)
        path, method = scope["path"], scope["method"]
        if path.startswith(self._mounts):
            return None
        entry = self._table.find(path)
        if entry is None:
            return problem_of_status(404)
        scope["route"] = entry  # what logs and metrics name, should no route be reached
        if method == "HEAD" and "HEAD" not in entry.guards:
            method = "GET"
        if method not in entry.guards:
            return problem_of_status(405, headers={"Allow": entry.allow})
        return await self._let_in(scope, entry.guards[method])

    async def _let_in(self, scope: Scope, guard: Guard | None) -> ProblemResponse | None:
        if guard is None:
            return None
        keys = cast("ApiKeyAuthenticator", scope["app"].state.keys)
        try:
            scope.setdefault("state", {})["caller"] = await guard.admit(keys, scope)
        except Exception as error:  # whatever has no problem of its own goes on to the layer that says so
            if (answer := problem_of(error)) is None:
                raise
            return answer
        return None

    def _learn(self, app: FastAPI) -> None:
        """Routes may be added to an app after its layers were."""
        own = app.router.routes
        if len(own) != self._known:
            self._table = RouteTable((*own, *self._routes))
            self._mounts = tuple(f"{route.path}/" for route in own if isinstance(route, Mount))
            self._known = len(own)


def _has_host(scope: Scope) -> bool:
    """RFC 9112, section 3.2: what has none, two or a malformed one is read differently by each party on its way."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not hosts:
        return str(scope["http_version"]) == "1.0"
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


async def _is_whole(scope: Scope, receive: Receive) -> bool:
    """Whether the body has come to its end: a sender that is cut off in the middle would not hear the answer."""
    headers = Headers(scope=scope)
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return True
    size = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            while size < _DRAIN_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    except TimeoutError:
        pass
    return False


def _without_body(send: Send) -> Send:
    async def tell(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return tell
