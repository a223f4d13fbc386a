"""The migrations make the schema that the code believes in, and can be taken back."""

import io

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, pool

from pointsman.db.engine.extensions import NEEDED
from pointsman.db.engine.roles import roles_sql
from pointsman.db.revision import HEAD_REVISION
from support.databases.fixtures import Server, alembic_config, upgrade
from support.databases.roles import as_owner, for_libpq

pytestmark = pytest.mark.own_database  # it is made anew, taken down and up

OBJECTS = """
SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '^alembic_version'
UNION ALL SELECT 'function ' || proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'type ' || typname FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
ORDER BY 1
"""


def objects(url: str) -> list[str]:
    plain = url.replace("postgresql+psycopg:", "postgresql:", 1)
    with psycopg.connect(plain) as connection:
        return [row[0] for row in connection.execute(OBJECTS)]


def test_tables_and_migrations_agree(owner_url: str) -> None:
    """`alembic check`: a change of a table comes with its revision."""
    command.check(alembic_config(owner_url))


def test_the_check_sees_a_table_without_a_revision(database_url: str) -> None:
    engine = create_engine(database_url, poolclass=pool.NullPool)
    planted = MetaData()
    Table("planted", planted, Column("id", Integer, primary_key=True))
    with engine.connect() as connection:
        changes = compare_metadata(MigrationContext.configure(connection), planted)
    assert ("add_table", "planted") in [(change[0], change[1].name) for change in changes if change[0] == "add_table"]


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("postgresql+psycopg://")).get_heads()) == 1


def test_the_code_needs_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config("postgresql+psycopg://")).get_heads() == [HEAD_REVISION]


def test_down_and_up_again_gives_the_same(owner_url: str) -> None:
    before = objects(owner_url)
    command.downgrade(alembic_config(owner_url), "base")
    assert objects(owner_url) == []
    upgrade(owner_url)
    assert objects(owner_url) == before


def test_the_doctor_looks_for_each_extension_that_the_migrations_make_use_of(owner_url: str) -> None:
    with psycopg.connect(for_libpq(owner_url)) as connection:
        made = {row[0] for row in connection.execute("select extname from pg_extension")}
    assert made - {"plpgsql"} == {*NEEDED}


def test_upgrading_twice_is_nothing(owner_url: str) -> None:
    before = objects(owner_url)
    upgrade(owner_url)
    assert objects(owner_url) == before


def test_the_whole_schema_can_be_printed_as_sql(database_server: Server) -> None:
    """For those whose database administrator applies it by hand, after the roles: what is printed is what a migration does."""
    config, printed = alembic_config("postgresql+psycopg://"), io.StringIO()
    config.output_buffer = printed
    command.upgrade(config, "head", sql=True)
    with database_server.clone(database_server.migrated()) as migrated, database_server.clone("template1") as empty:
        owner = as_owner(empty)
        with psycopg.connect(for_libpq(owner), autocommit=True) as connection:
            connection.execute(roles_sql(migration_url=owner, service_url=empty).encode())
            connection.execute(printed.getvalue().encode())
        assert objects(owner) == objects(as_owner(migrated))
