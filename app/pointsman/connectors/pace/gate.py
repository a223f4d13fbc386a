"""The gate before each call to a vendor: it lets in what the vendor stands, and remembers how the call ended.

What is kept is in PostgreSQL, so that all processes keep one pace. No transaction is open while a call runs.
"""

import asyncio
import random
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pointsman.connectors.pace.outcomes import Admitted, write_failure, write_refusal
from pointsman.connectors.pace.patience import Patience, allowance_of
from pointsman.connectors.pace.places import LEASE, Places
from pointsman.connectors.pace.writings import Writings
from pointsman.domain.messages.message import Message, say
from pointsman.services.ports import (
    UnitOfWork,
    VendorError,
    VendorReauthError,
    VendorWaitError,
)
from pointsman.services.ports.vendors.pace import STRIKES, Failure, PaceState, QuotaLeft, Refusal
from pointsman_sdk import Limits

_LOOK_AGAIN = timedelta(seconds=0.5)  # who waits for a connection that may come back any moment
_WHY = {
    PaceState.CLOSED: say("vendor.waits-for-turn"),
    PaceState.WAITING: say("vendor.waits"),
    PaceState.PROBING: say("vendor.probing"),
    PaceState.OUT_OF_USE: say("vendor.probing"),
}


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
        self._places, self._writings = Places(uow=uow, clock=clock, beat=beat), Writings()
        self._kept: set[tuple[UUID, str]] = set()

    async def enter(
        self, connection_id: UUID, limits: Limits, patience: Patience, *, deadline: timedelta, subject: str = ""
    ) -> Admitted | None:
        """The call may begin; None: it is not kept in pace. Raises VendorWaitError when it may not begin in time.

        A call for a `subject` keeps its pace, too.
        """
        if patience is Patience.UNPACED:
            return None
        call = Admitted(
            connection_id=connection_id, lease=self._new_lease(), began=self._clock(), probing=False, subject=subject
        )
        given_up = call.began + deadline
        while await self._is_kept(call, limits):
            now = self._clock()
            found = await self._let_in(call, limits, patience, now)
            if isinstance(found, Admitted):
                self._places.keep(found)
                return found
            if found is None:  # it was removed meanwhile
                self._kept -= {(connection_id, name) for name in call.kept_as}
                continue
            if patience is Patience.COMES_BACK or found.until >= given_up:
                raise _waits(found, now)
            await self._sleep(min(max((found.until - now).total_seconds(), 0.01), _LOOK_AGAIN.total_seconds()))
        return None  # a connection that is not saved yet

    async def _let_in(
        self, call: Admitted, limits: Limits, patience: Patience, now: datetime
    ) -> Admitted | Refusal | None:
        """In each of its paces, the subject's first: most of what is refused there costs the connection nothing."""
        taken: list[tuple[str, bool]] = []
        is_probing: bool | None = False
        async with self._uow.autocommit() as tx:
            for name in call.kept_as:
                allowance = allowance_of(limits, patience, part=name != call.subject)
                until = now + LEASE
                is_probing = await tx.paces.enter(
                    call.connection_id, call.lease, allowance, at=now, until=until, subject=name
                )
                if is_probing is None:
                    in_line = patience is Patience.COMES_BACK
                    refusal = await tx.paces.refusal(
                        call.connection_id, allowance, at=now, in_line=in_line, subject=name
                    )
                    for other, has_token in taken:
                        await tx.paces.let_go(call.connection_id, call.lease, subject=other, unused=has_token)
                    return refusal
                taken.append((name, allowance.rate is not None))
        return replace(call, began=now, probing=bool(is_probing))

    async def _is_kept(self, call: Admitted, limits: Limits) -> bool:
        """Whether the pace of this connection is kept: from its first call on."""
        for name in call.kept_as:
            if (call.connection_id, name) in self._kept:
                continue
            burst, now = max(limits.burst, 1), self._clock()
            async with self._uow.autocommit() as tx:
                if not await tx.paces.begin(call.connection_id, burst=burst, at=now, subject=name):
                    return False
            self._kept.add((call.connection_id, name))
        return True

    async def waiting(self, connection_id: UUID, subjects: Collection[str]) -> Mapping[str, VendorWaitError]:
        """Those for which no call may begin now, and why."""
        now = self._clock()
        async with self._uow.autocommit() as tx:
            found = await tx.paces.waiting(connection_id, sorted(set(subjects)), at=now)
        return {subject: _waits(refusal, now) for subject, refusal in found.items()}

    def now(self) -> datetime:
        return self._clock()

    async def pause(self, span: timedelta) -> None:
        await self._sleep(span.total_seconds())

    async def answered(self, call: Admitted | None, error: Message | None, quota: QuotaLeft | None) -> None:
        """The vendor answered: what was asked, or an `error` that is the call's own."""
        if call is None:
            return
        self._places.leave(call)

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                for name in call.kept_as:
                    await tx.paces.answered(
                        call.connection_id,
                        call.lease,
                        error,
                        began=call.began,
                        at=self._clock(),
                        quota=quota,
                        subject=name,
                    )

        await self._writings.finish(write())

    async def failed(
        self,
        call: Admitted | None,
        error: Message,
        *,
        whole: bool,
        wait: timedelta | None,
        quota: QuotaLeft | None,
        subject: str | None = None,
    ) -> datetime | None:
        """Until when no call is worth making, None: other calls are. `subject`: for that one alone, and it is throttled."""
        if call is None:
            return None
        self._places.leave(call)
        now, chance = self._clock(), self._chance()
        found: list[datetime | None] = []

        failure = Failure(error=error, whole=whole, chance=chance, retry_after=wait)

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                found.append(await write_failure(tx, call, failure, at=now, quota=quota, subject=subject))

        await self._writings.finish(write())
        return found[0] if found else None

    async def hold(self, connection_id: UUID, subject: str, error: Message, wait: timedelta | None) -> datetime | None:
        """Until when no call is worth making for this one, though the vendor answered for others."""
        now = self._clock()
        failure = Failure(error=error, whole=True, chance=self._chance(), retry_after=wait)
        async with self._uow.autocommit() as tx:
            if not await tx.paces.begin(connection_id, burst=1, at=now, subject=subject):
                return None
            return await tx.paces.failed(connection_id, None, failure, began=now, at=now, quota=None, subject=subject)

    async def refused(
        self, call: Admitted | None, error: VendorReauthError, said: Message, *, subject: str | None = None
    ) -> VendorError:
        """What to tell of credentials that were refused: the first time may have been the vendor's mistake.

        Those that were refused for one `subject` are no reason to put the connection out of use: that one waits.
        """
        if call is None:
            return error
        self._places.leave(call)
        now, whose = self._clock(), subject or ""
        found: list[tuple[int, datetime]] = []

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                found.append(await write_refusal(tx, call, said, at=now, subject=whose))

        await self._writings.finish(write())
        if (not found or found[0][0] >= STRIKES) and not whose:
            return error
        until = found[0][1] if found else now + _LOOK_AGAIN
        return VendorWaitError(str(error), until=until, retry_after=max(until - now, timedelta()), told=error.told)

    def let_go(self, call: Admitted | None) -> None:
        """The call was broken off, or says nothing of the vendor: its place is free again, in a moment."""
        if call is None:
            return
        self._places.leave(call)

        async def write() -> None:
            async with self._uow.autocommit() as tx:
                for name in call.kept_as:
                    await tx.paces.let_go(call.connection_id, call.lease, subject=name)

        self._writings.start(write())

    async def aclose(self) -> None:
        """Finish what is being written."""
        await self._writings.aclose()


def _waits(refusal: Refusal, now: datetime) -> VendorWaitError:
    told, wait = _WHY[refusal.state], max(refusal.until - now, timedelta())
    return VendorWaitError(told.key, until=refusal.until, retry_after=wait, told=told)
