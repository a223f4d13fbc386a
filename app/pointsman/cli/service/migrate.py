"""`migrate`: bring the schema to where this release needs it."""

from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from pointsman.cli.output import EXIT_DATABASE_DOWN, fail, out
from pointsman.cli.settings import settings_or_exit
from pointsman.db import migrations
from pointsman.db.revision import HEAD_REVISION


def migrate(
    *, sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of running it.")] = False
) -> None:
    """Bring the database's schema to this release. Safe to run again, and from several machines at once."""
    if sql:
        migrations.upgrade_sql()
        return
    migrate_or_exit(settings_or_exit().database_url)
    out.print(f"The schema is at {HEAD_REVISION}.", highlight=False)


def migrate_or_exit(url: str) -> None:
    """Migrate, or end the command with what is in the way."""
    try:
        with out.status("Migrating the database"):
            migrations.upgrade_schema(url)
    except migrations.UnknownRevision as error:
        fail(str(error))
    except OperationalError as error:
        fail("The database does not answer.", str(error.orig).strip().splitlines()[0], code=EXIT_DATABASE_DOWN)
