"""`alembic check` does not look at CHECK constraints, so this does."""

import psycopg
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from pointsman.db.tables import metadata


def test_every_check_of_the_tables_is_in_the_migrated_database(shared_database_url: str) -> None:
    declared = {
        part.split()[0]
        for table in metadata.tables.values()
        for part in str(CreateTable(table).compile(dialect=postgresql.dialect())).split("CONSTRAINT ")[1:]
        if " CHECK " in part
    }
    url = shared_database_url.replace("postgresql+psycopg:", "postgresql:", 1)
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select conname from pg_constraint c join pg_class t on t.oid = c.conrelid"
            " where c.contype = 'c' and t.relname = any(%s)",
            ([*metadata.tables],),
        ).fetchall()
    assert len(declared) > 20
    assert {name for (name,) in rows} == declared
