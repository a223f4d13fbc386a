"""Alembic's environment: the URL comes from the caller's config or from POINTSMAN_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from pointsman.db.tables import metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def _url() -> str:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get("POINTSMAN_DATABASE_URL")
    if not url:
        raise SystemExit("Set POINTSMAN_DATABASE_URL to the database that should be migrated.")
    return url


def _offline() -> None:
    # A style without percent signs: with the driver's own, each one in a function's text would be doubled.
    style = {"paramstyle": "named"}
    context.configure(dialect_name="postgresql", dialect_opts=style, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    engine = create_engine(_url(), poolclass=pool.NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        # Two starters may migrate at once; and DDL must not queue for long behind a reader.
        connection.execute(text("select pg_advisory_lock(hashtext('pointsman-migrate'))"))
        connection.execute(text("set lock_timeout = '5s'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, include_name=_is_ours)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


if context.is_offline_mode():
    _offline()
else:
    _online()
