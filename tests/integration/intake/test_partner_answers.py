"""What a partner hears is the same of known and unknown people, and has nothing of others in it."""

import json
from typing import Any

import httpx
import pytest

from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports.leads.leads import LeadRow
from support.floors.use_case_env import SENDER, World

pytestmark = pytest.mark.anyio

COLD = {"lead.source": "cold_list"}
DACH = {"lead.country": "DE"}


async def house(world: World, email: str, **facts: Any) -> LeadRow:
    """A lead that a rep of the house has."""
    known = DACH | {name.replace("__", "."): value for name, value in facts.items()}
    return (await submit_lead(world.env, LeadInput(email=email, first_name="Mara", facts=known), actor=SENDER)).lead


@pytest.fixture
async def partner(sign_in: Any) -> dict[str, str]:
    headers: dict[str, str] = await sign_in("intake", "read", "handover", "booking", supplier="callwerk")
    return headers


async def test_the_answer_is_the_same_for_known_and_unknown_people(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    await house(world, "mara@nordlicht.example", account__status="customer", account__owner="eva")
    answers = [
        await client.post(
            "/v1/leads", json={"email": email, "fields": DACH | {"account.owner": "mia"}}, headers=partner
        )
        for email in ("mara@nordlicht.example", "nobody@nordlicht.example", "nobody@else.example")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert (answers[0].json()["lead"], answers[0].json()["decision"]) == (None, None)


async def test_what_is_said_of_a_person_who_is_not_theirs_changes_nothing_until_an_admin_applies_it(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], sign_in: Any
) -> None:
    known = await house(world, "mara@nordlicht.example")
    before = await world.rows("select * from leads")
    body = {
        "email": "Mara@nordlicht.example",
        "first_name": "Maria",
        "external_id": "7",
        "fields": {"lead.score": 9, "account.status": "customer"},
        "evidence": [{"name": "need", "value": "forklifts", "source": "sdr:lena"}],
    }
    for _ in range(2):
        assert (await client.post("/v1/leads", json=body, headers=partner)).status_code == 202
    assert await world.rows("select * from leads") == before
    assert await world.value("select count(*) from evidence") == 0
    admin = await sign_in("admin")
    (item,) = (await client.get("/v1/inbox", params={"status": "refused"}, headers=admin)).json()["items"]
    assert (item["intake"], item["error_code"]) == ("partner:callwerk", "known-elsewhere")
    read = (await client.get(f"/v1/inbox/{item['id']}", headers=admin)).json()
    assert json.loads(read["content"]) == body, "an admin decides by what was said"
    replayed = await client.post(f"/v1/inbox/{item['id']}/replay", headers=admin)
    assert (replayed.status_code, "/apply" in replayed.json()["detail"]) == (409, True)
    path = f"/v1/inbox/{item['id']}/apply"
    assert (await client.post(path, json={"reason": "x"}, headers=partner)).status_code == 403
    applied = await client.post(path, json={"reason": "they met her"}, headers=admin)
    assert (applied.status_code, applied.json()["status"], applied.json()["lead_id"]) == (200, "done", str(known.id))
    (lead,) = await world.rows("select first_name, facts from leads")
    assert (lead.first_name, lead.facts["lead.score"]) == ("Maria", 9)
    assert await world.value("select status from accounts") == "prospect"
    (found,) = await world.rows("select source, origin from evidence")
    assert (found.source, found.origin) == ("partner:callwerk/sdr:lena", ["partner:callwerk", "partners"])
    assert (
        await world.value("select reason #>> '{args,text}' from audit where action = 'inbox.applied'") == "they met her"
    )
    again = await client.post(path, json={"reason": "x"}, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "not-refused")


async def test_a_lead_that_their_rep_has_is_told_without_the_company_as_the_house_knows_it(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    other = await house(
        world, "ceo@nordlicht.example", company__name="Nordlicht AG", account__status="customer", account__owner="eva"
    )
    fields = COLD | {"company.domain": "nordlicht.example"}
    await world.publish(
        {**await world.value("select document from policies where state = 'published'"), "ownership": {"order": []},
         "rules": [{"name": "all", "work": "prospecting", "pool": "partner-outbound"}]}
    )  # fmt: skip
    body = {"email": "x@gmail.com", "external_id": "1", "fields": fields}
    answer = await client.post("/v1/leads", json=body, headers=partner)
    told = answer.json()
    assert (answer.status_code, told["lead"]["stage"], told["decision"]["outcome"]) == (202, "working", "assigned")
    read = await client.get(f"/v1/leads/{told['lead']['id']}", headers=partner)
    for text in (answer.text, read.text):
        for secret in (str(other.id), str(other.account_id), "customer", "eva", "Nordlicht AG"):
            assert secret not in text
    assert (told["lead"]["account"], told["lead"]["match"]) == (None, {})
    assert [one["external_id"] for one in read.json()["external_ids"]] == ["1"]
    more = await client.post("/v1/leads", json={**body, "first_name": "Xenia"}, headers=partner)
    assert more.json()["lead"]["first_name"] == "Xenia"


async def test_an_email_that_is_anothers_looks_as_one_that_is_nobodys(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    known = await house(world, "mara@nordlicht.example")
    seen = []
    for number, email in enumerate(("mara@nordlicht.example", "free@nordlicht.example")):
        first = {"external_id": f"contact-{number}", "fields": COLD}
        lead = (await client.post("/v1/leads", json=first, headers=partner)).json()["lead"]["id"]
        told = (await client.post("/v1/leads", json=first | {"email": email}, headers=partner)).json()["lead"]
        read = (await client.get(f"/v1/leads/{lead}", headers=partner)).json()
        assert told["email"] == read["email"] == email
        seen.append((sorted(told), told["match"], read["match"], read["fields"]))
    assert seen[0] == seen[1]
    # The other lead is still the one that the email finds.
    assert (await house(world, "mara@nordlicht.example")).id == known.id
    assert await world.value("select count(*) from alerts where code = 'identity-conflict'") == 1


async def test_a_lead_that_they_brought_and_that_waits_hears_their_news(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    body = {"email": "x@far.example", "fields": {"lead.source": "newsletter"}}
    assert (await client.post("/v1/leads", json=body, headers=partner)).json()["lead"] is None
    await client.post("/v1/leads", json=body | {"first_name": "Xenia"}, headers=partner)
    assert await world.value("select first_name from leads") == "Xenia"
    assert await world.value("select count(*) from inbox") == 0


async def test_a_merge_tells_them_no_lead_of_others(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], sign_in: Any
) -> None:
    sent = await client.post("/v1/leads", json={"email": "x@far.example", "fields": COLD}, headers=partner)
    theirs = sent.json()["lead"]["id"]
    ours = await house(world, "mara@nordlicht.example")
    merged = await client.post(
        f"/v1/leads/{theirs}/merge", json={"into": str(ours.id), "reason": "one person"}, headers=await sign_in("admin")
    )
    assert merged.status_code == 200, merged.text
    read = await client.get(f"/v1/leads/{theirs}", headers=partner)
    tried = await client.post(
        f"/v1/leads/{theirs}/handovers", json={"evidence": [{"name": "need", "value": "x"}]}, headers=partner
    )
    listed = await client.get("/v1/leads", headers=partner)
    assert (read.status_code, tried.status_code) == (200, 409)
    for answer in (read, tried, listed):
        assert str(ours.id) not in answer.text
        assert "mara" not in answer.text


async def test_a_refusal_of_the_gate_names_no_other_and_nothing_of_the_account(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    document = await world.value("select document from policies where state = 'published'")
    when = {"field": "account.status", "equals": "prospect"}
    gate = {"require": ["qualified", "motivated", "educated"], "when": when}
    await world.publish({**document, "gates": {"closing": gate}, "rules": [
        rule for rule in document["rules"] if rule["work"] in ("closing", "prospecting")
    ]})  # fmt: skip
    await house(world, "ceo@nordlicht.example", account__status="customer")
    body = {"email": "x@nordlicht.example", "fields": COLD | {"company.employees": 100}}
    await world.rows("update accounts set status = 'prospect'")
    lead = (await client.post("/v1/leads", json=body, headers=partner)).json()["lead"]["id"]
    await world.rows("update accounts set status = 'customer'")
    await world.rows(
        "insert into evidence (id, lead_id, kind, name, value, affirmed, source, origin, observed_at, created_at)"
        " values (gen_random_uuid(), cast(:lead as uuid), 'motivated', 'intent', 'no', false, 'sdr:jonas', '{reps}',"
        " now(), now())",
        lead=lead,
    )
    wanted = {"evidence": [{"name": "need", "value": "x"}, {"name": "offer_known", "value": "x"}]}
    for over in ({}, {"book": {"start": "2036-01-01T10:00:00Z"}}):
        answer = await client.post(f"/v1/leads/{lead}/handovers", json=wanted | over, headers=partner)
        for secret in ("jonas", "customer", "account.status"):
            assert secret not in answer.text


async def test_what_a_partner_said_is_as_old_as_it_was_when_an_admin_applies_it_later(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], sign_in: Any
) -> None:
    await house(world, "mara@nordlicht.example")
    body = {
        "email": "mara@nordlicht.example",
        "fields": {"lead.score": 9},
        "evidence": [{"name": "need", "value": "x"}],
    }
    await client.post("/v1/leads", json=body, headers=partner)
    await world.owner_rows("update inbox set received_at = received_at - interval '10 days'", past_guards=True)
    await house(world, "mara@nordlicht.example", lead__score=50)
    item, arrived = (await world.rows("select id, received_at from inbox"))[0]
    await client.post(f"/v1/inbox/{item}/apply", json={"reason": "x"}, headers=await sign_in("admin"))
    assert await world.value("select facts ->> 'lead.score' from leads") == "50"
    assert await world.value("select observed_at from evidence") == arrived


async def test_a_partners_news_bring_its_lead_back_from_nurture_as_the_houses_would(
    client: httpx.AsyncClient, world: World, partner: dict[str, str]
) -> None:
    for source in ("newsletter", "cold_list"):
        body = {"email": "paul@far.example", "fields": {"lead.source": source}}
        answer = await client.post("/v1/leads", json=body, headers=partner)
        assert answer.status_code == 202
    (row,) = await world.rows("select stage, nurture_cause from leads")
    assert tuple(row) == ("working", None)
    assert await world.value("select after->>'why' from audit where reason ->> 'key' = 'reason.re-entry'")
