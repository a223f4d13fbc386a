"""The intakes repository."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports.intake.intakes import IntakeRow

_COLUMNS = "id, key, title, kind, verifier, sealed, mapping, sample, active, version, created_at"
_BY_KEY = text(f"select {_COLUMNS} from intakes where key = :key")  # our own text, here and below
_BY_KEY_LOCKED = text(f"select {_COLUMNS} from intakes where key = :key for update")
_BY_ID = text(f"select {_COLUMNS} from intakes where id = :id")
_LIST = text(f"select {_COLUMNS} from intakes order by key")
_ADD = text(f"""
    insert into intakes ({_COLUMNS})
    values (:id, :key, :title, :kind, cast(:verifier as jsonb), :sealed, cast(:mapping as jsonb),
            cast(:sample as jsonb), :active, :version, :created_at)
    on conflict (key) do nothing returning id
""")
_REPLACE = text("""
    update intakes set title = :title, kind = :kind, verifier = cast(:verifier as jsonb), sealed = :sealed,
        mapping = cast(:mapping as jsonb), sample = cast(:sample as jsonb), active = :active, version = :version
    where id = :id
""")


class SqlIntakes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_key(self, key: str, *, lock: bool = False) -> IntakeRow | None:
        statement = _BY_KEY_LOCKED if lock else _BY_KEY
        return _intake((await self._connection.execute(statement, {"key": key})).one_or_none())

    async def by_id(self, intake_id: UUID) -> IntakeRow | None:
        return _intake((await self._connection.execute(_BY_ID, {"id": intake_id})).one_or_none())

    async def add(self, row: IntakeRow) -> bool:
        return (await self._connection.execute(_ADD, _values(row))).one_or_none() is not None

    async def replace(self, row: IntakeRow) -> None:
        await self._connection.execute(_REPLACE, _values(row))

    async def list(self) -> Sequence[IntakeRow]:
        rows = (await self._connection.execute(_LIST)).all()
        return [intake for row in rows if (intake := _intake(row))]


def _values(row: IntakeRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "kind": row.kind,
        "verifier": json.dumps(row.verifier),
        "sealed": row.sealed,
        "mapping": json.dumps(row.mapping),
        "sample": json.dumps(row.sample),
        "active": row.active,
        "version": row.version,
        "created_at": row.created_at,
    }


def _intake(row: Row[Any] | None) -> IntakeRow | None:
    if row is None:
        return None
    return IntakeRow(**{**row._mapping, "sealed": bytes(row.sealed)})  # noqa: SLF001  # _mapping is SQLAlchemy's public way
