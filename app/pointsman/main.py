"""The one place where things are wired together."""

import gc
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman import __version__
from pointsman.api import console, openapi, problems, routers
from pointsman.api.booking_page.rendering import Pages
from pointsman.api.limits import Limits
from pointsman.api.metrics import Metrics
from pointsman.api.observe import Observe
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import Lender
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.invitations import IcalendarInvitations
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault
from pointsman.db import migrations
from pointsman.db.engine import make_engine
from pointsman.db.uow import SqlUnitOfWork
from pointsman.domain.ids import uuid7
from pointsman.logs import configure_logs
from pointsman.services.keys import KeyRing
from pointsman.services.ports import Env
from pointsman.settings import Settings, load_settings


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid7(utc_now(), os.urandom(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """Everything that a process of the service is made of; `aclose` when it ends."""

    env: Env
    engine: AsyncEngine
    connectors: ConnectorRegistry
    lender: Lender

    async def aclose(self) -> None:
        await self.lender.aclose()
        await self.engine.dispose()


def wire(settings: Settings, *, name: str, pool_size: int | None = None) -> Wired:
    """The same parts for the API, the worker and the command line. Nothing is opened yet."""
    engine = make_engine(
        settings.database_url,
        pool_size=pool_size or settings.pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
        name=name,
    )
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    connectors = ConnectorRegistry.discover()
    lender = Lender(clock=utc_now, allowed=settings.private_networks)
    gateway = ConnectorGateway(registry=connectors, vault=vault, lender=lender)
    env = Env(
        uow=SqlUnitOfWork(engine),
        clock=utc_now,
        new_id=new_id,
        calendars=gateway,
        crm=ConnectorCrm(gateway=gateway, registry=connectors),
        invitations=IcalendarInvitations(),
        secrets=vault,
        public_url=settings.public_url,
    )
    return Wired(env=env, engine=engine, connectors=connectors, lender=lender)


def create_app(settings: Settings) -> FastAPI:
    """The HTTP service. Nothing is opened before the first request; the pool closes with the app."""
    wired = wire(settings, name="pointsman-api")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await wired.aclose()

    app = _bare_app(settings, lifespan)
    app.state.env = wired.env
    app.state.connectors = wired.connectors
    app.state.keys = KeyRing(app.state.env, monotonic=time.monotonic)
    app.state.metrics = Metrics()
    app.state.booking_pages = Pages(organisation=settings.organisation, embedded_in=settings.booking_page_embedded_in)
    app.state.revision = migrations.head()
    problems.install(app)
    for router in routers.ALL:
        app.include_router(router)
    openapi.install(app, public_url=settings.public_url, clock=wired.env.clock)
    app.add_middleware(
        Limits,
        max_body_bytes=settings.max_body_bytes,
        max_json_depth=settings.max_json_depth,
        receive_timeout_s=settings.receive_timeout_s,
    )
    app.add_middleware(Observe, metrics=app.state.metrics)  # the last one added is the outermost
    return app


def _bare_app(settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    about: dict[str, Any] = {"title": "Pointsman", "version": __version__, "lifespan": lifespan, "redoc_url": None}
    if not settings.docs:
        return FastAPI(**about, docs_url=None, openapi_url=None)
    app: FastAPI = FastAPIOffline(docs_url=None, **about)
    console.install(app)
    return app


def from_environment() -> FastAPI:
    """The HTTP service as the environment describes it: what a server process calls."""
    settings = load_settings()
    configure_logs(form=settings.log_format, level=settings.log_level)
    app = create_app(settings)
    settle_memory()
    return app


def settle_memory() -> None:
    """For a process that serves or works from now on: what exists by now stays, so the collector need not look at it.

    Looking at all modules again and again took a tenth of a decision's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
