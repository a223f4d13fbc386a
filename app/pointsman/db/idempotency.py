"""The idempotency repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlIdempotency:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
