"""The API key repository."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import api_keys
from pointsman.services.ports.operations.api_keys import ApiKeyRow

_GET = select(api_keys).where(api_keys.c.id == bindparam("key_id"))
_LIST = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
_ADD = insert(api_keys)
_REVOKE = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlApiKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, key_id: str) -> ApiKeyRow | None:
        row = (await self._connection.execute(_GET, {"key_id": key_id})).one_or_none()
        return None if row is None else _key(row)

    async def add(self, row: ApiKeyRow) -> None:
        await self._connection.execute(
            _ADD,
            {
                "id": row.id,
                "name": row.name,
                "secret_hash": row.secret_hash,
                "scopes": sorted(row.scopes),
                "supplier": row.supplier,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "revoked_at": row.revoked_at,
            },
        )

    async def revoke(self, key_id: str, *, at: datetime) -> bool:
        """False when there is no such key, or it is revoked already."""
        return (await self._connection.execute(_REVOKE, {"key_id": key_id, "at": at})).rowcount == 1

    async def list(self) -> Sequence[ApiKeyRow]:
        return [_key(row) for row in await self._connection.execute(_LIST)]


def _key(row: Row[Any]) -> ApiKeyRow:
    return ApiKeyRow(
        id=row.id,
        name=row.name,
        secret_hash=bytes(row.secret_hash),
        scopes=frozenset(row.scopes),
        supplier=row.supplier,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
