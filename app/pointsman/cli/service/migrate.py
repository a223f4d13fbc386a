"""`migrate`: bring the schema to where this release needs it."""

from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

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
    revision = migrate_or_exit(settings_or_exit().database_url)
    newer = (
        "" if revision == HEAD_REVISION else f", newer than the {HEAD_REVISION} of this release: nothing was changed"
    )
    out.print(f"The schema is at {revision}{newer}.", highlight=False)


def migrate_or_exit(url: str) -> str:
    """Migrate, and the revision that the schema is at; or end the command with what is in the way."""
    try:
        with out.status("Migrating the database"):
            return migrations.upgrade_schema(url)
    except migrations.UnknownRevision as error:
        fail(str(error))
    except OperationalError as error:
        fail("The database does not answer.", _first_line(error), code=EXIT_DATABASE_DOWN)
    except DBAPIError as error:
        said = "The database refuses the migration; it was undone. Give Pointsman a database that its role owns."
        fail(said, _first_line(error))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
