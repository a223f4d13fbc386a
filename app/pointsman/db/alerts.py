"""The alerts repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlAlerts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
