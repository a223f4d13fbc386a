"""The engine: one pool of psycopg connections per process."""

import select
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pointsman.postgres_connection import SILENCE_S, PostgresConnection, patience_s

#: How long a request queues for a free connection, first come, first served. A form's sender waits this long and tries
#: again seldom: a thousand leads at the same moment are all taken within it.
TIMEOUT_S = 15.0
#: How long before its statement's time-out the wait for a lock ends, so that the caller hears which of the two it was.
LOCK_MARGIN_MS = 4_000

#: libpq's: when a server that says nothing any more is taken for gone, as one without power is: no statement's time-out
#: comes from there. The system's own way takes a quarter of an hour, in which requests hang and keep their connections.
LIFE_SIGNS: Mapping[str, int] = MappingProxyType(
    {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}  # s, but ms
)


def make_engine(
    url: str,
    *,
    pool_size: int = 10,
    connect_timeout_s: float = TIMEOUT_S,
    statement_timeout_ms: int = 10_000,
    silence_s: float = SILENCE_S,
    name: str = "pointsman",
) -> AsyncEngine:
    """An engine that gives up soon: on connecting, on waiting for a free connection, on a slow statement, and on a server that
    has not even ended such a statement `silence_s` later.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=connect_timeout_s,
        pool_recycle=1800,
        hide_parameters=True,  # an error's text must not carry a lead's data into a log
        connect_args={
            "async_creator_fn": PostgresConnection.connect,
            "patience_s": patience_s(statement_timeout_ms, silence_s),
            "connect_timeout": 3,
            "application_name": name,
            "options": f"{time_outs(statement_timeout_ms)} -c timezone=UTC",
            **LIFE_SIGNS,
        },
    )
    event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def time_outs(statement_timeout_ms: int) -> str:
    """As libpq's `options`: how long a statement of a session may take, and how long it may wait for a lock.

    And how long a transaction may wait for its client. A process that is frozen, or whose machine is gone without a word,
    keeps the ledgers that it has locked, and so all routing, until then; one that lives asks again within milliseconds.
    """
    lock_ms, idle_ms = lock_timeout_ms(statement_timeout_ms), statement_timeout_ms
    return (
        f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={lock_ms}"
        f" -c idle_in_transaction_session_timeout={idle_ms}"
    )


def dropped_time_outs(connection: psycopg.Connection, statement_timeout_ms: int) -> tuple[str, ...]:
    """Which of `time_outs` a session that was opened with them does not have: a pooler on the way may drop them."""
    asked = dict(part.split("=") for part in time_outs(statement_timeout_ms).split() if "=" in part)
    found = connection.execute("select name, setting from pg_settings where name = any(%s)", (list(asked),)).fetchall()
    return tuple(sorted(name for name, setting in found if setting != asked[name]))


def lock_timeout_ms(statement_timeout_ms: int) -> int:
    """How long a statement may wait for one lock: less than it may take."""
    return max(statement_timeout_ms - LOCK_MARGIN_MS, statement_timeout_ms // 2)


def _still_open(connection: Any, _record: object, _proxy: object) -> None:
    """Leave out a connection that the server has closed: a look at the socket instead of a round trip.

    An idle connection has nothing to read, unless the server said goodbye.
    """
    raw = connection.driver_connection
    if raw.closed:
        raise DisconnectionError("closed")
    poll = select.poll()
    poll.register(raw.pgconn.socket, select.POLLIN | select.POLLERR | select.POLLHUP)
    if poll.poll(0):
        raise DisconnectionError("the server closed this connection")
