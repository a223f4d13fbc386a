"""Waiting for what happens, never for an amount of time: a busy machine takes as long as it takes.

PATIENCE_S ends a test whose event does not come; no test passes or fails by how soon it comes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.floors.use_case_env import World

PATIENCE_S = 120.0
PAUSE_S = 0.02
LOCKED_OUT = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def wait_until(
    true: Callable[[], object], *, patience: float = PATIENCE_S, otherwise: str = "it did not happen"
) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(PAUSE_S)


async def until(true: Callable[[], bool] | Callable[[], Awaitable[object]], *, patience: float = PATIENCE_S) -> None:
    """`true` may be a coroutine function: what is waited for lies in a database or a list, which tell nobody."""
    async with asyncio.timeout(patience):
        while True:
            answer = true()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(PAUSE_S)


async def until_blocked(world: "World", task: "asyncio.Task[Any]") -> None:
    """Until `task` waits for somebody's lock in the database; it fails when the task ends before."""

    async def waits() -> bool:
        assert not task.done(), "it waited for nobody"
        return bool(await world.value(LOCKED_OUT))

    await until(waits)
