"""What the locale of a database has to know: letters of every script, in one encoding."""

import psycopg

ADVICE = "Make the database with `lc_ctype 'C.UTF-8'` (docs/settings.md), and move the data by pg_dump"
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
    """Where the database's LC_CTYPE has no letters but a to z, what that costs; None where it has."""
    _, ctype = _found(connection)
    if ctype not in _NO_LETTERS:
        return None
    return f"The database's LC_CTYPE is {ctype}: names in other than Latin letters are looked for in all leads, one by one."


def _found(connection: psycopg.Connection) -> tuple[str, str]:
    row = connection.execute(_FOUND).fetchone()
    assert row is not None
    return row[0], row[1]
