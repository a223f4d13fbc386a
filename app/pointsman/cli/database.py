"""`migrate`: bring the schema to where this release needs it."""

from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from pointsman.cli.session import AWAY, fail, out, settings
from pointsman.db import migrations


def migrate(
    *, sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of running it.")] = False
) -> None:
    """Bring the database's schema to this release. Safe to run again, and from several machines at once."""
    if sql:
        migrations.upgrade_sql()
        return
    apply(settings().database_url)
    out.print(f"The schema is at {migrations.head()}.", highlight=False)


def apply(url: str) -> None:
    """Migrate, or end the command with what is in the way."""
    try:
        with out.status("Migrating the database"):
            migrations.upgrade(url)
    except OperationalError as error:
        fail("The database does not answer.", str(error.orig).strip().splitlines()[0], code=AWAY)
