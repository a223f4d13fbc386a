"""The roster repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlRoster:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
