"""A mail server that never comes to an end: of what it says only so much is read, and only for so long."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from contract.smtp.desk import Desk, notice
from pointsman_sdk import AmbiguousOutcome, Retryable, Scope
from pointsman_smtp.fake.server import FakeMailServer

pytestmark = pytest.mark.anyio

#: What fits into the buffers of a machine's own network, beside what is read.
ENOUGH = 24 * 1024 * 1024
TURNS = (b"220 mail.example\r\n", b"250 mail.example\r\n", b"250 well\r\n", b"250 well\r\n", b"354 go on\r\n")
STAGES = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END")


@dataclass(slots=True)
class Endless:
    """Answers as a mail server up to one stage, and says `pieces` again and again from there on."""

    stage: str
    pieces: Sequence[bytes]
    pause_s: float = 0.0
    said: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            for answer in TURNS[: STAGES.index(self.stage)]:
                writer.write(answer)
                await reader.readuntil(b"\r\n.\r\n" if answer.startswith(b"354") else b"\r\n")
            while self.said < ENOUGH and not self.over.is_set():
                for piece in self.pieces:
                    writer.write(piece)
                    self.said += len(piece)
                    await writer.drain()
                    await asyncio.sleep(self.pause_s)
        writer.transport.abort()
        self.over.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        async with await asyncio.start_server(self.talk, "127.0.0.1", 0) as served:
            yield served.sockets[0].getsockname()[1]
            self.over.set()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "piece",
    [b"250-and more\r\n" * 1_000, b"250-" + b"x" * 60_000, b"250-\r\n" * 100, b"250-" + b"y" * 500 + b"\r\n"],
    ids=["lines", "one line", "short lines", "longer lines"],
)
async def test_an_answer_without_end_is_given_up_by_its_bytes(stage: str, piece: bytes) -> None:
    """Long before the deadline, which is far off here."""
    server = Endless(stage, (piece,))
    async with server.running() as port, asyncio.timeout(20):
        with pytest.raises(Retryable) as caught:
            await Desk(FakeMailServer()).connector(port=port, seconds=25.0).notices.put(notice())
        await server.over.wait()
    assert server.said < ENOUGH
    assert isinstance(caught.value, AmbiguousOutcome) is (stage == "END")
    if stage != "END":
        assert caught.value.scope is Scope.CONNECTION


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("pieces", [(b"2", b"5", b"0", b"-", b"x", b"\r\n"), (b"x",)], ids=["lines", "one line"])
async def test_an_answer_that_comes_in_drips_is_given_up_by_the_clock(stage: str, pieces: tuple[bytes, ...]) -> None:
    """Each piece begins no new deadline."""
    server = Endless(stage, pieces, pause_s=0.01)
    async with server.running() as port:
        with pytest.raises(Retryable, match=r"in time|may have taken it") as caught:
            await Desk(FakeMailServer()).connector(port=port, seconds=0.4).notices.put(notice())
        await server.over.wait()
    assert isinstance(caught.value, AmbiguousOutcome) is (stage == "END")


async def test_a_goodbye_without_end_keeps_nobody() -> None:
    """The message was taken: what the server says to QUIT changes nothing."""
    server = Endless("END", (b"250 taken\r\n", b"250-and more\r\n" * 1_000))
    async with server.running() as port, asyncio.timeout(20):
        await Desk(FakeMailServer()).connector(port=port).notices.put(notice())
        await server.over.wait()
    assert server.said < ENOUGH
