"""The mail server as the conformance kit wants to see it, and how SMTP is spoken on its bench."""

import asyncio
import base64
import socket
from binascii import Error as NoBase64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from pointsman_sdk import Capability, Token
from pointsman_sdk.fakes.oauth import OAuthServer
from pointsman_sdk.testing import NOW, Issued, Row
from pointsman_smtp import Security, SignIn, SmtpConfig
from pointsman_smtp.fake.server import FakeMailServer
from support.sign_in.issued import issued_token

USER, PASSWORD = "anna", "s3cret-password"

#: For each status of HTTP what SMTP says in its place, and to which questions.
_SAID: dict[int, tuple[bytes, frozenset[str]]] = {
    400: (b"501 5.5.4 %s", frozenset({"NOOP", "MAIL"})),
    401: (b"535 5.7.8 %s", frozenset({"AUTH"})),
    403: (b"550 5.7.1 %s", frozenset({"NOOP", "MAIL"})),
    404: (b"550 5.1.1 %s", frozenset({"NOOP", "RCPT"})),
    409: (b"553 5.1.3 %s", frozenset({"NOOP", "RCPT"})),
    410: (b"551 5.1.6 %s", frozenset({"NOOP", "RCPT"})),
    412: (b"554 5.6.0 %s", frozenset({"NOOP", "DATA"})),
    422: (b"554 5.6.0 %s", frozenset({"NOOP", "END"})),
    423: (b"450 4.2.1 %s", frozenset({"NOOP", "RCPT"})),
    429: (b"421 4.7.0 %s", frozenset({"NOOP", "MAIL"})),
    500: (b"451 4.3.0 %s", frozenset({"NOOP", "MAIL"})),
    502: (b"451 4.3.0 %s", frozenset({"NOOP", "END"})),
    503: (b"421 4.3.2 %s", frozenset({""})),
    504: (b"451 4.4.1 %s", frozenset({"NOOP", "RCPT"})),
    200: (b"%s", frozenset({"NOOP", "MAIL"})),  # what an HTTP server would say
}


class SmtpDialogue:
    """One connection, as RFC 5321 has it. The last question is a command, END for a message, or nothing before the greeting."""

    end = b"\r\n"

    def __init__(self) -> None:
        self._last, self._in_message, self._signing_in = "", False, False

    def asked(self, received: bytes) -> int:
        end = b"\r\n.\r\n" if self._in_message else b"\r\n"
        size = received.find(end) + len(end) if end in received else 0
        if size:
            word = received.partition(b"\r\n")[0].partition(b" ")[0].decode("ascii", "replace").upper()
            self._last = "END" if self._in_message else "AUTH" if self._signing_in else word
            self._in_message = False
        return size

    def answered(self, received: bytes) -> bool:
        whole = received.endswith(b"\r\n") and received.splitlines()[-1][3:4] != b"-"
        if whole:
            self._in_message, self._signing_in = received[:3] == b"354", received[:3] == b"334"
        return whole

    def writes(self) -> bool:
        return self._last == "END"

    def shown(self, question: bytes) -> Sequence[str]:
        """As it is written, and the token that is in it: of a password no more goes over the line."""
        if self._last != "AUTH" or not question.strip():
            return []
        written = question.split()[-1]
        with suppress(NoBase64, UnicodeDecodeError):
            _, bearer, token = base64.b64decode(written).decode().partition("auth=Bearer ")
            return [written.decode("ascii", "replace"), *([token.rstrip("\x01")] if bearer else [])]
        return [written.decode("ascii", "replace")]

    def says(self, status: int) -> bool:
        return status in _SAID

    def said(self, status: int, words: bytes) -> bytes | None:
        form, questions = _SAID[status]
        line = b" ".join(words.split())
        return form % line + self.end if self._last in questions else None


class BenchVendor:
    """One mailbox of a mail server that runs already."""

    address = "sales@example.com"
    dialogue = SmtpDialogue

    def __init__(self, server: FakeMailServer) -> None:
        self.server = server
        server.mailbox.received.clear()
        server.unknown = {"gone@example.com"}

    async def dial(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        """As the host's guard, for this one server."""
        line = socket.socket()
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", self.server.port))
        return line

    def rows(self, kind: Capability) -> Sequence[Row]:
        """As a mail program shows them, copies joined."""
        return [Row(text=copies[0].text().strip()) for copies in self.server.mailbox.joined().values()]

    def erase(self, kind: Capability) -> None:
        self.server.mailbox.received.clear()

    def annotate(self, kind: Capability, note: str) -> bool:
        return False

    def gone(self, kind: Capability) -> str | None:
        return "gone@example.com"


class TokenVendor(BenchVendor):
    """The same, which takes tokens alone."""

    def __init__(self, server: FakeMailServer) -> None:
        super().__init__(server)
        self.issued = Issued()
        assert server.oauth is not None
        self._oauth = server.oauth
        self._oauth.expire()

    def issue(self) -> Token:
        token = issued_token(self._oauth, until=NOW + timedelta(hours=1))
        self.issued.tokens.append(token)
        return token

    def expire(self) -> None:
        self._oauth.expire()


def token_config_for(check: str) -> SmtpConfig:
    """What lets the connector in by a token."""
    given = config_for(check).model_dump(exclude={"password"})
    client = {"client_id": "mail-client", "client_secret": "mail-client-secret"}
    return SmtpConfig.model_validate({**given, "sign_in": SignIn.GOOGLE, **client})


def config_for(check: str) -> SmtpConfig:
    """What lets the connector in. Where the vendor is silent, its time is over soon."""
    silent = "silent" in check or "lose_answer" in check
    return SmtpConfig.model_validate(
        {
            "host": "mail.example",
            "security": Security.NONE,
            "username": USER,
            "password": PASSWORD,
            "sender": "post@example.com",
            "seconds": 1.0 if silent else 20.0,
        }
    )


@contextmanager
def bench_server(*, tokens: bool = False) -> Iterator[FakeMailServer]:
    """The server of the bench, which takes passwords or `tokens`."""
    ways = {"oauth": OAuthServer(clock=lambda: NOW)} if tokens else {"users": {USER: PASSWORD}}
    with FakeMailServer(**ways, clock=lambda: NOW).running() as server:  # type: ignore[arg-type]  # each of its own kind
        yield server
