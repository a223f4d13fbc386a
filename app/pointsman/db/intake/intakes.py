"""The intakes repository."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import intakes
from pointsman.services.ports.intake.intakes import IntakeRow

_COLUMNS = IntakeRow.__slots__
_CHANGING = ("title", "kind", "verifier", "sealed", "mapping", "sample", "active", "version")
_BY_KEY = select(intakes).where(intakes.c.key == bindparam("key"))
_BY_KEY_LOCKED = _BY_KEY.with_for_update()
_BY_ID = select(intakes).where(intakes.c.id == bindparam("intake"))
_SOURCE_SYSTEMS = PreparedStatement("""
    select distinct coalesce(mapping ->> 'source_system', key) from intakes
""")
_OF_CONNECTION = (
    select(intakes.c.id, intakes.c.version)
    .where(intakes.c.connection == bindparam("of"), intakes.c.active)
    .order_by(intakes.c.id)
)
_LIST = select(intakes).order_by(intakes.c.key)
_ADD = insert(intakes).on_conflict_do_nothing(index_elements=[intakes.c.key]).returning(intakes.c.id)
_REPLACE = (
    update(intakes).where(intakes.c.id == bindparam("intake")).values({name: bindparam(name) for name in _CHANGING})
)


class SqlIntakes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_key(self, key: str, *, lock: bool = False) -> IntakeRow | None:
        statement = _BY_KEY_LOCKED if lock else _BY_KEY
        row = (await self._connection.execute(statement, {"key": key})).mappings().one_or_none()
        return IntakeRow(**row) if row else None

    async def by_id(self, intake_id: UUID) -> IntakeRow | None:
        row = (await self._connection.execute(_BY_ID, {"intake": intake_id})).mappings().one_or_none()
        return IntakeRow(**row) if row else None

    async def add(self, row: IntakeRow) -> bool:
        return (await self._connection.scalar(_ADD, {name: getattr(row, name) for name in _COLUMNS})) is not None

    async def replace(self, row: IntakeRow) -> None:
        values: dict[str, Any] = {name: getattr(row, name) for name in _CHANGING}
        await self._connection.execute(_REPLACE, {"intake": row.id, **values})

    async def of_connection(self, key: str) -> Sequence[tuple[UUID, int]]:
        return [(row.id, row.version) for row in await self._connection.execute(_OF_CONNECTION, {"of": key})]

    async def source_systems(self) -> Sequence[str]:
        return await _SOURCE_SYSTEMS.scalars(self._connection)

    async def list(self) -> Sequence[IntakeRow]:
        return [IntakeRow(**row) for row in (await self._connection.execute(_LIST)).mappings()]
