"""The audit repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlAudit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
