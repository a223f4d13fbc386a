"""`migrate`: bring the schema to where this release needs it."""

import os
from typing import Annotated

import psycopg
import typer
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from pointsman.cli.output import EXIT_DATABASE_DOWN, EXIT_MISUSED, busy, err, fail, refuse, show, tell, word
from pointsman.cli.settings import settings_or_exit
from pointsman.db import migrations
from pointsman.db.engine.extensions import ExtensionsMissing
from pointsman.db.engine.locale import WrongEncoding, find_poor_ctype
from pointsman.db.engine.roles import SameLogin, roles_sql
from pointsman.db.revision import HEAD_REVISION
from pointsman.domain.messages.message import first_of
from pointsman.settings import PREFIX, Settings, with_one_driver

MIGRATION_URL, SERVICE_URL = f"{PREFIX}MIGRATION_DATABASE_URL", f"{PREFIX}DATABASE_URL"
_WHICH_DATABASE = "select oid, pg_postmaster_start_time() from pg_database where datname = current_database()"
_THERE_ALREADY = (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject, psycopg.errors.DuplicateFunction)


def migrate(
    *,
    sql: Annotated[bool, typer.Option("--sql", help="help.migrate.sql")] = False,
    sql_roles: Annotated[bool, typer.Option("--sql-roles", help="help.migrate.sql-roles")] = False,
) -> None:
    """Bring the database's schema to this release. Safe to run again, and from several machines at once."""
    if sql_roles:
        _print_roles()
        return
    if sql:
        migrations.upgrade_sql()
        return
    revision = migrate_or_exit(settings_or_exit())
    if revision == HEAD_REVISION:
        tell("cli-doctor.schema", needed=revision)
    else:
        tell("cli-service.schema-newer", found=revision, needed=HEAD_REVISION)


def _print_roles() -> None:
    """By the two settings alone: an administrator has no key of the service, and needs no database yet."""
    urls: dict[str, str | None] = {}
    for name in (MIGRATION_URL, SERVICE_URL):
        try:
            urls[name] = with_one_driver(given) if (given := os.environ.get(name)) else None
        except ValueError as error:
            refuse(f"{name}: {error}", code=EXIT_MISUSED)
    try:
        show(roles_sql(migration_url=urls[MIGRATION_URL], service_url=urls[SERVICE_URL]))
    except SameLogin as error:
        fail("cli-service.one-login", first=MIGRATION_URL, second=SERVICE_URL, login=str(error), code=EXIT_MISUSED)


def migrate_or_exit(settings: Settings) -> str:
    """Migrate, and the revision that the schema is at; or end the command with what is in the way."""
    url = settings.migration_database_url or settings.database_url
    try:
        with busy("cli-service.migrating"):
            revision = migrations.upgrade_schema(url, service_url=settings.database_url)
    except migrations.SchemaIncomplete as error:
        fix, missing = word("cli-doctor.schema-incomplete-fix"), first_of(error.missing, 5)
        fail("cli-doctor.schema-incomplete", fix, needed=HEAD_REVISION, missing=missing)
    except (migrations.UnknownRevision, ExtensionsMissing, WrongEncoding) as error:
        refuse(str(error))
    except (OperationalError, psycopg.OperationalError) as error:
        name = MIGRATION_URL if settings.migration_database_url else SERVICE_URL
        fail("cli-service.no-way-in", first_line(error), name=name, code=EXIT_DATABASE_DOWN)
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        foreign = isinstance(cause, _THERE_ALREADY)
        fail("cli-service.not-empty" if foreign else "cli-service.migration-refused", first_line(error))
    except (SQLAlchemyError, CommandError) as error:
        fail("cli-service.undone", first_line(error))
    if settings.migration_database_url:
        _try_service(_for_libpq(url), settings.conninfo, revision)
    _warn_of_locale(_for_libpq(url))
    return revision


def _warn_of_locale(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        if poor := find_poor_ctype(connection):
            tell("cli-doctor.ctype", on=err, ctype=poor)
            tell("cli-doctor.ctype-fix", on=err)


def _try_service(migration: str, service: str, revision: str) -> None:
    """Neither shows in migrating: a login that was there before keeps its password, and its URL may name another database."""
    try:
        with (
            psycopg.connect(migration, autocommit=True, connect_timeout=10) as first,
            psycopg.connect(service, autocommit=True, connect_timeout=10) as second,
        ):
            same = first.execute(_WHICH_DATABASE).fetchone() == second.execute(_WHICH_DATABASE).fetchone()
    except psycopg.OperationalError as error:
        told = {"revision": revision, "name": SERVICE_URL}
        fail("cli-service.no-way-in-after", first_line(error), code=EXIT_DATABASE_DOWN, **told)
    if not same:
        fail("cli-service.two-databases", first=MIGRATION_URL, second=SERVICE_URL, revision=revision)


def _for_libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def first_line(error: Exception) -> str:
    """What the database said, in one line."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return said.splitlines()[0] if said else type(error).__name__
