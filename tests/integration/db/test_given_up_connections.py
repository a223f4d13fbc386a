"""An attempt to connect that was given up leaves no socket behind, whatever the garbage collector does."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from psycopg_pool import PoolTimeout

from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.services.ports import DatabaseUnavailable
from pointsman.worker.queue import database_answers, open_pool

pytestmark = pytest.mark.anyio


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


def _sockets() -> int:
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists them
            links.append(str(descriptor.readlink()))
    return sum(link.startswith("socket:") for link in links)
