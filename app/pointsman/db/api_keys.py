"""The api keys repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlApiKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
