"""One talk with a mail server: connected past the host's guard, in TLS as configured, signed in, and ended in any case."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiosmtplib import SMTP, SMTPException
from aiosmtplib.auth import auth_xoauth2_encode
from aiosmtplib.errors import SMTPResponseException
from pydantic import SecretStr

from pointsman_sdk import ConnectorError, Context, ReauthRequired, Rejected, Retryable, Scope
from pointsman_smtp.addresses import mailbox
from pointsman_smtp.answers import SIGN_IN, Stage, TokenRefused, answered, failed
from pointsman_smtp.config import Security, SmtpConfig
from pointsman_smtp.message import Mail
from pointsman_smtp.tokens import MailTokens

_LET_IN, _GO_ON = 235, 334  # answers to a sign-in
_LONGEST_LINE = 512  # of a command, with its end (RFC 5321, 4.5.3.1.4)
_BY_TOKEN = (b"AUTH", b"XOAUTH2")
_GOODBYE_S = 1.0
_LAST_TURNS = 10
_DOTS = re.compile(rb"(?m)^\.")


class MailServer:
    """Talks to one mail server; each talk is a connection of its own."""

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        self._config, self._context = config, context
        self._tokens = MailTokens(config, context)
        self._authorities: ssl.SSLContext | None = None

    async def look(self) -> None:
        """All that comes before a message, and no message. Raises ConnectorError."""
        await self._said(lambda talk: talk.look())

    async def deliver(self, mail: Mail) -> None:
        """Have the server take the message. Raises ConnectorError, AmbiguousOutcome once all of it was sent."""
        await self._said(lambda talk: talk.send(mail))

    async def _said(self, say: Callable[["_Talk"], Awaitable[None]]) -> None:
        """In one talk; in another one, with a token that is renewed, where the server refuses the first: it heard no more."""
        until = asyncio.get_running_loop().time() + self._config.seconds
        if not self._config.by_token:
            await self._once(say, None, until)
            return
        token = await self._tokens.good()
        try:
            await self._once(say, token.access, until)
        except TokenRefused:
            fresh = await self._tokens.renewed(token)
            await self._once(say, fresh.access, until)

    async def _once(self, say: Callable[["_Talk"], Awaitable[None]], token: SecretStr | None, until: float) -> None:
        async with self._talk(until) as talk:
            await talk.begin(await self._tls(), token)
            await say(talk)

    @asynccontextmanager
    async def _talk(self, until: float) -> AsyncIterator["_Talk"]:
        talk, listens = _Talk(self._config, self._context), False
        try:
            async with asyncio.timeout_at(until):
                yield talk
            listens = True
        except (SMTPException, OSError) as error:  # a time-out is an OSError, too
            listens = isinstance(error, SMTPResponseException)
            raise failed(talk.stage, error) from None
        except ConnectorError:
            listens = True
            raise
        finally:
            await talk.end(polite=listens)

    async def _tls(self) -> ssl.SSLContext | None:
        """The system's authorities, once for a connection: reading them takes some 20 ms."""
        if self._config.security is Security.NONE:
            return None
        if self._authorities is None:
            self._authorities = await asyncio.to_thread(ssl.create_default_context)
        return self._authorities


class _Talk:
    """`stage` is what was asked last."""

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        self.stage = Stage.GREETING
        self._config, self._context = config, context
        self._client: SMTP | None = None
        self._line: socket.socket | None = None

    async def begin(self, tls: ssl.SSLContext | None, token: SecretStr | None) -> None:
        """Up to where messages are taken; signed in with the token where there is one."""
        client = await self._connected(tls)
        self.stage = Stage.HELLO
        await client.ehlo()
        if self._config.security is Security.STARTTLS:
            self.stage = Stage.TLS
            if not client.supports_extension("starttls"):
                raise Retryable("the mail server offers no STARTTLS: nothing is sent in clear", scope=Scope.CONNECTION)
            # Forgets all that was said before (RFC 3207, 4.2).
            await client.starttls(tls_context=tls)
            self.stage = Stage.HELLO
            await client.ehlo()
        if token is not None and self._config.username is not None:
            self.stage = Stage.TOKEN
            await self._show(client, self._config.username, token.get_secret_value())
        elif self._config.username is not None and self._config.password is not None:
            self.stage = Stage.SIGN_IN
            await self._sign_in(client, self._config.username, self._config.password.get_secret_value())

    async def look(self) -> None:
        self.stage = Stage.NOOP
        await self._ready().noop()

    async def send(self, mail: Mail) -> None:
        client = self._ready()
        options = self._options(client, mail)
        encoding = "utf-8" if mail.utf8 else "ascii"
        self.stage = Stage.SENDER
        await client.mail(str(mail.sender), options=options, encoding=encoding)
        self.stage = Stage.RECIPIENT
        await client.rcpt(str(mail.recipient), encoding=encoding)
        self.stage = Stage.DATA
        started = await client.execute_command(b"DATA")
        if started.code != 354 or client.protocol is None:
            raise answered(self.stage, started.code, started.message)
        client.protocol.write(_DOTS.sub(b"..", mail.content))
        # Not `client.data()`, whose errors do not tell whether the end was sent.
        self.stage = Stage.END
        taken = await client.execute_command(b".")
        if not 200 <= taken.code <= 299:
            raise answered(self.stage, taken.code, taken.message)

    async def end(self, *, polite: bool) -> None:
        """Hang up, after a goodbye where the server is still listening. What was done stays done."""
        if self._client is not None:
            if polite:
                with suppress(SMTPException, OSError):
                    async with asyncio.timeout(_GOODBYE_S):
                        await self._client.quit()
            self._client.close()
        if self._line is not None:
            await _hung_up(self._line)

    async def _connected(self, tls: ssl.SSLContext | None) -> SMTP:
        config = self._config
        plain = config.security is Security.NONE
        self._line = await self._context.dial(config.host, config.calls_at, plain=plain)
        self._client = client = SMTP(
            hostname=config.host,
            sock=self._line,
            use_tls=config.security is Security.TLS,
            start_tls=False,  # asked for in `begin`
            tls_context=tls,
            local_hostname=config.hello or mailbox(config.sender).domain,
            timeout=None,
        )
        try:
            await client.connect()
        except SMTPResponseException:
            raise
        except SMTPException as error:
            raise (error.__cause__ if isinstance(error.__cause__, OSError) else error) from None
        return client

    def _ready(self) -> SMTP:
        if self._client is None:
            raise RuntimeError("the talk has not begun")
        return self._client

    async def _sign_in(self, client: SMTP, username: str, password: str) -> None:
        offered = client.server_auth_methods
        if "plain" in offered:
            try:
                await client.auth_plain(username, password)
            except SMTPResponseException as refused:
                # Some offer PLAIN and do not know it (simplesmtp pull request 7); a password that is wrong is shown once.
                if refused.code < 500 or refused.code in SIGN_IN or "login" not in offered:
                    raise
                await client.auth_login(username, password)
        elif "login" in offered:
            await client.auth_login(username, password)
        else:
            # Waits for a person, as a refused password does: refused for good, each message would have to be sent again by hand.
            raise ReauthRequired("the mail server offers neither PLAIN nor LOGIN: leave the user name out, or use TLS")

    async def _show(self, client: SMTP, username: str, token: str) -> None:
        if "xoauth2" not in client.server_auth_methods:
            raise ReauthRequired(
                "the mail server offers no sign-in by token (XOAUTH2): is it the vendor's own, in TLS?"
            )
        shown = auth_xoauth2_encode(username, token)
        if len(b" ".join((*_BY_TOKEN, shown))) + 2 <= _LONGEST_LINE:
            said = await client.execute_command(*_BY_TOKEN, shown)
        else:
            # A longer token has a line of its own (RFC 4954, 4): Google and Dovecot refuse the command as too long (angus-mail
            # issue 201, roundcubemail issue 8623).
            said = await client.execute_command(*_BY_TOKEN)
            if said.code != _GO_ON:
                raise answered(self.stage, said.code, said.message)
            said = await client.execute_command(shown)
        if said.code == _GO_ON:  # why it says no, as JSON: an empty line has it say so by its code
            said = await client.execute_command(b"")
        if said.code != _LET_IN:
            raise answered(self.stage, said.code, said.message)

    def _options(self, client: SMTP, mail: Mail) -> list[str]:
        options, size = [], len(mail.content)
        if client.supports_extension("size"):
            limit = client.esmtp_extensions["size"].strip()
            if limit.isascii() and limit.isdigit() and 0 < int(limit[:18]) < size:
                raise Rejected(f"the mail server takes no message as large as this one ({size} bytes)")
            options.append(f"SIZE={size}")  # RFC 1870
        if mail.utf8:
            if not client.supports_extension("smtputf8"):
                raise Rejected("the mail server takes no address with letters beyond ASCII before the @ (SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]  # RFC 6531, 3.1: a server with the one has the other
        return options


async def _hung_up(line: socket.socket) -> None:
    """Closed in TLS, a connection would wait for a server that is silent: it is told of the end, and closes in a few turns.

    Only then the socket is closed here, in case that nobody took it over: its number may be another one's soon.
    """
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    for _ in range(_LAST_TURNS):
        if line.fileno() == -1:
            return
        await asyncio.sleep(0)
    line.close()
