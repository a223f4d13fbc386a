"""The extensions of PostgreSQL that the schema needs; they come with it, in some distributions as a package of its own."""

from collections.abc import Mapping
from types import MappingProxyType

import psycopg

#: Each with what it does here.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "btree_gist": "keeps appointments from overlapping",
        "pg_trgm": "finds leads by a part of their name or address",
    }
)
HOW_TO_INSTALL = "Install PostgreSQL's contrib modules on the database's server (the package postgresql-contrib)"

_AVAILABLE = "select name from pg_available_extensions where name = any(%s)"


class ExtensionsMissing(Exception):
    """A server that the schema cannot be made on; the message says what to do."""


def missing_extensions(connection: psycopg.Connection, needed: Mapping[str, str] = NEEDED) -> tuple[str, ...]:
    """Those that the server does not have."""
    found = {row[0] for row in connection.execute(_AVAILABLE, (list(needed),))}
    return tuple(name for name in needed if name not in found)


def require_extensions(connection: psycopg.Connection, needed: Mapping[str, str] = NEEDED) -> None:
    """Raises ExtensionsMissing, which names all that are missing and how to install them."""
    if missing := missing_extensions(connection, needed):
        names = " and ".join(missing)
        why = ", ".join(f"{name} {needed[name]}" for name in missing)
        raise ExtensionsMissing(f"The database's server lacks {names}. {HOW_TO_INSTALL}: {why}.")
