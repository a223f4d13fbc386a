"""A vendor that answers without end, drop by drop, in crumbs or in another form than was asked for stops nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network

import httpx
import pytest

from pointsman.connectors.guard import AddressGuard, GuardedTransport
from pointsman_sdk.http import AnswerRefused, BoundedTransport, make_client

pytestmark = pytest.mark.anyio

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@contextlib.asynccontextmanager
async def vendor(first: bytes, piece: bytes = b"", times: int = 0) -> AsyncIterator[str]:
    """A server that answers with these bytes, whatever it is asked, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            for _ in range(times):
                writer.write(piece)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.fixture
async def http(anyio_backend: object) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(GuardedTransport(AddressGuard([ip_network("127.0.0.0/8")]))) as client:
        yield client


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (OK + b"\r\n", b" " * 65_536),
        (CHUNKED, b"10000\r\n" + b" " * 65_536 + b"\r\n"),
        (CHUNKED, b"1\r\n \r\n" * 2_000),
        (CHUNKED + b"1;", b"x" * 65_536),
        (CHUNKED + b"0\r\n", b"X-A: b\r\n" * 2_000),
        (OK, b"X-A: b\r\n" * 2_000),
        (OK + b"X-A: ", b"x" * 65_536),
        (b"HTTP/1.1 200 ", b"x" * 65_536),
    ],
    ids=["body", "chunks", "crumbs", "extension", "trailers", "headers", "header", "reason"],
)
async def test_an_answer_without_end_is_an_error_long_before_its_end(
    http: httpx.AsyncClient, first: bytes, piece: bytes
) -> None:
    async with vendor(first, piece, times=1_000) as url:
        with pytest.raises((AnswerRefused, httpx.RemoteProtocolError)):
            await http.get(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\nabc",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"f" * 30 + b"\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"Content-Encoding: identity, br\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"Content-Encoding: zstd\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"A\x00: b\r\n\r\n",
        OK + b"Folded: a\r\n\x00\r\n\r\n",
    ],
)
async def test_an_answer_that_is_not_what_was_asked_for_is_an_error_of_the_transport(
    http: httpx.AsyncClient, answer: bytes
) -> None:
    async with vendor(answer) as url:
        with pytest.raises(httpx.TransportError):
            await http.get(url)


async def test_no_more_than_four_kilobytes_are_taken_off_the_wire_at_once(http: httpx.AsyncClient) -> None:
    """Interim answers that come without end are read one packet after the other, and all else runs in between."""
    async with vendor(OK + b"\r\n", b" " * 65_536, times=4) as url, http.stream("GET", url) as response:
        sizes = [len(piece) async for piece in response.aiter_raw()]
    assert max(sizes) <= 4_096
    assert sum(sizes) == 4 * 65_536


async def test_interim_answers_without_end_can_be_given_up(http: httpx.AsyncClient) -> None:
    async with vendor(b"", b"HTTP/1.1 103 Early\r\n\r\n" * 1_000, times=1_000_000) as url:
        reading = asyncio.create_task(http.get(url))
        for _ in range(50):
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


class Crumbs(httpx.AsyncByteStream):
    """A body of single bytes, all of which are there at once."""

    def __init__(self, count: int, on_piece: Callable[[], None] = lambda: None) -> None:
        self.count, self.on_piece = count, on_piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.count):
            self.on_piece()
            yield b" "


def answering(stream: httpx.AsyncByteStream) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))


async def test_all_else_goes_on_while_crumbs_are_read_and_they_come_to_an_end() -> None:
    turns = 0

    async def beside() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(beside())
    async with make_client(answering(Crumbs(100_000))) as http:
        with pytest.raises(AnswerRefused, match="pieces"):
            await http.get("https://x.example")
    other.cancel()
    assert turns > 500


async def test_an_answer_that_drips_is_given_up_after_half_a_minute() -> None:
    now = 0.0

    def nine_seconds() -> None:
        nonlocal now
        now += 9  # each in time for the time-out between two pieces

    transport = BoundedTransport(answering(Crumbs(100, nine_seconds)), clock=lambda: now)
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(AnswerRefused, match="30 seconds"):
            await http.get("https://x.example")
    assert now < 60


async def test_a_redirect_is_not_followed(http: httpx.AsyncClient) -> None:
    away = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with vendor(away) as url:
        response = await http.get(url)
    assert (response.status_code, response.history) == (302, [])
