"""Connections to PostgreSQL whose failed attempts let go of the server at once."""

import traceback
from typing import Any, Self

import psycopg


class PostgresConnection(psycopg.AsyncConnection[Any]):
    """psycopg's connection; an attempt that ran out of time is closed, and not only found by the garbage collector.

    A server that stands still takes such attempts in all the same: when it goes on, each has become a session, and together
    they may leave no room for the connections that are used.
    """

    @classmethod
    async def connect(cls, conninfo: str = "", **given: Any) -> Self:
        """As psycopg's."""
        try:
            return await super().connect(conninfo, **given)
        except BaseException as error:
            # The attempt stands in a frame of the traceback, which stands in the error that is in the frame.
            traceback.clear_frames(error.__traceback__)
            raise
