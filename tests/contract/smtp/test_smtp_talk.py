"""What comes of a talk with a mail server: in TLS or not at all, signed in, and an error that says what the host does next."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from contract.smtp.certificates import Authority
from contract.smtp.desk import Desk, invitation, notice
from pointsman.connectors.guard import PRIVATE_NETWORKS, AddressGuard
from pointsman_sdk import (
    AmbiguousOutcome,
    ConnectorError,
    NoMemory,
    PlaceGone,
    ReauthRequired,
    Rejected,
    Retryable,
    Scope,
)
from pointsman_smtp.fake.faults import STAGES, Trouble
from pointsman_smtp.fake.server import FakeMailServer

pytestmark = pytest.mark.anyio
LOGIN = {"username": "anna", "password": "s3cret"}
USERS = {"anna": "s3cret"}
NEVER_SENT = tuple(stage for stage in STAGES if stage not in ("END", "QUIT", "NOOP", "STARTTLS", "AUTH"))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop on which connectors are called."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.founded(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One of the system's authorities, as OpenSSL knows them."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with FakeMailServer(lost_s=20).running() as running:
        yield running


# -- TLS


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_in_tls(trusted: Authority, security: str) -> None:
    made = FakeMailServer(users=USERS, tls=trusted.server("localhost"), implicit=security == "tls")
    with made.running() as server:
        connector = Desk(server).connector(security=security, **LOGIN)
        await connector.check()
        await connector.notices.put(notice())
        assert [one.recipient for one in server.mailbox.received] == ["ada@example.com"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["name", "authority"])
async def test_server_that_cannot_prove_who_it_is_gets_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, security: str, wrong: str
) -> None:
    known = authority if wrong == "name" else Authority.founded(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(known.file))
    shown = authority.server("mail.example" if wrong == "name" else "localhost")
    with FakeMailServer(users=USERS, tls=shown, implicit=security == "tls").running() as server:
        with pytest.raises(Retryable, match="certificate") as caught:
            await Desk(server).connector(security=security, **LOGIN).notices.put(notice())
        assert not isinstance(caught.value, AmbiguousOutcome)
        assert caught.value.scope is Scope.CONNECTION
        assert not server.ledger.calls


async def test_without_starttls_nothing_is_sent(server: FakeMailServer) -> None:
    """A server, or somebody between, that leaves STARTTLS out of its offers does not get the password in clear."""
    server.users = USERS
    with pytest.raises(Retryable, match="STARTTLS") as caught:
        await Desk(server).connector(security="starttls", **LOGIN).notices.put(notice())
    assert caught.value.scope is Scope.CONNECTION
    assert not server.ledger.calls


async def test_starttls_that_is_refused_is_not_gone_without(trusted: Authority) -> None:
    with FakeMailServer(tls=trusted.server("localhost")).running() as server:
        server.troubles.asked.append(Trouble(at="STARTTLS", say="454 4.7.0 not now"))
        with pytest.raises(Retryable, match="refuses TLS"):
            await Desk(server).connector(security="starttls").notices.put(notice())
        assert not server.mailbox.received


async def test_tls_where_none_is_spoken_says_so(server: FakeMailServer) -> None:
    with pytest.raises(Retryable, match="does not answer in TLS"):
        await Desk(server).connector(security="tls").check()


@asynccontextmanager
async def injected(tls: ssl.SSLContext) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server before which another one speaks in clear, also after STARTTLS: that one wants a sign-in and takes five bytes."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def said(answer: bytes) -> None:
            heard.append((await reader.readline()).strip())
            writer.write(answer)

        writer.write(b"220 mail.example\r\n")
        await said(b"250-mail.example\r\n250-STARTTLS\r\n250-AUTH LOGIN\r\n250 SIZE 5\r\n")
        await said(b"220 go on\r\n250-mail.example\r\n250 SIZE 5\r\n")
        await writer.start_tls(tls)
        await said(b"250-mail.example\r\n250 AUTH PLAIN\r\n")
        await said(b"235 in\r\n")
        await said(b"250 well\r\n")
        await said(b"221 bye\r\n")
        writer.close()

    served = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with served:
        yield served.sockets[0].getsockname()[1], heard


async def test_what_was_said_before_tls_does_not_count(trusted: Authority) -> None:
    """Also not what came together with the answer to STARTTLS."""
    async with injected(trusted.server("localhost")) as (port, heard):
        desk = Desk(FakeMailServer())
        await desk.connector(security="starttls", port=port, **LOGIN).check()
    assert [line.split()[0] for line in heard] == [b"EHLO", b"STARTTLS", b"EHLO", b"AUTH", b"NOOP", b"QUIT"]
    assert heard[3].startswith(b"AUTH PLAIN ")


async def test_a_network_that_was_not_opened_is_not_dialled(server: FakeMailServer) -> None:
    with pytest.raises(Rejected, match="POINTSMAN_PRIVATE_NETWORKS"):
        await Desk(server, guard=AddressGuard()).connector(security="none").check()


class Lines(AddressGuard):
    """The host's guard, which remembers what it lent."""

    def __init__(self) -> None:
        super().__init__(PRIVATE_NETWORKS)
        self.lent: list[socket.socket] = []

    async def dial(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        self.lent.append(await super().dial(host, port, plain=plain))
        return self.lent[-1]

    async def are_closed(self) -> bool:
        """After the few turns of the loop in which that happens."""
        for _ in range(10):
            await asyncio.sleep(0)
        return all(line.fileno() == -1 for line in self.lent)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("handshake", [True, False])
async def test_server_that_falls_silent_in_tls_is_given_up(
    trusted: Authority, security: str, *, handshake: bool
) -> None:
    """Its connection is closed at once, though it does not agree to the end of TLS."""
    tls = trusted.server("localhost")
    released = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if security == "starttls":
            for answer in (b"220 mail.example\r\n", b"250-mail.example\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
                writer.write(answer)
                await reader.readline()
        with suppress(OSError):
            if handshake:
                await writer.start_tls(tls)
                writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a connection it can be
            await released.wait()
        writer.transport.abort()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as served:
        lines, port = Lines(), served.sockets[0].getsockname()[1]
        connector = Desk(FakeMailServer(), guard=lines).connector(security=security, port=port, seconds=0.5)
        try:
            with pytest.raises(Retryable, match="in time"):
                await connector.notices.put(notice())
            assert await lines.are_closed()
        finally:
            released.set()


async def test_every_line_is_closed(server: FakeMailServer) -> None:
    lines = Lines()
    connector = Desk(server, guard=lines, memory=NoMemory()).connector()
    for trouble in (
        None,
        Trouble(at="GREETING", say="554 no"),
        Trouble(at="END", cut=True),
        Trouble(at="MAIL", say="x"),
    ):
        server.troubles.asked += [] if trouble is None else [trouble]
        with suppress(ConnectorError):
            await connector.notices.put(notice())
        assert await lines.are_closed()


# -- the sign-in


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
async def test_user_signs_in(server: FakeMailServer, way: str) -> None:
    server.users, server.sign_ins = USERS, (way,)
    await Desk(server).connector(**LOGIN).notices.put(notice())
    assert [call.connection for call in server.ledger.calls] == ["anna"]


@pytest.mark.parametrize("config", [{**LOGIN, "password": "wrong"}, {}], ids=["wrong", "none"])
async def test_refused_sign_in_wants_a_human(server: FakeMailServer, config: dict[str, str]) -> None:
    server.users = USERS
    with pytest.raises(ReauthRequired, match="user name or password"):
        await Desk(server).connector(**config).notices.put(notice())


async def test_server_that_takes_no_sign_in_says_so(server: FakeMailServer) -> None:
    with pytest.raises(ReauthRequired, match="neither PLAIN nor LOGIN"):
        await Desk(server).connector(**LOGIN).check()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("535 5.7.139 authentication is off for this tenant", ReauthRequired),
        ("534 5.7.9 an application's own password is needed", ReauthRequired),
        ("454 4.7.0 temporary failure", Retryable),
        ("550 5.7.30 Basic authentication is not supported for Client Submission.", ReauthRequired),
        ("504 5.5.4 unknown", ReauthRequired),
    ],
)
async def test_answer_to_a_sign_in_says_what_is_next(
    server: FakeMailServer, said: str, error: type[ConnectorError]
) -> None:
    server.users, server.sign_ins = USERS, ("PLAIN",)
    server.troubles.asked.append(Trouble(at="AUTH", say=said))
    with pytest.raises(error) as caught:
        await Desk(server).connector(**LOGIN).check()
    assert type(caught.value) is error


# -- each stage, each end


@pytest.mark.parametrize(
    ("stage", "said", "error", "scope"),
    [
        ("GREETING", "421 4.3.2 closing", Retryable, Scope.CONNECTION),
        ("GREETING", "554 5.7.1 not for you", Retryable, Scope.CONNECTION),
        ("EHLO", "550 5.7.1 not by that name", Retryable, Scope.CONNECTION),
        ("EHLO", "451 4.3.0 later", Retryable, Scope.CONNECTION),
        ("MAIL", "421 4.7.0 too many", Retryable, Scope.CONNECTION),
        ("MAIL", "450 4.7.1 slower", Retryable, Scope.CONNECTION),
        ("MAIL", "452 4.3.1 no room", Retryable, Scope.CONNECTION),
        ("MAIL", "530 5.7.0 sign in", ReauthRequired, None),
        ("MAIL", "550 5.7.60 not your address", Retryable, Scope.CONNECTION),
        ("MAIL", "550 5.7.1 Client does not have permissions to send as this sender", Retryable, Scope.CONNECTION),
        ("MAIL", "550 5.1.8 Access denied, bad outbound sender", Retryable, Scope.CONNECTION),
        ("MAIL", "552 5.3.4 too large", Rejected, None),
        ("RCPT", "450 4.2.0 greylisted", Retryable, Scope.CALL),
        ("RCPT", "451 4.7.1 come back", Retryable, Scope.CALL),
        ("RCPT", "452 4.2.2 mailbox full", Retryable, Scope.CALL),
        ("RCPT", "450 4.3.2 not accepting", Retryable, Scope.CONNECTION),
        ("RCPT", "421 4.4.2 closing", Retryable, Scope.CONNECTION),
        ("RCPT", "550 5.1.1 no such user", PlaceGone, None),
        ("RCPT", "550 5.2.1 closed", PlaceGone, None),
        ("RCPT", "550 relaying denied", Rejected, None),
        ("RCPT", "554 5.7.1 spam", Rejected, None),
        ("RCPT", "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c", Retryable, Scope.CONNECTION),
        ("DATA", "451 4.7.1 later", Retryable, Scope.CALL),
        ("DATA", "554 5.5.1 no recipients", Rejected, None),
        ("END", "451 4.7.0 later", Retryable, Scope.CALL),
        ("END", "452 4.3.1 no room", Retryable, Scope.CONNECTION),
        ("END", "421 4.4.2 closing", Retryable, Scope.CONNECTION),
        ("END", "554 5.6.0 not this", Rejected, None),
        (
            "END",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            Retryable,
            Scope.CONNECTION,
        ),
        (
            "END",
            "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com",
            Retryable,
            Scope.CONNECTION,
        ),
        (
            "END",
            "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
            Retryable,
            Scope.CONNECTION,
        ),
        ("END", "554 5.2.0 STOREDRV.Submission.Exception:ObjectNotFoundException", Rejected, None),
        ("END", "432 4.3.2 Concurrent connections limit exceeded", Retryable, Scope.CONNECTION),
        ("END", "354 what", AmbiguousOutcome, Scope.CALL),
        ("END", "hello", AmbiguousOutcome, Scope.CALL),
        ("MAIL", "hello", Retryable, Scope.CONNECTION),
        ("RCPT", "999 what", Retryable, Scope.CONNECTION),
    ],
)
async def test_answer_says_what_is_next(
    server: FakeMailServer, stage: str, said: str, error: type[ConnectorError], scope: Scope | None
) -> None:
    server.troubles.asked.append(Trouble(at=stage, say=said))
    connector = Desk(server).connector()
    with pytest.raises(error) as caught:
        await connector.notices.put(notice())
    assert type(caught.value) is error
    assert getattr(caught.value, "scope", None) is scope
    assert not server.mailbox.received
    await connector.notices.put(notice())
    assert len(server.mailbox.received) == 1


@pytest.mark.parametrize("stage", NEVER_SENT)
@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_talk_that_ends_before_the_message_was_not_sent(server: FakeMailServer, stage: str, how: str) -> None:
    server.troubles.asked.append(Trouble(at=stage, cut=how == "cut", silent=how == "silent"))
    connector = Desk(server).connector(seconds=20 if how == "cut" else 0.3)
    with pytest.raises(Retryable) as caught:
        await connector.notices.put(notice())
    assert not isinstance(caught.value, AmbiguousOutcome)
    assert caught.value.scope is Scope.CONNECTION
    assert not server.mailbox.received


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_talk_that_ends_after_the_message_is_told_and_repeated(
    server: FakeMailServer, how: str, takes: bool
) -> None:
    """Sent again, the message is the same to the last byte, and a mailbox that joins by Message-ID shows one."""
    server.troubles.asked.append(Trouble(at="END", cut=how == "cut", silent=how == "silent", takes=takes))
    thing, desk = notice(attachments=(invitation(sequence=3),), html="<p>Monday</p>"), Desk(server)
    with pytest.raises(AmbiguousOutcome, match="may have taken it"):
        await desk.connector(seconds=20 if how == "cut" else 1.0).notices.put(thing)
    await desk.connector().notices.put(thing)
    received = server.mailbox.received
    assert len(received) == 1 + takes
    assert len({one.content for one in received}) == 1
    assert len(server.mailbox.joined()) == 1
    assert received[-1].invitation() == {"method": "REQUEST", "uid": "a-1@example.com", "sequence": "3"}


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_message_that_was_taken_stays_so_when_the_goodbye_fails(server: FakeMailServer, how: str) -> None:
    server.troubles.asked.append(Trouble(at="QUIT", cut=how == "cut", silent=how == "silent"))
    await Desk(server).connector().notices.put(notice())
    assert len(server.mailbox.received) == 1


@pytest.mark.parametrize(
    "text",
    [
        ".",
        ".\n..\n...",
        "a\r\n.\r\nMAIL FROM:<mallory@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nb",
        "a\n.\nMAIL FROM:<mallory@example.com>",
        "a\r.\rMAIL FROM:<mallory@example.com>",
        "a\n.\r\nb",
        "a\r\n.\nb",
    ],
)
async def test_text_ends_where_it_ends(server: FakeMailServer, text: str) -> None:
    """A line of one dot ends a message: a stranger's text neither ends it nor begins another (SMTP smuggling)."""
    await Desk(server).connector().notices.put(notice(text=text, html=text))
    (received,) = server.mailbox.received
    lines = re.split("\r\n|\r|\n", text)
    assert [received.text().rstrip().splitlines(), received.text("html").rstrip().splitlines()] == [lines, lines]


# -- once


async def test_delivered_notice_is_not_delivered_again(server: FakeMailServer) -> None:
    """Not by another worker either, which shares the connection's memory."""
    desk = Desk(server)
    made = [await desk.connector().notices.put(notice()) for _ in range(3)]
    assert len(server.mailbox.received) == 1
    assert len(set(made)) == 1


async def test_without_a_memory_the_mailbox_joins_the_copies(server: FakeMailServer) -> None:
    desk = Desk(server, memory=NoMemory())
    for _ in range(2):
        await desk.connector().notices.put(notice())
    assert (len(server.mailbox.received), len(server.mailbox.joined())) == (2, 1)


async def test_many_keys_are_many_messages(server: FakeMailServer) -> None:
    connector = Desk(server).connector()
    await asyncio.gather(*(connector.notices.put(notice(f"notice-{number}")) for number in range(10)))
    for number in range(10):
        await connector.notices.put(notice(f"notice-{number}"))
    assert len(server.mailbox.received) == len(server.mailbox.joined()) == 10


# -- what a server takes


async def test_message_that_is_too_large_is_not_begun() -> None:
    with FakeMailServer(largest=2_000).running() as server:
        with pytest.raises(Rejected, match="as large as this"):
            await Desk(server).connector().notices.put(notice(text="x" * 3_000))
        assert not server.ledger.calls


@pytest.mark.parametrize("utf8", [True, False])
async def test_domain_beyond_ascii_goes_to_every_server(*, utf8: bool) -> None:
    with FakeMailServer(utf8=utf8).running() as server:
        await Desk(server).connector().notices.put(notice(place="ada@bücher.example"))
        (received,) = server.mailbox.received
        assert received.recipient == "ada@xn--bcher-kva.example"
        assert received.content.isascii()


async def test_mailbox_beyond_ascii_goes_where_that_is_taken() -> None:
    with FakeMailServer(utf8=True).running() as server:
        await Desk(server).connector().notices.put(notice(place="jörg@bücher.example", reply_to="zoë@example.com"))
        (received,) = server.mailbox.received
        assert received.recipient == "jörg@xn--bcher-kva.example"
        assert "To: <jörg@xn--bcher-kva.example>\r\n".encode() in received.content
    with FakeMailServer(utf8=False).running() as server:
        with pytest.raises(Rejected, match="SMTPUTF8"):
            await Desk(server).connector().notices.put(notice(place="jörg@bücher.example"))
        assert not server.ledger.calls


async def test_refused_mailbox_is_told_with_its_code_and_without_its_address(server: FakeMailServer) -> None:
    server.unknown.add("ada@example.com")
    with pytest.raises(PlaceGone) as caught:
        await Desk(server).connector().notices.put(notice())
    assert str(caught.value) == "the mail server refuses the recipient: there is no such mailbox (550 5.1.1)"


@pytest.mark.parametrize("name", ["hello", None])
async def test_server_is_greeted_with_a_name(server: FakeMailServer, name: str | None) -> None:
    greeted = {"hello": "pointsman.example"} if name else {}
    desk = Desk(server, memory=NoMemory())
    await desk.connector(**greeted).notices.put(notice())
    assert server.greeted_by == ("pointsman.example" if name else "example.com")


# -- what is over by itself, though it is said by a 5xx


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize(
    "say",
    [
        "550 5.4.5 Daily user sending limit exceeded.",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message",
    ],
)
async def test_who_has_sent_enough_for_today_sends_later(server: FakeMailServer, at: str, say: str) -> None:
    server.troubles.asked.append(Trouble(at=at, say=say))
    mail = Desk(server).connector().notices
    with pytest.raises(Retryable, match="no more") as caught:
        await mail.put(notice())
    assert caught.value.scope is Scope.CONNECTION
    assert caught.value.retry_after is not None
    await mail.put(notice())
    assert len(server.mailbox.received) == 1


async def test_a_full_mailbox_is_the_recipients_and_keeps_nobody_waiting(server: FakeMailServer) -> None:
    server.troubles.asked.append(Trouble(at="RCPT", say="552 5.2.2 The recipient's mailbox is over quota"))
    with pytest.raises(Rejected, match="full"):
        await Desk(server).connector().notices.put(notice())


@pytest.mark.parametrize(
    "say", ["504 5.5.4 Unrecognized authentication type", "502 Invalid input", "553 5.3.0 Failure"]
)
async def test_where_plain_is_offered_and_not_known_login_is_tried(server: FakeMailServer, say: str) -> None:
    server.users = USERS
    server.troubles.asked.append(Trouble(at="AUTH", say=say))
    await Desk(server).connector(**LOGIN).notices.put(notice())
    assert len(server.mailbox.received) == 1


async def test_a_password_that_was_refused_is_shown_once(server: FakeMailServer) -> None:
    server.users = USERS
    server.troubles.asked.append(Trouble(at="AUTH", say="535 5.7.8 Authentication failed"))
    with pytest.raises(ReauthRequired):
        await Desk(server).connector(**LOGIN).notices.put(notice())
