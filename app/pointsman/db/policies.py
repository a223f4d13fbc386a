"""The policies repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlPolicies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
