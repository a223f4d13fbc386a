"""The gates repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlGates:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
