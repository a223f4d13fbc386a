"""What the locale of a database has to know: letters of every script, in one encoding."""

import psycopg

_FOUND = """
    select pg_encoding_to_char(encoding), datctype from pg_database where datname = current_database()
"""
_NO_LETTERS = frozenset({"C", "POSIX"})


class WrongEncoding(Exception):
    """A database that cannot hold every name; the message says what to do."""


def require_utf8(connection: psycopg.Connection) -> None:
    """Raises WrongEncoding."""
    encoding, _ = _found(connection)
    if encoding != "UTF8":
        raise WrongEncoding(
            f"The database's encoding is {encoding}, and names need UTF8: `create database … encoding 'UTF8'` (docs/settings.md)."
        )


def find_poor_ctype(connection: psycopg.Connection) -> str | None:
    """The database's LC_CTYPE where that has no letters but a to z; None where it has."""
    _, ctype = _found(connection)
    return ctype if ctype in _NO_LETTERS else None


def _found(connection: psycopg.Connection) -> tuple[str, str]:
    row = connection.execute(_FOUND).fetchone()
    assert row is not None
    return row[0], row[1]
