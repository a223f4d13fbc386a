"""What one connection is lent: a client of its own, its masks, and a place for the quota that its vendor tells of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from pointsman.connectors.pace.masks import Masks
from pointsman.services.ports.vendors.pace import QuotaLeft
from pointsman_sdk import Context, Quota, Renew, Token, Tokens

_MOST_LEFT = 10**15  # more is no count of calls


@dataclass(slots=True)
class QuotaTold:
    """The last quota that a connector told of, until it is taken."""

    _last: QuotaLeft | None = None

    def __call__(self, quota: Quota) -> None:
        """What says no numbers, or no time, is not shown: how the call itself went is what counts."""
        limit_told = quota.limit is None or _is_count(quota.limit)
        if not _is_count(quota.left) or not limit_told or not _is_instant_or_none(quota.resets_at):
            return
        self._last = QuotaLeft(left=quota.left, limit=quota.limit, resets_at=quota.resets_at)

    def take(self) -> QuotaLeft | None:
        last, self._last = self._last, None
        return last


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST_LEFT


def _is_instant_or_none(value: object) -> bool:
    return value is None or (isinstance(value, datetime) and value.utcoffset() is not None)


@dataclass(slots=True, kw_only=True)
class Lent:
    """Everything that a connector has of the host; `aclose` when the connector is gone."""

    context: Context
    http: httpx.AsyncClient
    masks: Masks
    quota: QuotaTold = field(default_factory=QuotaTold)
    finish: Callable[[], Awaitable[None]] | None = None  # what has begun and needs the client

    async def aclose(self) -> None:
        if self.finish is not None:
            await self.finish()
        await self.http.aclose()


class HeardTokens:
    """Tokens whose secrets the masks hear of before the connector does."""

    def __init__(self, tokens: Tokens, masks: Masks) -> None:
        self._tokens, self._masks = tokens, masks

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        return self._heard(await self._tokens.current(subject=subject, renew=self._hearing(renew)))

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        return self._heard(await self._tokens.renewed(stale, subject=subject, renew=self._hearing(renew)))

    def _hearing(self, renew: Renew | None) -> Renew | None:
        if renew is None:
            return None

        async def heard(stale: Token | None) -> Token:
            return self._heard(await renew(stale))

        return heard

    def _heard(self, token: Token) -> Token:
        self._masks.lend(token.access.get_secret_value())
        if token.refresh is not None:
            self._masks.lend(token.refresh.get_secret_value())
        return token


class BorrowedTransport(httpx.AsyncBaseTransport):
    """A transport that several clients share: none of them closes it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)
