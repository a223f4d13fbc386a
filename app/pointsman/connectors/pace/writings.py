"""What is written of calls while their callers go on, or are broken off."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, LostRace

_LOG = logging.getLogger("pointsman.connectors")


class Writings:
    """Those that are under way in this process."""

    def __init__(self) -> None:
        self._going: set[asyncio.Task[None]] = set()

    async def finish(self, writing: Coroutine[Any, Any, None]) -> None:
        """To its end, also when the caller is broken off meanwhile."""
        await asyncio.shield(self.start(writing))

    def start(self, writing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(forgiving(writing))
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return task

    async def aclose(self) -> None:
        """Finish what is being written."""
        await asyncio.gather(*self._going)


async def forgiving(writing: Coroutine[Any, Any, None]) -> None:
    """What a vendor did is told to the caller also when its pace cannot be written: the lease runs out by itself."""
    try:
        await writing
    except (DatabaseUnavailable, DatabaseBusy, LostRace) as error:
        _LOG.warning("the pace of a connection cannot be written: %s", type(error).__name__)
