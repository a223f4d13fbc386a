"""Explaining, replaying and simulating over HTTP: one call says it all."""

import json
from typing import Any

import httpx
import pytest

from support.databases.fixtures import make_floor
from support.floors.use_case_env import POLICY
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

HOURS = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]
FLOOR = {
    "roles": [
        {"name": "SDR", "works": ["prospecting", "qualification"]},
        {"name": "Closer", "works": ["closing"]},
        {"name": "Customer manager", "works": ["customer_service"]},
    ],
    "suppliers": [{"key": "in-house", "name": "In-house", "kind": "in-house"}],
    "reps": [
        {"key": key, "name": key.capitalize(), "email": f"{key}@example.com", "role": role, "working_hours": HOURS}
        for role, keys in {
            "SDR": ["lena", "jonas", "sofia", "mia", "paul"],
            "Closer": ["anna", "ben", "clara"],
            "Customer manager": ["eva"],
        }.items()
        for key in keys
    ],
}
SINCE = {"since": "2026-01-01T00:00:00Z"}


class Floor:
    """A signed-in admin."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.client.request(method, path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def lead(self, email: str, **fields: Any) -> str:
        body = {"email": email, "fields": {"lead.country": "DE", **fields}}
        answer = await self.client.post("/v1/leads", json=body, headers=self.headers)
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["lead"]["id"])


@pytest.fixture
async def floor(client: httpx.AsyncClient, own_database: str, sign_in: MakeKey) -> Floor:
    async def make() -> None:
        floor = Floor(client, await sign_in("admin"))
        await floor.ask("PUT", "/v1/roster", FLOOR)
        await floor.ask("POST", "/v1/policies", POLICY, 201)
        await floor.ask("POST", "/v1/policies/1/publish", {"note": "first", "expected_current": None})

    await make_floor(own_database, f"{FLOOR} {POLICY}", make)
    return Floor(client, await sign_in("admin"))


async def test_one_call_explains_facts_in_words_and_as_data(floor: Floor) -> None:
    asked = {"facts": {"lead.country": "DE", "company.employees": 40}}
    told = await floor.ask("POST", "/v1/policies/explain", asked)
    explanation = told["explanation"]
    assert told["work"] == "qualification"
    assert explanation["summary"].startswith(f"{told['rep'].capitalize()} gets this lead for qualification")
    assert 3 <= len(explanation["story"]) <= 8
    assert explanation["why_rep"]["code"] == "turn"
    assert [other["turns"] for other in explanation["why_not"]] == [1, 2]
    assert {other["entitlement"] for other in explanation["why_not"]} == {"1/3"}
    near = {miss["rule"]: miss for miss in explanation["near_misses"]}
    assert near["Mid-market closing"]["would_match_if"] == {
        "sentence": "the company's number of employees were at least 50",
        "changes": [{"field": "company.employees", "words": "were at least 50", "value": 50, "unset": False}],
        "proven": True,
    }
    assert near["Mid-market closing"]["failing"][0]["words"] == "the company's number of employees (40) is below 50"


async def test_applying_what_would_match_makes_it_match(floor: Floor) -> None:
    facts: dict[str, Any] = {"lead.country": "FR"}
    told = await floor.ask("POST", "/v1/policies/explain", {"facts": facts})
    assert told["outcome"] == "held"
    for miss in told["explanation"]["near_misses"]:
        changed = facts | {change["field"]: change["value"] for change in miss["would_match_if"]["changes"]}
        again = await floor.ask("POST", "/v1/policies/explain", {"facts": changed, "gate_open": True})
        assert miss["rule"] in {step["rule"] for step in again["steps"] if step["result"] == "matched"}


async def test_a_known_lead_and_its_stored_decision_are_explained_without_quoting_the_person(floor: Floor) -> None:
    lead = await floor.lead("geheim-4711@lead.example", **{"company.employees": 80, "lead.message": "geheim"})
    live = await floor.ask("POST", "/v1/policies/explain", {"lead_id": lead, "purpose": "closing"})
    shut = next(change for change in live["explanation"]["would_change"] if change["code"] == "gate-closed")
    assert shut["needs"] == ["qualified", "motivated", "educated"]
    (decision,) = (await floor.ask("GET", f"/v1/leads/{lead}/decisions"))["items"]
    stored = await floor.ask("GET", f"/v1/decisions/{decision['id']}/explanation")
    assert stored["rep"] == decision["rep"]
    assert stored["explanation"]["would_change"]
    assert "geheim" not in json.dumps([live, stored])


async def test_a_lead_that_never_met_the_gate_reads_the_same_now_and_in_its_stored_decision(floor: Floor) -> None:
    lead = await floor.lead("p@lead.example", **{"company.employees": 80})
    (decision,) = (await floor.ask("GET", f"/v1/leads/{lead}/decisions"))["items"]
    live = await floor.ask("POST", "/v1/policies/explain", {"lead_id": lead})
    stored = await floor.ask("GET", f"/v1/decisions/{decision['id']}/explanation")
    assert stored["work"] == live["work"] == "qualification"
    assert live["explanation"]["story"][1] == stored["explanation"]["story"][1]
    for told in (live, stored):
        shut = next(change for change in told["explanation"]["would_change"] if change["code"] == "gate-closed")
        assert shut["needs"] == ["qualified", "motivated", "educated"]


async def test_a_lead_that_waits_for_a_closer_is_explained_as_it_will_be_routed(floor: Floor) -> None:
    for closer in ("anna", "ben", "clara"):
        await floor.ask("POST", f"/v1/reps/{closer}/deactivate", {})
    lead = await floor.lead("p@lead.example", **{"company.employees": 80})
    names = ("need", "authority", "fit", "intent", "urgency", "offer_known")
    evidence = [{"name": name, "value": "said so on the phone"} for name in names]
    handed = await floor.ask("POST", f"/v1/leads/{lead}/handovers", {"evidence": evidence})
    assert handed["stage"] == "held"
    told = await floor.ask("POST", "/v1/policies/explain", {"lead_id": lead})
    assert (told["outcome"], told["work"]) == ("held", "closing")


async def test_a_lead_that_waits_for_somebody_new_is_not_said_to_go_back(floor: Floor) -> None:
    lead = await floor.lead("p@lead.example")
    for _ in range(3):
        await floor.ask("POST", f"/v1/leads/{lead}/reassign", {"reason": "ill"})
    told = await floor.ask("POST", "/v1/policies/explain", {"lead_id": lead})
    assert (told["outcome"], told["work"]) == ("held", "qualification")
    assert {other["code"] for other in told["explanation"]["why_not"]} == {"past-holder"}


async def test_facts_made_up_are_read_as_a_senders_are(floor: Floor) -> None:
    said = {"lead.country": "Germany", "company.employees": "1200", "lead.created_at": "2026-01-01T09:00:00Z"}
    told = await floor.ask("POST", "/v1/policies/explain", {"facts": said, "gate_open": True})
    matched = [step["rule"] for step in told["steps"] if step["result"] == "matched"]
    assert matched == ["Mid-market closing", "DACH inbound"]
    lead = await floor.lead("p@lead.example")
    told = await floor.ask("POST", "/v1/policies/explain", {"lead_id": lead, "facts": {"lead.country": ""}})
    assert told["outcome"] == "held"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("lead.contry", "DE", "unknown-field"),
        ("clock.now", "2026-01-01T09:00:00Z", "unknown-field"),
        ("score.fit", 5, "unknown-field"),
        ("lead.score", "hot", "wrong-type"),
        ("lead.created_at", "yesterday", "wrong-type"),
    ],
)
async def test_facts_that_no_lead_can_have_are_refused(floor: Floor, field: str, value: Any, code: str) -> None:
    problem = await floor.ask("POST", "/v1/policies/explain", {"facts": {field: value}}, 422)
    assert [(fault["path"], fault["code"]) for fault in problem["faults"]] == [(f'body.facts["{field}"]', code)]


async def test_a_given_policy_is_explained_before_it_is_stored(floor: Floor) -> None:
    rules = [{"name": "All", "work": "qualification", "pool": "sdr-dach"}]
    asked = {"facts": {}, "document": {**POLICY, "rules": rules}}
    told = await floor.ask("POST", "/v1/policies/explain", asked)
    assert (told["rule"], told["policy_version"]) == ("All", 0)
    assert (
        told["explanation"]["story"][0] == "The policy in question has 1 rule; the first that matches takes the lead."
    )


async def test_the_latest_decisions_are_taken_again_in_one_call(floor: Floor) -> None:
    for i in range(3):
        await floor.lead(f"p{i}@lead.example")
    assert await floor.ask("POST", "/v1/decisions/replay", {"last": 2}) == {"replayed": 2, "same": 2, "different": []}
    (first, *_) = (await floor.ask("GET", "/v1/decisions"))["items"]
    one = await floor.ask("POST", f"/v1/decisions/{first['id']}/replay")
    assert (one["same"], one["first_byte"], one["paths"], one["more"]) == (True, None, [], 0)


async def test_a_stored_policy_and_a_document_are_simulated(floor: Floor) -> None:
    for i, country in enumerate(("DE", "FR", "AT")):
        await floor.lead(f"p{i}@lead.example", **{"lead.country": country})
    same = await floor.ask("POST", "/v1/policies/1/simulate", SINCE)
    assert (same["simulated"], same["same"], same["complete"]) == (3, 3, True)
    assert same["before"]["outcome"] == same["after"]["outcome"] == {"assigned": 2, "held": 1}
    rules = [{"name": "All", "work": "qualification", "pool": "sdr-dach"}]
    other = await floor.ask("POST", "/v1/policies/simulate", {**SINCE, "document": {**POLICY, "rules": rules}})
    assert other["rerouted"] == 1
    assert other["after"]["outcome"] == {"assigned": 3}
    assert other["examples"][0]["before"].startswith("This lead waits")
    assert other["assumptions"]
    assert other["preferences"] == []
    ranking = {"prefer": [{"lead": "lead.language", "rep": "languages"}]}
    pools = {**POLICY["pools"], "sdr-dach": {**POLICY["pools"]["sdr-dach"], "method": "ranked", "ranking": ranking}}
    ranked = await floor.ask("POST", "/v1/policies/simulate", {**SINCE, "document": {**POLICY, "pools": pools}})
    (share,) = ranked["preferences"]
    assert (share["pool"], share["lead"], share["leads"]) == ("sdr-dach", None, 2)
    assert share["by_tier"] == share["fair_by_tier"] == {"1": 2}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/policies/99/simulate", SINCE, 404),
        ("/v1/policies/1/simulate", {}, 422),
        ("/v1/policies/1/simulate", {**SINCE, "limit": 10_001}, 422),
        ("/v1/policies/1/simulate", {**SINCE, "until": "2025-01-01T00:00:00Z"}, 422),
        ("/v1/policies/1/simulate", {"since": "yesterday"}, 422),
        ("/v1/policies/simulate", {**SINCE, "document": {"rules": 7}}, 422),
        ("/v1/policies/simulate", SINCE, 422),
        ("/v1/decisions/replay", {"last": 0}, 422),
    ],
)
async def test_what_cannot_be_is_refused(floor: Floor, path: str, body: Any, status: int) -> None:
    await floor.ask("POST", path, body, status)


async def test_a_key_that_may_only_book_sees_no_rules_and_no_colleagues(floor: Floor, sign_in: MakeKey) -> None:
    await floor.lead("p@lead.example")
    (decision,) = (await floor.ask("GET", "/v1/decisions"))["items"]
    floor.headers = await sign_in("booking")
    await floor.ask("GET", f"/v1/decisions/{decision['id']}/explanation", None, 403)
    await floor.ask("POST", "/v1/policies/1/simulate", SINCE, 403)
    await floor.ask("POST", "/v1/decisions/replay", {}, 403)
