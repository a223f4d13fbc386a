"""POST /v1/leads: one call, one lead, one decision; the same key gives the same answer."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.domain.leads.matching import sortable_timestamp
from pointsman.services.ports import Env
from pointsman.services.ports.leads.lead_search import LeadFilter
from support.floors.use_case_env import World

pytestmark = pytest.mark.anyio

LEAD = {
    "email": "Mara.Vogel@nordlicht.example",
    "first_name": "Mara",
    "fields": {"lead.country": "de", "company.employees": "120", "custom.seats": 40, "company.name": "Nordlicht GmbH"},
}


@pytest.fixture
async def sender(client: httpx.AsyncClient, sign_in: Any) -> Any:
    headers = await sign_in("intake")

    async def send(body: Any = LEAD, key: str | None = None, language: str = "en") -> httpx.Response:
        extra = {"Accept-Language": language} | ({"Idempotency-Key": key} if key else {})
        return await client.post("/v1/leads", json=body, headers=headers | extra)

    return send


async def test_a_new_lead_is_stored_routed_and_answered_with_the_decision(sender: Any, world: World) -> None:
    answer = await sender()
    body = answer.json()
    assert answer.status_code == 201
    assert body["lead"]["fields"]["company.employees"] == 120
    assert body["lead"]["fields"]["lead.country"] == "DE"
    assert body["lead"]["account"]["domain"] == "nordlicht.example"
    assert body["lead"]["match"] == {"person": "new", "account": "email"}
    assert body["lead"]["stage"] == "working"
    assert (body["decision"]["outcome"], body["decision"]["work"]) == ("assigned", "qualification")
    assert body["decision"]["rep"] in {"lena", "jonas", "sofia"}
    stored = await world.value("select stage from leads where id = cast(:id as uuid)", id=body["lead"]["id"])
    assert stored == "working"
    lines = await world.rows("select action from audit where subject = :s", s=f"lead:{body['lead']['id']}")
    assert {line[0] for line in lines} == {"lead.created", "lead.assigned"}


async def test_a_known_lead_stays_with_its_holder_and_says_so(sender: Any) -> None:
    first = (await sender()).json()
    again = await sender(LEAD | {"email": "mara.vogel@NORDLICHT.example", "fields": {"lead.score": 7}})
    body = again.json()
    assert again.status_code == 200
    assert body["lead"]["id"] == first["lead"]["id"]
    assert body["decision"] is None
    assert "holder" in body["note"]
    assert body["lead"]["fields"]["lead.score"] == 7
    assert body["lead"]["fields"]["company.employees"] == 120


async def test_nobody_eligible_means_a_hold_with_a_reason(sender: Any) -> None:
    body = (await sender({"email": "x@far.example", "fields": {"lead.country": "BR"}})).json()
    assert body["decision"]["outcome"] == "held"
    assert body["decision"]["hold_reason"] == "no-rule"
    assert body["lead"]["stage"] == "held"


async def test_the_answer_says_of_nurture_what_the_lead_says(
    sender: Any, client: httpx.AsyncClient, sign_in: Any
) -> None:
    reader = await sign_in("read")
    for source, known in (("newsletter", "rule"), ("demo_form", None)):
        body = {"email": "mara@nordlicht.example", "fields": {"lead.source": source, "lead.country": "DE"}}
        told = (await sender(body)).json()["lead"]
        read = (await client.get(f"/v1/leads/{told['id']}", headers=reader)).json()
        assert (told["stage"], told["nurture_cause"]) == ("nurture" if known else "working", known)
        same = ("stage", "nurture_cause", "nurture_since", "nurture_until", "fields")
        assert {name: read[name] for name in same} == {name: told[name] for name in same}


async def test_a_waiting_lead_is_looked_at_again_when_there_is_news(sender: Any) -> None:
    await sender({"email": "x@far.example", "fields": {"lead.country": "BR"}})
    body = (await sender({"email": "x@far.example", "fields": {"lead.country": "DE"}})).json()
    assert body["decision"]["outcome"] == "assigned"


def evident(value: str, **over: Any) -> dict[str, Any]:
    return {"email": "a@b.example", "evidence": [{"name": "need", "value": value, **over}]}


@pytest.mark.parametrize(
    ("body", "path", "hint"),
    [
        ({"email": "a@b.example", "fields": {"lead.contry": "DE"}}, 'body.fields["lead.contry"]', "lead.country"),
        ({"email": "a@b.example", "fields": {"custom.seat": 1}}, 'body.fields["custom.seat"]', "custom.seats"),
        ({"email": "a@b.example", "fields": {"company.employees": "many"}}, 'body.fields["company.employees"]', "number"),
        ({"email": "a@b.example", "fields": {"lead.created_at": "2026-01-01"}}, 'body.fields["lead.created_at"]', "set"),
        ({"email": "a@b.example", "fields": {"lead.email": "c@d.example"}}, 'body.fields["lead.email"]', "keep one"),
        ({"email": "a@b.example", "fields": {"qualification.need": "x"}}, 'body.fields["qualification.need"]', "evidence"),
        ({"email": "not an address"}, "body.email", "name@host"),
        ({"external_id": "null", "source_system": "erp"}, "body.external_id", "leave it out"),
        ({"email": "a@b.example", "external_id": "0"}, "body.external_id", "strangers would share it"),
        ({"first_name": "Mara"}, "body.email", "external_id"),
        ({"email": "a@b.example", "evidence": [{"name": "ned", "value": "x"}]}, "body.evidence[0].name", "need"),
        ({"email": "a@b.example", "external_id": " \u200b"}, "body.external_id", "shows nothing"),
        ({"email": "a@b.example", "fields": {"company.revenue": "12O"}}, 'body.fields["company.revenue"]', "'12O'"),
        ({"email": "a@b.example", "fields": {"lead.country": "EN"}}, 'body.fields["lead.country"]', "GB"),
        (evident("\u2800"), "body.evidence[0].value", "says nothing"),
        (evident("k. A."), "body.evidence[0].value", "leave this item out"),
        (evident("Nein"), "body.evidence[0].value", "`affirmed` false"),
        (evident("\u3164", affirmed=False), "body.evidence[0].value", "shows nothing"),
        (evident("found out", source="\u2800-"), "body.evidence[0].source", "shows nothing"),
        ({"email": "a@b.example", "oops": 1}, "body.oops", "not known"),
        ({"email": 7}, "body.email", "text, in quotes"),
    ],
)  # fmt: skip
async def test_a_fault_is_named_with_its_path(sender: Any, world: World, body: Any, path: str, hint: str) -> None:
    answer = await sender(body)
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["path"] == path
    assert hint in fault["message"]
    assert await world.value("select count(*) from leads") == 0


async def test_what_is_read_by_a_rule_is_taken_and_said(sender: Any, world: World) -> None:
    fields = {
        "company.employees": "51-200",
        "lead.country": "Türkei",
        "lead.language": "Deutsch",
        "company.revenue": "5 Mio.",
    }
    answer = await sender({"email": "a@b.example", "fields": fields, "occurred_at": "2099-01-01T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    assert [(one["path"], one["code"]) for one in answer.json()["warnings"]] == [
        ('body.fields["company.employees"]', "read-in-part"),
        ("body.occurred_at", "in-the-future"),
    ]
    assert answer.json()["lead"]["fields"] == {
        "company.employees": 51,
        "company.revenue": 5_000_000,
        "lead.country": "TR",
        "lead.language": "de",
    }
    assert await world.value("select max(value) from leads, jsonb_each_text(known_at)") <= sortable_timestamp(
        world.clock()
    )


async def test_an_id_is_the_same_whatever_blanks_stand_around_it(sender: Any, world: World) -> None:
    first = await sender({"external_id": "X1", "source_system": "erp"})
    again = await sender({"external_id": " X1\u00a0", "source_system": "\u200berp "})
    assert (first.status_code, again.status_code) == (201, 200)
    assert await world.rows("select source, external_id from lead_identities") == [("erp", "X1")]


@pytest.mark.parametrize(
    "asked", ["nordlicht.example", " NordLicht.example.", "https://nordlicht.example/x", "m@Nordlicht.example"]
)
async def test_an_account_is_found_by_its_domain_in_any_spelling(
    sender: Any, client: httpx.AsyncClient, sign_in: Any, asked: str
) -> None:
    await sender({"email": "mara@nordlicht.example"})
    answer = await client.get("/v1/accounts", params={"domain": asked}, headers=await sign_in("read"))
    assert [one["domain"] for one in answer.json()["items"]] == ["nordlicht.example"]


async def test_the_same_key_gives_the_same_answer_byte_for_byte(sender: Any, world: World) -> None:
    first = await sender(key="order-1")
    await world.rows("update leads set first_name = 'Changed'")
    again = await sender(key="order-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await world.value("select count(*) from decisions") == 1


async def test_an_answer_that_is_given_again_says_its_first_language(sender: Any) -> None:
    first = await sender(key="order-1", language="de")
    again = await sender(key="order-1", language="en")
    named = [(answer.headers["content-language"], answer.headers["vary"]) for answer in (first, again)]
    assert named == [("de", "Accept-Language")] * 2


async def test_the_same_key_with_another_body_is_refused(sender: Any) -> None:
    await sender(key="order-1")
    other = await sender(LEAD | {"first_name": "Other"}, key="order-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_keys_belong_to_their_caller(sender: Any, client: httpx.AsyncClient, sign_in: Any) -> None:
    await sender(key="order-1")
    other = await sign_in("intake")
    answer = await client.post("/v1/leads", json=LEAD, headers=other | {"Idempotency-Key": "order-1"})
    assert answer.status_code == 200
    assert "idempotency-replayed" not in answer.headers


async def test_a_key_whose_request_failed_may_be_used_again(sender: Any) -> None:
    assert (await sender({"email": "nonsense"}, key="order-1")).status_code == 422
    assert (await sender(key="order-1")).status_code == 201


async def test_a_key_that_is_too_long_is_refused(sender: Any) -> None:
    assert (await sender(key="k" * 256)).status_code == 422
    assert (await sender(key="k" * 255)).status_code == 201


async def test_fifty_requests_with_one_key_have_one_effect(sender: Any, world: World) -> None:
    answers = await asyncio.gather(*(sender(key="order-1") for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in-flight"}
    assert await world.value("select count(*) from leads") == 1
    assert await world.value("select count(*) from decisions") == 1


async def test_a_request_whose_twin_is_running_gets_409(sender: Any, env: Env, app: FastAPI) -> None:
    assert (await sender(key="other")).status_code == 201
    caller = (await _keys(env))[0]
    async with env.uow() as tx:
        ours, _ = await tx.idempotency.lock_key(caller=caller, route="POST /v1/leads", key="order-1")
        assert ours
        answer = await sender(key="order-1")
        assert (answer.status_code, answer.json()["code"]) == (409, "in-flight")
    # That transaction ended without an answer, as a crash ends it: the key is free.
    assert (await sender(key="order-1")).status_code == 200


async def _keys(env: Env) -> list[str]:
    async with env.uow() as tx:
        return [row.id for row in await tx.api_keys.list()]


async def test_a_partner_sees_only_leads_that_its_reps_hold_or_held(
    sender: Any, client: httpx.AsyncClient, sign_in: Any
) -> None:
    own = (await sender()).json()["lead"]["id"]
    cold = (await sender({"email": "c@cold.example", "fields": {"lead.source": "cold_list"}})).json()
    assert cold["decision"]["rep"] in {"mia", "paul"}
    partner = await sign_in("read", "intake", supplier="callwerk")
    listed = (await client.get("/v1/leads", headers=partner)).json()
    assert [item["id"] for item in listed["items"]] == [cold["lead"]["id"]]
    assert (await client.get(f"/v1/leads/{own}", headers=partner)).status_code == 404
    assert (await client.get(f"/v1/leads/{cold['lead']['id']}", headers=partner)).status_code == 200
    probe = await client.post("/v1/leads", json={"email": LEAD["email"]}, headers=partner)
    assert (probe.status_code, probe.json()["lead"]) == (202, None)


async def test_a_lead_is_read_with_its_holder_and_external_ids(
    sender: Any, client: httpx.AsyncClient, sign_in: Any
) -> None:
    made = (await sender(LEAD | {"external_id": "4711", "source_system": "crm"})).json()
    body = (await client.get(f"/v1/leads/{made['lead']['id']}", headers=await sign_in("read"))).json()
    assert body["holder"]["rep"] == made["decision"]["rep"]
    assert body["external_ids"] == [{"sender": "api", "source_system": "crm", "external_id": "4711"}]


async def test_leads_are_listed_newest_first_page_by_page(sender: Any, client: httpx.AsyncClient, sign_in: Any) -> None:
    for number in range(5):
        await sender({"email": f"p{number}@far.example"})
    headers, seen, cursor = await sign_in("read"), [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/leads", params=query, headers=headers)).json()
        seen += [item["email"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"p{number}@far.example" for number in reversed(range(5))]
    assert cursor is None


async def test_a_key_without_the_scope_is_refused(client: httpx.AsyncClient, sign_in: Any) -> None:
    assert (await client.post("/v1/leads", json=LEAD, headers=await sign_in("read"))).status_code == 403
    assert (await client.post("/v1/leads", json=LEAD)).status_code == 401


async def test_without_a_policy_a_lead_is_refused_and_not_stored(database_url: str) -> None:
    from pointsman.domain.errors import Conflict
    from pointsman.services.intake.submit_lead import submit_lead
    from pointsman.services.leads.lead_input import LeadInput
    from support.floors.use_case_env import SENDER, make_env

    env, engine = make_env(database_url)
    try:
        with pytest.raises(Conflict, match="No policy"):
            await submit_lead(env, LeadInput(email="a@b.example"), actor=SENDER)
        async with env.uow() as tx:
            assert await tx.lead_search.page(LeadFilter(), after=None, limit=5) == []
    finally:
        await engine.dispose()
