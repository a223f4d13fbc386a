"""Connections to PostgreSQL that end with their server: a failed attempt at once, an open one when nothing is answered."""

import contextlib
import traceback
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

RV = TypeVar("RV")

#: How long after the time-out of a statement the server must have said so.
SILENCE_S = 10.0


def patience_s(statement_timeout_ms: int, silence_s: float = SILENCE_S) -> float:
    """How long a session with this time-out may be silent before its server is taken for gone."""
    return statement_timeout_ms / 1000 + silence_s


class PostgresConnection(psycopg.AsyncConnection[Any]):
    """psycopg's connection, which no server that stands still can hold on to.

    An attempt to connect that ran out of time is closed, and not only found by the garbage collector: such a server takes
    attempts in all the same, and when it goes on, each has become a session; together they may leave no room for those that are
    used. A statement that is not even ended by its time-out raises OperationalError: what became of it is not known.
    """

    patience_s: float | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **given: Any) -> Self:
        """As psycopg's. `patience_s` among what is given is how long an answer may take; without it, for ever."""
        patience_s = given.pop("patience_s", None)
        try:
            made = await super().connect(conninfo, **given)
        except BaseException as error:
            # The attempt stands in a frame of the traceback, which stands in the error that is in the frame.
            traceback.clear_frames(error.__traceback__)
            raise
        made.patience_s = patience_s
        return made

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109  # psycopg's own
    ) -> RV:
        """As psycopg's, for `patience_s` at most."""
        if timeout is not None or self.patience_s is None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.patience_s)
        except _WaitTimeout:
            with contextlib.suppress(psycopg.Error):
                self.pgconn.finish()
            raise psycopg.OperationalError(f"the server has said nothing for {self.patience_s:g} s") from None
