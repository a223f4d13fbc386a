"""The doctor's look at roles, guards, and what the schema lacks."""

import psycopg
import pytest

from pointsman.db.engine.guard_check import GUARDS, check_guards
from pointsman.db.engine.schema_check import find_missing
from pointsman.domain.messages.message import Message
from support.databases.roles import SERVICE_LOGIN, as_owner, for_libpq
from support.programs.command_line import pointsman
from support.wording import english

TRIGGERS = (
    "select c.relname || '.' || t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
    " where not t.tgisinternal and c.relnamespace = 'public'::regnamespace"
    " and t.tgname !~ '_keep_whole$' and c.relname !~ '^procrastinate'"
)


def told(messages: tuple[Message, ...]) -> tuple[str, ...]:
    return tuple(english(message) for message in messages)


def test_it_knows_every_guard_that_the_migrations_make(shared_database_url: str) -> None:
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        assert {name for (name,) in connection.execute(TRIGGERS)} == GUARDS


def test_of_the_service_s_role_and_whole_guards_nothing_is_said(shared_database_url: str) -> None:
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        report = check_guards(connection)
    assert (report.role, report.excess, report.faults) == (SERVICE_LOGIN, (), ())
    assert "serves, and may do no more. The guards are whole." in pointsman("doctor", url=shared_database_url).stdout


@pytest.mark.own_database
def test_a_role_that_may_do_more_and_guards_that_are_off_are_said(database_url: str, owner_url: str) -> None:
    seen = pointsman("doctor", url=owner_url)
    assert (seen.returncode, "is a superuser" in seen.stdout) == (1, True)
    assert "ist ein Superuser" in pointsman("doctor", url=owner_url, POINTSMAN_LANGUAGE="de").stdout
    with psycopg.connect(for_libpq(owner_url), autocommit=True) as connection:
        connection.execute("alter table assignments disable trigger assignments_guard")
        connection.execute("drop trigger audit_keep on audit")
        connection.execute("alter function pointsman_guard_work(uuid, uuid, text, uuid, uuid) reset search_path")
        connection.execute("grant delete on audit to pointsman_service")
        connection.execute("grant create on schema public to pointsman_service")
    with psycopg.connect(for_libpq(database_url)) as connection:
        report = check_guards(connection)
    assert told(report.excess) == ("may change history", "may create tables")
    assert told(report.faults) == (
        "audit.audit_keep is missing",
        "assignments.assignments_guard is switched off",
        "pointsman_guard_work runs as its caller",
    )
    seen = pointsman("doctor", url=database_url)
    assert seen.returncode == 1
    assert "audit.audit_keep is missing" in seen.stdout
    assert "may change history" in seen.stdout


@pytest.mark.own_database
def test_a_restored_database_is_closed_to_the_public_again_by_migrate(database_url: str, owner_url: str) -> None:
    """A dump keeps no right on the database itself."""
    with psycopg.connect(for_libpq(owner_url), autocommit=True) as connection:
        connection.execute(
            "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$"
        )
    assert "may make temporary tables" in pointsman("doctor", url=database_url).stdout
    assert pointsman("migrate", url=owner_url).returncode == 0
    seen = pointsman("doctor", url=database_url).stdout
    assert "serves, and may do no more" in seen, seen


def test_the_owner_s_own_login_is_said_to_be_too_much(shared_database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(shared_database_url))) as connection:
        connection.execute("set role pointsman_owner")
        assert told(check_guards(connection).excess) == ("may act as the owner",)


def test_a_database_of_this_release_lacks_nothing(shared_database_url: str) -> None:
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        assert find_missing(connection) == ()


@pytest.mark.own_database
def test_a_column_and_a_table_that_are_missing_are_said_with_what_to_do(owner_url: str) -> None:
    with psycopg.connect(for_libpq(owner_url), autocommit=True) as connection:
        connection.execute("alter table deliveries drop column error_code")
        connection.execute("drop table slot_holds cascade")
        assert find_missing(connection) == ("deliveries.error_code", "slot_holds")
    for command in ("doctor", "migrate"):
        done = pointsman(command, url=owner_url)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1
        assert "and lacks deliveries.error_code and slot_holds." in said
        assert "made by an unreleased version of Pointsman" in said
        assert "make it anew" in said
