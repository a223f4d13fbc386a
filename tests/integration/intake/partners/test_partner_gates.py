"""What a partner hears of the gate follows from the sayings of its lead alone: no account of the house is asked or told."""

from typing import Any

import httpx
import pytest

from integration.intake.test_partner_news import COLD, all_to_paul, house
from support.floors.use_case_env import World

pytestmark = pytest.mark.anyio

FOUND = {"need": "forklifts in March", "urgency": "before year end", "offer_known": "has seen the tour"}
EVIDENCE = [{"name": name, "value": value} for name, value in FOUND.items()]
OWN_DOMAIN = {"field": "company.domain", "present": True}
NAMED = {"field": "company.name", "present": True}
#: Conditions that a house may have, each with whether the lead of a partner that gives an address alone meets it.
CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    (OWN_DOMAIN, True),
    (NAMED, False),
    ({"field": "company.name", "equals": "Foo AG"}, False),
    ({"not": {"field": "company.name", "equals": "Nordlicht AG"}}, False),
    ({"field": "account.status", "equals": "prospect"}, False),
    ({"not": {"field": "account.status", "equals": "customer"}}, False),
    ({"field": "account.owner", "present": False}, False),
    ({"field": "account.owner", "present": True}, False),
    ({"any": [{"field": "account.owner", "present": False}, OWN_DOMAIN]}, True),
]


@pytest.fixture
async def partner(sign_in: Any) -> dict[str, str]:
    headers: dict[str, str] = await sign_in("intake", "read", "handover", "booking", supplier="callwerk")
    return headers


async def asks(world: World, condition: dict[str, Any]) -> None:
    """The gate for closing asks this, too, and a house lead of nordlicht.example is a customer."""
    await all_to_paul(world)
    policy = await world.value("select document from policies where state = 'published'")
    closing = policy["gates"]["closing"] | {"when": condition}
    await world.publish(policy | {"gates": policy["gates"] | {"closing": closing}})
    await house(world, "mara@nordlicht.example", company__name="Nordlicht AG")


async def told(client: httpx.AsyncClient, caller: dict[str, str], lead: str, **more: Any) -> dict[str, Any]:
    body = {"setter": "paul", "evidence": EVIDENCE, "dry_run": True} | more
    answer = await client.post(f"/v1/leads/{lead}/handovers", json=body, headers=caller)
    assert answer.status_code == 200, answer.text
    read = answer.json()
    return {name: read[name] for name in ("passed", "missing", "refused", "failed", "stage")}


@pytest.mark.parametrize(("condition", "passes"), CONDITIONS, ids=lambda value: str(value)[:60])
async def test_a_gate_that_asks_for_the_company_says_the_same_of_known_and_unknown_people(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], condition: dict[str, Any], *, passes: bool
) -> None:
    await asks(world, condition)
    emails = ["mara@nordlicht.example", "nobody@nordlicht.example", "nobody@else.example"]
    answers = []
    for number, email in enumerate(emails):
        body: dict[str, Any] = {"external_id": f"lead-{number}", "fields": COLD}
        lead = (await client.post("/v1/leads", json=body, headers=partner)).json()["lead"]["id"]
        await client.post("/v1/leads", json=body | {"email": email}, headers=partner)
        answers.append(await told(client, partner, lead))
    assert answers == [answers[0]] * 3
    assert answers[0]["passed"] is passes
    assert "Nordlicht" not in str(answers)
    written = await told(client, partner, lead, dry_run=False)
    assert (written["passed"], written["failed"]) == (passes, answers[0]["failed"])


async def test_what_the_account_is_to_the_house_shuts_the_gate_in_one_sentence_and_opens_it_for_the_house(
    client: httpx.AsyncClient, world: World, partner: dict[str, str], sign_in: Any
) -> None:
    await asks(world, {"field": "account.status", "equals": "customer"})
    body = {"external_id": "lead-1", "email": "free@nordlicht.example", "fields": COLD}
    lead = (await client.post("/v1/leads", json=body, headers=partner)).json()["lead"]["id"]
    heard = await told(client, partner, lead)
    assert (heard["passed"], heard["failed"]) == (False, ["A condition of the house is not met."])
    of_the_house = await told(client, await sign_in("handover"), lead)
    assert (of_the_house["passed"], of_the_house["failed"]) == (True, [])
