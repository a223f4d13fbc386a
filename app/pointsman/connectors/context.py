"""What the host lends to a connector: a guarded HTTP client of its own, reader processes, its clock, its log."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import httpx

from pointsman.connectors.guard import AddressGuard, GuardedTransport, Network
from pointsman.connectors.pace.lent import BorrowedTransport, HeardTokens, Lent, QuotaTold
from pointsman.connectors.pace.masks import Masks, masked_log
from pointsman_sdk import Context, NoMemory, NoTokens
from pointsman_sdk.http import make_client
from pointsman_sdk.readers import ReaderPool

_MOST_WAITING = 1_000  # answers for a reader process: a poll reads the calendars of all reps at once
_MOST_SOCKETS = 20


class ContextFactory:
    """Makes contexts. `allowed` are the private networks that connections may reach; `readers` may be lent."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        allowed: Sequence[Network] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        readers: ReaderPool | None = None,
    ) -> None:
        self._clock = clock
        # Of their own: a policy that is hard to read keeps no calendar waiting, nor the other way round.
        self._lent = readers
        self._readers = readers or ReaderPool(processes=2, most_waiting=_MOST_WAITING)
        self._guard, self._transport = AddressGuard(allowed), transport

    def lend(self, connector: str, masks: Masks, *, at_once: int = 4) -> Lent:
        """What one connection of this connector is lent: a pool of few more sockets than the calls it may have in flight."""
        http, quota = make_client(self._wire(at_once)), QuotaTold()
        # Connections sign in by key or password; tokens of OAuth 2 come with the first vendor that needs them.
        context = Context(
            http=http,
            clock=self._clock,
            tokens=HeardTokens(NoTokens(), masks),
            memory=NoMemory(),
            readers=self._readers,
            log=masked_log(connector),
            quota=quota,
        )
        return Lent(context=context, http=http, masks=masks, quota=quota)

    def _wire(self, at_once: int) -> httpx.AsyncBaseTransport:
        if self._transport is not None:
            return BorrowedTransport(self._transport)
        return GuardedTransport(self._guard, sockets=min(max(at_once, 1) + 2, _MOST_SOCKETS))

    async def aclose(self) -> None:
        """Close the transport that was lent, and end the reader processes that were not."""
        if self._transport is not None:
            await self._transport.aclose()
        if self._lent is None:
            await asyncio.to_thread(self._readers.close)
