"""Bringing the schema to where this release needs it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError

import pointsman
from pointsman.db.revision import HEAD_REVISION, is_newer

UNKNOWN_REVISION = (
    "The database was made by a version of Pointsman whose schema this version does not know. Run that version, or give"
    " this one an empty database. `make clean` forgets the embedded one."
)


class UnknownRevision(Exception):
    """A database that this release cannot migrate; the message says what to do."""


def _scripts() -> Path:
    """In an installed wheel the migrations lie inside the package, in a checkout beside `app/`."""
    package = Path(pointsman.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parents[1] / "migrations"


def _config(url: str | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if url:
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def is_known_revision(revision: str) -> bool:
    """Whether this release can migrate from there. Until the first release migrations are changed in place, and so are
    their numbers: a database of an earlier day is told from one of today.
    """
    return revision in {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}


def upgrade_schema(url: str) -> str:
    """Migrate to `head`; the revision that the database is at. A later release's schema is left as it is.

    Safe to start from several processes at once: they wait for each other. Raises UnknownRevision, before anything is
    changed.
    """
    try:
        command.upgrade(_config(url), "head")
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise UnknownRevision(f"The table alembic_version does not name one revision: {error}.") from error
        found = str(error.__cause__.argument)
        if is_newer(found):
            return found
        raise UnknownRevision(UNKNOWN_REVISION) from error
    return HEAD_REVISION


def upgrade_sql() -> None:
    """Print the SQL from an empty database to `head`."""
    command.upgrade(_config(None), "head", sql=True)
