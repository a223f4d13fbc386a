"""Connections that outlive a test: opening them, and planning their first statements, takes longer than most tests do.

They belong to the event loop that the coroutine tests of a process share, and to the databases that are there for as
long as the process. A test with a loop or a database of its own has an engine of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.db.engine.engine import make_engine
from support.waiting import PATIENCE_S

#: By this name the server knows a kept connection: emptying a database closes all others.
KEPT = "kept between tests"
#: A busy machine takes as long as it takes: only a test of time-outs meets one.
STATEMENT_TIMEOUT_MS = int(PATIENCE_S * 1000)

#: The URLs of the databases that are there for as long as the process.
lasting_databases: set[str] = set()


@dataclass(slots=True)
class _Kept:
    loop: asyncio.AbstractEventLoop | None = None
    idle: dict[tuple[str, int, int], list[AsyncEngine]] = field(default_factory=dict)


_kept = _Kept()


@asynccontextmanager
async def engines_kept() -> AsyncIterator[None]:
    """Keep the engines of this loop from now on; close them in the end."""
    _kept.loop = asyncio.get_running_loop()
    try:
        yield
    finally:
        for engine in chain.from_iterable(_kept.idle.values()):
            await engine.dispose()
        _kept.loop, _kept.idle = None, {}


@asynccontextmanager
async def lend_engine(
    url: str, *, pool_size: int, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS
) -> AsyncIterator[AsyncEngine]:
    """An engine that nobody else has meanwhile."""
    is_kept = url in lasting_databases and asyncio.get_running_loop() is _kept.loop
    idle = _kept.idle.setdefault((url, pool_size, statement_timeout_ms), []) if is_kept else []
    options = {"pool_size": pool_size, "statement_timeout_ms": statement_timeout_ms}
    engine = (
        idle.pop()
        if idle
        else make_engine(url, name=KEPT if is_kept else "test", connect_timeout_s=PATIENCE_S, **options)
    )
    try:
        yield engine
    finally:
        if is_kept and not _is_in_use(engine):
            idle.append(engine)
        else:
            await engine.dispose()


def _is_in_use(engine: AsyncEngine) -> bool:
    """Whether a connection was never given back."""
    pool = engine.pool
    return not isinstance(pool, QueuePool) or pool.checkedout() > 0
