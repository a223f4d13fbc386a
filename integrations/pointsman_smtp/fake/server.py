"""The mail server: aiosmtpd in a thread of its own, with troubles at every stage and a ledger of the messages."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pointsman_sdk.fakes import Call, CallLedger, Fault, Turn
from pointsman_smtp.fake.faults import Trouble, Troubles
from pointsman_smtp.fake.mailbox import Mailbox, Received

_LARGEST = 2_000_000
_LOST_S = 60.0


class FakeMailServer:
    """Takes mail for every address but those in `unknown`. `users` sign in by their password; without any, no sign-in is asked for.

    `tls` is the certificate of the server, from the first byte with `implicit`, else by STARTTLS. A silent answer lasts `lost_s`
    seconds, or until its caller hangs up; `slow_s` is how long each answer to a message takes.
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        utf8: bool = True,
        largest: int = _LARGEST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lost_s: float = _LOST_S,
    ) -> None:
        self.users, self.tls, self.implicit, self.utf8, self.largest = users, tls, implicit, utf8, largest
        self.clock, self.lost_s, self.slow_s = clock, lost_s, 0.0
        self.unknown: set[str] = set()
        self.troubles, self.mailbox, self.ledger = Troubles(), Mailbox(), CallLedger()
        self.port = 0

    def standing(self) -> dict[str, Any]:
        """All that stands here, for the test that runs it."""
        return self.mailbox.told()

    @contextmanager
    def running(self, port: int = 0) -> Iterator["FakeMailServer"]:
        """The server in a thread, on a port of this machine: any that is free, where none is said."""
        loop, begun = asyncio.new_event_loop(), Event()
        failures: list[BaseException] = []

        async def serve() -> None:
            within = self.tls if self.implicit else None
            served = await loop.create_server(lambda: _Talk(self, loop), "127.0.0.1", port, ssl=within)
            self.port = served.sockets[0].getsockname()[1]
            begun.set()
            try:
                await served.serve_forever()
            finally:
                served.close()

        def work() -> None:
            try:
                with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=lambda: loop) as runner:
                    runner.run(serve())
            except OSError as error:
                failures.append(error)
            finally:
                begun.set()

        thread = Thread(target=work, name="fake mail server", daemon=True)
        thread.start()
        begun.wait()
        if failures:
            raise failures[0]
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
            thread.join()

    def keep(self, envelope: Envelope) -> None:
        """Put the message into the mailbox."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self.mailbox.received.append(
                Received(
                    number=len(self.mailbox.received) + 1,
                    at=self.clock(),
                    sender=str(envelope.mail_from),
                    recipient=recipient,
                    content=content,
                )
            )

    def lets_in(self, login: LoginPassword) -> bool:
        """Whether this is a user's password."""
        name, password = login.login.decode(), login.password.decode()
        return (self.users or {}).get(name) == password


class _Talk(SMTP):
    """One talk with a client, and what befalls it."""

    def __init__(self, server: FakeMailServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._greeted = server, False
        self._coming: list[Trouble] = server.troubles.of_talk()
        self._turn = Turn(fault=Fault.NONE)
        in_clear = server.tls is None or server.implicit
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
            auth_exclude_mechanism=() if server.users else ("PLAIN", "LOGIN"),
            loop=loop,
        )

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            if await self._befalls("GREETING"):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._befalls("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._befalls("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._befalls("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_NOOP(self, arg: str) -> None:
        if not await self._befalls("NOOP"):
            await super().smtp_NOOP(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        trouble, self._turn = self._server.troubles.of_message()
        self._coming += [] if trouble is None else [trouble]
        if self._server.users and self.session is not None and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
        elif await self._befalls("MAIL"):
            self._write_down("", 421 if self._turn.fault is Fault.THROTTLED else 0, acted=False)
        else:
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._befalls("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self._befalls("DATA"):
            await super().smtp_DATA(arg)

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
        status = 250 if trouble is None else int((trouble.say or "0")[:3])
        self._write_down(_message_id(envelope), status, acted=takes)
        if trouble is None:
            return "250 2.0.0 taken"
        return await self._be(trouble)

    def _write_down(self, path: str, status: int, *, acted: bool) -> None:
        calls = self._server.ledger.calls
        shown = self.session.auth_data if self.session is not None else None
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


def _message_id(envelope: Envelope) -> str:
    content = (envelope.original_content or b"").partition(b"\r\n\r\n")[0]
    lines = [line for line in content.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    return lines[0].partition(b":")[2].strip().decode("ascii", "replace") if lines else ""
