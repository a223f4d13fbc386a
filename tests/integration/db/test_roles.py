"""Roles on a server that has none yet: made by the migration itself, or by an administrator who runs what is printed."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pointsman.db.engine.guard_check import check_guards
from pointsman.local.postgres import EmbeddedPostgres
from support.databases.roles import for_libpq
from support.programs.command_line import Done, pointsman

pytestmark = pytest.mark.slow  # a server of its own: roles are the server's


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database for its superuser."""
    embedded = EmbeddedPostgres(tmp_path, durable=False, connections=20)
    yield embedded.start()
    embedded.remove()


def as_role(url: str, role: str) -> str:
    return url.replace("://postgres@", f"://{role}@", 1)


def migrate(url: str, *, migration: str, service: str, words: tuple[str, ...] = ()) -> Done:
    urls = {"POINTSMAN_MIGRATION_DATABASE_URL": as_role(url, migration)}
    return pointsman("migrate", *words, url=as_role(url, service), **urls)


def assert_served(url: str, service: str) -> None:
    """The login serves, the owner owns, and neither is a superuser."""
    made = pointsman("keys", "create", "x", "--scope", "admin", url=as_role(url, service))
    assert made.returncode == 0, made.stderr
    with psycopg.connect(for_libpq(as_role(url, service))) as connection:
        report = check_guards(connection)
        owners = connection.execute("select distinct tableowner from pg_tables where schemaname = 'public'").fetchall()
    assert (report.role, report.excess, report.faults, owners) == (service, (), (), [("pointsman_owner",)])


def test_a_role_that_may_make_roles_migrates_and_lets_the_service_in(server: str) -> None:
    with psycopg.connect(for_libpq(server), autocommit=True) as admin:
        admin.execute("create role migrator login createrole")
        admin.execute("alter database pointsman owner to migrator")
    for _ in range(2):
        done = migrate(server, migration="migrator", service="app:it's a secret".replace(" ", "%20"))
        assert done.returncode == 0, done.stderr
    assert_served(server, "app")
    with psycopg.connect(for_libpq(server)) as admin:
        row = admin.execute("select rolpassword from pg_authid where rolname = 'app'").fetchone()
    assert row
    assert row[0].startswith("SCRAM-SHA-256$")


def test_where_others_make_the_roles_what_is_printed_is_enough(server: str) -> None:
    with psycopg.connect(for_libpq(server), autocommit=True) as admin:
        admin.execute("create role plain login")
        refused = migrate(server, migration="plain", service="app")
        assert (refused.returncode, "migrate --sql-roles" in refused.stderr) == (1, True)
        printed = migrate(server, migration="plain", service="app", words=("--sql-roles",))
        for _ in range(2):
            admin.execute(printed.stdout.encode())
    done = migrate(server, migration="plain", service="app")
    assert done.returncode == 0, done.stderr
    assert_served(server, "app")
