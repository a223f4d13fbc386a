"""uvicorn's HTTP protocol with bounds on a request's headers, in time and size, which uvicorn itself does not have."""

import asyncio
import json
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pointsman.api.http.problems import MEDIA_TYPE, problem_body

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_ENCODE = (
    "In an address, letters beyond a to z and spaces are percent-encoded: curl does it by"
    " curl -G --data-urlencode 'q=müller' https://…/v1/leads."
)
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"


class HeaderLimitsProtocol(HttpToolsProtocol):
    """Closes a connection that does not bring whole headers in time, or brings too much of them.

    Bodies have bounds of their own in `BodyLimitsMiddleware`.
    """

    header_deadline_s: ClassVar[float] = 10.0
    header_bytes: ClassVar[int] = 65_536  # beside what arrives with one read
    _timer: asyncio.TimerHandle | None = None
    _received: int = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        waiting = self._timer
        super().data_received(data)
        if waiting is None or self._timer is not waiting:
            return  # a request's body, or the first of its headers
        self._received += len(data)
        if self._received > self.header_bytes and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP reaches no layer of ours, and is answered as all else is. Most often an address has a raw letter."""
        body = json.dumps(problem_body(400, "bad-request", f"{msg} {_ENCODE}")).encode()
        self.transport.write(_BAD_REQUEST % (MEDIA_TYPE.encode(), len(body)) + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arm()

    def on_headers_complete(self) -> None:
        self._disarm()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        self._disarm()
        self._received = 0
        self._timer = self.loop.call_later(self.header_deadline_s, self.transport.close)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
