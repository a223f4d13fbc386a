"""The intakes repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlIntakes:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
