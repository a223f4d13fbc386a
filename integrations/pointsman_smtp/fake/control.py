"""The control port, for the test that runs the fake: `/_control/…` over HTTP.

`GET /`: all mail as a person reads it.
`GET /_control/messages`: each message as it was received, and joined by Message-ID; `DELETE` empties the mailbox.
`GET /_control/ledger`: lines of JSON. `PUT /_control/faults`: `on`, `down` and `slow_s`, as `pointsman_sdk.fakes.FakeServer` has
them; `rates` and `seed` of a plan that begins now; `unknown`, the addresses that are refused; and `next`, what befalls the next
talks, one each: `{"next": [{"at": "END", "cut": true, "takes": true}]}`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pointsman_sdk.fakes import FaultPlan, Rates
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json
from pointsman_smtp.fake.faults import Trouble
from pointsman_smtp.fake.server import FakeMailServer

_LARGEST = 100_000


@contextmanager
def controlled(server: FakeMailServer, port: int = 0) -> Iterator[int]:
    """The control port of a running fake, as long as it is open: any that is free, where none is said."""

    class Control(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/":
                    self._answer(200, server.mailbox.shown(), kind="text/plain; charset=utf-8")
                case "/_control/messages":
                    self._answer(200, json.dumps(server.standing()))
                case "/_control/ledger":
                    self._answer(200, "".join(f"{call.line()}\n" for call in server.ledger.calls))
                case _:
                    self._answer(404, "{}")

        def do_DELETE(self) -> None:
            if self.path == "/_control/messages":
                server.mailbox.received.clear()
                self._answer(200, "{}")
            else:
                self._answer(404, "{}")

        def do_PUT(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/_control/faults" or length > _LARGEST:
                self._answer(404, "{}")
                return
            try:
                self._answer(200, json.dumps(_arm(server, parse_json(self.rfile.read(length)))))
            except (TypeError, ValueError, AttributeError, Unreadable) as error:
                self._answer(422, json.dumps({"error": str(error)}))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's signature
            """Say nothing."""

        def _answer(self, status: int, text: str, *, kind: str = "application/json") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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
    return {"on": troubles.plan.on, "down": troubles.down, "slow_s": server.slow_s, "next": len(troubles.asked)}
