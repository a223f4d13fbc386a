"""The connections repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlConnections:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
