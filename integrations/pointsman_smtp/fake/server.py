"""The mail server: aiosmtpd in a thread of its own, with troubles at every stage and a ledger of the messages."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import Envelope, LoginPassword

from pointsman_sdk.fakes import CallLedger
from pointsman_smtp.fake.faults import Troubles
from pointsman_smtp.fake.mailbox import Mailbox, Received
from pointsman_smtp.fake.talks import Talk

_LARGEST = 2_000_000
_LOST_S = 60.0


class FakeMailServer:
    """Takes mail for every address but those in `unknown`.

    `users` sign in by their password; without any, no sign-in is asked for. `tls` is the certificate of the server, from the
    first byte with `implicit`, else by STARTTLS. A silent answer lasts `lost_s` seconds, or until its caller hangs up;
    `slow_s` is how long each answer to a message takes.
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
            served = await loop.create_server(lambda: Talk(self, loop), "127.0.0.1", port, ssl=within)
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
