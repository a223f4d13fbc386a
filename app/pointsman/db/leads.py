"""The leads repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlLeads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
