"""A fake as a server: an ASGI application with faults by a plan and a ledger of its calls.

All processes of a host call the one process of this server, so that they have one vendor. `/_control` is for the test that
runs it: `GET /_control/ledger` (lines of JSON), `GET /_control/items` (what stands), `PUT /_control/faults` (`{"on": false}`).
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from pointsman_sdk.fakes.faults import Fault, FaultPlan, Turn, promised
from pointsman_sdk.fakes.keeping import Keeps, KeptFile
from pointsman_sdk.fakes.ledger import Call, CallLedger
from pointsman_sdk.readers.strict_json import parse_json

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOST_S = 60.0
_LARGEST_BODY = 1_000_000


class FakeVendor(Protocol):
    """What is served: a vendor that keeps what it is told."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Aware."""
        ...

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, and do what it asks for."""
        ...

    def failure(self, turn: Turn, *, now: datetime) -> httpx.Response:
        """How this vendor says that a call failed (`turn.status`), or that there were too many (`turn.retry_after`)."""
        ...

    def signed_in(self, access: str) -> str | None:
        """A name for the sign-in that an access token is of, which stays when the token is renewed; None: none of ours."""
        ...

    def standing(self) -> dict[str, Any]:
        """All that stands at the vendor, for the test that runs it."""
        ...


class FakeServer:
    """Answers for `vendor`. A lost answer keeps its caller waiting `lost_s` seconds, or until they hang up.

    `slow_s` is how long each call takes. `down` True: every call fails with 503, and nothing is acted upon.
    """

    def __init__(
        self, vendor: FakeVendor, plan: FaultPlan | None = None, *, lost_s: float = _LOST_S, slow_s: float = 0.0
    ) -> None:
        self.vendor, self.plan = vendor, plan or FaultPlan()
        self.ledger = CallLedger()
        self.lost_s, self.slow_s, self.down = lost_s, slow_s, False
        self._kept: KeptFile | None = None

    def keep_in(self, path: Path) -> None:
        """Go on from what a former process left in the file, and write there what is done. Raises TypeError for a vendor that
        cannot."""
        if not isinstance(self.vendor, Keeps):
            raise TypeError("this vendor forgets")
        self._kept = KeptFile(self.vendor, path)
        self._kept.take_up()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _answer(send, httpx.Response(413, json={"code": "too large"}))
            return
        request = _request(scope, body)
        if request.url.path.startswith("/_control/"):
            await _answer(send, self._control(request))
            return
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        await self._serve(request, receive, send)

    async def _serve(self, request: httpx.Request, receive: Receive, send: Send) -> None:
        now = self.vendor.clock()
        turn = Turn(fault=Fault.FAILED, acts=False, status=503) if self.down else self.plan.turn()
        acted = self.vendor.handle(request) if turn.acts else None
        if self._kept is not None and acted is not None:
            self._kept.write()  # before it is answered
        response = self._response(turn, acted, now)
        self._write_down(request, turn, response, now)
        match turn.fault:
            case Fault.LOST:
                await _until_gone(receive, self.lost_s)
                # Ends without an answer: the server then closes the connection.
                await _broken(send, response)
            case Fault.RESET:
                await _broken(send, response)
            case _:
                await _answer(send, response)

    def _response(self, turn: Turn, acted: httpx.Response | None, now: datetime) -> httpx.Response:
        if turn.retry_after is not None or turn.fault is Fault.FAILED or acted is None:
            return self.vendor.failure(turn, now=now)
        return acted

    def _write_down(self, request: httpx.Request, turn: Turn, response: httpx.Response, now: datetime) -> None:
        self.ledger.calls.append(
            Call(
                number=len(self.ledger.calls) + 1,
                at=now,
                connection=self._connection(request),
                method=request.method,
                path=request.url.path,
                status=response.status_code,
                fault=turn.fault,
                acted=turn.acts,
                not_before=promised(response, now=now) if turn.retry_after is not None else None,
            )
        )

    def _connection(self, request: httpx.Request) -> str:
        """A name for the credentials: an access token changes with each renewal, and its sign-in does not."""
        said = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.url.path
        return self.vendor.signed_in(said) or hashlib.sha256(said.encode()).hexdigest()[:12]

    def _control(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path:
            case "GET", "/_control/ledger":
                return httpx.Response(200, text="".join(f"{call.line()}\n" for call in self.ledger.calls))
            case "GET", "/_control/items":
                return httpx.Response(200, json=self.vendor.standing())
            case "PUT", "/_control/faults":
                given = parse_json(request.content)
                self.plan.on = bool(given.get("on", self.plan.on))
                self.down = bool(given.get("down", self.down))
                self.slow_s = float(given.get("slow_s", self.slow_s))
                return httpx.Response(200, json={"on": self.plan.on, "down": self.down, "slow_s": self.slow_s})
            case _:
                return httpx.Response(404)


def _request(scope: Scope, body: bytes) -> httpx.Request:
    path = scope.get("raw_path") or scope["path"].encode()
    query = b"?" + scope["query_string"] if scope.get("query_string") else b""
    return httpx.Request(
        scope["method"],
        httpx.URL(scheme="http", host="fake.invalid", raw_path=path.partition(b"?")[0] + query),
        headers=scope["headers"],
        content=body,
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(parts)
        parts += message.get("body", b"")
        if len(parts) > _LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return bytes(parts)


async def _answer(send: Send, response: httpx.Response) -> None:
    content = response.content
    headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() != b"content-length"]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _broken(send: Send, response: httpx.Response) -> None:
    """Begin an answer and never end it: a server closes such a connection."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})


async def _until_gone(receive: Receive, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
