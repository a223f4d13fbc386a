"""Context: everything a host lends to a connector, and so everything a connector may use of the world."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from pointsman_sdk.answers import Readers
from pointsman_sdk.errors import ReauthRequired, Rejected

if TYPE_CHECKING:  # a child that reads texts needs no client
    import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An OAuth 2 token as the vendor issued it.

    `extra` is what else came with it and is needed (`instance_url`, `api_domain`). `renew_at` is when to renew it, a while
    before it expires: the host says it, by how long the token lives.
    """

    access: SecretStr
    refresh: SecretStr | None = None
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


Renew = Callable[[Token | None], Awaitable[Token]]
"""Fetches a token in the vendor's own way, from the one that is stale or from nothing (a service account)."""


class Tokens(Protocol):
    """The connection's OAuth 2 tokens, kept and encrypted by the host; of a subject where the manifest says `per_subject`."""

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        """The token to use now; where there is none, what `renew` fetches. Raises ReauthRequired."""
        ...

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        """A token newer than `stale`: another worker's, or else one that is fetched now, saved before it is returned.

        Without `renew` the host asks the manifest's token endpoint with the refresh token. It does so one at a time for all
        workers, so that two cannot spend one refresh token. Raises ReauthRequired where the vendor says that it is over,
        Retryable where it cannot be asked now.
        """
        ...


class NoTokens:
    """The tokens of a connection that never signed in by OAuth 2."""

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:  # noqa: ARG002  # Tokens
        raise ReauthRequired("this connection has not signed in")

    async def renewed(
        self,
        stale: Token,  # noqa: ARG002  # Tokens
        *,
        subject: str | None = None,  # noqa: ARG002  # Tokens
        renew: Renew | None = None,  # noqa: ARG002  # Tokens
    ) -> Token:
        raise ReauthRequired("this connection has not signed in")


MOST_MEMORY = 64 * 1024
"""Bytes of one value in a connection's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A value in a connection's memory; `version` is for the next `put`."""

    value: bytes = field(repr=False)
    version: int


class Memory(Protocol):
    """What a connector remembers from one call to the next (sync tokens, channel ids): kept sealed, by name, MOST_MEMORY each."""

    async def get(self, name: str) -> Remembered | None:
        """The value that was put last, or None."""
        ...

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:
        """Keep it, if the version still is `if_version` (None: if there is none). False: another worker was first, read again.

        ValueError for more than MOST_MEMORY.
        """
        ...


class NoMemory:
    """The memory of a host that keeps none: nothing stays."""

    async def get(self, name: str) -> Remembered | None:  # noqa: ARG002  # Memory
        return None

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:  # noqa: ARG002  # Memory
        if len(value) > MOST_MEMORY:
            raise ValueError(f"more than {MOST_MEMORY} bytes")
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the vendor said is left of a quota, for the connection's health."""

    left: int
    limit: int | None = None
    resets_at: datetime | None = None


def no_quota(_quota: Quota) -> None:
    """For a host that does not show quotas."""


class Dial(Protocol):
    """Connections for vendors that speak no HTTP, past the same address guard."""

    async def __call__(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        """A connected socket that does not block, the caller's to close.

        `plain` says that credentials will go over it without TLS: only networks that the admin opened are connected to then.
        Raises Rejected where the guard says no, Retryable where nobody answers.
        """
        ...


async def no_dial(host: str, port: int, *, plain: bool = False) -> socket.socket:  # noqa: ARG001  # Dial
    """Of a host that lends HTTP alone."""
    raise Rejected("this host lends no connections beside HTTP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A connector opens no socket, file or database of its own, reads no clock, and keeps no module state.

    `http` carries the host's time-outs, connection limits, answer-size limit and address guard; it
    follows no redirect. `dial` is for vendors without HTTP. `readers` are the host's processes in which answers are read, by
    `pointsman_sdk.answers`. `log` is for what an operator needs: never credentials, never personal data.
    `quota` is told what a vendor says is left.
    """

    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    tokens: Tokens
    memory: Memory
    readers: Readers
    log: logging.Logger
    quota: Callable[[Quota], None] = no_quota
    dial: Dial = no_dial
