"""One talk of the fake mail server with a client."""

import asyncio
import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pointsman_sdk.fakes import Call, Fault, Turn
from pointsman_smtp.fake.faults import Trouble

if TYPE_CHECKING:
    from pointsman_smtp.fake.server import FakeMailServer


SIGN_INS = ("PLAIN", "LOGIN")
BY_TOKEN = "XOAUTH2"  # noqa: S105  # the name of a way
_LONGEST_ANSWER = 12_288  # to a challenge (RFC 4954, 4)


class Talk(SMTP):
    """One talk with a client, and what befalls it. A command has 512 bytes, a line of a message 1,001, and a token more."""

    line_length_limit = _LONGEST_ANSWER

    def __init__(self, server: "FakeMailServer", loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._greeted = server, False
        self._coming: list[Trouble] = server.troubles.of_talk()
        self._turn = Turn(fault=Fault.NONE)
        in_clear = server.tls is None or server.implicit
        offered = (*(server.sign_ins if server.users else ()), *((BY_TOKEN,) if server.oauth is not None else ()))
        super().__init__(
            self,
            hostname="mail.example",
            ident="ESMTP",
            data_size_limit=server.largest,
            enable_SMTPUTF8=server.utf8,
            tls_context=None if in_clear else server.tls,
            require_starttls=not in_clear,
            auth_require_tls=not in_clear,
            authenticator=self._authenticate_user if server.users else None,
            auth_exclude_mechanism=[way for way in (*SIGN_INS, BY_TOKEN) if way not in offered],
            loop=loop,
        )
        self.line_length_limit = SMTP.line_length_limit  # of a message: what is read has the other one by now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.talks.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.talks.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            if await self._befalls("GREETING"):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        self._server.greeted_by = hostname
        if not await self._befalls("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._befalls("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._befalls("AUTH"):
            await super().smtp_AUTH(arg)

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:
        """A token of the mailbox, in the command or in a line of its own.

        One that is not good is answered with the reason, and by a code after an empty line.
        """
        try:
            told = b64decode(args[1].encode(), validate=True) if len(args) > 1 else await self.challenge_auth("")
            shown = told.decode() if isinstance(told, bytes) else None
        except ValueError:
            shown = ""
        if shown is None:  # it broke off, and was told so
            return AuthResult(success=False, handled=True)
        parts = dict(part.partition("=")[::2] for part in shown.split("\x01") if part)
        login = LoginPassword(parts.get("user", "").encode(), parts.get("auth", "").removeprefix("Bearer ").encode())
        if self._server.lets_in_by_token(login):
            return AuthResult(success=True, auth_data=login)
        why = {"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}
        await self.challenge_auth(json.dumps(why))
        return AuthResult(success=False, handled=False)

    async def smtp_NOOP(self, arg: str) -> None:
        if not await self._befalls("NOOP"):
            await super().smtp_NOOP(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        trouble, self._turn = self._server.troubles.of_message()
        self._coming += [] if trouble is None else [trouble]
        if self._server.asks and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
        elif await self._befalls("MAIL"):
            self._write_down("", 0 if trouble is None else _code(trouble), acted=False)
        else:
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._befalls("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self._befalls("DATA"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        if not await self._befalls("QUIT"):
            await super().smtp_QUIT(arg)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._server.unknown:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._server.slow_s:
            await asyncio.sleep(self._server.slow_s)
        trouble = self._next("END")
        takes = trouble is None or trouble.takes
        if takes:
            self._server.keep(envelope)
        self._write_down(_message_id(envelope), 250 if trouble is None else _code(trouble), acted=takes)
        if trouble is None:
            return "250 2.0.0 taken"
        return await self._be(trouble)

    def _write_down(self, path: str, status: int, *, acted: bool) -> None:
        calls = self._server.ledger.calls
        shown: object = getattr(self.session, "auth_data", None)
        name = shown.login.decode() if isinstance(shown, LoginPassword) else "anybody"
        calls.append(
            Call(
                number=len(calls) + 1,
                at=self._server.clock(),
                connection=name,
                method="MAIL",
                path=path,
                status=status,
                fault=self._turn.fault,
                acted=acted,
            )
        )

    def _next(self, stage: str) -> Trouble | None:
        found = next((one for one in self._coming if one.at == stage), None)
        if found is not None:
            self._coming.remove(found)
        return found

    async def _befalls(self, stage: str) -> bool:
        """Whether something else than the answer happens."""
        trouble = self._next(stage)
        if trouble is None:
            return False
        await super().push(await self._be(trouble))
        return True

    async def _be(self, trouble: Trouble) -> str:
        """What is said; a talk that is cut, or where nothing is said, ends within."""
        if trouble.say is not None:
            return trouble.say
        if trouble.silent:
            await asyncio.sleep(self._server.lost_s)
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        await asyncio.sleep(self._server.lost_s)  # until the end of the connection ends it
        return "421 4.4.2 cut"

    def _authenticate_user(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> Any:
        return AuthResult(success=self._server.lets_in(data), handled=False, auth_data=data)


def _code(trouble: Trouble) -> int:
    """The code that is said, 0 where none is."""
    said = (trouble.say or "")[:3]
    return int(said) if said.isdigit() else 0


def _message_id(envelope: Envelope) -> str:
    content = (envelope.original_content or b"").partition(b"\r\n\r\n")[0]
    lines = [line for line in content.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    return lines[0].partition(b":")[2].strip().decode("ascii", "replace") if lines else ""
