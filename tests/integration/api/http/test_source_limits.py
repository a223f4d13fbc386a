"""Strangers are limited by where they come from; who proves who they are is not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from pointsman.services.signed_links.tokens import LINK_PATH
from pointsman.settings import load_settings
from support.http.keys import SECRET
from support.http.service import headers_of_key, serve

pytestmark = pytest.mark.anyio

FEW = 5
WRONG = {"Authorization": f"Bearer pm_000000000000_{'0' * 48}"}


@pytest.fixture
async def limited(shared_database_url: str) -> AsyncIterator[FastAPI]:
    settings = load_settings(
        database_url=shared_database_url,
        secret_keys=SECRET,
        booking_page_requests_per_minute=FEW,
        refused_requests_per_minute=FEW,
    )
    async with serve(settings) as app:
        yield app


def client_at(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://pointsman.test")


async def statuses(client: httpx.AsyncClient, method: str, path: str, *, times: int, **given: Any) -> list[int]:
    return [(await client.request(method, path, **given)).status_code for _ in range(times)]


async def test_wrong_keys_are_looked_at_so_often_a_minute_from_one_source_and_known_ones_always(
    limited: FastAPI,
) -> None:
    right = await headers_of_key(limited.state.env, "read")
    async with client_at(limited, "2001:db8::1") as one, client_at(limited, "2001:db8::2") as near:
        assert (await one.get("/v1/leads", headers=right)).status_code == 200
        assert await statuses(one, "GET", "/v1/leads", times=FEW + 2, headers=WRONG) == [401] * FEW + [429] * 2
        assert (await near.get("/v1/leads")).status_code == 429, "of the same network"
        assert (await one.get("/v1/leads", headers=right)).status_code == 200
        assert await statuses(one, "GET", "/health/live", times=3) == [200] * 3
        refused = await one.post("/v1/leads", headers=WRONG, json={})
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
    async with client_at(limited, "192.0.2.9") as other:
        assert (await other.get("/v1/leads", headers=WRONG)).status_code == 401


async def test_wrong_signatures_are_limited_and_say_so_only_of_themselves(limited: FastAPI) -> None:
    async with client_at(limited, "192.0.2.1") as sender:
        assert await statuses(sender, "POST", "/v1/hooks/nothing", times=FEW + 1, content=b"{}") == [404] * FEW + [429]
        assert (await sender.get("/v1/leads", headers=WRONG)).status_code == 401, "keys are counted by themselves"


@pytest.mark.parametrize(("language", "title"), [("de", "Bitte versuchen Sie es gleich"), ("en", "Please try again")])
async def test_the_booking_page_is_limited_per_source_and_says_so_in_a_page(
    limited: FastAPI, language: str, title: str
) -> None:
    accept = {"Accept-Language": language}
    async with client_at(limited, "192.0.2.2") as buyer, client_at(limited, "192.0.2.3") as other:
        assert await statuses(buyer, "GET", f"{LINK_PATH}x", times=FEW) == [404] * FEW
        page = await buyer.get(f"{LINK_PATH}x", headers=accept)
        assert page.status_code == 429
        assert page.headers["content-type"].startswith("text/html")
        assert int(page.headers["retry-after"]) >= 1
        assert title in page.text
        assert (await other.get(f"{LINK_PATH}x", headers=accept)).status_code == 404


async def test_a_proxy_that_is_not_believed_is_said_once_in_the_log(limited: FastAPI) -> None:
    with capture_logs() as direct_log:
        async with client_at(limited, "192.0.2.7") as direct:
            await statuses(direct, "GET", "/v1/leads", times=FEW + 1, headers=WRONG)
    assert "POINTSMAN_TRUSTED_PROXIES" not in str(direct_log), "it forwards for no other"
    with capture_logs() as log:
        async with client_at(limited, "192.0.2.8") as proxy:
            forwarded = WRONG | {"X-Forwarded-For": "198.51.100.4"}
            answers = await statuses(proxy, "GET", "/v1/leads", times=FEW + 3, headers=forwarded)
    assert answers == [401] * FEW + [429] * 3
    assert str(log).count("POINTSMAN_TRUSTED_PROXIES") == 1
