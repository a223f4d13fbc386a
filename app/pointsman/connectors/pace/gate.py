"""The gate before each call to a vendor: it lets in what the vendor stands, and remembers how the call ended.

What is kept is in PostgreSQL, so that all processes keep one pace. No transaction is open while a call runs.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from pointsman.domain.messages.message import Message, say
from pointsman.services.ports import (
    DatabaseBusy,
    DatabaseUnavailable,
    LostRace,
    UnitOfWork,
    VendorError,
    VendorReauthError,
    VendorWaitError,
)
from pointsman.services.ports.vendors.pace import STRIKES, Allowance, Failure, PaceState, QuotaLeft, Refusal
from pointsman_sdk import Limits, Per

_LOG = logging.getLogger("pointsman.connectors")
_LOOK_AGAIN = timedelta(seconds=0.5)  # who waits for a connection that may come back any moment
_LEASE = timedelta(seconds=10)  # of a call's place; after this long a killed process keeps none
_PROLONGED_EVERY_S = 3.0
_WHY = {
    PaceState.CLOSED: say("vendor.waits-for-turn"),
    PaceState.WAITING: say("vendor.waits"),
    PaceState.PROBING: say("vendor.probing"),
    PaceState.OUT_OF_USE: say("vendor.probing"),
}


class Patience(Enum):
    """How a caller takes it that a call may not begin at once."""

    COMES_BACK = "comes back"  # hears when, and stands in line until then
    WAITS = "waits"  # here, within its deadline
    FIRST = "first"  # the same, and others leave it a place: someone waits for the answer
    UNPACED = "unpaced"  # an admin asks, or a probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A call that may begin."""

    connection_id: UUID
    lease: UUID
    began: datetime
    probing: bool


class PaceGate:
    """Lets calls in, by the limits of the connector's manifest. `chance` spreads the waits."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
        new_lease: Callable[[], UUID] = uuid4,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
        beat: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._uow, self._clock, self._chance, self._new_lease, self._sleep = uow, clock, chance, new_lease, sleep
        self._beat, self._running = beat, dict[UUID, asyncio.Task[None]]()
        self._going: set[asyncio.Task[None]] = set()
        self._kept: set[UUID] = set()

    async def enter(
        self, connection_id: UUID, limits: Limits, patience: Patience, *, deadline: timedelta
    ) -> Admitted | None:
        """The call may begin; None: it is not kept in pace. Raises VendorWaitError when it may not begin in time."""
        if patience is Patience.UNPACED:
            return None
        allowance, lease = allowance_of(limits, patience), self._new_lease()
        given_up = self._clock() + deadline
        if not await self._is_kept(connection_id, limits):
            return None  # a connection that is not saved yet
        while True:
            now = self._clock()
            async with self._uow.autocommit() as tx:
                probing = await tx.paces.enter(connection_id, lease, allowance, at=now, until=now + _LEASE)
                if probing is not None:
                    call = Admitted(connection_id=connection_id, lease=lease, began=now, probing=probing)
                    self._running[lease] = asyncio.create_task(self._prolong(call))
                    return call
                in_line = patience is Patience.COMES_BACK
                refusal = await tx.paces.refusal(connection_id, allowance, at=now, in_line=in_line)
            if refusal is None:
                return None
            if patience is Patience.COMES_BACK or refusal.until >= given_up:
                raise self._waits(refusal, now)
            await self._sleep(min(max((refusal.until - now).total_seconds(), 0.01), _LOOK_AGAIN.total_seconds()))

    async def _prolong(self, call: Admitted) -> None:
        """Keep the place of a call that runs."""
        while True:
            await self._beat(_PROLONGED_EVERY_S)
            await _forgiving(self._keep_place(call))

    async def _keep_place(self, call: Admitted) -> None:
        async with self._uow.autocommit() as tx:
            await tx.paces.prolong(call.connection_id, call.lease, until=self._clock() + _LEASE)

    async def _is_kept(self, connection_id: UUID, limits: Limits) -> bool:
        """Whether the pace of this connection is kept: from its first call on."""
        if connection_id not in self._kept:
            async with self._uow.autocommit() as tx:
                if not await tx.paces.begin(connection_id, burst=max(limits.burst, 1), at=self._clock()):
                    return False
            self._kept.add(connection_id)
        return True

    def _waits(self, refusal: Refusal, now: datetime) -> VendorWaitError:
        told = _WHY[refusal.state]
        return VendorWaitError(
            told.key, until=refusal.until, retry_after=max(refusal.until - now, timedelta()), told=told
        )

    def now(self) -> datetime:
        return self._clock()

    async def answered(self, call: Admitted | None, error: Message | None, quota: QuotaLeft | None) -> None:
        """The vendor answered: what was asked, or an `error` that is the call's own."""
        if call is None:
            return
        self._end(call)

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                await tx.paces.answered(
                    call.connection_id, call.lease, error, began=call.began, at=self._clock(), quota=quota
                )

        await self._write(write())

    async def failed(
        self, call: Admitted | None, error: Message, *, whole: bool, wait: timedelta | None, quota: QuotaLeft | None
    ) -> datetime | None:
        """Until when no call is worth making, None: other calls are."""
        if call is None:
            return None
        self._end(call)
        now = self._clock()
        failure = Failure(error=error, whole=whole, chance=self._chance(), retry_after=wait)
        found: list[datetime | None] = []

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                ended = await tx.paces.failed(
                    call.connection_id, call.lease, failure, began=call.began, at=now, quota=quota
                )
                found.append(ended)

        await self._write(write())
        return found[0] if found else None

    async def refused(self, call: Admitted | None, error: VendorReauthError, said: Message) -> VendorError:
        """What to tell of credentials that were refused: the first time may have been the vendor's mistake."""
        if call is None:
            return error
        self._end(call)
        now = self._clock()
        found: list[tuple[int, datetime]] = []

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                strikes = await tx.paces.refused(call.connection_id, call.lease, said, began=call.began, at=now)
                found.append(strikes)

        await self._write(write())
        if not found or found[0][0] >= STRIKES:
            return error
        until = found[0][1]
        return VendorWaitError(str(error), until=until, retry_after=max(until - now, timedelta()), told=error.told)

    def let_go(self, call: Admitted | None) -> None:
        """The call was broken off, or says nothing of the vendor: its place is free again, in a moment."""
        if call is None:
            return
        self._end(call)

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                await tx.paces.let_go(call.connection_id, call.lease)

        self._start(write())

    async def aclose(self) -> None:
        """Finish what is being written."""
        await asyncio.gather(*self._going)

    def _end(self, call: Admitted) -> None:
        running = self._running.pop(call.lease, None)
        if running is not None:
            running.cancel()

    async def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        """To its end, also when the caller is broken off meanwhile."""
        await asyncio.shield(self._start(writing))

    def _start(self, writing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(_forgiving(writing))
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return task


async def _forgiving(writing: Coroutine[Any, Any, None]) -> None:
    """What a vendor did is told to the caller also when its pace cannot be written: the lease runs out by itself."""
    try:
        await writing
    except (DatabaseUnavailable, DatabaseBusy, LostRace) as error:
        _LOG.warning("the pace of a connection cannot be written: %s", type(error).__name__)


class OpenGate(PaceGate):
    """Lets every call in, and keeps nothing: for one process without a database."""

    def __init__(self) -> None:
        """Nothing is asked of the world."""
        self._going = set()

    async def enter(
        self,
        connection_id: UUID,  # noqa: ARG002  # as PaceGate
        limits: Limits,  # noqa: ARG002  # as PaceGate
        patience: Patience,  # noqa: ARG002  # as PaceGate
        *,
        deadline: timedelta,  # noqa: ARG002  # as PaceGate
    ) -> Admitted | None:
        return None


def allowance_of(limits: Limits, patience: Patience) -> Allowance:
    """Where someone waits for an answer, there is a place and a fifth of the bucket that others leave."""
    places, burst = max(limits.at_once, 1), max(limits.burst, 1)
    first = patience is Patience.FIRST
    # A vendor that counts each subject by itself says nothing of how many calls a connection may make.
    rate = limits.rate if limits.rate and limits.rate > 0 and limits.per is Per.CONNECTION else None
    return Allowance(
        rate=rate,
        burst=burst,
        spare=0.0 if first else min(burst / 5, burst - 1.0),
        places=places if first or places == 1 else places - 1,
    )
