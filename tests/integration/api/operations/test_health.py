"""Health, metrics and the console."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import httpx
import psycopg
import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from pointsman.api.front.metrics import Metrics
from pointsman.api.front.observability import ObservabilityMiddleware
from pointsman.db.revision import HEAD_REVISION
from pointsman.domain.errors import Unavailable
from pointsman.main import create_app
from pointsman.services.operations import monitoring
from pointsman.services.ports import Env, Tx
from pointsman.settings import load_settings
from support.databases.roles import as_owner, for_libpq
from support.http.keys import SECRET, MakeKey
from support.http.service import client_of, serve

pytestmark = pytest.mark.anyio

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_a_migrated_service_is_ready_and_says_that_no_worker_runs(
    client: httpx.AsyncClient, own_database: str
) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["worker"] is False


async def test_a_worker_seen_lately_shows(client: httpx.AsyncClient, own_database: str) -> None:
    with psycopg.connect(own_database.replace("+psycopg", "")) as connection:
        connection.execute("insert into procrastinate_workers default values")
    assert (await client.get("/health/ready")).json()["worker"] is True


async def test_a_schema_behind_the_release_is_not_ready(client: httpx.AsyncClient, own_database: str) -> None:
    with psycopg.connect(for_libpq(as_owner(own_database))) as connection:
        connection.execute("update alembic_version set version_num = '0101'")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["faults"][0]["code"] == "not-migrated"


@pytest.mark.own_database
async def test_a_schema_that_cannot_be_used_is_not_ready(client: httpx.AsyncClient, own_database: str) -> None:
    with psycopg.connect(for_libpq(as_owner(own_database))) as connection:
        connection.execute("alter table alembic_version rename column version_num to number")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["faults"][0]["code"] == "unusable"


async def test_a_database_that_freezes_is_not_waited_for() -> None:
    """The driver waits until a frozen server has confirmed that its statement was interrupted."""
    thawed = asyncio.Event()

    class FrozenDatabase:
        @asynccontextmanager
        async def __call__(self) -> AsyncIterator[Tx]:
            try:
                await thawed.wait()
            except asyncio.CancelledError:
                await thawed.wait()
                raise
            raise AssertionError("nothing ever answers here")
            yield

    env = cast("Env", SimpleNamespace(uow=FrozenDatabase()))
    with pytest.raises(Unavailable, match="does not answer"):
        await monitoring.readiness(env, needs_revision=HEAD_REVISION, patience_s=0.01)
    assert not thawed.is_set()
    thawed.set()


async def test_without_a_database_it_lives_but_is_not_ready() -> None:
    app = create_app(load_settings(database_url=NOWHERE, secret_keys=SECRET))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client,
    ):
        assert (await client.get("/health/live")).status_code == 200
        for path in ("/health/ready", "/v1/keys"):
            answer = await client.get(path, headers={"Authorization": "Bearer pm_0123456789ab_" + "0" * 48})
            assert answer.status_code == 503, path
            assert answer.headers["retry-after"]
            assert answer.headers["content-type"] == "application/problem+json"


async def test_metrics_need_their_scope_and_count_by_route_template(
    client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    await client.delete("/v1/keys/somebody-in-particular", headers=await sign_in("admin"))
    assert (await client.get("/metrics", headers=await sign_in("read"))).status_code == 403
    text = (await client.get("/metrics", headers=await sign_in("metrics"))).text
    assert 'pointsman_requests_total{method="DELETE",route="/v1/keys/{key_id}",status="404"} 1.0' in text
    assert "somebody-in-particular" not in text
    assert "# TYPE pointsman_open_holds gauge" in text


def test_a_gauge_names_its_label_by_what_it_tells_apart() -> None:
    found = {"open_holds": {"no-rule": 2}, "overdue_holds": {"sdr": 1}, "decisions": {"held": 3}, "jobs": {"todo": 4}}
    shown = Metrics().render(found).decode()
    assert 'pointsman_open_holds{reason="no-rule"} 2.0' in shown
    assert 'pointsman_overdue_holds{pool="sdr"} 1.0' in shown
    assert 'pointsman_decisions{outcome="held"} 3.0' in shown
    assert 'pointsman_jobs{state="todo"} 4.0' in shown


async def test_an_unknown_path_does_not_become_a_label(
    client: httpx.AsyncClient, app: FastAPI, sign_in: MakeKey
) -> None:
    await client.get("/v1/leads-of/mara@example.com")
    text = (await client.get("/metrics", headers=await sign_in("metrics"))).text
    assert "mara" not in text


async def test_the_console_loads_nothing_from_elsewhere_and_forbids_it(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    found = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert found
    for address in found:
        assert address.startswith("/"), address
        assert (await client.get(address)).status_code == 200, address


async def test_the_console_can_be_switched_off(shared_database_url: str) -> None:
    settings = load_settings(database_url=shared_database_url, secret_keys=SECRET, docs=False)
    async with serve(settings) as app, client_of(app) as client:
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 404


async def test_a_request_is_logged_with_its_own_caller_and_not_with_the_one_before(app: FastAPI) -> None:
    """A pipelined request begins within the task of the request before it."""
    seen: list[dict[str, object]] = []

    async def inner(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(structlog.contextvars.get_contextvars())

    async def silent(*_: object) -> Message:
        return {"type": "http.disconnect"}

    structlog.contextvars.bind_contextvars(caller="key-of-the-request-before")
    scope = {"type": "http", "method": "GET", "path": "/nope", "headers": [(b"x-request-id", b"abc-2")], "app": app}
    await ObservabilityMiddleware(inner)(scope, silent, silent)  # type: ignore[arg-type]  # it is never called
    assert seen == [{"request_id": "abc-2"}]


async def test_answers_are_not_stored_and_carry_the_callers_request_id(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/keys", headers={"X-Request-ID": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    odd = await client.get("/v1/keys", headers={"X-Request-ID": "a b\t<script>"})
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["x-request-id"])
