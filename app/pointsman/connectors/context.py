"""What the host lends to a connector: a guarded HTTP client of its own, its tokens and memory, reader processes, clock, log."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import httpx
from pydantic import BaseModel

from pointsman.connectors.guard import AddressGuard, GuardedTransport, Network
from pointsman.connectors.pace.hearing import HEARING, hear, heard_dial, hold_back
from pointsman.connectors.pace.lent import BorrowedTransport, HeardTokens, Lent, QuotaTold
from pointsman.connectors.pace.masks import Masks, masked_log
from pointsman.connectors.sign_in.grants import Grant, grant_of
from pointsman.connectors.sign_in.kept_memory import KeptMemory
from pointsman.connectors.sign_in.kept_tokens import KeptTokens
from pointsman.connectors.sign_in.sealed_store import SealedStore
from pointsman.connectors.sign_in.token_endpoint import refresh_token
from pointsman.connectors.vault import Vault
from pointsman.services.ports import UnitOfWork
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman_sdk import Context, Manifest, Memory, NoMemory, NoTokens, Token, Tokens
from pointsman_sdk.http import make_client
from pointsman_sdk.readers import ReaderPool

_MOST_WAITING = 1_000  # answers for a reader process: a poll reads the calendars of all reps at once
_MOST_SOCKETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where tokens and memory of connections are kept; without it a connection has neither."""

    uow: UnitOfWork = field(repr=False)
    vault: Vault = field(repr=False)
    new_id: Callable[[], UUID]


class ContextFactory:
    """Makes contexts. `allowed` are the private networks that connections may reach; `readers` may be lent."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        allowed: Sequence[Network] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        readers: ReaderPool | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self._clock, self._keeping = clock, keeping
        # Of their own: a policy that is hard to read keeps no calendar waiting, nor the other way round.
        self._lent = readers
        self._readers = readers or ReaderPool(processes=2, most_waiting=_MOST_WAITING)
        self._guard, self._transport = AddressGuard(allowed), transport

    def lend(self, connection: ConnectionRef, manifest: Manifest, config: BaseModel, masks: Masks) -> Lent:
        """What one connection is lent: a pool of few more sockets than the calls it may have in flight, its tokens, its memory.

        Raises Invalid for a configuration with an address to sign in at that cannot be used.
        """
        grant = self.grant(manifest, config)
        http, quota = self.client(at_once=manifest.limits.at_once), QuotaTold()
        http.event_hooks = {"request": [hold_back], "response": [hear]}
        tokens, memory, close = self._kept(connection, grant, http)
        context = Context(
            http=http,
            clock=self._clock,
            tokens=HeardTokens(tokens, masks),
            memory=memory,
            readers=self._readers,
            log=masked_log(connection.connector),
            quota=quota,
            dial=heard_dial(self._guard.dial),
        )
        return Lent(context=context, http=http, masks=masks, quota=quota, finish=close)

    def grant(self, manifest: Manifest, config: BaseModel) -> Grant | None:
        """How a connection signs in by OAuth 2, if it does. Raises Invalid."""
        return grant_of(manifest, config, self._guard)

    def client(self, *, at_once: int = 1) -> httpx.AsyncClient:
        """A guarded client; its owner closes it."""
        return make_client(self._wire(at_once))

    def _kept(
        self, connection: ConnectionRef, grant: Grant | None, http: httpx.AsyncClient
    ) -> tuple[Tokens, Memory, Callable[[], Awaitable[None]] | None]:
        if self._keeping is None:
            return NoTokens(), NoMemory(), None

        async def refresh(token: Token) -> Token:
            assert grant is not None
            HEARING.set(None)  # a task of its own; the server that signs in may answer while the vendor does not
            return await refresh_token(http, grant, token, now=self._clock())

        store = SealedStore(uow=self._keeping.uow, vault=self._keeping.vault, connection=connection)
        new_id = self._keeping.new_id
        tokens = KeptTokens(store, clock=self._clock, new_id=new_id, refresh=refresh if grant is not None else None)
        return tokens, KeptMemory(store, new_id=new_id), tokens.aclose

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
