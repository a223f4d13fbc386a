"""The calendars repository."""

from sqlalchemy.ext.asyncio import AsyncConnection


class SqlCalendars:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
