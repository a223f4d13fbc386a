"""Hot statements, run by psycopg itself inside the transaction that SQLAlchemy opened.

SQLAlchemy works out anew, for every execution of a text, what its parameters and columns are: for the few statements
that every lead costs, this is most of the time that a decision takes (decision 0008). All others go through SQLAlchemy.
"""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from psycopg import AsyncConnection as DriverConnection
from psycopg.rows import namedtuple_row
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped


class PreparedStatement:
    """A text with `:name` parameters, made ready once; rows have their columns as attributes."""

    def __init__(self, clause: TextClause) -> None:
        self._query = dedent(str(clause.compile(dialect=_DIALECT))).encode()  # psycopg caches no long texts

    async def run(self, connection: AsyncConnection, values: Mapping[str, Any]) -> None:
        await _driver(connection).execute(self._query, values)

    async def rows(self, connection: AsyncConnection, values: Mapping[str, Any]) -> list[Any]:
        cursor = _driver(connection).cursor(row_factory=namedtuple_row)
        await cursor.execute(self._query, values)
        return await cursor.fetchall()

    async def one(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Any:
        """The only row, or None."""
        found = await self.rows(connection, values)
        assert len(found) < 2, "a statement for one row found several"
        return found[0] if found else None


def _driver(connection: AsyncConnection) -> "DriverConnection[Any]":
    assert connection.sync_connection is not None, "the transaction is over"
    driver: DriverConnection[Any] = connection.sync_connection.connection.driver_connection  # type: ignore[assignment]  # its own type
    return driver
