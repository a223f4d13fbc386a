"""The one place where things are wired together."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman import __version__
from pointsman.api import problems, routers
from pointsman.db.engine import make_engine
from pointsman.db.uow import SqlUnitOfWork
from pointsman.domain.ids import uuid7
from pointsman.services.keys import KeyRing
from pointsman.services.ports import Env
from pointsman.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid7(utc_now(), os.urandom(10))


def build_env(settings: Settings, engine: AsyncEngine) -> Env:
    """The world of the use cases, the same for the API, the worker and the command line."""
    return Env(
        uow=SqlUnitOfWork(engine),
        clock=utc_now,
        new_id=new_id,
        calendars=None,  # type: ignore[arg-type]
        secrets=None,  # type: ignore[arg-type]
        public_url=settings.public_url,
    )


def create_app(settings: Settings) -> FastAPI:
    engine = make_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
        name="pointsman-api",
    )
    env = build_env(settings, engine)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app: FastAPI = FastAPIOffline(title="Pointsman", version=__version__, lifespan=lifespan)
    app.state.env = env
    app.state.keys = KeyRing(env, monotonic=time.monotonic)
    problems.install(app)
    for router in routers.ALL:
        app.include_router(router)
    return app
