"""A lead that is not to be contacted: who says so, who takes it back, and what it outlives."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.services.do_not_contact import allow_contact, end_contact
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.settings import load_settings
from support.floors.use_case_env import ADMIN, SENDER, World, open_world
from support.http.keys import SECRET as VAULT_KEY
from support.http.service import client_of, headers_of_key, serve

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE", "company.employees": 120}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


async def submitted(world: World, email: str, **given: Any) -> UUID:
    return (await submit_lead(world.env, LeadInput(email=email, facts=DACH, **given), actor=SENDER)).lead.id


async def stored(world: World, lead_id: UUID) -> LeadRow:
    async with world.env.uow() as tx:
        found = await tx.leads.get(lead_id)
    assert found is not None
    return found


async def test_who_said_it_first_stays_and_each_change_has_its_line(world: World) -> None:
    lead_id = await submitted(world, "a@x.example")
    first = await end_contact(world.env, lead_id, reason="asked on the phone", actor=SENDER)
    assert await end_contact(world.env, lead_id, reason="again", actor=ADMIN) == await stored(world, lead_id) == first
    assert (first.do_not_contact_at, first.do_not_contact_by) == (first.updated_at, SENDER.name)
    for _ in range(2):
        assert not (await allow_contact(world.env, lead_id, actor=ADMIN)).do_not_contact
    lines = await world.rows("select action, actor from audit where action like 'lead.contact-%' order by at, id")
    assert [tuple(line) for line in lines] == [
        ("lead.contact-ended", SENDER.name),
        ("lead.contact-allowed", ADMIN.name),
    ]


async def test_an_import_says_it_and_never_takes_it_back(world: World) -> None:
    lead_id = await submitted(world, "a@x.example", do_not_contact=True)
    assert await submitted(world, "a@x.example", do_not_contact=False) == lead_id
    row = await stored(world, lead_id)
    assert (row.do_not_contact, row.do_not_contact_by) == (True, SENDER.name)


@pytest.mark.parametrize("said_of", ["old", "new", "both"])
async def test_a_merge_keeps_it_whichever_record_says_so(world: World, said_of: str) -> None:
    old, new = await submitted(world, "a@x.example"), await submitted(world, "b@y.example")
    for name, lead_id in (("old", old), ("new", new)):
        if said_of in (name, "both"):
            await end_contact(world.env, lead_id, reason=None, actor=ADMIN)
    said = [(await stored(world, one)).do_not_contact_at for one in (old, new)]
    merged = await merge_leads(world.env, old, into=new, reason="one person", actor=ADMIN)
    assert merged.survivor.do_not_contact_at == min(at for at in said if at)


async def test_over_http_it_is_said_by_those_who_see_the_lead_and_taken_back_by_the_house(
    database_url: str, world: World
) -> None:
    lead_id = await submitted(world, "a@x.example")
    settings = load_settings(database_url=database_url, secret_keys=VAULT_KEY, pool_size=10)
    async with serve(settings) as app, client_of(app) as client:
        key = partial(headers_of_key, app.state.env)
        path = f"/v1/leads/{lead_id}/do-not-contact"
        setter = await key("handover", "read")

        async def ask(method: str, headers: dict[str, str]) -> httpx.Response:
            body = {"reason": "asked on the phone"} if method == "PUT" else None
            return await client.request(method, path, json=body, headers=headers)

        assert (await ask("PUT", await key("read"))).status_code == 403
        assert (await ask("PUT", await key("handover", supplier="callwerk"))).status_code == 404
        said = await ask("PUT", setter)
        assert (said.status_code, said.json()["do_not_contact"]) == (200, True)
        assert said.json()["do_not_contact_by"].startswith("key:")
        shown = (await client.get(f"/v1/leads/{lead_id}", headers=setter)).json()
        assert shown["do_not_contact_at"] == said.json()["do_not_contact_at"]
        assert (await ask("DELETE", await key("handover", supplier="callwerk"))).status_code == 403
        journey = (await client.get(f"/v1/leads/{lead_id}/journey", headers=setter)).json()["entries"]
        assert [entry["details"]["actor"] for entry in journey if entry["kind"] == "contact-ended"] == [
            said.json()["do_not_contact_by"]
        ]
        assert (await ask("DELETE", setter)).json()["do_not_contact_at"] is None
