"""The repository of sealed secrets: each table with a column `sealed`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import Text, bindparam, func, literal, or_, select, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import (
    booking_links,
    connection_memory,
    connection_tokens,
    connections,
    intakes,
    lead_links,
    sign_ins,
)
from pointsman.db.tables.base import INSTANT
from pointsman.services.ports.operations.sealed_secrets import SealedRow

#: `tests/integration/cli/test_secrets_command.py` sees that no table is left out.
SEALED_TABLES = {table.name: table for table in (connection_memory, connection_tokens, connections, intakes, sign_ins)}

_ROWS = union_all(
    *(select(literal(name).label("table"), table.c.id, table.c.sealed) for name, table in SEALED_TABLES.items())
).subquery()
_after_table = bindparam("after_table", type_=Text)
_PAGE = (
    select(_ROWS)
    .where(
        or_(
            _after_table.is_(None),
            tuple_(_ROWS.c.table, _ROWS.c.id) > tuple_(_after_table, bindparam("after_id", type_=UUID_TYPE)),
        )
    )
    .order_by(_ROWS.c.table, _ROWS.c.id)
    .limit(bindparam("limit"))
)
_REPLACE = {
    name: update(table)
    .where(table.c.id == bindparam("row"), table.c.sealed == bindparam("before"))
    .values(sealed=bindparam("after"))
    for name, table in SEALED_TABLES.items()
}
_at = bindparam("at", type_=INSTANT)
_LINKS = union_all(
    *(
        select(links.c.expires_at).where(links.c.revoked_at.is_(None), links.c.expires_at > _at)
        for links in (booking_links, lead_links)
    )
).subquery()
_OPEN_LINKS = select(func.count(), func.max(_LINKS.c.expires_at))


class SqlSealedSecrets:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, *, after: tuple[str, UUID] | None, limit: int) -> Sequence[SealedRow]:
        table, row_id = after or (None, None)
        given = {"after_table": table, "after_id": row_id, "limit": limit}
        return [SealedRow(**row) for row in (await self._connection.execute(_PAGE, given)).mappings()]

    async def replace(self, row: SealedRow, sealed: bytes) -> bool:
        given = {"row": row.id, "before": row.sealed, "after": sealed}
        return (await self._connection.execute(_REPLACE[row.table], given)).rowcount == 1

    async def open_links(self, *, at: datetime) -> tuple[int, datetime | None]:
        count, last = (await self._connection.execute(_OPEN_LINKS, {"at": at})).one()
        return count, last
