"""The tokens of a connection, in the database: one renewal at a time over all processes, and none in vain.

The process whose statement claims the stale version asks the vendor, while no transaction is open. The others wait for what it
brings. A claim runs out, so that a killed process costs one more renewal at most.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.connectors.sign_in.sealed_store import SealedStore
from pointsman.connectors.sign_in.token_endpoint import TokenRefused
from pointsman.connectors.sign_in.token_values import KeptToken
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, LostRace
from pointsman.services.ports.vendors.sign_in import TokenRow
from pointsman_sdk import ReauthRequired, Renew, Retryable, Token
from pointsman_sdk.errors import Scope

RENEWAL = timedelta(seconds=15)  # of the vendor's time
CLAIM = timedelta(seconds=25)  # with ours, until another process takes over
ASK_AGAIN = timedelta(minutes=5)  # of a vendor that refused
LONGEST_WAIT = timedelta(seconds=28)
_NOT_SIGNED_IN = "nobody has signed in over this connection yet: sign in"
_FIRST_LOOK_S, _LAST_LOOK_S = 0.05, 0.5
_SAVE_TRIES = 1_200  # ten minutes and more: a restart of the database, or its move to another machine
_LAST_TRIES = 5  # of a process that is to end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A row, and what is sealed in it."""

    row: TokenRow
    kept: KeptToken


class _FormerRefused(ReauthRequired):
    """The vendor knows neither the present refresh token nor the former one."""


class KeptTokens:
    """`pointsman_sdk.Tokens`. `refresh` asks the manifest's token endpoint; None: there is none."""

    def __init__(
        self,
        store: SealedStore,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        refresh: Callable[[Token], Awaitable[Token]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._clock, self._new_id, self._refresh, self._sleep = store, clock, new_id, refresh, sleep
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # this process asks the database once
        self._going: set[asyncio.Task[Token]] = set()
        self._ends = False

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        found = await self._find(subject or "", renew)
        if found is not None and found.kept.token is not None:
            return found.kept.token
        if renew is None:
            raise ReauthRequired(_NOT_SIGNED_IN, subject=subject)
        return await self._newer_than(None, subject or "", renew)

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        return await self._newer_than(stale, subject or "", renew)

    async def aclose(self) -> None:
        """Finish the renewals that are under way: a token that is not saved is lost."""
        self._ends = True
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _newer_than(self, stale: Token | None, subject: str, renew: Renew | None) -> Token:
        async with self._turns[subject]:
            waited, look = 0.0, _FIRST_LOOK_S
            while True:
                found = await self._find(subject, renew)
                if found is None:
                    return await self._unsaved(stale, subject, renew)
                token, row, now = found.kept.token, found.row, self._clock()
                if token is not None and (stale is None or token.access != stale.access):
                    return token  # another's
                if row.refused and row.renewing_until is not None and row.renewing_until > now:
                    whose = subject or None if renew is None else None  # a connector that renews says it itself
                    raise ReauthRequired("the vendor refused to renew the sign-in: sign in again", subject=whose)
                if await self._claims(subject, row, now):
                    return await self._to_its_end(self._renew(found, subject, renew))
                if waited >= LONGEST_WAIT.total_seconds():
                    raise Retryable("another process has been renewing the sign-in for long")
                await self._sleep(look)
                waited, look = waited + look, min(look * 2, _LAST_LOOK_S)

    async def _find(self, subject: str, renew: Renew | None = None) -> _Found | None:
        store = self._store
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                row = await tx.sign_ins.token(store.connection.id, subject)
            if row is None:
                return None
            try:
                return _Found(row=row, kept=KeptToken.of(store.open_token(row.sealed, subject)))
            except ReauthRequired:
                if renew is None:
                    raise
                return _Found(row=row, kept=KeptToken(token=None))  # of other settings: nobody need sign in for another

    async def _unsaved(self, stale: Token | None, subject: str, renew: Renew | None) -> Token:
        """There is no row: make one to claim. A connection that is not saved yet keeps no token."""
        if renew is None:
            raise ReauthRequired(_NOT_SIGNED_IN, subject=subject or None)
        store = self._store
        sealed = store.vault.seal(KeptToken(token=None).as_bytes(), context=store.token_context(subject))
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                await tx.sign_ins.make_place(store.connection.id, subject, token_id=self._new_id(), sealed=sealed)
        found = await self._find(subject, renew)
        if found is None:
            return await renew(stale)
        if found.kept.token is None and await self._claims(subject, found.row, self._clock()):
            return await self._to_its_end(self._renew(found, subject, renew))
        raise Retryable("another process fetches the first token now")

    async def _claims(self, subject: str, row: TokenRow, now: datetime) -> bool:
        store = self._store
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                return await tx.sign_ins.claim(
                    store.connection.id, subject, stale=row.version, at=now, until=now + CLAIM
                )

    async def _to_its_end(self, renewal: Coroutine[Any, Any, Token]) -> Token:
        """Also where the caller is broken off: a refresh token may be spent by then."""
        task = asyncio.create_task(renewal)
        self._going.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: "asyncio.Task[Token]") -> None:
        self._going.discard(task)
        if not task.cancelled():
            task.exception()  # seen, whether its caller is still there or not

    async def _renew(self, found: _Found, subject: str, renew: Renew | None) -> Token:
        try:
            async with asyncio.timeout(RENEWAL.total_seconds()):
                fresh = await self._asked(found.kept, renew)
        except ReauthRequired as refusal:
            # The former one has had its chance: it is not shown again each time that the vendor is asked again.
            kept = KeptToken(token=found.kept.token) if isinstance(refusal, _FormerRefused) else None
            await self._give_back(subject, found.row, refused=True, kept=kept)
            if renew is None:
                refusal.subject = subject or None
            raise
        except TimeoutError:
            await self._give_back(subject, found.row, refused=False)
            raise Retryable("the vendor did not renew the sign-in in time", scope=Scope.CONNECTION) from None
        except BaseException:
            await self._give_back(subject, found.row, refused=False)
            raise
        return await self._save(found, subject, fresh)

    async def _asked(self, kept: KeptToken, renew: Renew | None) -> Token:
        if renew is not None:
            return await renew(kept.token)
        if self._refresh is None or kept.token is None or kept.token.refresh is None:
            raise ReauthRequired("the sign-in is over and cannot be renewed: sign in again")
        try:
            return await self._refresh(kept.token)
        except TokenRefused:
            # Only then: a vendor that sees a spent token without need takes it for stolen, and ends the whole sign-in.
            if kept.former is None:
                raise
        try:
            return await self._refresh(replace(kept.token, refresh=kept.former))
        except TokenRefused as refusal:
            raise _FormerRefused(str(refusal)) from None

    async def _save(self, found: _Found, subject: str, fresh: Token) -> Token:
        store, kept = self._store, found.kept.followed_by(fresh, now=self._clock())
        assert kept.token is not None
        sealed = store.vault.seal(kept.as_bytes(), context=store.token_context(subject))
        if await self._saves(subject, found.row, sealed):
            return kept.token
        # Someone has signed in meanwhile, and that token is the one; or the connection is gone.
        now = await self._find(subject)
        return now.kept.token if now is not None and now.kept.token is not None else kept.token

    async def _saves(self, subject: str, row: TokenRow, sealed: bytes) -> bool:
        """Tried until the database is there again: what is not saved is lost, and the token before it is spent."""
        store, tries, last = self._store, 0, 0
        while True:
            try:
                async with store.uow.autocommit() as tx:
                    return await tx.sign_ins.renewed(store.connection.id, subject, stale=row.version, sealed=sealed)
            except (DatabaseUnavailable, DatabaseBusy, LostRace) as error:
                tries, last = tries + 1, last + self._ends
                if tries >= _SAVE_TRIES or last >= _LAST_TRIES:
                    raise Retryable("the renewed sign-in cannot be written to the host's database") from error
                await self._sleep(_LAST_LOOK_S)

    async def _give_back(self, subject: str, row: TokenRow, *, refused: bool, kept: KeptToken | None = None) -> None:
        store = self._store
        until = self._clock() + ASK_AGAIN if refused else None
        sealed = store.vault.seal(kept.as_bytes(), context=store.token_context(subject)) if kept is not None else None
        with store.in_connectors_words():
            async with store.uow.autocommit() as tx:
                await tx.sign_ins.not_renewed(
                    store.connection.id, subject, stale=row.version, refused=refused, until=until, sealed=sealed
                )
