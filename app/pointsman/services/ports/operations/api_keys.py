"""The API keys repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pointsman.domain.permissions.callers import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRow:
    """An API key as stored: the secret only as its SHA-256.

    `supplier` of a key that is bound to a rep is the partner that employs the rep now, None for the house.
    `rep_active` is False when that rep has left.
    """

    id: str
    name: str
    secret_hash: bytes
    scopes: frozenset[Scope]
    supplier: str | None
    rep: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rep_active: bool = True


class ApiKeys(Protocol):
    async def get(self, key_id: str) -> ApiKeyRow | None: ...
    async def add(self, row: ApiKeyRow) -> None: ...
    async def list(self) -> Sequence[ApiKeyRow]: ...
    async def revoke(self, key_id: str, *, at: datetime) -> bool: ...
