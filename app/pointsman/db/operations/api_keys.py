"""The API key repository."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import api_keys, reps, suppliers
from pointsman.domain.permissions.callers import Scope
from pointsman.services.ports.operations.api_keys import ApiKeyRow

#: A key that is bound to a rep belongs to the partner that employs the rep now.
_KEYS: Select[Any] = select(
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.secret_hash,
    api_keys.c.scopes,
    func.coalesce(api_keys.c.supplier, case((suppliers.c.kind == "partner", suppliers.c.key))).label("supplier"),
    api_keys.c.rep,
    api_keys.c.created_at,
    api_keys.c.expires_at,
    api_keys.c.revoked_at,
    func.coalesce(reps.c.active, true()).label("rep_active"),
).select_from(
    api_keys.outerjoin(reps, reps.c.key == api_keys.c.rep).outerjoin(suppliers, suppliers.c.key == reps.c.supplier)
)
_GET = _KEYS.where(api_keys.c.id == bindparam("key_id"))
_LIST = _KEYS.order_by(api_keys.c.created_at.desc(), api_keys.c.id)
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
                "supplier": None if row.rep is not None else row.supplier,
                "rep": row.rep,
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
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        supplier=row.supplier,
        rep=row.rep,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        rep_active=row.rep_active,
    )
