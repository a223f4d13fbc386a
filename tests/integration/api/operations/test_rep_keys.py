"""Keys that are bound to a rep of the roster."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from support.http.keys import MakeKey
from support.programs.command_line import pointsman

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

_HOURS = [{"weekday": 0, "start": "09:00", "end": "17:00"}]


def _rep(key: str, supplier: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "name": key.title(),
        "email": f"{key}@example.test",
        "role": "SDR",
        "time_zone": "Europe/Berlin",
        "working_hours": _HOURS,
        "supplier": supplier,
        **more,
    }


ROSTER = {
    "roles": [{"name": "SDR", "works": ["qualification"]}],
    "suppliers": [
        {"key": "in-house", "name": "In-house", "kind": "in-house"},
        {"key": "callwerk", "name": "Callwerk", "kind": "partner"},
    ],
    "reps": [_rep("anna", "in-house"), _rep("paul", "callwerk"), _rep("otto", "in-house", active=False)],
}


@pytest.fixture
async def admin(client: httpx.AsyncClient, sign_in: MakeKey) -> dict[str, str]:
    headers = await sign_in("admin")
    saved = await client.put("/v1/roster", json=ROSTER, headers=headers)
    assert saved.status_code == 200, saved.text
    return headers


async def _made(client: httpx.AsyncClient, admin: dict[str, str], **given: Any) -> httpx.Response:
    return await client.post("/v1/keys", json={"name": "t", "scopes": ["read"], **given}, headers=admin)


async def test_a_key_of_a_partners_rep_belongs_to_that_partner(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    made = [await _made(client, admin, rep="anna"), await _made(client, admin, rep="paul")]
    assert [(answer.json()["rep"], answer.json()["supplier"]) for answer in made] == [
        ("anna", None),
        ("paul", "callwerk"),
    ]
    listed = (await client.get("/v1/keys", headers=admin)).json()["items"]
    assert {(item["rep"], item["supplier"]) for item in listed if item["rep"]} == {("anna", None), ("paul", "callwerk")}


async def test_a_key_follows_its_rep_to_another_supplier(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    made = (await _made(client, admin, rep="anna")).json()
    moved = await client.patch("/v1/reps/anna", json={"supplier": "callwerk"}, headers=admin)
    assert moved.status_code == 200, moved.text
    listed = (await client.get("/v1/keys", headers=admin)).json()["items"]
    assert [item["supplier"] for item in listed if item["id"] == made["id"]] == ["callwerk"]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"rep": "nobody"}, "body.rep", "unknown-rep"),
        ({"rep": "otto"}, "body.rep", "rep-inactive"),
        ({"rep": "anna", "supplier": "callwerk"}, "body.rep", "rep-of-another-supplier"),
        ({"rep": "anna", "supplier": "nobody"}, "body.rep", "rep-of-another-supplier"),
        ({"rep": "anna", "scopes": ["read", "admin"]}, "body.scopes[1]", "not-for-bound-keys"),
        ({"rep": "anna", "scopes": ["metrics"]}, "body.scopes[0]", "not-for-bound-keys"),
    ],
)
async def test_a_key_for_a_rep_that_cannot_have_it_is_refused(
    client: httpx.AsyncClient, admin: dict[str, str], given: dict[str, Any], path: str, code: str
) -> None:
    answer = await _made(client, admin, **given)
    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["faults"]] == [(path, code)]


async def test_a_key_is_refused_while_its_rep_is_not_active_and_the_list_says_so(
    client: httpx.AsyncClient, admin: dict[str, str], database_url: str
) -> None:
    made = (await _made(client, admin, rep="anna")).json()
    token = made["token"]
    assert made["rep_active"] is True
    gone = await client.post("/v1/reps/anna/deactivate", headers=admin)
    assert gone.status_code == 200, gone.text
    answer = await client.get("/v1/leads", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "key-of-inactive-rep"
    listed = (await client.get("/v1/keys", headers=admin)).json()["items"]
    assert {item["id"]: item["rep_active"] for item in listed}[made["id"]] is False
    shown = await asyncio.to_thread(pointsman, "keys", "list", url=database_url, COLUMNS="200")
    assert "the rep is not active" in shown.stdout, shown.stderr


async def test_the_database_refuses_a_key_with_two_bindings(
    client: httpx.AsyncClient, admin: dict[str, str], database_url: str
) -> None:
    made = (await _made(client, admin, rep="paul")).json()
    with (
        psycopg.connect(database_url.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute("update api_keys set supplier = 'callwerk' where id = %s", (made["id"],))
