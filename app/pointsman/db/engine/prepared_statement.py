"""Complete SQL texts, run by psycopg itself inside the transaction that SQLAlchemy opened (decision 12)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from psycopg import AsyncConnection as DriverConnection
from psycopg import AsyncCursor
from psycopg.rows import class_row, namedtuple_row, scalar_row
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
_NONE: Mapping[str, Any] = {}

T = TypeVar("T")


class PreparedStatement:
    """One SQL text with `:name` parameters, made ready once.

    Parameters go to the driver as they are, and come back as the driver reads them: JSON is given as text with a cast.
    A session keeps its plan from the tenth run on. `replan` is for what is asked again and again of a table that is empty
    most of the time: a plan made then would read all of it once it is full.
    """

    def __init__(self, sql: str, *, replan: bool = False) -> None:
        self.replan = replan
        self.sql = "\n".join(line.strip() for line in sql.strip().splitlines())  # psycopg caches no long texts
        self.query = str(text(self.sql).compile(dialect=_DIALECT)).encode()

    async def run(self, connection: AsyncConnection, values: Mapping[str, Any] = _NONE) -> int:
        """How many rows it wrote."""
        return (await _driver(connection).execute(self.query, values, prepare=self._prepare)).rowcount

    async def run_each(self, connection: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of `values`, in one exchange with the server."""
        await _driver(connection).cursor().executemany(self.query, values)

    async def rows(self, connection: AsyncConnection, values: Mapping[str, Any] = _NONE) -> list[Any]:
        """Rows have their columns as attributes."""
        cursor = _driver(connection).cursor(row_factory=namedtuple_row)
        return await self._all(cursor, values)

    async def one(self, connection: AsyncConnection, values: Mapping[str, Any] = _NONE) -> Any:
        """The only row, or None."""
        return _only(await self.rows(connection, values))

    async def records(self, connection: AsyncConnection, record: type[T], values: Mapping[str, Any] = _NONE) -> list[T]:
        """Every row as a `record`, whose fields have the names of the columns."""
        cursor = _driver(connection).cursor(row_factory=class_row(record))
        return await self._all(cursor, values)

    async def record(self, connection: AsyncConnection, record: type[T], values: Mapping[str, Any] = _NONE) -> T | None:
        """The only row as a `record`, or None."""
        return _only(await self.records(connection, record, values))

    async def scalars(self, connection: AsyncConnection, values: Mapping[str, Any] = _NONE) -> list[Any]:
        """The first column of every row."""
        cursor = _driver(connection).cursor(row_factory=scalar_row)
        return await self._all(cursor, values)

    async def scalar(self, connection: AsyncConnection, values: Mapping[str, Any] = _NONE) -> Any:
        """The first column of the only row, or None."""
        return _only(await self.scalars(connection, values))

    async def _all(self, cursor: "AsyncCursor[T]", values: Mapping[str, Any]) -> list[T]:
        await cursor.execute(self.query, values, prepare=self._prepare)
        return await cursor.fetchall()

    @property
    def _prepare(self) -> bool | None:
        return False if self.replan else None  # None: as often as the driver thinks worth it


def _only(found: list[T]) -> T | None:
    assert len(found) < 2, "a statement for one row found several"
    return found[0] if found else None


def _driver(connection: AsyncConnection) -> "DriverConnection[Any]":
    assert connection.sync_connection is not None, "the transaction is over"
    driver: DriverConnection[Any] = connection.sync_connection.connection.driver_connection  # type: ignore[assignment]  # its own type
    return driver
