"""What a partner says of its own lead: what it reads then follows from its words alone, and no customer is lost by them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from pointsman.services.holds.close_lead import mark_won
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import ADMIN, SENDER, World

pytestmark = pytest.mark.anyio

COLD = {"lead.source": "cold_list"}
CUSTOMER = {"lead.country": "DE", "account.status": "customer", "account.owner": "eva"}


@pytest.fixture
async def partner(sign_in: Any) -> dict[str, str]:
    headers: dict[str, str] = await sign_in("intake", "read", supplier="callwerk")
    return headers


async def all_to_paul(world: World) -> None:
    policy = await world.value("select document from policies where state = 'published'")
    pools = policy["pools"] | {"partner-outbound": {"work": "prospecting", "members": ["paul"]}}
    rules = [{"name": "all", "work": "prospecting", "pool": "partner-outbound"}]
    await world.publish(policy | {"ownership": {"order": []}, "pools": pools, "rules": rules})


async def house(world: World, email: str, **facts: Any) -> None:
    known = CUSTOMER | {name.replace("__", "."): value for name, value in facts.items()}
    await submit_lead(world.env, LeadInput(email=email, first_name="Mara", facts=known), actor=SENDER)


async def read_after(
    client: httpx.AsyncClient, world: World, caller: dict[str, str], first: dict[str, Any], then: dict[str, Any]
) -> tuple[Any, Any]:
    """What the caller reads of its lead once it has said `then` of it, in the answer and in the lead."""
    sent = await client.post("/v1/leads", json=first, headers=caller)
    lead = sent.json()["lead"]["id"]
    world.clock.advance(timedelta(minutes=1))
    answer = (await client.post("/v1/leads", json={"external_id": first["external_id"]} | then, headers=caller)).json()
    read = (await client.get(f"/v1/leads/{lead}", headers=caller)).json()
    return answer["lead"]["fields"], read["fields"]


@pytest.mark.parametrize("bound", [{"supplier": "callwerk"}, {"rep": "paul"}])
async def test_a_known_persons_email_reads_as_an_unknown_ones(
    client: httpx.AsyncClient, world: World, sign_in: Any, bound: dict[str, str]
) -> None:
    caller = await sign_in("intake", "read", **bound)
    await all_to_paul(world)
    await house(world, "mara@nordlicht.example")
    seen = []
    for number, email in enumerate(("mara@nordlicht.example", "free@nordlicht.example")):
        first = {
            "external_id": f"n{number}",
            "email": f"x{number}@old.example",
            "fields": COLD | {"company.employees": 5},
        }
        seen.append(await read_after(client, world, caller, first, {"email": email}))
    assert seen[0] == seen[1]
    assert "company.employees" not in seen[0][0]


async def test_a_companys_name_reads_the_same_whether_the_house_knows_it(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    await all_to_paul(world)
    await house(world, "ceo@nordlicht.example", company__name="Nordlicht AG")
    for then in ({"company.domain": "probe.example"}, {"company.domain": "nordlicht.example"}, {}):
        seen = []
        for name in ("Nordlicht", "Ungekannt"):
            first = {
                "external_id": f"{name}{len(then)}{then}",
                "fields": COLD | {"company.name": name, "company.employees": 5},
            }
            after = await read_after(client, world, partner, first, {"fields": {"company.name": name} | then})
            seen.append([{key: value for key, value in one.items() if key != "company.name"} for one in after])
        assert seen[0] == seen[1]
        assert seen[0][0]["company.employees"] == 5


async def test_a_partners_word_takes_away_no_purchase_and_no_customer(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    await all_to_paul(world)
    first = {"external_id": "7", "email": "m@old.example", "fields": COLD}
    await client.post("/v1/leads", json=first, headers=partner)
    ((lead,),) = await world.rows("select id from leads")
    async with world.env.uow() as tx:
        row = await tx.leads.get(lead, lock=True)
        assert row is not None
        await mark_won(world.env, tx, row, actor=ADMIN)
    await house(world, "ceo@nordlicht.example")
    second = {"external_id": "8", "fields": COLD | {"company.domain": "nordlicht.example"}}
    await client.post("/v1/leads", json=second, headers=partner)
    for external_id in ("7", "8"):
        world.clock.advance(timedelta(minutes=1))
        moved = {"external_id": external_id, "fields": {"company.domain": "new.example"}}
        await client.post("/v1/leads", json=moved, headers=partner)
    found = await world.rows("select a.status, l.match from leads l join accounts a on a.id = l.account_id")
    assert {one.status for one in found} == {"customer"}
    assert sum(one.match.get("asks_for") == "new.example" for one in found) == 2
    assert await world.value("select count(*) from alerts where code = 'employer-change'") == 2


async def test_what_an_admin_applies_of_a_partners_word_teaches_no_account_and_moves_no_customer(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], sign_in: Any
) -> None:
    for email, name in (("mara@gmail.com", "Bosch"), ("ben@nord.example", "Nord")):
        await house(world, email, company__name=name)
        world.clock.advance(timedelta(minutes=1))
        said = {"company.domain": "bosch.example", "company.name": "Bosch"}
        await client.post("/v1/leads", json={"email": email, "fields": said}, headers=partner)
    before = await world.rows("select id, name, domain, status from accounts order by id")
    admin = await sign_in("admin")
    for item in (await client.get("/v1/inbox", params={"status": "refused"}, headers=admin)).json()["items"]:
        applied = await client.post(f"/v1/inbox/{item['id']}/apply", json={"reason": "x"}, headers=admin)
        assert applied.status_code == 200, applied.text
    assert await world.rows("select id, name, domain, status from accounts order by id") == before
    assert len({row.account_id for row in await world.rows("select account_id from leads")}) == 2
