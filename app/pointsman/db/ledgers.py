"""The ledgers repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlLedgers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
