"""What the driver says, in the port's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from pointsman.services.ports import (
    ConstraintRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    LockTimedOut,
    LostRace,
    SchemaUnusable,
    StatementCancelled,
    StatementTimedOut,
)

#: From a statement through SQLAlchemy, or through the driver itself.
DRIVER_ERRORS = (DBAPIError, psycopg.Error)

_RACES = frozenset({"40001", "40P01"})
_LOST = frozenset({"57P01", "57P02", "57P03", "25006"})  # shut down, read-only
_LOCK_NOT_AVAILABLE = "55P03"
_QUERY_CANCELED = "57014"
_REVALIDATION = "RevalidateCachedQuery"  # where PostgreSQL finds that a statement was prepared before a migration
_ABSENT = frozenset({"42P01", "42703", "42883", "42704", "3F000", "42501"})  # a table, column, …; or a right to it
_FULL = "53"  # out of disk, memory or connections


def port_error(error: DBAPIError | psycopg.Error) -> Exception:
    """The port's word for a driver error; the error itself when it is a bug of ours."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    state = getattr(cause, "sqlstate", None)
    lost = state is not None and (state in _LOST or state.startswith(_FULL))
    if invalidated or lost or (state is None and isinstance(cause, psycopg.OperationalError)):
        return DatabaseUnavailable("the database does not answer")
    if state in (_LOCK_NOT_AVAILABLE, _QUERY_CANCELED):
        return _not_in_time(state, cause.diag.message_primary or "")
    if state in _RACES or is_outdated_statement(error):  # which is prepared anew after the rollback
        return LostRace(state)
    if state in _ABSENT:
        return SchemaUnusable(cause.diag.message_primary or state)
    if state is not None and state.startswith(("22", "23", "PM")):
        diagnosis = cause.diag
        return ConstraintRefused(
            diagnosis.constraint_name or state,
            diagnosis.message_primary or "refused",
            diagnosis.message_detail or "",
        )
    return error


def _not_in_time(state: str, message: str) -> DatabaseBusy:
    """What a statement that was ended had met. Of a time-out and a cancellation PostgreSQL tells by its words alone:
    where it speaks another language than English, both count as a time-out.
    """
    if state == _LOCK_NOT_AVAILABLE:
        return LockTimedOut("Another transaction kept a row or a table that this request needs locked for too long.")
    if "user request" in message:
        return StatementCancelled("An administrator of the database cancelled a statement of this request.")
    return StatementTimedOut("A statement of this request took longer than the database may work on one.")


def is_outdated_statement(error: BaseException) -> bool:
    """Whether a prepared statement no longer fits, as a migration changed the type of what it answers."""
    if isinstance(error, LostRace):  # what it was before it was put into the port's words
        error = error.__cause__ or error
    cause = getattr(error, "orig", error)
    # By the place in PostgreSQL: the message is in the server's language, the code (0A000) is any missing feature's.
    return isinstance(cause, psycopg.Error) and cause.diag.source_function == _REVALIDATION


def is_closed_at_checkout(error: InvalidRequestError) -> bool:
    """Whether a connection and the one opened in its place were both closed before they could be used."""
    return str(error) == "This connection is closed"


@contextmanager
def translating_errors() -> Iterator[None]:
    """For statements whose refusal the use case wants to hear at once, not at the end of its transaction."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise port_error(error) from error
