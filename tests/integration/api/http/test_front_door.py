"""Who is asked before what: path, method, key, and only then whatever else is sent. Asked of every operation described."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

OPEN = {"/health/live", "/health/ready", "/v1/hooks/{connection}"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
#: No value that any operation takes.
BAD_QUERY = "cursor=zz&limit=x&lead_id=%ff&from=%00&overdue=2&format=xml&before=-1&reason=%00"
BAD_BODIES = {
    "no JSON": (b"{", "application/json"),
    "no body": (b"", "application/json"),
    "wrong type": (b"x", "text/plain"),
    "unknown field": (b'{"nothing": 1}', "application/json"),
    "too large": (b'"' + b"x" * 1_100_000 + b'"', "application/json"),
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def filled_in(path: str) -> str:
    return re.sub(r"\{\w+\}", "0", path)


async def every_bad_request(
    app: FastAPI, client: httpx.AsyncClient, headers: dict[str, str]
) -> list[tuple[str, str, httpx.Response]]:
    """Everything of each request is wrong: ids, query and body."""
    answers = []
    for method, path, operation in operations(app):
        if path in OPEN:
            continue
        for body, kind in list(BAD_BODIES.values()) if "requestBody" in operation else [(b"", "")]:
            sent = {**headers, **({"Content-Type": kind} if kind else {})}
            answer = await client.request(method, f"{filled_in(path)}?{BAD_QUERY}", content=body, headers=sent)
            answers.append((method, path, answer))
    return answers


async def test_without_a_key_every_operation_is_401_however_malformed_the_request(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    answers = await every_bad_request(app, client, {})
    assert len(answers) > 100
    for method, path, answer in answers:
        assert answer.status_code == 401, f"{method} {path}: {answer.text[:200]}"
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_without_the_scope_is_403_however_malformed_the_request(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    for method, path, answer in await every_bad_request(app, client, await sign_in("metrics")):
        if path != "/metrics":
            assert answer.status_code == 403, f"{method} {path}: {answer.text[:200]}"


async def test_what_an_admin_sends_malformed_is_refused_as_described(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    described = {(method, path): operation["responses"] for method, path, operation in operations(app)}
    for method, path, answer in await every_bad_request(app, client, await sign_in("admin")):
        assert str(answer.status_code) in described[method, path], f"{method} {path}: {answer.status_code}"
        assert answer.status_code in {400, 413, 415}, f"{method} {path}: {answer.text[:200]}"


async def test_another_method_is_405_and_allow_lists_all_that_the_path_takes(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    known = [(method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path))) for method, path, _ in operations(app)]
    tried = {"GET", "OPTIONS"}  # vendors' own, and in no description
    known += [(method, re.compile("/v1/hooks/[^/]+")) for method in tried]
    for path in {path for _, path, _ in operations(app)}:
        methods = {method for method, pattern in known if pattern.fullmatch(filled_in(path))}
        methods |= tried if path.startswith("/v1/hooks/") else set()
        methods |= {"HEAD"} if "GET" in methods else set()
        for method in METHODS - methods:
            answer = await client.request(method, filled_in(path))
            assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"
            assert set(answer.headers["allow"].split(", ")) == methods, f"{method} {path}"
            if method != "HEAD":
                assert answer.json()["code"] == "method-not-allowed"


async def test_an_unknown_path_is_404_whatever_the_method_and_the_key(
    client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    for headers in ({}, await sign_in("admin")):
        for method in METHODS:
            answer = await client.request(method, "/v1/nothing", headers=headers)
            assert answer.status_code == 404, method


async def test_head_answers_as_get_without_the_body(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    admin = await sign_in("admin")
    for path in ("/health/live", "/v1/keys", "/v1/audit?limit=0", "/docs", "/book/nothing"):
        got = await client.get(path, headers=admin)
        head = await client.head(path, headers=admin)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-length"] == got.headers["content-length"]
        assert head.headers["content-type"] == got.headers["content-type"]


async def test_no_address_redirects_to_another_one_by_a_slash(app: FastAPI, client: httpx.AsyncClient) -> None:
    for path in {path for _, path, _ in operations(app)} | {"/docs", "/openapi.json"}:
        answer = await client.get(f"{filled_in(path)}/", headers={"Host": "evil.example"})
        assert answer.status_code == 404, path
        assert "location" not in answer.headers


@pytest.mark.parametrize("hosts", [[], [b"a.example", b"b.example"], [b"a b"], [b"user@a.example"], [b"a.example/x"]])
async def test_http_1_1_without_one_well_formed_host_is_400(app: FastAPI, hosts: list[bytes]) -> None:
    answer = await asked(app, hosts, version="1.1")
    assert answer["status"] == 400
    assert (b"content-type", b"application/problem+json") in answer["headers"]


@pytest.mark.parametrize("host", [b"evil.example", b"10.0.0.1:8000", b"[::1]:8000", b"", b"a_b.example:"])
async def test_any_host_is_served(app: FastAPI, host: bytes) -> None:
    assert (await asked(app, [host], version="1.1"))["status"] == 200


async def test_http_1_0_needs_no_host(app: FastAPI) -> None:
    assert (await asked(app, [], version="1.0"))["status"] == 200


async def asked(app: FastAPI, hosts: list[bytes], *, version: str) -> dict[str, Any]:
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": version, "method": "GET", "scheme": "http",
        "path": "/health/live", "raw_path": b"/health/live", "query_string": b"", "root_path": "",
        "headers": [(b"host", host) for host in hosts], "client": None, "server": None,
    }  # fmt: skip
    await app(scope, receive, send)
    return answered[0]
