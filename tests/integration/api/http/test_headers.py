"""Bounds on a request's headers, over real connections: uvicorn has none of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar

import pytest
import uvicorn
from uvicorn.server import ServerState

from pointsman.api.front.header_limits import HeaderLimitsProtocol
from support.waiting import PATIENCE_S, PAUSE_S

pytestmark = pytest.mark.anyio


class Hasty(HeaderLimitsProtocol):
    header_deadline_s: ClassVar[float] = 1.0


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """Says how many bytes of body came."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(protocol: type[HeaderLimitsProtocol]) -> AsyncIterator[int]:
    """Its port."""
    config = uvicorn.Config(_answer, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def port(anyio_backend: object) -> AsyncIterator[int]:
    async with listening(HeaderLimitsProtocol) as found:
        yield found


async def test_headers_that_do_not_arrive_in_time_end_the_connection() -> None:
    async with listening(Hasty) as hasty, connected(hasty) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert await reader.read() == b""


async def test_a_raw_letter_in_an_address_is_400_with_what_to_write_instead(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write("GET /v1/leads?q=wegmänn HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (400, "bad-request")
    assert "curl -G --data-urlencode 'q=müller'" in problem["detail"]


async def test_headers_too_large_are_431(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(5):  # in pieces, as they cross a network, and no more than is read
            await asyncio.sleep(PAUSE_S)
            writer.write(b"a" * 16_000)
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_bodies_and_pipelined_requests_do_not_count(port: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"b" * 500_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = await reader.read()
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert answers.count(b"500000") == 3
