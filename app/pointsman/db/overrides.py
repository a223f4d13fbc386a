"""The overrides repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlOverrides:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
