"""An address on this machine whose calls another one answers: for programs that need a socket, such as curl."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass(slots=True)
class Forwarder:
    """Where it listens, and what was asked so far: method, path and status of each call."""

    url: str
    calls: list[tuple[str, str, int]] = field(default_factory=list)


@contextmanager
def forwarding_to(client: httpx.Client, *, before: Callable[[str], None]) -> Iterator[Forwarder]:
    """Listen until the block ends; `before` is told the path of each call before it is made."""

    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            before(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = client.request(self.command, self.path, content=content, headers=headers)
            known.calls.append((self.command, self.path, answer.status_code))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815  # as the library calls them

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Forwarder(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()
