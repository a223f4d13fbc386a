"""The appointments repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlAppointments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
