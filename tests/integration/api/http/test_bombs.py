"""Whatever text comes, its sender gets an answer that says what is wrong, and others are served meanwhile."""

import asyncio
import json

import httpx
import pytest

from support.deep import every
from support.hostile import bombs
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "application/yaml"}


@pytest.mark.parametrize("text", every(4, bombs.YAML))
async def test_a_yaml_bomb_is_refused_with_a_sentence(client: httpx.AsyncClient, sign_in: MakeKey, text: str) -> None:
    answer = await client.post("/v1/policies/check", content=text.encode(), headers=await sign_in("read") | YAML)
    if answer.status_code == 200:  # read, but no policy
        findings = answer.json()["findings"]
        assert not answer.json()["publishable"]
        assert 1 <= len(findings) <= 100
    elif answer.status_code == 503:  # what else runs here left it no time
        assert "retry-after" in answer.headers
    else:
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["faults"]
        assert fault["path"] == "body"
        assert len(fault["message"]) < 300
    assert len(answer.content) < 100_000


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/policies/check"])
@pytest.mark.parametrize("body", every(4, bombs.JSON))
async def test_a_json_bomb_is_refused_with_a_sentence(
    client: httpx.AsyncClient, sign_in: MakeKey, body: bytes, path: str
) -> None:
    headers = await sign_in("intake", "read") | JSON
    answer = await client.post(path, content=body, headers=headers)
    refused = {400, 422, 503}  # 503 where what else runs here left it no time
    assert answer.status_code in refused or (answer.status_code == 200 and not answer.json()["publishable"])
    assert len(answer.content) < 100_000


async def test_an_answer_lists_a_hundred_faults_and_counts_the_others(
    client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    body = json.dumps({f"key{n}": 1 for n in range(9_000)} | {"k" * 50_000: 1}).encode()
    answer = await client.post("/v1/leads", content=body, headers=await sign_in("intake") | JSON)
    assert answer.status_code == 422
    assert len(answer.json()["faults"]) == 100
    assert answer.json()["detail"].endswith(" 8901 more faults are not listed.")
    alone = await client.post("/v1/leads", json={"k" * 50_000: 1}, headers=await sign_in("intake"))
    assert len(alone.content) < 2_000  # a path quotes no more of a name than a reader takes in


async def test_a_policy_names_a_hundred_faults_and_counts_the_others(
    client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    document = {f"key{n}": 1 for n in range(9_000)}
    answer = await client.post("/v1/policies", json=document, headers=await sign_in("admin"))
    assert (answer.status_code, len(answer.json()["faults"])) == (422, 100)
    assert answer.json()["detail"].endswith("(and 8999 more)")


@pytest.mark.parametrize("form", every(3, bombs.FORMS))
async def test_a_form_bomb_is_answered_with_a_page(client: httpx.AsyncClient, form: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/book/abc/confirm", content=form, headers=kind)
    assert answer.status_code in {303, 404, 413, 422}
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer " + "x" * 60_000},
        {"Accept-Language": ",".join(f"x{n};q=0.{n}" for n in range(5_000))},
        {"Accept": ",".join(["application/yaml;q=0.1"] * 2_000)},
        {"Content-Type": "application/json" + ";a=b" * 10_000},
        {"Idempotency-Key": "k" * 60_000},
        {"Content-Length": "9" * 4_000},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_a_header_bomb_is_4xx(client: httpx.AsyncClient, sign_in: MakeKey, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/leads", content=b"{}", headers=await sign_in("intake") | JSON | headers)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("field", ["lead.first_name", "lead.email", "company.name", "company.domain", "lead.message"])
@pytest.mark.parametrize("sign", ["\u200b", "\u3164", "e\u0301"])
async def test_a_field_larger_than_any_is_refused_unread(
    client: httpx.AsyncClient, sign_in: MakeKey, field: str, sign: str
) -> None:
    """To look at each of its signs would keep everybody else waiting for as long as a second."""
    body = {"external_id": "1", "fields": {field: sign * 150_000}}
    answer = await client.post(
        "/v1/leads", content=json.dumps(body, ensure_ascii=False).encode(), headers=await sign_in("intake") | JSON
    )
    assert answer.status_code == 422
    [fault] = answer.json()["faults"]
    assert (fault["path"], fault["code"]) == (f'body.fields["{field}"]', "wrong-type")


async def test_others_are_served_while_a_bomb_is_read(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    headers = await sign_in("read") | YAML
    bomb = asyncio.create_task(
        client.post("/v1/policies/check", content=bombs.YAML["small values"].encode(), headers=headers)
    )
    served = 0
    while not bomb.done():
        assert (await client.get("/health/live")).status_code == 200
        served += 1
        await asyncio.sleep(0)  # no request of this client waits for anything
    assert served > 20  # on one event loop: it was never taken for long
    assert (await bomb).status_code in {200, 422, 503}
