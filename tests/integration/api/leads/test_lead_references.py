"""A lead is named by its id, its address or `source:external id`, wherever one is asked for."""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import ADMIN, SENDER, World
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE"}
COLD = {"lead.source": "cold_list"}


async def submitted(world: World, email: str | None = None, **given: Any) -> UUID:
    facts = given.pop("facts", DACH)
    return (await submit_lead(world.env, LeadInput(email=email, facts=facts, **given), actor=SENDER)).lead.id


@pytest.fixture
async def mara(world: World) -> UUID:
    return await submitted(
        world, "Mara.Vogel@nordlicht.example", external_id="4711", source_system="hubspot", sender="webhook"
    )


@pytest.mark.parametrize(
    "said",
    [
        "Mara.Vogel@nordlicht.example",
        "mara.vogel@NORDLICHT.example",
        " mara.vogel@nordlicht.example. ",
        "hubspot:4711",
        "hubspot : 4711",
    ],
)
async def test_every_spelling_that_matching_takes_for_the_same_finds_the_lead(
    client: httpx.AsyncClient, sign_in: MakeKey, mara: UUID, said: str
) -> None:
    answer = await client.get(f"/v1/leads/{quote(said)}", headers=await sign_in("read"))
    assert (answer.status_code, answer.json().get("id")) == (200, str(mara)), answer.text


async def test_a_system_and_an_id_may_have_colons_of_their_own(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    lead = await submitted(world, external_id="a:b:7", source_system="crm:eu", sender="webhook")
    answer = await client.get("/v1/leads/crm:eu:a:b:7", headers=await sign_in("read"))
    assert answer.json()["id"] == str(lead)


def places(app: FastAPI) -> list[tuple[str, str]]:
    """Each operation on a lead of its path."""
    described = app.openapi()["paths"]
    return [
        (method.upper(), path)
        for path, item in described.items()
        if "{lead_id}" in path
        for method in item
        if re.search(r"\{\w+\}", path.replace("{lead_id}", "")) is None
    ]


async def test_every_operation_on_a_lead_takes_an_address_and_says_404_for_an_unknown_one(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey, mara: UUID
) -> None:
    admin = await sign_in("admin")
    assert len(places(app)) >= 10
    for method, path in places(app):
        sent: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
        unknown = await client.request(method, path.format(lead_id="nobody@nordlicht.example"), headers=admin, **sent)
        assert unknown.status_code == 404, f"{method} {path}: {unknown.text}"
        assert [fault["path"] for fault in unknown.json()["faults"]] == ["path.lead_id"]
        named = await client.request(method, path.format(lead_id="mara.vogel@nordlicht.example"), headers=admin, **sent)
        as_id = await client.request(method, path.format(lead_id=mara), headers=admin, **sent)
        assert (named.status_code, named.json().get("faults")) == (as_id.status_code, as_id.json().get("faults")), path
        nonsense = await client.request(method, path.format(lead_id="nonsense"), headers=admin, **sent)
        assert (nonsense.status_code, nonsense.json()["code"]) == (422, "not-a-lead"), path


BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "/v1/overrides": (
        "body.lead_id",
        {"rep": "anna", "work": "closing", "reason": "r", "approver": "a", "expires_at": "2199-01-01T00:00:00Z"},
    ),
    "/v1/appointments": ("body.lead_id", {"start": "2199-01-01T00:00:00Z"}),
    "/v1/slot-holds": ("body.lead_id", {"start": "2199-01-01T00:00:00Z"}),
    "/v1/policies/explain": ("body.lead_id", {}),
    "/v1/leads/reassign": ("body.lead_ids[0]", {"reason": "r", "dry_run": True}),
    "/v1/leads/mara.vogel@nordlicht.example/merge": ("body.into", {"reason": "r"}),
}


@pytest.mark.parametrize("address", BODIES)
async def test_every_body_that_names_a_lead_takes_an_address(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, mara: UUID, address: str
) -> None:
    admin = await sign_in("admin")
    (path, rest), other = BODIES[address], await submitted(world, "otto@nordlicht.example")
    field = path.removeprefix("body.").removesuffix("[0]")

    async def send(said: str) -> httpx.Response:
        value = [said] if path.endswith("[0]") else said
        return await client.post(address, json={**rest, field: value}, headers=admin)

    unknown = await send("nobody@nordlicht.example")
    assert (unknown.status_code, [fault["path"] for fault in unknown.json()["faults"]]) == (404, [path])
    malformed = await send("nonsense")
    assert (malformed.status_code, [fault["path"] for fault in malformed.json()["faults"]]) == (422, [path])
    named = await send("OTTO@nordlicht.example")
    assert named.status_code not in {404, 500}, named.text
    if named.status_code != 200:
        as_id = await send(str(other))
        assert (named.status_code, named.json()["code"]) == (as_id.status_code, as_id.json()["code"])


async def test_a_list_narrowed_to_one_lead_takes_an_address(
    client: httpx.AsyncClient, sign_in: MakeKey, mara: UUID
) -> None:
    admin = await sign_in("admin")
    asked = {"params": {"lead": "mara.vogel@nordlicht.example"}, "headers": admin}
    assert (await client.get("/v1/overrides", **asked)).json()["items"] == []
    unknown = await client.get("/v1/overrides", params={"lead": "nobody@nordlicht.example"}, headers=admin)
    assert unknown.status_code == 404


async def test_an_id_of_several_senders_is_409_with_the_leads_that_may_be_meant(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, mara: UUID
) -> None:
    other = await submitted(world, "otto@else.example", external_id="4711", source_system="hubspot", sender="api")
    answer = await client.get("/v1/leads/hubspot:4711", headers=await sign_in("read"))
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous-lead")
    assert answer.json()["lead_ids"] == sorted([str(mara), str(other)])


async def test_the_address_of_a_merged_lead_finds_the_one_that_it_is_now(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, mara: UUID
) -> None:
    into = await submitted(world, "mara@private.example")
    await merge_leads(world.env, mara, into=into, reason="one person", actor=ADMIN)
    read = await sign_in("read")
    for said in ("mara.vogel@nordlicht.example", "hubspot:4711", "mara@private.example"):
        assert (await client.get(f"/v1/leads/{said}", headers=read)).json()["id"] == str(into), said
    assert (await client.get(f"/v1/leads/{mara}", headers=read)).json()["merged_into"] == str(into)


async def test_a_partner_finds_its_own_leads_alone_and_hears_the_same_of_others_as_of_nobody(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World, mara: UUID
) -> None:
    own = await submitted(
        world, "otto@else.example", facts=COLD, external_id="9", source_system="list", sender="partner:callwerk"
    )
    await submitted(world, "ida@else.example", facts=COLD, external_id="9", source_system="list", sender="api")
    partner = await sign_in("read", supplier="callwerk")
    for said in ("otto@else.example", "list:9"):
        assert (await client.get(f"/v1/leads/{said}", headers=partner)).json()["id"] == str(own), said
    answers = [
        await client.get(f"/v1/leads/{said}", headers=partner)
        for said in ("mara.vogel@nordlicht.example", "nobody@nordlicht.example", "hubspot:4711", "hubspot:0815")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_a_number_that_stands_for_a_lead_is_no_external_id(
    client: httpx.AsyncClient, sign_in: MakeKey, world: World
) -> None:
    await submitted(world, phone="+49 171 1234567")
    rows = await world.rows("select source, external_id from lead_identities where sender = 'telephone'")
    read = await sign_in("read")
    for source, external_id in rows:
        assert (await client.get(f"/v1/leads/{quote(f'{source}:{external_id}')}", headers=read)).status_code == 404


@pytest.mark.parametrize("said", ["x" * 401, "a:" + "b" * 400, ":" * 399, "noemail@noemail.com", ":7", "crm:", "%20"])
async def test_what_names_no_lead_is_4xx(client: httpx.AsyncClient, sign_in: MakeKey, said: str) -> None:
    assert (await client.get(f"/v1/leads/{said}", headers=await sign_in("read"))).status_code in {404, 422}


@pytest.mark.parametrize("path", ["/v1/leads?email=anna+x@corp.example", "/v1/decisions?lead=anna+x@corp.example"])
async def test_an_address_whose_plus_became_a_blank_is_asked_for_with_its_code(
    client: httpx.AsyncClient, sign_in: MakeKey, path: str
) -> None:
    answer = await client.get(path, headers=await sign_in("admin"))
    assert answer.status_code == 422
    assert "%2B" in answer.json()["faults"][0]["message"]
