"""The service over HTTP, without a socket.

Building its routes takes longer than most tests, so a process builds them once for all tests with the same settings;
each test gives them an Env of its own.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
from fastapi import FastAPI

from pointsman.api.front.source_limits import SourceLimits
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.permissions.callers import CallerKind
from pointsman.main import build_routes, serve_env
from pointsman.services.operations.api_keys import create_key
from pointsman.services.ports import Actor, Env
from pointsman.settings import Settings, load_settings
from pointsman.wiring import wire_over
from support.databases.kept_engines import STATEMENT_TIMEOUT_MS, lend_engine
from support.http.keys import SECRET

BASE_URL = "http://pointsman.test"

#: What a database needs, and routes do not.
NOT_FOR_ROUTES = {"database_url", "pool_size", "statement_timeout_ms", "secret_keys", "private_networks"}

_idle: dict[str, list[FastAPI]] = {}


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[FastAPI]:
    """The service as `create_app` makes it."""
    default = Settings.model_fields["statement_timeout_ms"].default
    timeout_ms = STATEMENT_TIMEOUT_MS if settings.statement_timeout_ms == default else settings.statement_timeout_ms
    async with lend_engine(
        settings.database_url, pool_size=settings.pool_size, statement_timeout_ms=timeout_ms
    ) as engine:
        wired = wire_over(engine, settings)
        try:
            with _routes(settings) as app:
                serve_env(app, settings, env=wired.env, connectors=wired.connectors)
                _unlimited(app, settings)
                yield app
        finally:
            await wired.gateway.aclose()


@contextmanager
def serve_floor(env: Env) -> Iterator[FastAPI]:
    """The service over an Env that is there already."""
    settings = load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)
    with _routes(settings) as app:
        serve_env(app, settings, env=env, connectors=ConnectorRegistry.discover())
        _unlimited(app, settings)
        yield app


@asynccontextmanager
async def client_of(
    app: FastAPI, *, raise_app_exceptions: bool = True, headers: dict[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends no key unless `headers` have one."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_app_exceptions)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as opened:
        yield opened


@asynccontextmanager
async def caller_of(app: FastAPI, *scopes: str, **binding: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a new key of these scopes. See `headers_of_key`."""
    async with client_of(app, headers=await headers_of_key(app.state.env, *scopes, **binding)) as opened:
        yield opened


async def headers_of_key(env: Env, *scopes: str, **binding: str | None) -> dict[str, str]:
    """The headers of a caller with a new key of these scopes, bound to a `supplier`, a `rep` or to nothing."""
    made = await create_key(env, name="test", scopes=scopes, **binding, actor=Actor(name="test", kind=CallerKind.ADMIN))
    return {"Authorization": f"Bearer {made.token}"}


def _unlimited(app: FastAPI, settings: Settings) -> None:
    """All tests come from one address, and ask more than people do; who tests the limits gives settings for them."""
    if not settings.model_fields_set & {"booking_page_requests_per_minute", "refused_requests_per_minute"}:
        app.state.source_limits = SourceLimits.of(page_per_minute=0, refused_per_minute=0, monotonic=time.monotonic)


@contextmanager
def _routes(settings: Settings) -> Iterator[FastAPI]:
    """Routes that no other test, and nobody else in this one, uses meanwhile."""
    idle = _idle.setdefault(settings.model_dump_json(exclude=NOT_FOR_ROUTES), [])
    app = idle.pop() if idle else build_routes(settings)
    try:
        yield app
    finally:
        idle.append(app)
