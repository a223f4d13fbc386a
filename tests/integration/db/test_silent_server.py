"""A server that stands still holds on to nothing: neither to an attempt to connect, nor to who waits for an answer."""

import asyncio
import contextlib
import gc
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.postgres_connection import PostgresConnection
from pointsman.services.ports import DatabaseUnavailable
from pointsman.worker.queue import database_answers, open_pool
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

_START = 3 << 16  # the protocol's version, where a session begins


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[str]:
    """The folder of a server that stands still: its kernel takes connections in, and nothing is ever said on them."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen(50)
        gc.collect()
        gc.disable()
        yield str(tmp_path)
        gc.enable()


async def through_the_engine(folder: str) -> None:
    uow = SqlUnitOfWork(make_engine(f"postgresql+psycopg://x@/x?host={folder}"))
    with pytest.raises(DatabaseUnavailable):
        async with uow():
            pass


async def through_the_queue(folder: str) -> None:
    pool = open_pool(conninfo=f"host={folder} dbname=x user=x", min_size=1, kwargs={"connect_timeout": 2}, open=False)
    with pytest.raises(PoolTimeout):
        await pool.open(wait=True, timeout=2.5)
    await pool.close()


async def by_asking(folder: str) -> None:
    assert not await database_answers(f"host={folder} dbname=x user=x")


@pytest.mark.parametrize("attempt", [through_the_engine, through_the_queue, by_asking])
async def test_a_given_up_attempt_is_closed(frozen: str, attempt: Callable[[str], Awaitable[None]]) -> None:
    before = _sockets()
    await attempt(frozen)
    assert _sockets() == before


async def test_a_cancelled_attempt_is_closed(frozen: str) -> None:
    before = _sockets()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await by_asking(frozen)
    assert _sockets() == before


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[str]:
    """The folder of a server that lets everybody in, and then says nothing any more."""
    hearing: list[asyncio.StreamWriter] = []

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hearing.append(writer)
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        (asked,) = struct.unpack(">i", (await reader.readexactly(size - 4))[:4])
        if asked == _START:
            writer.write(b"R" + struct.pack(">ii", 8, 0) + b"Z" + struct.pack(">i", 5) + b"I")
        else:  # that a statement be cancelled
            writer.close()

    server = await asyncio.start_unix_server(let_in, tmp_path / ".s.PGSQL.5432")
    yield str(tmp_path)
    server.close()
    for writer in hearing:
        writer.close()


async def test_who_waits_for_a_statement_hears_of_a_server_that_stands_still(silent: str) -> None:
    url = f"postgresql+psycopg://x@/x?host={silent}"
    uow = SqlUnitOfWork(make_engine(url, statement_timeout_ms=100, silence_s=0.1))
    with pytest.raises(DatabaseUnavailable):
        async with asyncio.timeout(PATIENCE_S), uow():
            pass


async def test_the_queue_hears_of_it_too(silent: str) -> None:
    async with await PostgresConnection.connect(f"host={silent} dbname=x user=x", patience_s=0.2) as connection:
        with pytest.raises(psycopg.OperationalError, match="has said nothing for"):
            async with asyncio.timeout(PATIENCE_S):
                await connection.execute("select 1")
        assert connection.closed


def _sockets() -> int:
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists them
            links.append(str(descriptor.readlink()))
    return sum(link.startswith("socket:") for link in links)
