"""How many leads a CRM that is connected later will hear of, as saving, checking and its health say."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from pointsman.services.deliveries.records.existing_leads import tell_existing_leads
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio
URL = "/v1/connections/crm"
SAVED = {"connector": "memory", "config": {"url": "https://crm.example"}, "sync_owners": True}


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.env = replace(crm.env, calendars=crm.gateway)
        await crm.connect(sync_owners=False)
        for _ in range(2):
            await crm.floor.world.route(await crm.floor.world.lead(lead__country="DE"))
        yield crm


@pytest.fixture
async def client(crm: CrmFloor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(crm.env) as app:
        async with caller_of(app, "admin") as client:
            yield client


async def test_saving_and_checking_say_how_many_it_will_be_and_the_health_how_far_it_is(
    crm: CrmFloor, client: httpx.AsyncClient
) -> None:
    said = (await client.put(URL, json=SAVED)).json()["existing_leads"]
    assert (said["total"], said["owed"], said["done_at"]) == (2, 0, None)
    assert (await client.post(f"{URL}/check")).json()["existing_leads"] == said
    await tell_existing_leads(crm.env)
    told = (await client.get(f"{URL}/health")).json()["existing_leads"]
    assert (told["total"], told["owed"], told["done_at"] is not None) == (2, 2, True)


async def test_it_is_declined_by_one_word_and_by_no_other(client: httpx.AsyncClient) -> None:
    assert (await client.put(URL, json=SAVED | {"existing_leads": "no"})).status_code == 422
    assert (await client.put(URL, json=SAVED | {"existing_leads": False})).json()["existing_leads"] is None
