"""Alembic's environment: the URL comes from the caller's config or from the settings' variables.

Everything is made as the owner, whose part the connecting role takes.
"""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from pointsman.db.engine.roles import MAKE_ROLES, OWNER
from pointsman.db.tables import metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def _url() -> str:
    variables = ("POINTSMAN_MIGRATION_DATABASE_URL", "POINTSMAN_DATABASE_URL")
    urls = [context.config.get_main_option("sqlalchemy.url"), *(os.environ.get(name) for name in variables)]
    for url in urls:
        if url:
            return url
    raise SystemExit("Set POINTSMAN_MIGRATION_DATABASE_URL to the database that should be migrated.")


def _offline() -> None:
    # A style without percent signs: with the driver's own, each one in a function's text would be doubled.
    style = {"paramstyle": "named"}
    context.configure(dialect_name="postgresql", dialect_opts=style, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.execute(f"set role {OWNER}")
        context.run_migrations()


def _online() -> None:
    engine = create_engine(_url(), poolclass=pool.NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        # Two starters may migrate at once; and DDL must not queue for long behind a reader.
        connection.execute(text("select pg_advisory_lock(hashtext('pointsman-migrate'))"))
        connection.execute(text("set lock_timeout = '5s'"))
        connection.execute(text(MAKE_ROLES.replace(":", r"\:")))
        connection.execute(text(f"set role {OWNER}"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, include_name=_is_ours)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


if context.is_offline_mode():
    _offline()
else:
    _online()
