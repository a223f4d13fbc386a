"""API keys over HTTP and in the database."""

from datetime import timedelta

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from pointsman.domain.errors import Unauthenticated
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.operations.api_keys import ApiKeyAuthenticator, create_key, revoke_key
from pointsman.services.ports import Actor
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

ME = Actor(name="test", kind=CallerKind.ADMIN)


async def test_a_key_made_over_http_opens_what_its_scopes_say(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    admin = await sign_in("admin")
    answer = await client.post("/v1/keys", json={"name": "reader", "scopes": ["read"]}, headers=admin)
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]

    reader = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/alerts", headers=reader)).status_code == 200
    refused = await client.get("/v1/keys", headers=reader)
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"


async def test_the_database_holds_no_usable_key(sign_in: MakeKey, shared_database_url: str) -> None:
    _, key_id, secret = (await sign_in("admin"))["Authorization"].split("_", 2)
    with psycopg.connect(shared_database_url.replace("+psycopg", "")) as connection:
        rows = connection.execute("select row_to_json(k)::text from api_keys k").fetchall()
        trail = connection.execute("select row_to_json(a)::text from audit a").fetchall()
    assert any(key_id in row for (row,) in rows)
    assert secret not in str(rows) + str(trail)
    assert secret.encode().hex() not in str(rows)


async def test_the_list_shows_every_key_without_its_secret(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    headers = await sign_in("admin")
    _, key_id, secret = headers["Authorization"].split("_", 2)
    items = (await client.get("/v1/keys", headers=headers)).json()["items"]
    assert [item["scopes"] for item in items if item["id"] == key_id] == [["admin"]]
    assert not any("token" in item for item in items)
    assert secret not in str(items)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Bearer pm_",
        "Bearer pm__",
        "Bearer pm_000000000000_" + "0" * 48,
        "Bearer pm_' or 1=1 --_x",
        "Bearer pm_" + "a" * 5000 + "_x",
        "Basic cG06eA==",
        "Bearer pm_é_é",
        "bearer PM_1_2",
    ],
)
async def test_an_unknown_key_is_401_and_says_how_to_sign_in(
    client: httpx.AsyncClient, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    answer = await client.get("/v1/keys", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_right_id_with_a_wrong_secret_is_401(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    headers = await sign_in("admin")
    token = headers["Authorization"]
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert (await client.get("/v1/keys", headers=headers)).status_code == 200
    assert (await client.get("/v1/keys", headers={"Authorization": forged})).status_code == 401


@pytest.mark.parametrize("second", ["Bearer x", "Basic x", ""])
async def test_of_two_keys_none_is_taken(client: httpx.AsyncClient, sign_in: MakeKey, second: str) -> None:
    """A proxy and we could each look at another one."""
    right = ("Authorization", (await sign_in("admin"))["Authorization"])
    for both in ([right, ("authorization", second)], [("authorization", second), right], [right, right]):
        assert (await client.get("/v1/keys", headers=both)).status_code == 401


async def test_a_key_in_the_address_is_not_looked_at(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    token = (await sign_in("admin"))["Authorization"].removeprefix("Bearer ")
    assert (await client.get("/v1/keys", params={"key": token, "access_token": token})).status_code == 401


async def test_a_revoked_key_is_refused_within_five_seconds_by_a_process_that_knew_it(
    client: httpx.AsyncClient, app: FastAPI, sign_in: MakeKey
) -> None:
    """`other` is another process, which still has the key in its memory."""
    now = 100.0
    other = ApiKeyAuthenticator(app.state.env, monotonic=lambda: now)
    admin, reader = await sign_in("admin"), await sign_in("read")
    token = reader["Authorization"].removeprefix("Bearer ")
    caller = await other.authenticate(token)

    answer = await client.delete(f"/v1/keys/{caller.key_id}", headers=admin)
    assert answer.status_code == 204

    now += 5
    with pytest.raises(Unauthenticated, match="revoked"):
        await other.authenticate(token)


async def test_a_key_revoked_twice_is_not_found(client: httpx.AsyncClient, app: FastAPI, sign_in: MakeKey) -> None:
    made = await create_key(app.state.env, name="x", scopes=["read"], actor=ME)
    await revoke_key(app.state.env, made.row.id, actor=ME)
    answer = await client.delete(f"/v1/keys/{made.row.id}", headers=await sign_in("admin"))
    assert answer.status_code == 404


async def test_an_expired_key_is_refused(client: httpx.AsyncClient, app: FastAPI) -> None:
    made = await create_key(app.state.env, name="x", scopes=["read"], actor=ME, valid_for=timedelta(seconds=-1))
    answer = await client.get("/v1/alerts", headers={"Authorization": f"Bearer {made.token}"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "key-expired"


async def test_a_partner_cannot_be_given_admin(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    asked = {"name": "partner", "scopes": ["read", "admin"], "supplier": "callwerk"}
    answer = await client.post("/v1/keys", json=asked, headers=await sign_in("admin"))
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == ["body.scopes[1]"]


async def test_an_unknown_supplier_is_named_as_the_fault(client: httpx.AsyncClient, sign_in: MakeKey) -> None:
    asked = {"name": "partner", "scopes": ["read"], "supplier": "nobody"}
    answer = await client.post("/v1/keys", json=asked, headers=await sign_in("admin"))
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"] == "body.supplier"


async def test_making_and_revoking_a_key_leaves_two_audit_lines(
    client: httpx.AsyncClient, app: FastAPI, sign_in: MakeKey
) -> None:
    made = await create_key(app.state.env, name="x", scopes=["read"], actor=ME)
    await revoke_key(app.state.env, made.row.id, actor=ME)
    answer = await client.get("/v1/audit", params={"subject": f"key:{made.row.id}"}, headers=await sign_in("admin"))
    assert [line["action"] for line in answer.json()["items"]] == ["key.revoked", "key.created"]
