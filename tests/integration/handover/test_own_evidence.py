"""Evidence under names of the organisation's own, from the policy to the closer's calendar."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from support.floors.booking_floor import Floor
from support.floors.use_case_env import POLICY
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

NAMES: dict[str, Any] = {
    "budget": {"kind": "qualified", "labels": {"de": "Budget frei", "en": "Budget cleared"}},
    "decision_date": {"kind": "motivated", "labels": {"de": "Entscheidungstermin", "en": "Decision date"}},
    "tour_seen": {"kind": "educated"},
}
GATE = {"require": ["qualified", "motivated", "educated"]}
OWN = POLICY | {"gates": {"closing": GATE}, "evidence": {"names": NAMES}}
READY = [
    {"name": "budget", "value": "50k, signed"},
    {"name": "decision_date", "value": "before the fair"},
    {"name": "tour_seen", "value": "twice"},
]


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with caller_of(app, "handover", "booking", "read", "admin") as opened:
            yield opened


@pytest.mark.parametrize(
    ("language", "first", "lines"),
    [
        ("de", "Warum dieser Lead bereit ist:", ["Budget frei", "Entscheidungstermin", "Tour seen"]),
        ("en", "Why this lead is ready:", ["Budget cleared", "Decision date", "Tour seen"]),
    ],
)
async def test_own_names_pass_the_gate_and_stand_in_the_calendar_in_the_language_of_the_house(
    floor: Floor, client: httpx.AsyncClient, language: str, first: str, lines: list[str]
) -> None:
    await floor.world.publish(OWN)
    floor = replace(floor, env=replace(floor.env, language=language))
    lead_id = await floor.lead(lead__language="fr")
    path = f"/v1/leads/{lead_id}/handovers"
    answer = await client.post(path, json={"setter": "lena", "evidence": READY, "auto_book": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["passed"] is True
    await floor.world.publish(POLICY)  # the labels stay as they were when the gate was passed
    await floor.work()
    (event,) = floor.vendor.events()
    told = event.private.text.splitlines()
    assert event.title.text == {"de": "Verkaufsgespräch", "en": "Sales meeting"}[language]
    found = told[told.index(first) + 1 :]
    assert [line.removeprefix("- ").partition(" (")[0] for line in found[:3]] == lines


async def test_the_six_names_are_unknown_where_the_policy_declares_its_own(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    await floor.hand_over(lead_id)
    await floor.world.publish(OWN)
    given = {"evidence": [{"name": "need", "value": "spreadsheets"}, {"name": "budgets", "value": "50k"}]}
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json=given)
    assert answer.status_code == 422
    assert [(f["path"], f["code"]) for f in answer.json()["faults"]] == [
        ("body.evidence[0].name", "unknown-evidence"),
        ("body.evidence[1].name", "unknown-evidence"),
    ]
    assert "'budget'" in answer.json()["faults"][1]["message"]
    # What was given under the old names opens nothing any more.
    handed = await client.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": READY[:1], "dry_run": True})
    assert [item["what"] for item in handed.json()["missing"]] == ["motivated", "educated"]
    assert "declares" in handed.json()["missing"][0]["why"]


async def test_decisions_of_before_are_replayed_the_same_under_other_names(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    handed = await floor.hand_over(lead_id)
    assert handed.routing is not None
    await floor.world.publish(OWN)
    answer = await client.post(f"/v1/decisions/{handed.routing.decision_id}/replay")
    assert answer.status_code == 200, answer.text
    assert answer.json()["same"] is True


async def test_a_published_policy_that_drops_what_an_intake_maps_is_warned_of(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    intake = {
        "key": "crm",
        "title": "CRM",
        "kind": "handover",
        "verifier": {"scheme": "bearer"},
        "secrets": ["a-secret-of-at-least-16-characters"],
        "mapping": {"fields": {"lead.email": "email"}, "evidence": [{"name": "urgency", "value": "why"}]},
        "sample": {"email": "a@b.example", "why": "fair in May"},
    }
    made = await client.post("/v1/intakes", json=intake)
    assert made.status_code == 201, made.text
    checked = await client.post("/v1/policies/check", json=OWN)
    found = [item for item in checked.json()["findings"] if item["code"] == "intake-evidence"]
    assert [(item["path"], item["severity"]) for item in found] == [("evidence.names", "warning")]
    assert "'urgency'" in found[0]["message"]
