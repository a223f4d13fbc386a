"""The holds repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlHolds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
