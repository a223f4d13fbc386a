"""A partner's or a rep's reader finds its lead by the address that the lead shows, and does not learn who else is known by it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import ADMIN, POLICY, SENDER, World
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

SCOPES = ("intake", "read", "handover", "booking")
READERS: Mapping[str, dict[str, str]] = {
    "partner": {"supplier": "callwerk"},
    "rep": {"rep": "lena"},
}
#: What the house may know of an address, each under a word and with a number that nothing else has.
HOUSES = {"nothing": ("tagfree", 0), "a lead": ("taglead", 1), "a lead that was merged": ("tagpast", 2)}
Step = tuple[str, str, dict[str, Any]]


def story(tag: str, number: int) -> Iterator[Step]:
    """What a reader can say and ask of an address, before and after its lead shows it."""
    asked, own, second, later = (f"{what}-{tag}@mine.example" for what in ("asked", "own", "second", "later"))

    def said(contact: str | None, email: str | None = None, **more: Any) -> Step:
        named = {"external_id": f"{contact}-{tag}", "source_system": "crm"} if contact else {}
        body = {**named, "email": email, "fields": {"lead.source": "cold_list"}, **more}
        return "POST", "/v1/leads", {"json": body}

    yield said("x", own)
    yield said("x", asked)
    yield from questions(asked, own)
    yield said(None, asked, first_name="Ada")
    yield said(None, own, first_name="Ben")
    yield said("y", second)
    yield said("y", asked)
    yield from searches(asked, second)
    yield said("x", asked.upper(), last_name="Again")
    yield said(None, asked, last_name="Bly")
    yield said("x", later)
    yield said(None, asked, last_name="Cole")
    yield said("z", asked)
    yield from searches(asked, later)
    phone = f"+49 171 23456{number}0"
    yield said(None, phone=phone)
    yield "GET", "/v1/leads", {"params": {"phone": phone}}
    yield said(None, asked, phone=phone, first_name="Cora")
    yield said(None, phone=phone)
    yield "GET", "/v1/leads", {"params": {"q": tag}}


def searches(*addresses: str) -> Iterator[Step]:
    for address in addresses:
        yield "GET", "/v1/leads", {"params": {"email": address}}
        yield "GET", "/v1/leads", {"params": {"q": address.partition("@")[0]}}
        yield "GET", f"/v1/leads/{address.upper()}", {}


def questions(*addresses: str) -> Iterator[Step]:
    yield from searches(*addresses)
    for address in addresses:
        for below in ("/journey", "/decisions", "/links", "/booking-links"):
            yield "GET", f"/v1/leads/{address}{below}", {}
        for listing in ("decisions", "holds", "appointments"):
            yield "GET", f"/v1/{listing}", {"params": {"lead": address}}
        yield (
            "POST",
            f"/v1/leads/{address}/handovers",
            {"json": {"evidence": [{"name": "need", "value": "x"}], "dry_run": True}},
        )
        for reader in ("key", "holder"):
            yield "POST", f"/v1/leads/{address}/links", {"json": {"reader": reader}}
        yield "POST", f"/v1/leads/{address}/booking-links", {"json": {}}
        for path in ("slot-holds", "appointments"):
            yield "POST", f"/v1/{path}", {"json": {"lead_id": address, "start": "2036-01-07T10:00:00Z"}}


async def heard(client: httpx.AsyncClient, headers: dict[str, str], tag: str, number: int) -> list[str]:
    """The answers: with tags, numbers, ids and times by their order, they hold what a reader learns."""
    ids: dict[str, str] = {}
    told = []
    for method, path, given in story(tag, number):
        answer = await client.request(method, path, headers=headers, **given)
        text = f"{method} {path} {given} {answer.status_code} {answer.text}"
        text = re.sub(tag, "TAG", text, flags=re.IGNORECASE).replace(f"23456{number}0", "NUMBER")
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME", text)
        text = re.sub(r"/(lead|book)/[\w-]+", r"/\1/TOKEN", text)
        told.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda one: ids.setdefault(one[0], f"id{len(ids)}"), text))
    return told


@pytest.mark.parametrize("reader", READERS)
async def test_what_the_house_knows_of_an_address_changes_no_answer(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey, reader: str
) -> None:
    pools = {**POLICY["pools"], "own": {"work": "prospecting", "members": [READERS[reader].get("rep", "mia")]}}
    rules = [
        {"name": "own", "when": {"field": "lead.source", "equals": "cold_list"}, "work": "prospecting", "pool": "own"},
        {"name": "rest", "work": "nurture"},
    ]
    await world.publish({**POLICY, "rules": rules, "pools": pools, "ownership": {"order": []}})
    headers = await sign_in(*SCOPES, **READERS[reader])
    told = {}
    for known, (tag, number) in HOUSES.items():
        if known != "nothing":
            house = await submit_lead(world.env, LeadInput(email=f"Asked-{tag}@mine.example"), actor=SENDER)
        if known == "a lead that was merged":
            into = await submit_lead(world.env, LeadInput(email="other@house.example"), actor=SENDER)
            await merge_leads(world.env, house.lead.id, into=into.lead.id, reason="one person", actor=ADMIN)
        told[known] = await heard(client, headers, tag, number)
    assert all(" 50" not in answer[:400] for answer in told["nothing"])
    for known in ("a lead", "a lead that was merged"):
        differ = [(free, other) for free, other in zip(told["nothing"], told[known], strict=True) if free != other]
        assert not differ, f"{len(differ)} of {len(told[known])}, first: {differ[0]}"


async def test_a_lead_is_found_by_the_address_that_it_shows_and_by_no_other(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    await submit_lead(world.env, LeadInput(email="mara@house.example", facts={"lead.country": "DE"}), actor=SENDER)
    partner = await sign_in(*SCOPES, supplier="callwerk")
    body = {"external_id": "x", "fields": {"lead.source": "cold_list"}}
    for email in ("own@mine.example", "Mara@house.example"):
        lead = (await client.post("/v1/leads", json=body | {"email": email}, headers=partner)).json()["lead"]["id"]
    found = await client.get("/v1/leads", params={"email": "mara@HOUSE.example"}, headers=partner)
    assert [one["id"] for one in found.json()["items"]] == [lead]
    assert (await client.get("/v1/leads/mara@house.example", headers=partner)).json()["id"] == lead
    assert (await client.get("/v1/leads/own@mine.example", headers=partner)).status_code == 404
    admin = await sign_in("admin")
    assert (await client.get("/v1/leads/mara@house.example", headers=admin)).json()["id"] != lead
