"""The control port, for the test that runs the fake: `/_control/…` over HTTP.

`GET /`: all mail as a person reads it.
`GET /_control/messages`: each message as it was received, and joined by Message-ID; `DELETE` empties the mailbox.
`GET /_control/ledger`: lines of JSON. `PUT /_control/faults`: `on`, `down` and `slow_s`, as `pointsman_sdk.fakes.FakeServer` has
them; `rates` and `seed` of a plan that begins now; `unknown`, the addresses that are refused; and `next`, what befalls the next
talks, one each: `{"next": [{"at": "END", "cut": true, "takes": true}]}`. With `tokens` "expired" no token is good any more and
each sign-in renews its own; with "revoked" the sign-ins are over, too.
Where the server takes tokens, a mailbox signs in at any path that ends in `/authorize`, and `POST` to one that ends in `/token`
issues them (RFC 6749).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from pointsman_sdk.fakes import FaultPlan, Rates
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json
from pointsman_smtp.fake.faults import Trouble
from pointsman_smtp.fake.server import FakeMailServer

_LARGEST = 100_000


class _Control(BaseHTTPRequestHandler):
    mail: FakeMailServer

    def do_GET(self) -> None:
        match self.path:
            case "/":
                self._answer(200, self.mail.mailbox.shown(), kind="text/plain; charset=utf-8")
            case "/_control/messages":
                self._answer(200, json.dumps(self.mail.standing()))
            case "/_control/ledger":
                self._answer(200, "".join(f"{call.line()}\n" for call in self.mail.ledger.calls))
            case path if self.mail.oauth is not None and urlsplit(path).path.endswith("/authorize"):
                self._pass_on(self.mail.oauth.authorize(dict(parse_qsl(urlsplit(path).query))))
            case _:
                self._answer(404, "{}")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.mail.oauth is None or not self.path.endswith("/token") or length > _LARGEST:
            self._answer(404, "{}")
            return
        asked = httpx.Request(
            "POST", f"http://127.0.0.1{self.path}", headers=dict(self.headers), content=self.rfile.read(length)
        )
        self._pass_on(self.mail.oauth.token(asked))

    def do_DELETE(self) -> None:
        if self.path == "/_control/messages":
            self.mail.mailbox.received.clear()
            self._answer(200, "{}")
        else:
            self._answer(404, "{}")

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/_control/faults" or length > _LARGEST:
            self._answer(404, "{}")
            return
        try:
            self._answer(200, json.dumps(_arm(self.mail, parse_json(self.rfile.read(length)))))
        except (TypeError, ValueError, AttributeError, Unreadable) as error:
            self._answer(422, json.dumps({"error": str(error)}))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's signature
        """Say nothing."""

    def _pass_on(self, answer: httpx.Response) -> None:
        kind = answer.headers.get("Content-Type", "text/plain; charset=utf-8")
        self._answer(answer.status_code, answer.text, kind=kind, location=answer.headers.get("Location"))

    def _answer(self, status: int, text: str, *, kind: str = "application/json", location: str | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def controlled(server: FakeMailServer, port: int = 0) -> Iterator[int]:
    """The control port of a running fake, as long as it is open: any that is free, where none is said."""

    class Control(_Control):
        mail = server

    with ThreadingHTTPServer(("127.0.0.1", port), Control) as http:
        thread = Thread(target=http.serve_forever, args=(0.05,), name="control of the fake mail server", daemon=True)
        thread.start()
        try:
            yield http.server_port
        finally:
            http.shutdown()
            thread.join()


def _arm(server: FakeMailServer, given: dict[str, Any]) -> dict[str, Any]:
    coming, troubles = [Trouble(**one) for one in given.get("next", [])], server.troubles
    if "rates" in given:
        troubles.plan = FaultPlan(rates=Rates(**given["rates"]), seed=int(given.get("seed", 0)))
    troubles.plan.on = bool(given.get("on", troubles.plan.on))
    troubles.down = bool(given.get("down", troubles.down))
    server.slow_s = float(given.get("slow_s", server.slow_s))
    server.unknown = set(given.get("unknown", server.unknown))
    troubles.asked.extend(coming)
    _end_tokens(server, str(given.get("tokens", "")))
    return {"on": troubles.plan.on, "down": troubles.down, "slow_s": server.slow_s, "next": len(troubles.asked)}


def _end_tokens(server: FakeMailServer, how: str) -> None:
    if how not in ("", "expired", "revoked"):
        raise ValueError(f"tokens are expired or revoked, not {how}")
    if server.oauth is None or not how:
        return
    server.oauth.expire()
    if how == "revoked":
        for grant in server.oauth.grants:
            grant.over = True
