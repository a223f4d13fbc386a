"""One put at a time for each key: HubSpot has no condition on a write, by which a late state could be kept from landing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from pointsman_hubspot.memo import Memo
from pointsman_sdk import Context, Retryable

_LASTS = timedelta(seconds=60)
"""Longer than a call of the host's may take: a worker that was killed holds a key no longer than that."""


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Turns:
    """Turns within this process, which are waited for, and over all workers, by a note in the connection's memory."""

    def __init__(self, context: Context) -> None:
        self._notes = Memo(context.memory, context.clock, "turns")
        self._here: dict[str, _Turn] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Raises Retryable where another worker has the key."""
        turn = self._here.setdefault(key, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                mark = await self._notes.claim(key, lasts=_LASTS)
                if mark is None:
                    raise Retryable("another worker brings the same to HubSpot just now")
                try:
                    yield
                finally:
                    await self._notes.forget(key, mark=mark)
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                self._here.pop(key, None)
