"""The repository of which user of a CRM a rep is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from pointsman.services.ports.booking.connections import ConnectionRow


class UserState(StrEnum):
    """How a rep stands in a CRM. MISSING: no user was confirmed, and no active one has the rep's address."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    GONE = "gone"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepUser:
    """The user that a rep is at a connection: by the vendor's id, as an admin confirmed it; None where the user is missing."""

    connection_id: UUID
    rep_id: UUID
    rep_key: str
    user_id: str | None
    name: str = ""
    email: str = ""
    state: UserState
    confirmed_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepWithoutUser:
    """An active rep who is no active user of a CRM that hears of owners."""

    connection: str  # key
    rep_key: str
    state: UserState


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUser:
    """The user that a rep is, for a delivery. `in_doubt`: the connection was saved since it was seen that the id counts."""

    user_id: str | None
    email: str
    state: UserState
    in_doubt: bool


class RepUsers(Protocol):
    async def of_connection(self, connection_id: UUID) -> Sequence[RepUser]:
        """By the rep's key."""
        ...

    async def of_rep(self, connection_id: UUID, rep_key: str) -> KnownUser | None: ...

    async def in_doubt(self, connection_id: UUID) -> bool:
        """Whether the connection was saved, or signed in over, since its users were looked for."""
        ...

    async def put(self, users: Sequence[RepUser]) -> None:
        """Keep each, in the place of what was known of the rep there. Two reps who trade users are dropped before."""
        ...

    async def drop(self, connection_id: UUID, rep_ids: Collection[UUID]) -> None: ...

    async def forget(self, connection_id: UUID) -> None:
        """All of a connection: it may lead to another account."""
        ...

    async def owe(self, connection_id: UUID, rep_ids: Sequence[UUID], *, first_id: UUID, at: datetime) -> None:
        """Owe the connection the leads of these reps, and their meetings to come that it heard of, with jobs."""
        ...

    async def without_user(self, *, limit: int, connection_id: UUID | None = None) -> Sequence[RepWithoutUser]:
        """Of all connections in use, or of this one, by connection and rep."""
        ...

    async def due(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        """Connections in use that hear of owners, and whose users are to be looked for; those in doubt first."""
        ...

    async def look_again(self, connection_id: UUID, *, at: datetime) -> None:
        """Not before then."""
        ...

    async def look_soon(self, *, at: datetime) -> None:
        """The roster changed: look for the users of every connection that hears of owners."""
        ...
