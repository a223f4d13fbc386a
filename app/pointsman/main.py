"""The one place where things are wired together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

from pointsman import __version__
from pointsman.api import routers
from pointsman.api.booking_page.problem_pages import ProblemPagesMiddleware, booking_problem_page
from pointsman.api.booking_page.rendering import PageRenderer
from pointsman.api.front.front_door import FrontDoorMiddleware
from pointsman.api.front.metrics import Metrics
from pointsman.api.front.observability import ObservabilityMiddleware
from pointsman.api.front.query_names import check_query_names
from pointsman.api.front.source_limits import SourceLimits, SourceLimitsMiddleware
from pointsman.api.http import problem_handlers
from pointsman.api.http.auth import describe_operation
from pointsman.api.http.body_limits import BodyLimitsMiddleware
from pointsman.api.lead_pages.page_errors import lead_problem_page
from pointsman.api.lead_pages.rendering import LeadPageRenderer
from pointsman.api.openapi import console
from pointsman.api.openapi import document as openapi
from pointsman.api.policies.yaml_reader import yaml_outcome
from pointsman.connectors.pace.masks import MaskedLines
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.examples import connection_examples
from pointsman.connectors.signatures import scheme_components
from pointsman.db.revision import HEAD_REVISION
from pointsman.domain.text.strict_json import json_outcome
from pointsman.logs import configure_logs
from pointsman.services.operations.api_keys import ApiKeyAuthenticator
from pointsman.services.ports import Env
from pointsman.services.signed_links.lead_page import LEAD_PAGE_PATH
from pointsman.services.signed_links.tokens import LINK_PATH
from pointsman.settings import Settings, load_settings
from pointsman.wiring import Wired, settle_memory, utc_now, wire

__all__ = ["Wired", "create_app", "from_environment", "settle_memory", "utc_now", "wire"]


def create_app(settings: Settings) -> FastAPI:
    """The HTTP service. Nothing is opened before the first request; the pool closes with the app."""
    wired = wire(settings, name="pointsman-api")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        wired.env.readers.warm(yaml_outcome, json_outcome)
        yield
        await wired.aclose()

    app = build_routes(settings, lifespan)
    serve_env(app, settings, env=wired.env, connectors=wired.connectors)
    return app


def build_routes(
    settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
) -> FastAPI:
    """Everything of the service that knows no database; `serve_env` gives it one before the first request."""
    app = _bare_app(settings, lifespan)
    app.state.revision = HEAD_REVISION
    problem_handlers.install_problem_handlers(app)
    for router in routers.ALL:
        for route in router.routes:
            describe_operation(route)  # no endpoint without its row in the table of permissions
        app.include_router(router, dependencies=[Depends(check_query_names)])
    openapi.install_openapi(
        app,
        public_url=settings.public_url,
        clock=utc_now,
        components=scheme_components(),
        connection_examples=lambda: connection_examples(ConnectorRegistry.discover()),
    )
    app.add_middleware(
        BodyLimitsMiddleware,
        max_body_bytes=settings.max_body_bytes,
        max_json_depth=settings.max_json_depth,
        receive_timeout_s=settings.receive_timeout_s,
    )
    app.add_middleware(FrontDoorMiddleware, routes=[route for router in routers.ALL for route in router.routes])
    app.add_middleware(SourceLimitsMiddleware)
    app.add_middleware(ObservabilityMiddleware)
    # The last one added is the outermost.
    app.add_middleware(ProblemPagesMiddleware, below=LEAD_PAGE_PATH, page=lead_problem_page)
    app.add_middleware(ProblemPagesMiddleware, below=LINK_PATH, page=booking_problem_page)
    return app


def serve_env(app: FastAPI, settings: Settings, *, env: Env, connectors: ConnectorRegistry) -> None:
    """Let the endpoints work with `env`, its API keys and these connectors from now on, and count from zero."""
    app.state.env = env
    app.state.connectors = connectors
    app.state.keys = ApiKeyAuthenticator(env, monotonic=time.monotonic)
    app.state.source_limits = SourceLimits.of(
        page_per_minute=settings.booking_page_requests_per_minute,
        refused_per_minute=settings.refused_requests_per_minute,
        monotonic=time.monotonic,
    )
    app.state.metrics = Metrics()
    app.state.booking_pages = PageRenderer(
        organisation=settings.organisation, embedded_in=settings.booking_page_embedded_in
    )
    links = settings.start_page_links
    app.state.lead_pages = LeadPageRenderer(
        organisation=settings.organisation, shows_console=settings.docs, start_links=Path(links) if links else None
    )


def _bare_app(settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None) -> FastAPI:
    about: dict[str, Any] = {"title": "Pointsman", "version": __version__, "lifespan": lifespan, "redoc_url": None}
    about["redirect_slashes"] = False  # one address for each thing, and none that is made of the caller's Host
    if not settings.docs:
        return FastAPI(**about, docs_url=None, openapi_url=None)
    app: FastAPI = FastAPIOffline(docs_url=None, **about)
    console.install_console(app)
    return app


def from_environment() -> FastAPI:
    """The HTTP service as the environment describes it: what a server process calls."""
    settings = load_settings()
    configure_logs(form=settings.log_format, level=settings.log_level, filters=[MaskedLines()])
    app = create_app(settings)
    settle_memory()
    return app
