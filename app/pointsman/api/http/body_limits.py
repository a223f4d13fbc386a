"""The edge of the edge: what is too large, too slow, compressed or not JSON never reaches a route.

Pure ASGI: a request body is read here once, bounded in size and time, and handed on whole.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.api.http.problems import ProblemResponse, problem_of_error, problem_response
from pointsman.domain.errors import Invalid, TooLarge, Unavailable, listed_faults
from pointsman.domain.text.marked_json import flaws_of, flaws_outcome, read_marked_json
from pointsman.domain.text.strict_json import DEAR_BYTES, LARGE_BYTES, JsonLimits, json_outcome, parse_json
from pointsman.services.ports import Env

WEBHOOK_PREFIX = "/v1/hooks/"  # these verify the raw bytes first and judge the content themselves
OAUTH_PREFIX = "/v1/oauth/"  # where vendors send browsers
YAML_MEDIA_TYPES = frozenset({"text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml", "text/vnd.yaml"})
#: Routes that also take another kind, and read it themselves under limits of their own.
EXTRA_MEDIA_TYPES = {
    "/book/": frozenset({"application/x-www-form-urlencoded"}),
    "/lead/": frozenset({"application/x-www-form-urlencoded"}),
    "/v1/policies": YAML_MEDIA_TYPES,  # policies lie in git as YAML and are sent as they lie there
}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_DRAIN_S = 2.0
_DRAIN_FACTOR = 8


class _StopReadingError(Exception):
    def __init__(self, answer: ProblemResponse) -> None:
        answer.headers["Connection"] = "close"
        self.answer = answer


class _GoneError(Exception):
    """The client hung up while sending."""


class BodyLimitsMiddleware:
    """Bounds every request; see the module."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_json_depth: int, receive_timeout_s: float) -> None:
        self._app = app
        self._max = max_body_bytes
        self._limits = JsonLimits(depth=max_json_depth)
        self._timeout = receive_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            body = await self._body(scope, receive) if scope["method"] in _WITH_BODY else b""
            if body and not scope["path"].startswith(WEBHOOK_PREFIX):
                await self._check_json(scope, body)
        except _StopReadingError as stop:
            await stop.answer(scope, receive, send)
            return
        except _GoneError:
            return
        if scope["method"] in _WITH_BODY:
            receive = _replay(body, receive)
        await self._app(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        length = _header(scope, b"content-length")
        encoding = _header(scope, b"content-encoding")
        if encoding and encoding.strip().lower() != b"identity":
            detail = "Compressed bodies are not taken. Send the body as it is, without Content-Encoding."
            raise _StopReadingError(problem_response(415, "compressed", detail))
        if length and length.isdigit() and len(length) < 20 and int(length) > self._max:
            await self._drain(receive, 0)
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size > self._max:
                        break
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        except TimeoutError:
            detail = f"The body did not arrive within {self._timeout:g} seconds."
            raise _StopReadingError(problem_response(408, "too-slow", detail)) from None
        if message.get("more_body", False):
            await self._drain(receive, size)
        raise self._too_large()

    async def _drain(self, receive: Receive, size: int) -> None:
        """Let a sender of somewhat too much finish, so that it hears the answer instead of a reset connection."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while size < _DRAIN_FACTOR * self._max:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    size += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return

    def _too_large(self) -> _StopReadingError:
        return _StopReadingError(
            problem_response(413, "too-large", f"The body is larger than {self._max} bytes. Send less.")
        )

    async def _check_json(self, scope: Scope, body: bytes) -> None:
        kind = (_header(scope, b"content-type") or b"").decode("latin-1").split(";")[0].strip().lower()
        also = next(
            (kinds for prefix, kinds in EXTRA_MEDIA_TYPES.items() if scope["path"].startswith(prefix)), frozenset()
        )
        if kind in also:
            return
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            yaml = ", or as YAML, with `Content-Type: application/yaml`" if also & YAML_MEDIA_TYPES else ""
            detail = f"Send the body as JSON, with `Content-Type: application/json`{yaml}."
            raise _StopReadingError(problem_response(415, "not-json-type", detail))
        env: Env = scope["app"].state.env
        try:
            if len(body) > LARGE_BYTES:
                await env.readers.read(json_outcome, body, bounds=asdict(self._limits))
            else:
                parse_json(body, self._limits)
        except (Invalid, TooLarge) as fault:
            raise _StopReadingError(await self._refusal(env, body, fault)) from None
        except Unavailable as busy:
            raise _StopReadingError(problem_of_error(busy)) from None

    async def _refusal(self, env: Env, body: bytes, why: Invalid | TooLarge) -> ProblemResponse:
        """422 with the places of what is wrong inside the body; 400 for what is no JSON as a whole."""
        try:
            if len(body) > DEAR_BYTES:
                told = await env.readers.read(flaws_outcome, body, bounds=asdict(self._limits), path="body")
                faults = flaws_of(told)
            else:
                marked = read_marked_json(body, self._limits)
                faults = marked.flaws(marked.value, "body")
        except (Invalid, TooLarge, Unavailable):
            return problem_response(400, why.code, str(why))
        if not faults:
            return problem_response(400, why.code, str(why))
        return problem_response(422, faults[0].code, f"{faults[0].message} See `faults`.", faults=listed_faults(faults))


def _check_address(scope: Scope) -> None:
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b"") or b"\x00" in scope.get("query_string", b""):
        raise _StopReadingError(
            problem_response(400, "nul-character", "The address contains the character NUL. Take it out.")
        )


def _header(scope: Scope, name: bytes) -> bytes | None:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value for key, value in headers if key == name), None)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
