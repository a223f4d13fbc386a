"""An address is one rep's, in any spelling: owners of leads are named by it."""

from typing import Any

import httpx
import pytest

from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

ROLE = {"name": "SDR", "works": ["qualification"]}


def rep(key: str, email: str, **over: Any) -> dict[str, Any]:
    return {"key": key, "name": key.title(), "email": email, "role": "SDR", **over}


@pytest.fixture
async def put(client: httpx.AsyncClient, sign_in: MakeKey) -> Any:
    headers = await sign_in("admin")

    async def send(method: str, path: str, body: Any) -> tuple[int, list[str]]:
        answer = await client.request(method, path, json=body, headers=headers)
        return answer.status_code, [fault["path"] for fault in answer.json().get("faults", ())]

    assert await send("PUT", "/v1/roster", {"roles": [ROLE], "reps": [rep("lena", "lena@bücher.example")]}) == (200, [])
    return send


@pytest.mark.parametrize("email", ["lena@bücher.example", "LENA@xn--bcher-kva.example", "Lena@Bu\u0308cher.example"])
async def test_the_address_of_another_rep_is_refused_wherever_it_is_given(put: Any, email: str) -> None:
    double = rep("max", email, active=False)
    whole = {name: value for name, value in double.items() if name != "key"}
    assert await put("POST", "/v1/reps", double) == (422, ["body.email"])
    assert await put("PUT", "/v1/reps/max", whole) == (422, ["body.email"])
    assert await put("PUT", "/v1/roster", {"reps": [double]}) == (422, ["body.reps[0].email"])
    assert await put("PUT", "/v1/reps/max", {**whole, "email": "max@bücher.example"}) == (200, [])
    assert await put("PATCH", "/v1/reps/max", {"email": email}) == (422, ["body.email"])


async def test_two_of_one_call_are_both_told_and_may_trade(put: Any) -> None:
    two = [rep("max", "max@x.example"), rep("mia", "MAX@x.example")]
    assert await put("PUT", "/v1/roster", {"reps": two}) == (422, ["body.reps[0].email", "body.reps[1].email"])
    traded = [rep("lena", "max@x.example"), rep("max", "lena@bücher.example")]
    assert await put("PUT", "/v1/roster", {"reps": [rep("max", "max@x.example")]}) == (200, [])
    assert await put("PUT", "/v1/roster", {"reps": traded}) == (200, [])
    assert await put("PUT", "/v1/roster", {"reps": traded}) == (200, [])
