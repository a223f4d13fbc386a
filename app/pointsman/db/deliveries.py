"""The deliveries repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
