"""The inbox repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlInbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
