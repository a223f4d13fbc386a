"""Long reading with pauses, so that routing has room beside it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")

#: How much longer than the work on an item the pause after it is.
REST = 9.0
#: An open transaction that is idle for long is ended by the database.
LONGEST_REST_S = 1.0


async def brief_turns(
    items: Iterable[Item],
    *,
    seconds: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Item]:
    """Each item, with a pause after the work on it; so the whole takes a tenth of one core, and routing the rest."""
    for item in items:
        began = seconds()
        yield item
        await pause(min(REST * (seconds() - began), LONGEST_REST_S))
