"""`migrate`: bring the schema to where this release needs it."""

import os
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from pointsman.cli.output import EXIT_DATABASE_DOWN, fail, out
from pointsman.cli.settings import settings_or_exit
from pointsman.db import migrations
from pointsman.db.engine.roles import roles_sql
from pointsman.db.revision import HEAD_REVISION
from pointsman.settings import PREFIX, Settings

REFUSED = (
    "The database refuses the migration; it was undone. Name in POINTSMAN_MIGRATION_DATABASE_URL a role that owns the"
    " database and may create roles, or have an administrator run what `pointsman migrate --sql-roles` prints."
)


def migrate(
    *,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of running it.")] = False,
    sql_roles: Annotated[
        bool, typer.Option("--sql-roles", help="Print the SQL that makes the roles, for an administrator to run first.")
    ] = False,
) -> None:
    """Bring the database's schema to this release. Safe to run again, and from several machines at once."""
    if sql_roles:
        urls = {name: os.environ.get(f"{PREFIX}{name}") for name in ("MIGRATION_DATABASE_URL", "DATABASE_URL")}
        typer.echo(roles_sql(migration_url=urls["MIGRATION_DATABASE_URL"], service_url=urls["DATABASE_URL"]))
        return
    if sql:
        migrations.upgrade_sql()
        return
    revision = migrate_or_exit(settings_or_exit())
    newer = (
        "" if revision == HEAD_REVISION else f", newer than the {HEAD_REVISION} of this release: nothing was changed"
    )
    out.print(f"The schema is at {revision}{newer}.", highlight=False)


def migrate_or_exit(settings: Settings) -> str:
    """Migrate, and the revision that the schema is at; or end the command with what is in the way."""
    url = settings.migration_database_url or settings.database_url
    try:
        with out.status("Migrating the database"):
            return migrations.upgrade_schema(url, service_url=settings.database_url)
    except migrations.UnknownRevision as error:
        fail(str(error))
    except (OperationalError, psycopg.OperationalError) as error:
        fail("The database does not answer.", _first_line(error), code=EXIT_DATABASE_DOWN)
    except (DBAPIError, psycopg.Error) as error:
        fail(REFUSED, _first_line(error))


def _first_line(error: DBAPIError | psycopg.Error) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
