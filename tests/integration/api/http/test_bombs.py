"""Whatever text comes, its sender gets an answer that says what is wrong, and others are served meanwhile."""

import asyncio

import httpx
import pytest

from support import bombs
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

YAML = {"Content-Type": "application/yaml"}


@pytest.mark.parametrize("text", bombs.YAML.values(), ids=bombs.YAML)
async def test_a_yaml_bomb_is_refused_with_a_sentence(client: httpx.AsyncClient, sign_in: MakeKey, text: str) -> None:
    answer = await client.post("/v1/policies/check", content=text.encode(), headers=await sign_in("read") | YAML)
    if answer.status_code == 200:  # read, but no policy
        findings = answer.json()["findings"]
        assert not answer.json()["publishable"]
        assert 1 <= len(findings) <= 100
    else:
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["faults"]
        assert fault["path"] == "body"
        assert len(fault["message"]) < 300
    assert len(answer.content) < 100_000


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
    assert (await bomb).status_code in {200, 422}
