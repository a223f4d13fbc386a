"""The jobs repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlJobs:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
