"""Whether the schema has what its revision should have: until the first release, revisions are changed in place."""

import psycopg

from pointsman.db.tables import metadata

_COLUMNS = """
select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
"""


def find_missing(connection: psycopg.Connection) -> tuple[str, ...]:
    """The tables (`leads`) and columns (`leads.email`) of this release that the database lacks, by name."""
    found = set(connection.execute(_COLUMNS).fetchall())
    tables = {table for table, _ in found}
    missing = [name for name in metadata.tables if name not in tables]
    missing += [
        f"{name}.{column.name}"
        for name, table in metadata.tables.items()
        if name in tables
        for column in table.columns
        if (name, column.name) not in found
    ]
    return tuple(sorted(missing))
