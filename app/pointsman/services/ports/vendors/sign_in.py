"""Signing in to a vendor by OAuth 2 (RFC 6749, 7636, 9207), and the repository of what that leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.services.ports.vendors.connections import ConnectionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token as it is stored: sealed as a whole. Version 0 is the place of one that has yet to be fetched.

    Until `renewing_until` one process asks for the next version; where it was `refused`, none asks before.
    """

    id: UUID
    sealed: bytes
    version: int
    renewing_until: datetime | None
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRow:
    """A remembered value, sealed."""

    sealed: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRow:
    """A sign-in that has begun."""

    id: UUID
    connection_id: UUID
    subject: str
    state_hash: bytes
    sealed: bytes
    begun_by: str
    expires_at: datetime


class SignInStore(Protocol):
    """Tokens, memory and sign-ins. Each method is one statement; a subject of "" is the connection itself."""

    async def token(self, connection_id: UUID, subject: str) -> TokenRow | None: ...

    async def make_place(self, connection_id: UUID, subject: str, *, token_id: UUID, sealed: bytes) -> None:
        """A row of version 0, unless there is one, or the connection is not saved yet."""
        ...

    async def put_token(self, connection_id: UUID, subject: str, *, token_id: UUID, sealed: bytes) -> None:
        """The token of a new sign-in, whatever stood there."""
        ...

    async def claim(self, connection_id: UUID, subject: str, *, stale: int, at: datetime, until: datetime) -> bool:
        """Whether the caller is the one to renew version `stale`, until then."""
        ...

    async def renewed(self, connection_id: UUID, subject: str, *, stale: int, sealed: bytes) -> bool:
        """Put the next version in the place of `stale`. False: another one stands there."""
        ...

    async def not_renewed(
        self,
        connection_id: UUID,
        subject: str,
        *,
        stale: int,
        refused: bool,
        until: datetime | None,
        sealed: bytes | None = None,
    ) -> None:
        """Give the claim back; with `until`, none may claim before. `sealed` is kept instead, under the same version."""
        ...

    async def drop_tokens(self, connection_id: UUID) -> int: ...

    async def memory(self, connection_id: UUID, name: str) -> MemoryRow | None: ...

    async def remember(
        self, connection_id: UUID, name: str, *, memory_id: UUID, sealed: bytes, if_version: int | None
    ) -> bool:
        """Whether the version still was `if_version`, None: whether there was none. True for a connection that is not saved."""
        ...

    async def begin_sign_in(self, row: SignInRow) -> None: ...

    async def take_sign_in(self, state_hash: bytes) -> SignInRow | None:
        """The sign-in of this state, which is gone from now on; also one that has expired."""
        ...

    async def drop_expired_sign_ins(self, *, at: datetime) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignIn:
    """Where the human goes, and what is needed to end it: the state's hash, and the rest, sealed for `id`."""

    url: str = field(repr=False)
    state_hash: bytes
    sealed: bytes = field(repr=False)


class SignInRefused(Exception):
    """The sign-in came to nothing; `why` is one of the outcomes that the page tells, `said` the vendor's answer, unmasked."""

    def __init__(self, why: str, *, said: str = "") -> None:
        super().__init__(why)
        self.why, self.said = why, said


class SignInGateway(Protocol):
    """The vendor's side of a sign-in. None of it is asked while a transaction is open."""

    def needed(self, connector: str, config: Mapping[str, object]) -> bool:
        """Whether a human signs in over a connection that is configured so.

        Raises Invalid, with the path, for an address of the vendor's that cannot be used.
        """
        ...

    def per_subject(self, connector: str) -> bool:
        """Whether each calendar's owner signs in."""
        ...

    def begin(self, connection: ConnectionRef, *, sign_in_id: UUID) -> BegunSignIn:
        """Raises Conflict where there is nothing to sign in to, Invalid and Unavailable as a call does."""
        ...

    def state_hash(self, state: str) -> bytes: ...

    def check_issuer(self, connection: ConnectionRef, issuer: str | None) -> None:
        """Raises SignInRefused for an answer of another vendor (RFC 9207)."""
        ...

    async def finish(self, connection: ConnectionRef, row: SignInRow, *, code: str) -> tuple[bytes, tuple[str, ...]]:
        """The token, sealed for the connection and the sign-in's subject, and the scopes that were asked for in vain.

        Raises SignInRefused.
        """
        ...
