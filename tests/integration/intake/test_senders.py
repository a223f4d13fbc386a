"""Ids of two senders are two people, evidence has the name of its sender, and what changes of a company is on record."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.domain.permissions.callers import CallerKind, Scope
from pointsman.services.intake.process_item import process_item
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.accounts import merge_accounts, set_parent
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from support.floors.use_case_env import ADMIN, SENDER, World
from support.http.signing import sign_hmac

pytestmark = pytest.mark.anyio

PARTNER = Actor(name="key:p", kind=CallerKind.PARTNER, supplier="callwerk", scopes=frozenset({Scope.INTAKE}))
CRM = {"fields": {"lead.email": "email", "lead.phone": "phone"}, "external_id": "id", "source_system": "crm"}
SAMPLE = {"email": "sam@sample.example", "phone": "1", "id": "1"}
READY = ("need", "intent", "offer_known")
COLD = {"lead.source": "cold_list"}


async def told(world: World, domain: str = "nordlicht.example") -> list[tuple[Any, ...]]:
    """Action, actor, before and after of every line about the account of this domain."""
    lines = await world.rows(
        "select action, actor, before, after from audit"
        " where subject = 'account:' || (select id from accounts where domain = :domain) order by at, id",
        domain=domain,
    )
    return [tuple(line) for line in lines]


async def account(world: World, domain: str) -> UUID:
    found: UUID = await world.value("select id from accounts where domain = :domain", domain=domain)
    return found


async def hooked(world: World, client: httpx.AsyncClient, body: dict[str, Any], key: str = "crm") -> UUID:
    """The lead that a signed webhook was worked off to."""
    raw = json.dumps(body).encode()
    headers = {"content-type": "application/json", **sign_hmac(raw)}
    answer = await client.post(f"/v1/hooks/{key}", content=raw, headers=headers)
    assert answer.status_code == 202, answer.text
    (inbox_id,) = answer.json()["ids"]
    await process_item(world.env, UUID(inbox_id))
    lead: UUID = await world.value("select lead_id from inbox where id = :id", id=UUID(inbox_id))
    return lead


async def test_an_id_of_a_partner_never_meets_the_same_id_of_the_houses_webhook(
    client: httpx.AsyncClient, world: World, sign_in: Any, make_intake: Any
) -> None:
    await make_intake("crm", mapping=CRM, sample=SAMPLE)
    partner = await sign_in("intake", "read", supplier="callwerk")
    await client.post(
        "/v1/leads", json={"external_id": "777492", "source_system": "crm", "fields": COLD}, headers=partner
    )
    (theirs,) = (await client.get("/v1/leads", headers=partner)).json()["items"]
    ours = await hooked(world, client, {"id": "777492", "email": "mara@nordlicht.example", "phone": "+49 1"})
    assert str(ours) != theirs["id"]
    seen = (await client.get(f"/v1/leads/{theirs['id']}", headers=partner)).json()
    assert (seen["email"], seen["phone"]) == (None, None)
    assert (await client.get(f"/v1/leads/{ours}", headers=partner)).status_code == 404


async def test_the_webhooks_of_one_system_share_its_ids_as_their_mappings_say(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    for key in ("crm", "crm-too"):
        await make_intake(key, mapping=CRM, sample=SAMPLE)
    await make_intake("shop", mapping={**CRM, "source_system": "shop"}, sample=SAMPLE)
    first = await hooked(world, client, {"id": "7", "email": "a@a.example"})
    assert await hooked(world, client, {"id": "7"}, key="crm-too") == first
    assert await hooked(world, client, {"id": "7"}, key="shop") != first


async def test_a_house_key_names_no_system_that_a_webhook_speaks_for_and_an_admins_brings_its_ids_in(
    client: httpx.AsyncClient, world: World, sign_in: Any, make_intake: Any
) -> None:
    await make_intake("crm", mapping=CRM, sample=SAMPLE)
    body = {"external_id": "7", "source_system": "crm", "email": "mara@nordlicht.example"}
    refused = await client.post("/v1/leads", json=body, headers=await sign_in("intake"))
    assert refused.status_code == 422
    assert [fault["path"] for fault in refused.json()["faults"]] == ["body.source_system"]
    assert await world.value("select count(*) from leads") == 0
    own = await client.post("/v1/leads", json=body | {"source_system": "shop"}, headers=await sign_in("intake"))
    assert own.status_code == 201
    admin = await sign_in("intake", "admin")
    brought = await client.post("/v1/leads", json=body | {"email": "b@b.example"}, headers=admin)
    assert str(await hooked(world, client, {"id": "7"})) == brought.json()["lead"]["id"]


async def test_what_a_sender_says_of_a_known_account_is_in_the_audit_with_before_and_after(world: World) -> None:
    await submit_lead(world.env, LeadInput(email="a@nordlicht.example"), actor=SENDER)
    news = {"account.status": "customer", "account.owner": "eva", "company.name": "Nordlicht GmbH"}
    lead = (await submit_lead(world.env, LeadInput(email="b@nordlicht.example", facts=news), actor=SENDER)).lead
    assert (lead.account_status, lead.account_owner, lead.account_name) == ("customer", "eva", "Nordlicht GmbH")
    known = LeadInput(email="a@nordlicht.example", facts={"account.owner": "lena"})
    assert (await submit_lead(world.env, known, actor=SENDER)).lead.account_owner == "lena"
    await submit_lead(world.env, known, actor=SENDER)  # an echo
    first = {"name": None, "domain": "nordlicht.example", "status": "prospect", "owner": None}
    second = {"name": "Nordlicht GmbH", "domain": "nordlicht.example", "status": "customer", "owner": "eva"}
    assert await told(world) == [
        ("account.created", SENDER.name, None, first),
        ("account.changed", SENDER.name, first, second),
        ("account.changed", SENDER.name, second, {**second, "owner": "lena"}),
    ]


async def test_a_merge_of_accounts_is_in_the_audit_of_each_that_it_changes(world: World) -> None:
    facts = {"account.owner": "sofia", "account.status": "customer", "account.parent_domain": "holding.example"}
    await submit_lead(world.env, LeadInput(email="a@old.example", facts=facts), actor=SENDER)
    for name in ("new", "child"):
        await submit_lead(world.env, LeadInput(email=f"a@{name}.example"), actor=SENDER)
    old, new, child = [await account(world, f"{name}.example") for name in ("old", "new", "child")]
    await set_parent(world.env, child, old, reason="x", actor=ADMIN)
    await merge_accounts(world.env, old, into=new, reason="renamed", actor=ADMIN)
    assert (await told(world, "holding.example"))[0][0] == "account.created"
    action, actor, before, after = (await told(world, "new.example"))[-1]
    assert (action, actor) == ("account.merged-into", ADMIN.name)
    assert (before["owner"], before["status"], before["parent"]) == (None, "prospect", None)
    holding = str(await account(world, "holding.example"))
    assert (after["owner"], after["status"], after["parent"]) == ("sofia", "customer", holding)
    action, _, before, after = (await told(world, "old.example"))[-1]
    assert (action, before["merged_into"], after["merged_into"]) == ("account.merged", None, str(new))
    action, _, before, after = (await told(world, "child.example"))[-1]
    assert (action, before, after) == ("account.parent-changed", {"parent": str(old)}, {"parent": str(new)})


async def test_nothing_that_a_partner_says_of_an_account_reaches_it(
    client: httpx.AsyncClient, world: World, sign_in: Any
) -> None:
    await submit_lead(world.env, LeadInput(email="a@nordlicht.example"), actor=SENDER)
    words = {
        "account.status": "customer",
        "account.owner": "mia",
        "account.parent_domain": "holding.example",
        "company.domain": "nordlicht.example",
        "company.name": "Nordlicht of theirs",
    }
    partner = await sign_in("intake", supplier="callwerk")
    answer = await client.post("/v1/leads", json={"email": "x@gmail.com", "fields": COLD | words}, headers=partner)
    assert answer.status_code < 300, answer.text
    assert {(one["code"], one["path"]) for one in answer.json()["warnings"]} == {
        ("not-yours-to-say", f'body.fields["account.{name}"]') for name in ("status", "owner", "parent_domain")
    }
    # Nor where the account is made by it.
    made = LeadInput(email="y@rival.example", facts={"account.status": "customer", "account.owner": "mia"})
    await submit_lead(world.env, made, actor=PARTNER)
    assert await world.rows("select name, domain, status, owner_rep_id, parent_id from accounts order by domain") == [
        (None, "nordlicht.example", "prospect", None, None),
        (None, "rival.example", "prospect", None, None),
    ]
    assert [line[0] for line in await told(world)] == ["account.created"]


async def sources(world: World) -> list[str]:
    return [row[0] for row in await world.rows("select source from evidence order by created_at, id")]


@pytest.mark.parametrize(
    "name", ["sdr:lena", "lena", "call:Lena", "SDR:\u200blena@example.com", "sdr:x", "intake:crm", "partner:x"]
)
async def test_a_key_that_only_brings_leads_in_takes_no_others_name(
    client: httpx.AsyncClient, world: World, sign_in: Any, name: str
) -> None:
    body = {"email": "m@nordlicht.example", "evidence": [{"name": "need", "value": "x", "source": name}]}
    answer = await client.post("/v1/leads", json=body, headers=await sign_in("intake"))
    assert answer.status_code == 422, answer.text
    assert [fault["path"] for fault in answer.json()["faults"]] == ["body.evidence[0].source"]
    assert await sources(world) == []


async def test_evidence_is_kept_under_the_name_of_its_sender(
    client: httpx.AsyncClient, world: World, sign_in: Any
) -> None:
    house, partner = await sign_in("intake"), await sign_in("intake", supplier="callwerk")
    setter, lena = await sign_in("intake", "handover"), await sign_in("intake", rep="lena")
    mia = await sign_in("intake", rep="mia")
    for number, (headers, source, kept) in enumerate(
        [
            (house, None, "api"),
            (house, "form:demo", "form:demo"),
            (setter, "sdr:lena", "sdr:lena"),
            (partner, None, "partner:callwerk/api"),
            (partner, "sdr:lena", "partner:callwerk/sdr:lena"),
            (partner, "sdr:mia", "sdr:mia"),
            (partner, "call", "partner:callwerk/call"),
            (partner, "call\n- Urgency: high\u2028(sdr:lena", "partner:callwerk/call - Urgency: high (sdr:lena"),
            (partner, "\u202eanel:rds", "partner:callwerk/anel:rds"),
            (partner, " \u200b\u3164", None),
            (house, "l\u034fe\u200bna", None),
            (house, "s\u034fdr:le\ufe0fna", None),
            (house, "partner\u034f:callwerk", None),
            (house, "form\tdemo ", "form demo"),
            (setter, "\n", None),
            (lena, None, "sdr:lena"),
            (lena, "sdr:jonas", None),
            (mia, "Mia", "sdr:mia"),
        ]
    ):
        item = {"name": "need", "value": "x"} | ({"source": source} if source else {})
        body = {"email": f"m{number}@cold.example", "fields": COLD, "evidence": [item]}
        before = await sources(world)
        answer = await client.post("/v1/leads", json=body, headers=headers)
        assert (answer.status_code == 422) is (kept is None), answer.text
        assert await sources(world) == [*before, *([kept] if kept else [])]


async def test_a_webhook_gives_evidence_no_name_that_is_not_a_reps(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    mapping = {"fields": {"lead.email": "email"}, "setter": "sdr", "evidence": [{"name": "need", "value": "need"}]}
    sample = {"email": "s@s.example", "sdr": "lena", "need": "x"}
    await make_intake("crm", kind="handover", mapping=mapping, sample=sample)
    await hooked(world, client, {"email": "m@m.example", "sdr": "lena@example.com", "need": "a"})
    await hooked(world, client, {"email": "m@m.example", "sdr": "the house", "need": "b"})
    assert await sources(world) == ["sdr:lena", "intake:crm"]


async def test_what_a_key_that_only_brings_leads_in_says_is_kept_and_opens_no_gate(
    client: httpx.AsyncClient, sign_in: Any
) -> None:
    evidence = [{"name": name, "value": "yes"} for name in READY]
    body = {"email": "m@nordlicht.example", "fields": {"lead.country": "DE", "company.employees": 100}}
    sent = await client.post("/v1/leads", json=body | {"evidence": evidence}, headers=await sign_in("intake"))
    path = f"/v1/leads/{sent.json()['lead']['id']}/handovers"
    assert [(one["code"], one["path"]) for one in sent.json()["warnings"]] == [
        ("source-does-not-count", f"body.evidence[{i}]") for i in range(3)
    ]
    setter = await sign_in("handover")
    tried = await client.post(path, json={"setter": "lena", "evidence": evidence[:1]}, headers=setter)
    assert (tried.json()["passed"], tried.json()["warnings"]) == (False, [])
    assert {(one["what"], "from api, which may not supply it" in one["why"]) for one in tried.json()["missing"]} == {
        ("motivated", True),
        ("educated", True),
    }
    assert all("scope 'intake'" in one["how"] for one in tried.json()["missing"])
    said = await client.post(path, json={"setter": "lena", "evidence": evidence}, headers=setter)
    assert said.json()["passed"] is True


async def test_a_no_that_does_not_count_shuts_no_gate(client: httpx.AsyncClient, world: World, sign_in: Any) -> None:
    lead = await world.lead(company__employees=100)
    await world.pass_gate(lead)
    mail = await world.value("select email from leads where id = :id", id=lead)
    no = {"email": mail, "evidence": [{"name": "need", "value": "none", "affirmed": False}]}
    await client.post("/v1/leads", json=no, headers=await sign_in("intake"))
    assert await world.value("select count(*) from gate_checks where passed and revoked_at is null") == 1
    await client.post("/v1/leads", json=no, headers=await sign_in("intake", "handover"))
    assert await world.value("select count(*) from gate_checks where passed and revoked_at is null") == 0


async def test_the_database_too_lets_only_evidence_of_a_source_that_counts_open_a_gate(world: World) -> None:
    lead = await world.lead()
    forge = (
        "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at, expires_at)"
        " select gen_random_uuid(), :lead, 'closing', true, version, '{}', now(), now() + interval '1 day'"
        " from policies where state = 'published'"
    )
    for kind, name in (("qualified", "need"), ("motivated", "intent"), ("educated", "offer_known")):
        await world.rows(
            "insert into evidence (id, lead_id, kind, name, value, affirmed, source, origin, observed_at, created_at)"
            " values (gen_random_uuid(), :lead, :kind, :name, 'yes', true, 'api', '{scope:intake}', now(), now())",
            lead=lead, kind=kind, name=name,
        )  # fmt: skip
    document = await world.value("select document from policies where state = 'published'")
    plain = {**document, "gates": {"closing": {"require": ["qualified", "motivated", "educated"]}}}
    partly = [{"from": "reps"}, {"from": "scope:intake", "names": ["need", "intent"]}]
    wholly = [{"from": "scope:intake", "names": ["need"], "kinds": ["motivated", "educated"]}]
    for over, stands in (({}, False), ({"sources": partly}, False), ({"sources": wholly}, True)):
        await world.publish({**plain, "evidence": over})
        if stands:
            await world.rows(forge, lead=lead)
        else:
            with pytest.raises(Exception, match="passes without"):
                await world.rows(forge, lead=lead)
