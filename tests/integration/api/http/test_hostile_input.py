"""Hostile requests get 4xx with a reason, never 5xx, on every route that takes a body."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.settings import Settings, load_settings
from support.http.keys import SECRET, MakeKey
from support.http.service import headers_of_key, serve
from support.waiting import PATIENCE_S, PAUSE_S

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
SOMEBODY = "0198c0de-0000-7000-8000-000000000001"

#: Bodies that are no storable JSON object. Each is sent to every route that takes a body.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not json": b"{",
    "a word": b"hello",
    "single quotes": b"{'name': 'x'}",
    "trailing comma": b'{"name": "x",}',
    "two documents": b'{"name": "x"}{"name": "y"}',
    "comment": b'{"name": "x"} // y',
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "utf-16": '{"name": "x"}'.encode("utf-16"),
    "latin-1": '{"name": "Müller"}'.encode("latin-1"),
    "overlong utf-8": b'{"name": "\xc0\xaf"}',
    "surrogate as utf-8": b'{"name": "\xed\xa0\x80"}',
    "raw nul": b'{"name": "a\x00b"}',
    "raw control character": b'{"name": "a\x01b"}',
    "escaped nul": b'{"name": "a\\u0000b"}',
    "escaped nul in a key": b'{"na\\u0000me": "x"}',
    "nul alone": b"\x00",
    "lone high surrogate": b'{"name": "\\ud800"}',
    "lone low surrogate": b'{"name": "\\udfff"}',
    "surrogates in the wrong order": b'{"name": "\\udc00\\ud800"}',
    "cut escape": b'{"name": "\\u00"}',
    "doubled key": b'{"name": "x", "name": "y"}',
    "doubled key within": b'{"name": {"a": 1, "a": 2}}',
    "nan": b'{"name": NaN}',
    "infinity": b'{"name": Infinity}',
    "minus infinity": b'{"name": -Infinity}',
    "1e400": b'{"name": 1e400}',
    "number bomb": b'{"name": 1e131071}',
    "tiny number": b'{"name": 1e-131071, "other": 1e-300}',
    "65 bits": b'{"name": 18446744073709551616}',
    "5000 digits": b'{"name": ' + b"7" * 5000 + b"}",
    "minus zero padded": b'{"name": -01}',
    "hex": b'{"name": 0x10}',
    "deep arrays": b"[" * 500 + b"]" * 500,
    "deep objects": b'{"a":' * 500 + b"1" + b"}" * 500,
    "very deep arrays": b"[" * 5_000 + b"]" * 5_000,
    "never closed": b'{"a":' * 5_000,
    "null": b"null",
    "true": b"true",
    "number": b"12",
    "text": b'"x"',
    "array": b"[]",
    "array of arrays": b"[[[[1]]]]",
    "empty object with unknown key": b'{"__proto__": {"admin": true}}',
    "unknown keys": json.dumps({f"key{n}": n for n in range(5000)}).encode(),
    "wrong types": json.dumps(
        {
            name: [{"x": 1}]
            for name in ("name", "scopes", "email", "key", "title", "document", "lead_id", "start", "reason", "mapping")
        }
    ).encode(),
    "everything is null": json.dumps(dict.fromkeys(("name", "scopes", "email", "key", "lead_id", "document"))).encode(),
    "64 bits where 32 are stored": json.dumps({"name": "x", "expires_in_days": 2**62, "weight": 2**62}).encode(),
    "long text": json.dumps({"name": "x" * 200_000}).encode(),
    "right to left and zero width": json.dumps({"name": "\u202e\u200b\ufeff" * 100}).encode(),
    "sql": json.dumps({"name": "'; drop table leads; --"}).encode(),
    "many small arrays": b"[" + b"[]," * 10_000 + b"[]]",
}


def writing_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and address of every operation that takes a body; paths get some value."""
    routes = []
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                address = path
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] == "path":
                        kind = parameter["schema"]
                        value = SOMEBODY if kind.get("format") == "uuid" else "1" if kind["type"] == "integer" else "x"
                        address = address.replace("{" + parameter["name"] + "}", value)
                routes.append((method.upper(), address))
    return routes


@pytest.fixture
async def admin(sign_in: MakeKey) -> dict[str, str]:
    return await sign_in("admin")


#: These answer 200 with what they found, whatever was given.
JUDGES = {"/v1/policies/check"}

#: As `BODIES`, for the routes that take YAML.
YAML_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not yaml": b"a: [",
    "a tag that makes objects": b"!!python/object/apply:os.system ['true']",
    "nul": b'a: "x\\0y"',
    "lone surrogate": b'a: "\\ud800"',
    "not a number": b"a: .nan",
    "infinite": b"a: -.inf",
    "5000 digits": b"a: " + b"7" * 5000,
    "a date": b"a: 2026-11-22",
    "keys that are no text": b"1: x\n2026-11-22: y\n? [a, b]\n: z",
    "doubled key": b"rules: []\nrules: []",
    "aliases that multiply": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (n, n, *[n - 1] * 7) for n in range(98, 107)),
    "itself": b"&a [*a]",
    "deep": b"[" * 5000 + b"]" * 5000,
    "deep by indentation": b"".join(b" " * n + b"a:\n" for n in range(1200)),
    "bad utf-8": b"a: \xff",
    "two documents": b"a: 1\n---\nb: 2",
}


def judge(answer: httpx.Response, what: str) -> None:
    assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json", what
    body = answer.json()
    assert body["status"] == answer.status_code, what
    assert body["type"] == f"urn:pointsman:problem:{body['code']}", what
    assert body["detail"], what


async def test_no_hostile_body_gets_past_or_breaks_any_route(
    client: httpx.AsyncClient, app: FastAPI, admin: dict[str, str]
) -> None:
    routes = writing_routes(app)
    assert len(BODIES) >= 40
    assert ("POST", "/v1/keys") in routes
    for method, address in routes:
        for name, body in BODIES.items():
            answer = await client.request(method, address, content=body, headers={**admin, **JSON})
            if address not in JUDGES or answer.status_code != 200:
                judge(answer, f"{method} {address}: {name}")


@pytest.mark.parametrize("name", YAML_BODIES)
async def test_no_hostile_yaml_is_published_or_breaks_the_policy_routes(
    client: httpx.AsyncClient, admin: dict[str, str], name: str
) -> None:
    headers = {**admin, "Content-Type": "text/yaml"}
    drafted = await client.post("/v1/policies", content=YAML_BODIES[name], headers=headers)
    judge(drafted, name)
    assert drafted.status_code != 415
    checked = await client.post("/v1/policies/check", content=YAML_BODIES[name], headers=headers)
    assert checked.status_code < 500
    assert checked.status_code != 200 or checked.json()["publishable"] is False


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("application/xml", 415),
        ("", 415),
        ("é", 415),
        (";;;=", 415),
    ],
)
async def test_another_content_type_is_415(
    client: httpx.AsyncClient, admin: dict[str, str], kind: str, status: int
) -> None:
    body = json.dumps({"name": "x", "scopes": ["read"]}).encode()
    headers = [*admin.items(), ("Content-Type", kind.encode())]
    answer = await client.post("/v1/keys", content=body, headers=headers)
    judge(answer, kind)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"]
)
async def test_json_by_any_of_its_names_is_taken(client: httpx.AsyncClient, admin: dict[str, str], kind: str) -> None:
    body = json.dumps({"name": "x", "scopes": ["read"]}).encode()
    answer = await client.post("/v1/keys", content=body, headers={**admin, "Content-Type": kind})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
async def test_a_compressed_body_is_refused_unread(
    client: httpx.AsyncClient, admin: dict[str, str], encoding: str
) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    headers = {**admin, **JSON, "Content-Encoding": encoding}
    answer = await client.post("/v1/keys", content=bomb, headers=headers)
    judge(answer, encoding)
    assert answer.status_code == 415


async def test_too_large_a_body_is_413_whether_it_says_so_or_not(
    client: httpx.AsyncClient, app: FastAPI, admin: dict[str, str], settings: Settings
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"name": "'
        for _ in range(settings.max_body_bytes // 10_000 + 1):
            yield b"x" * 10_000
        yield b'"}'

    declared = b'{"name": "' + b"x" * settings.max_body_bytes + b'"}'
    for method, address in [*writing_routes(app), ("POST", "/v1/hooks/anything")]:
        for content in (declared, chunks()):
            answer = await client.request(method, address, content=content, headers={**admin, **JSON})
            judge(answer, f"{method} {address}")
            assert answer.status_code == 413


async def test_an_endless_body_is_cut_off(app: FastAPI, admin: dict[str, str], settings: Settings) -> None:
    sent = 0

    async def endless() -> dict[str, Any]:
        nonlocal sent
        sent += 100_000
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": True}

    answer = await raw(app, "/v1/keys", endless, admin)
    assert answer[0]["status"] == 413
    assert sent < 12 * settings.max_body_bytes
    assert (b"connection", b"close") in answer[0]["headers"]


async def test_a_body_that_trickles_is_408(shared_database_url: str) -> None:
    settings = load_settings(database_url=shared_database_url, secret_keys=SECRET, receive_timeout_s=0.2)

    async def trickle() -> dict[str, Any]:
        await asyncio.sleep(PAUSE_S)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async with serve(settings) as app:
        key = await headers_of_key(app.state.env, "admin")
        async with asyncio.timeout(PATIENCE_S):
            answer = await raw(app, "/v1/keys", trickle, key)
    assert answer[0]["status"] == 408


async def test_a_sender_that_hangs_up_gets_nothing_and_breaks_nothing(app: FastAPI, admin: dict[str, str]) -> None:
    async def hang_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert await raw(app, "/v1/keys", hang_up, admin) == []


@pytest.mark.parametrize(
    "address",
    [
        "/v1/keys/%00",
        "/v1/audit?subject=%00",
        "/v1/audit?subject=a%00b",
        "/v1/audit?limit=0",
        "/v1/audit?limit=1e9",
        "/v1/audit?limit=99999999999999999999999",
        "/v1/audit?limit=NaN",
        "/v1/audit?limit=",
        "/v1/audit?cursor=x",
        "/v1/audit?cursor=%ff",
        "/v1/audit?cursor=" + "A" * 5000,
        "/v1/nothing",
        "/v1/keys/../../etc/passwd",
        "/%ff%fe",
        "/v1/%2e%2e/keys",
    ],
)
async def test_a_hostile_address_is_4xx(client: httpx.AsyncClient, admin: dict[str, str], address: str) -> None:
    method = "DELETE" if address.startswith("/v1/keys/%") else "GET"
    judge(await client.request(method, address, headers=admin), address)


@pytest.mark.parametrize(
    "address", ["/v1/audit?subject=%ff%fe", "/v1/audit?subject=%ED%A0%80", "/v1/audit?subject=%F0%9F%98%80"]
)
async def test_odd_bytes_in_a_query_find_nothing(
    client: httpx.AsyncClient, admin: dict[str, str], address: str
) -> None:
    answer = await client.get(address, headers=admin)
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "next": None}


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/alerts")
    judge(answer, "PUT /v1/alerts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_an_error_nobody_foresaw_is_a_problem_with_an_incident(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("mara@example.com")

    try:
        answer = await client.get("/broken")
    finally:
        app.router.routes.pop()  # other tests ask this app for all that it has
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "mara" not in answer.text
    assert answer.json()["incident"]


async def raw(app: FastAPI, path: str, receive: Any, headers: dict[str, str]) -> list[dict[str, Any]]:
    """The messages that the app answers to a POST whose body comes as `receive` says."""
    answered: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        answered.append(message)

    lines = [(name.lower().encode(), value.encode()) for name, value in {"Host": "x", **JSON, **headers}.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": lines, "client": None, "server": None,
    }  # fmt: skip
    await app(scope, receive, send)
    return answered
