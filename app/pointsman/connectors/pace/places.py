"""The places that calls have in their paces while they run."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.connectors.pace.outcomes import Admitted
from pointsman.connectors.pace.writings import forgiving
from pointsman.services.ports import UnitOfWork

LEASE = timedelta(seconds=10)  # of a call's place; after this long a killed process keeps none
_PROLONGED_EVERY_S = 3.0


class Places:
    """Keeps the place of each call that runs in this process, until it is left."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Callable[[], datetime],
        beat: Callable[[float], Coroutine[Any, Any, None]],
    ) -> None:
        self._uow, self._clock, self._beat = uow, clock, beat
        self._running: dict[UUID, asyncio.Task[None]] = {}

    def keep(self, call: Admitted) -> None:
        self._running[call.lease] = asyncio.create_task(self._prolong(call))

    def leave(self, call: Admitted) -> None:
        """It is prolonged no more: how the call ended gives it back."""
        running = self._running.pop(call.lease, None)
        if running is not None:
            running.cancel()

    async def _prolong(self, call: Admitted) -> None:
        while True:
            await self._beat(_PROLONGED_EVERY_S)
            await forgiving(self._keep_place(call))

    async def _keep_place(self, call: Admitted) -> None:
        async with self._uow.autocommit() as tx:
            await tx.paces.prolong(call.connection_id, call.lease, until=self._clock() + LEASE, subject=call.subject)
