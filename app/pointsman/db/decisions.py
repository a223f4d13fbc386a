"""The decisions repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlDecisions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
