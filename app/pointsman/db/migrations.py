"""Bringing the schema to where this release needs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, pool

import pointsman
from pointsman.db.engine.extensions import require_extensions
from pointsman.db.engine.locale import require_utf8
from pointsman.db.engine.roles import ensure_service_login, restore_roles
from pointsman.db.engine.schema_check import find_missing
from pointsman.db.revision import HEAD_REVISION, is_newer

UNKNOWN_REVISION = (
    "The database was made by a version of Pointsman whose schema this version does not know. Run that version, or give"
    " this one an empty database. `make clean` forgets the embedded one, without a Makefile"
    " the deletion of the folder .pointsman."
)


class UnknownRevision(Exception):
    """A database that this release cannot migrate; the message says what to do."""


class SchemaIncomplete(Exception):
    """A database whose revision is this release's, and which lacks what that has: the tables and columns in `missing`."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"The schema is at {HEAD_REVISION}, and lacks {', '.join(missing)}.")
        self.missing = tuple(missing)


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


def upgrade_schema(url: str, *, service_url: str | None = None) -> str:
    """Migrate to `head`; the revision that the database is at. A later release's schema is left as it is.

    `url` is of a role that may become the owner, `service_url` of the login that serves, which is let in. Where nothing is
    to be migrated, any role that can read the revision will do. Safe to start from several processes at once: they wait
    for each other. Raises UnknownRevision, SchemaIncomplete, WrongEncoding or ExtensionsMissing, before anything is changed.
    """
    found = _upgrade(url)
    if service_url:
        ensure_service_login(url, service_url)
    return found


def _upgrade(url: str) -> str:
    heads = _heads(url)
    if len(heads) > 1:
        raise UnknownRevision(f"The table alembic_version does not name one revision: {', '.join(heads)}.")
    for found in heads:
        if found == HEAD_REVISION:
            _require_whole(url)
            restore_roles(url)
        if found == HEAD_REVISION or is_newer(found):
            return found
        if not is_known_revision(found):
            raise UnknownRevision(UNKNOWN_REVISION)
    if not heads:
        _require_fit_server(url)
    command.upgrade(_config(url), "head")
    return HEAD_REVISION


def _require_whole(url: str) -> None:
    with _engine(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        if missing := find_missing(driver):
            raise SchemaIncomplete(missing)


def _require_fit_server(url: str) -> None:
    with _engine(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        require_utf8(driver)
        require_extensions(driver)


def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=pool.NullPool, connect_args={"connect_timeout": 10})


def _heads(url: str) -> tuple[str, ...]:
    with _engine(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_heads()


def upgrade_sql() -> None:
    """Print the SQL from an empty database to `head`."""
    command.upgrade(_config(None), "head", sql=True)
