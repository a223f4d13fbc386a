"""What the host lends to a connector: one guarded HTTP client for all of them, reader processes, its clock, its log."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import httpx

from pointsman.connectors.guard import AddressGuard, GuardedTransport, Network
from pointsman_sdk import Context, NoMemory, NoTokens
from pointsman_sdk.http import make_client
from pointsman_sdk.readers import ReaderPool

_LOG = logging.getLogger("pointsman.connectors")
_MOST_WAITING = 1_000  # answers for a reader process: a poll reads the calendars of all reps at once


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
        self._http = make_client(transport or GuardedTransport(AddressGuard(allowed)))

    def context(self, connector: str) -> Context:
        """The context for one connection of this connector."""
        # Connections sign in by key or password; tokens of OAuth 2 come with the first vendor that needs them.
        return Context(
            http=self._http,
            clock=self._clock,
            tokens=NoTokens(),
            memory=NoMemory(),
            readers=self._readers,
            log=_LOG.getChild(connector),
        )

    async def aclose(self) -> None:
        """Close every connection to every vendor, and end the reader processes that are not lent."""
        await self._http.aclose()
        if self._lent is None:
            await asyncio.to_thread(self._readers.close)
