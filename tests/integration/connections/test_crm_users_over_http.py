"""Which user of a CRM a rep is, as an admin asks and says it over the API."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio
URL = "/v1/connections/crm"
SAVED = {"connector": "memory", "config": {"url": "https://crm.example"}, "sync_owners": True}


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.env = replace(crm.env, calendars=crm.gateway)
        yield crm


@pytest.fixture
async def client(crm: CrmFloor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(crm.env) as app:
        async with caller_of(app, "admin") as client:
            yield client


async def test_an_admin_reads_the_proposal_and_confirms_it(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{URL}/users")).json()
    proposed = {one["rep"]: one["user"] for one in found["items"] if one["match"] == "matched"}
    assert (proposed["anna"], proposed["ben"], "clara" in proposed) == ("user-1", "user-2", False)
    said = await client.put(f"{URL}/users", json={"users": proposed})
    assert said.status_code == 200
    assert {one["rep"]: one["user"] for one in said.json()["items"]} == proposed
    again = {one["rep"]: one["confirmed"] for one in (await client.get(f"{URL}/users")).json()["items"]}
    assert (again["anna"]["user"], again["anna"]["state"], again["clara"]) == ("user-1", "active", None)


async def test_who_cannot_own_is_refused_at_the_path(client: httpx.AsyncClient) -> None:
    said = await client.put(f"{URL}/users", json={"users": {"anna": "user-3", "bne": "user-2"}})
    assert said.status_code == 422
    assert [(one["path"], one["code"]) for one in said.json()["faults"]] == [("body.users.bne", "unknown-rep")]
    said = await client.put(f"{URL}/users", json={"users": {"anna": "user-3"}})
    (fault,) = said.json()["faults"]
    assert (fault["path"], fault["code"]) == ("body.users.anna", "inactive-user")
    assert "is not active in the CRM" in fault["message"]


async def test_saving_and_checking_a_crm_say_who_has_no_user_there(client: httpx.AsyncClient) -> None:
    lacking = [{"rep": "clara", "state": "missing"}]
    assert (await client.put(URL, json=SAVED)).json()["reps_without_user"] == lacking
    assert (await client.post(f"{URL}/check")).json()["reps_without_user"] == lacking
    assert (await client.get(f"{URL}/health")).json()["reps_without_user"] == lacking
    (alert,) = (await client.get("/v1/alerts")).json()["items"]
    assert (alert["code"], alert["subject"]) == ("crm-user-missing", "connection:crm/rep:clara")
    off = await client.put(URL, json=SAVED | {"sync_owners": False})
    assert off.json()["reps_without_user"] == []


async def test_a_connection_that_is_no_crm_or_does_not_answer_is_a_problem(
    crm: CrmFloor, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/v1/connections/unknown/users")).status_code == 404
    crm.wire.answer(503, times=20)
    assert (await client.get(f"{URL}/users")).json()["code"] == "vendor-unavailable"
    crm.wire.answer(401, times=20)
    assert (await client.get(f"{URL}/users")).json()["code"] == "credentials-refused"


@pytest.mark.parametrize("scope", ["read", "booking", "intake"])
async def test_only_an_admin_asks_and_says_it(crm: CrmFloor, scope: str) -> None:
    with serve_floor(crm.env) as app:
        async with caller_of(app, scope) as client:
            assert (await client.get(f"{URL}/users")).status_code == 403
            assert (await client.put(f"{URL}/users", json={"users": {}})).status_code == 403
