"""The kit's wire to vendors without HTTP: each fault is what it says, and connections are counted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest

from pointsman_sdk import Retryable, Scope
from pointsman_sdk.testing.dialled import FaultyDial

pytestmark = pytest.mark.anyio


class Echoes:
    """The vendor greets, answers each line by the same, and acts upon a line that says so. A line may say a password."""

    end = b"\n"

    def __init__(self) -> None:
        self._last = b""

    def asked(self, received: bytes) -> int:
        size = received.find(b"\n") + 1
        self._last = received[:size] or self._last
        return size

    def answered(self, received: bytes) -> bool:
        return received.endswith(b"\n")

    def writes(self) -> bool:
        return self._last.startswith(b"act")

    def shown(self, question: bytes) -> Sequence[str]:
        return [question.split()[1].decode()] if question.startswith(b"password") else []

    def says(self, status: int) -> bool:
        return status == 401

    def said(self, status: int, words: bytes) -> bytes | None:
        return b"no: " + words + b"\n" if self._last.startswith(b"password") else None


class Bench:
    """A vendor that counts what it did, and the wire to it."""

    def __init__(self) -> None:
        self.acted, self.port, self.act = 0, 0, asyncio.Event()
        self.wire = FaultyDial(self.dial, Echoes)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        with suppress(ConnectionError):
            while line := await reader.readline():
                if line.startswith(b"act"):
                    self.acted += 1
                    self.act.set()
                writer.write(line)
        writer.close()

    async def dial(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        line = socket.socket()
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", self.port))
        return line

    async def talk(self, *lines: bytes, plain: bool = True) -> list[bytes]:
        """What is answered to each line after the greeting; less where the vendor hangs up."""
        made = await self.wire.dial("vendor.example", 1, plain=plain)
        reader, writer = await asyncio.open_connection(sock=made)
        heard = [await reader.readline()]
        for line in lines:
            writer.write(line)
            heard.append(await reader.readline())
        writer.close()
        return heard


@pytest.fixture
async def bench(anyio_backend: object) -> AsyncIterator[Bench]:
    made = Bench()
    async with await asyncio.start_server(made.answer, "127.0.0.1", 0) as served:
        made.port = served.sockets[0].getsockname()[1]
        yield made
        await made.wire.aclose()


async def test_what_is_said_comes_through(bench: Bench) -> None:
    assert await bench.talk(b"one\n", b"act\n") == [b"hello\n", b"one\n", b"act\n"]
    assert bench.acted == 1
    assert bench.wire.seen == [b"one\n", b"act\n"]


async def test_status_is_said_where_it_is_an_answer_with_what_was_shown(bench: Bench) -> None:
    bench.wire.answer(401, body=b"{}", times=9)
    assert await bench.talk(b"one\n", b"password s3cret\n", b"two\n") == [
        b"hello\n",
        b"one\n",
        b"no: {} s3cret\n",
        b"two\n",
    ]
    assert bench.wire.shown() == ["s3cret"]


async def test_status_that_the_protocol_cannot_say_excuses_the_check(bench: Bench) -> None:
    for arm in (lambda: bench.wire.answer(429), lambda: bench.wire.fail_after(500)):
        with pytest.raises(pytest.skip.Exception, match="excused"):
            arm()


async def test_faults_of_a_write_befall_the_write_alone(bench: Bench) -> None:
    bench.wire.reset()
    assert await bench.talk(b"one\n", b"act\n") == [b"hello\n", b"one\n", b""]
    assert bench.acted == 1
    assert await bench.talk(b"act\n") == [b"hello\n", b"act\n"]


async def test_lost_answer_is_silence_after_the_act(bench: Bench) -> None:
    bench.wire.lose_answer()
    made = await bench.wire.dial("vendor.example", 1)
    reader, writer = await asyncio.open_connection(sock=made)
    assert await reader.readline() == b"hello\n"
    writer.write(b"act\n")
    waiting = asyncio.create_task(reader.readline())
    await bench.act.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    writer.close()
    assert await waiting == b""


async def test_answers_are_cut_changed_and_endless(bench: Bench) -> None:
    bench.wire.truncate()
    assert await bench.talk() == [b"hel"]
    bench.wire.alter(lambda answer: answer.strip().upper())
    assert await bench.talk(b"one\n") == [b"HELLO\n", b"one\n"]
    assert bench.wire.largest == 5
    bench.wire.say(b"what")
    assert await bench.talk() == [b"what\n"]
    bench.wire.say(b"")
    assert await bench.talk() == [b""]
    bench.wire.flood()
    made = await bench.wire.dial("vendor.example", 1)
    reader, writer = await asyncio.open_connection(sock=made)
    assert len(await reader.readexactly(1_000_000)) == 1_000_000
    writer.close()
    await writer.wait_closed()
    assert 1_000_000 <= bench.wire.floods[0].read < bench.wire.floods[0].ENOUGH


async def test_nobody_answers_as_often_as_is_said(bench: Bench) -> None:
    bench.wire.refuse()
    with pytest.raises(Retryable) as caught:
        await bench.talk()
    assert caught.value.scope is Scope.CONNECTION
    assert await bench.talk() == [b"hello\n"]


async def test_lines_that_are_open_and_passwords_in_clear_are_counted(bench: Bench) -> None:
    await bench.talk(b"password s3cret\n", plain=True)
    assert (await bench.wire.left_open(), bench.wire.in_clear()) == (0, 0)
    await bench.talk(b"password s3cret\n", plain=False)
    kept = await bench.wire.dial("vendor.example", 1)
    assert (await bench.wire.left_open(), bench.wire.in_clear()) == (1, 1)
    kept.close()
    assert await bench.wire.left_open() == 0


async def test_connector_that_asks_on_before_it_is_answered_is_told(bench: Bench) -> None:
    made = await bench.wire.dial("vendor.example", 1)
    await asyncio.get_running_loop().sock_sendall(made, b"one\ntwo\n")
    while await asyncio.get_running_loop().sock_recv(made, 100):
        pass
    with pytest.raises(AssertionError, match="in turns"):
        await bench.wire.aclose()
