"""The mail server: aiosmtpd in a thread of its own, with troubles at every stage and a ledger of the messages."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import Envelope, LoginPassword

from pointsman_sdk.fakes import CallLedger, KeptFile
from pointsman_sdk.fakes.oauth import OAuthServer
from pointsman_smtp.fake.faults import Troubles
from pointsman_smtp.fake.mailbox import Mailbox, Received
from pointsman_smtp.fake.talks import SIGN_INS, Talk

_LARGEST = 2_000_000
_LOST_S = 60.0
_LAST_TURNS = 5  # of the loop, in which the last talks end


class FakeMailServer:
    """Takes mail for every address but those in `unknown`.

    `users` sign in by their password in one of the ways `sign_ins`, and every mailbox by a token of `oauth`; only with `open`
    no sign-in is asked for where there is a way. `tls` is the
    certificate of the server, from the first byte with `implicit`, else by STARTTLS. A silent answer lasts `lost_s` seconds, or
    until its caller hangs up; `slow_s` is how long each answer to a message takes.
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        sign_ins: tuple[str, ...] = SIGN_INS,
        oauth: OAuthServer | None = None,
        open: bool = False,  # noqa: A002  # said by name alone
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        utf8: bool = True,
        largest: int = _LARGEST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lost_s: float = _LOST_S,
    ) -> None:
        self.users, self.sign_ins, self.tls, self.implicit, self.utf8, self.largest = (
            users,
            sign_ins,
            tls,
            implicit,
            utf8,
            largest,
        )
        self.oauth, self.open = oauth, open
        self.mailbox_of_tokens: str | None = None
        self.clock, self.lost_s, self.slow_s = clock, lost_s, 0.0
        self.unknown: set[str] = set()
        self.troubles, self.mailbox, self.ledger = Troubles(), Mailbox(), CallLedger()
        self.kept: KeptFile | None = None
        self.port, self.greeted_by = 0, ""
        self.talks: set[Talk] = set()

    def standing(self) -> dict[str, Any]:
        """All that stands here, for the test that runs it."""
        return self.mailbox.told()

    @contextmanager
    def running(self, port: int = 0) -> Iterator["FakeMailServer"]:
        """The server in a thread, on a port of this machine: any that is free, where none is said."""
        loop, begun, over = asyncio.new_event_loop(), Event(), asyncio.Event()
        failures: list[BaseException] = []

        async def serve() -> None:
            within = self.tls if self.implicit else None
            async with await loop.create_server(lambda: Talk(self, loop), "127.0.0.1", port, ssl=within) as served:
                self.port = served.sockets[0].getsockname()[1]
                begun.set()
                await over.wait()
                await self._hang_up()

        def work() -> None:
            try:
                with asyncio.Runner(loop_factory=lambda: loop) as runner:
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
            loop.call_soon_threadsafe(over.set)
            thread.join()

    async def _hang_up(self) -> None:
        for _ in range(_LAST_TURNS):
            for talk in list(self.talks):
                if isinstance(talk.transport, asyncio.WriteTransport):
                    talk.transport.abort()
            await asyncio.sleep(0)

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

        if self.kept is not None:
            self.kept.write()

    def keep_in(self, path: Path) -> None:
        """Go on from what a former process left in the file, and write there what is received."""
        self.kept = KeptFile(self.mailbox, path)
        self.kept.take_up()

    @property
    def asks(self) -> bool:
        """Whether mail is taken from those alone who have signed in."""
        return not self.open and (bool(self.users) or self.oauth is not None)

    def lets_in_by_token(self, login: LoginPassword) -> bool:
        """Whether this token is good now, for `mailbox_of_tokens` where that is named."""
        if self.oauth is None or not self.oauth.lets_in(login.password.decode()):
            return False
        return self.mailbox_of_tokens in (None, login.login.decode())

    def lets_in(self, login: LoginPassword) -> bool:
        """Whether this is a user's password."""
        name, password = login.login.decode(), login.password.decode()
        return (self.users or {}).get(name) == password
