"""Context: everything a host lends to a connector, and so everything a connector may use of the world."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from pointsman_sdk.answers import Readers
from pointsman_sdk.errors import ReauthRequired

if TYPE_CHECKING:  # a child that reads texts needs no client
    import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An OAuth 2 token as the vendor issued it."""

    access: SecretStr
    refresh: SecretStr | None
    expires_at: datetime | None


class Tokens(Protocol):
    """The connection's OAuth 2 token, kept and encrypted by the host."""

    async def current(self) -> Token:
        """The token to use now. Raises ReauthRequired when there is none."""
        ...

    async def renewed(self, stale: Token, renew: Callable[[Token], Awaitable[Token]]) -> Token:
        """A token newer than `stale`: another worker's, or else what `renew` fetches, saved before it is returned.

        The host runs one `renew` at a time per connection, so two workers cannot spend one refresh token.
        """
        ...


class NoTokens:
    """The tokens of a connection that never signed in by OAuth 2."""

    async def current(self) -> Token:
        raise ReauthRequired("this connection has not signed in")

    async def renewed(self, stale: Token, renew: Callable[[Token], Awaitable[Token]]) -> Token:  # noqa: ARG002  # Tokens
        raise ReauthRequired("this connection has not signed in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A connector opens no socket, file or database of its own, reads no clock, and keeps no module state.

    `http` carries the host's time-outs, connection limits, answer-size limit and address guard; it
    follows no redirect. `readers` are the host's processes in which answers are read, by
    `pointsman_sdk.answers`. `log` is for what an operator needs: never credentials, never personal data.
    """

    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    tokens: Tokens
    readers: Readers
    log: logging.Logger
