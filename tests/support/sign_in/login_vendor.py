"""A vendor's authorization server: codes, and refresh tokens that it changes at each use and whose second use it punishes."""

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import httpx

CLIENT_ID, CLIENT_SECRET = "client one", "client:s3cret/%+"


@dataclass
class LoginVendor:
    """Answers a token request. `before` may answer in its place, `after` may lose the answer."""

    lifetime: object = 3600
    scope: str | None = None
    extra: dict[str, object] = field(default_factory=dict)
    rotates: bool = True
    keeps_former: bool = False  # the old refresh token is good until the new one was used
    before: Callable[[dict[str, str]], tuple[int, object] | None] | None = None
    after: Callable[[], None] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)  # refresh tokens
    spent: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)  # code -> PKCE challenge
    redirect_uri: str = ""
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grant_code(self, challenge: str) -> str:
        self.number += 1
        code = f"code-{self.number}-s3cret"
        self.codes[code] = challenge
        return code

    def issue(self) -> dict[str, object]:
        """A new pair of tokens."""
        self.number += 1
        answer: dict[str, object] = {
            "access_token": f"access-{self.number}-s3cret",
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            **self.extra,
        }
        if self.lifetime is None:
            del answer["expires_in"]
        if self.scope is not None:
            answer["scope"] = self.scope
        refresh = f"refresh-{self.number}-s3cret"
        if self.rotates or not self.good:
            self.good.add(refresh)
            answer["refresh_token"] = refresh
        return answer

    def answer(self, form: dict[str, str], authorization: str) -> tuple[int, object]:
        with self.lock:
            self.asked.append(form)
            self.clients.append(_client(form, authorization))
        if self.before is not None and (said := self.before(form)) is not None:
            return said
        with self.lock:
            if self.clients[-1] != f"{CLIENT_ID}|{CLIENT_SECRET}":
                return 401, {"error": "invalid_client", "error_description": f"wrong {form} {authorization}"}
            said = self._refreshed(form) if form["grant_type"] == "refresh_token" else self._first(form)
        if self.after is not None:
            self.after()
        return said

    def _first(self, form: dict[str, str]) -> tuple[int, object]:
        challenge = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge is None or proven != challenge or form.get("redirect_uri") != self.redirect_uri:
            return 400, {"error": "invalid_grant", "error_description": f"no such code: {form.get('code')}"}
        return 200, self.issue()

    def _refreshed(self, form: dict[str, str]) -> tuple[int, object]:
        given = form.get("refresh_token", "")
        if given not in self.good:
            if given in self.spent:
                self.good.clear()  # stolen, as far as the vendor can know
            return 400, {"error": "invalid_grant", "error_description": f"unknown token {given}"}
        if self.rotates:
            if self.keeps_former:
                self.spent |= self.good - {given}
                self.good &= {given}
            else:
                self.good.discard(given)
                self.spent.add(given)
        return 200, self.issue()

    def transport(self) -> httpx.AsyncBaseTransport:
        async def handle(request: httpx.Request) -> httpx.Response:
            form = dict(parse_qsl((await request.aread()).decode(), keep_blank_values=True))
            status, said = self.answer(form, request.headers.get("authorization", ""))
            return _response(status, said)

        return httpx.MockTransport(handle)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Over a real port: its address."""
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                status, said = vendor.answer(form, self.headers.get("Authorization", ""))
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                with contextlib.suppress(OSError):  # the caller was killed
                    self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


def _client(form: dict[str, str], authorization: str) -> str:
    if authorization.startswith("Basic "):
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        name, _, secret = pair.partition(":")
        return f"{unquote_plus(name)}|{unquote_plus(secret)}"
    return f"{form.get('client_id')}|{form.get('client_secret')}"


def _response(status: int, said: object) -> httpx.Response:
    if isinstance(said, bytes):
        return httpx.Response(status, content=said)
    if isinstance(said, Exception):
        raise said
    return httpx.Response(status, json=said)
