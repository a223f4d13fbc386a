"""Ending tasks that may lose a cancellation."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], *, within: float) -> None:
    """Cancel them, and again what has not ended `within` so many seconds; returns when all have.

    A cancellation may be lost where a task waits by `asyncio.wait_for`, as a pool's client does for a connection: Python 3.11
    drops it when what was waited for comes at the same moment, and the task would go on for good.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=within)
