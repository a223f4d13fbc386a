"""The hand-over as its callers see it: over HTTP, with keys, scopes and repeated requests."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.connections.sign_in import pending_fault
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import VendorReauthError, VendorRejectedError, VendorRetryableError
from support.floors.booking_floor import Floor
from support.floors.use_case_env import SENDER
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

READY = [
    {"name": "need", "value": "replace spreadsheets"},
    {"name": "urgency", "value": "this quarter"},
    {"name": "offer_known", "value": "saw the tour"},
]


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with caller_of(app, "handover", "booking", "read", "admin") as opened:
            yield opened


async def handed_over(floor: Floor, client: httpx.AsyncClient) -> tuple[UUID, dict[str, object]]:
    lead_id = await floor.lead()
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json={"setter": "lena", "evidence": READY})
    assert answer.status_code == 200, answer.text
    return lead_id, answer.json()


async def test_the_slots_of_a_hand_over_are_told_as_those_that_are_asked_for(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, handed = await handed_over(floor, client)
    offer = (await client.get(f"/v1/leads/{lead_id}/slots")).json()
    assert handed["slots"] == offer["slots"]
    assert "CE" in offer["slots"][0]["text"]  # the clock of the buyer's country


async def test_from_evidence_to_an_event_in_the_closers_calendar(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await handed_over(floor, client)
    assert handed["passed"] is True
    offer = (await client.get(f"/v1/leads/{lead_id}/slots", params={"limit": 3})).json()
    assert offer["rep"] == handed["closer"]
    assert len(offer["slots"]) == 3
    booked = await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": offer["slots"][0]["start"]})
    assert booked.status_code == 201
    row = booked.json()
    assert (row["rep"], row["setter"], row["status"]) == (handed["closer"], "lena", "confirmed")
    await floor.work()
    assert len(floor.vendor.events()) == 1
    cancelled = await client.post(f"/v1/appointments/{row['id']}/cancel", json={"for_buyer": True, "reason": "ill"})
    assert cancelled.json()["status"] == "cancelled"
    await floor.work()
    assert floor.vendor.events() == []
    shown = await client.get(f"/v1/appointments/{row['id']}")
    told = shown.json()
    assert [line["act"] for line in told.pop("history")] == ["book", "cancel"]
    assert told == cancelled.json()


async def test_a_failed_gate_is_an_answer_and_not_an_error(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.world.lead(lead__country="DE")
    await floor.world.route(lead_id)
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": READY[:1]})
    body = answer.json()
    assert answer.status_code == 200
    assert body["passed"] is False
    assert [item["what"] for item in body["missing"]] == ["motivated", "educated"]
    assert body["what_happens"].startswith("The lead stays with ")


@pytest.mark.parametrize(
    "value", [" ", "\u00a0", "\u200b", "\n", "\u2800", "\u3164", "-", "n/a", "tbd", "keine", "No"], ids=ascii
)
async def test_evidence_that_says_nothing_is_refused_with_every_path_and_opens_nothing(
    floor: Floor, client: httpx.AsyncClient, value: str
) -> None:
    lead_id = await floor.lead()
    given = [{**item, "value": value} for item in READY] + [{"name": "budgte", "value": "50k"}]
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": given})
    assert answer.status_code == 422
    faults = answer.json()["faults"]
    assert [fault["path"] for fault in faults] == [f"body.evidence[{i}].value" for i in range(3)] + [
        "body.evidence[3].name"
    ]
    assert {fault["code"] for fault in faults[:3]} == {"says-no" if value == "No" else "says-nothing"}
    assert await floor.world.value("select count(*) from evidence") == 0


@pytest.mark.parametrize("reason", ["\u2800", "\u3164", "\u200b", "\u034f"], ids=ascii)
async def test_a_reason_that_shows_nothing_is_none(floor: Floor, client: httpx.AsyncClient, reason: str) -> None:
    lead_id, handed = await handed_over(floor, client)
    over = {"lead_id": str(lead_id), "rep": handed["closer"], "work": "closing", "approver": "eva", "expires_in": "1d"}
    for path, body, field in (
        ("/v1/overrides", {**over, "reason": reason}, "body.reason"),
        (f"/v1/leads/{lead_id}/merge", {"into": str(uuid4()), "reason": reason}, "body.reason"),
        (f"/v1/appointments/{uuid4()}/cancel", {"reason": reason}, "body.reason"),
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == 422, path
        assert (field, "it shows nothing: say why.") in [(f["path"], f["message"]) for f in answer.json()["faults"]]


async def test_a_repeated_booking_gets_the_first_answer_byte_for_byte(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await handed_over(floor, client)
    body = {"lead_id": str(lead_id), "start": handed["slots"][0]["start"]}
    headers = {"Idempotency-Key": "call-4711"}
    first = await client.post("/v1/appointments", json=body, headers=headers)
    again = await client.post("/v1/appointments", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await client.post("/v1/appointments", json={**body, "start": "2026-01-01T10:00:00Z"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    bare = await client.post("/v1/appointments", json=body)
    assert (bare.status_code, bare.json()["code"]) == (409, "already-booked")


async def test_a_repeated_hand_over_gets_the_first_answer(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    url, headers = f"/v1/leads/{lead_id}/handovers", {"Idempotency-Key": "k"}
    body = {"setter": "lena", "evidence": READY, "auto_book": True}
    first = await client.post(url, json=body, headers=headers)
    again = await client.post(url, json=body, headers=headers)
    assert first.json()["appointment"] is not None
    assert first.content == again.content
    assert await floor.world.value("select count(*) from gate_checks") == 1


async def test_a_slot_that_is_gone_is_a_problem_with_its_own_name(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await handed_over(floor, client)
    start = handed["slots"][0]["start"]
    await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": start})
    for _ in range(6):
        other, second = await handed_over(floor, client)
        if second["closer"] == handed["closer"]:
            answer = await client.post("/v1/appointments", json={"lead_id": str(other), "start": start})
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:pointsman:problem:slot-taken")
            return
    pytest.fail("no second lead came to this closer")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"evidence": []}, "body.evidence"),
        ({"evidence": [{"name": "budget", "value": "x"}]}, "body.evidence[0].name"),
        ({"evidence": [{"name": "need", "value": ""}]}, "body.evidence[0].value"),
        (
            {"evidence": [{"name": "need", "value": "x", "observed_at": "2026-01-01T00:00:00"}]},
            "body.evidence[0].observed_at",
        ),
        ({"evidence": READY, "setter": "anna"}, "body.setter"),
        ({"evidence": READY, "closer": "anna"}, "body.closer"),
        (
            {"evidence": READY, "window": {"start": "2026-12-02T00:00:00Z", "end": "2026-12-01T00:00:00Z"}},
            "body.window",
        ),
    ],
)
async def test_a_wrong_hand_over_says_where(
    floor: Floor, client: httpx.AsyncClient, body: dict[str, object], path: str
) -> None:
    lead_id = await floor.lead()
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json=body)
    assert answer.status_code == 422
    assert path in {fault["path"] for fault in answer.json()["faults"]}


@pytest.mark.parametrize("start", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"])
async def test_an_absurd_time_is_refused_and_not_a_fault_of_ours(
    floor: Floor, client: httpx.AsyncClient, start: str
) -> None:
    lead_id, _ = await handed_over(floor, client)
    answer = await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": start})
    assert answer.status_code in {409, 422}, answer.text
    window = {"start": start, "end": "9999-12-31T23:59:59.999999Z"}
    body = {"evidence": READY, "auto_book": True, "window": window}
    answer = await client.post(f"/v1/leads/{await floor.lead()}/handovers", json=body)
    assert answer.status_code in {200, 422}, answer.text


async def test_unknown_things_are_not_found(client: httpx.AsyncClient) -> None:
    nobody = uuid4()
    for method, url in [
        ("GET", f"/v1/leads/{nobody}/slots"),
        ("GET", f"/v1/appointments/{nobody}"),
        ("GET", f"/v1/deliveries/{nobody}"),
        ("POST", f"/v1/deliveries/{nobody}/replay"),
        ("GET", "/v1/connections/nobody"),
        ("GET", "/v1/reps/nobody/calendars"),
    ]:
        answer = await client.request(method, url)
        assert answer.status_code == 404, (url, answer.text)


async def test_the_list_of_appointments_is_paged_and_filtered(floor: Floor, client: httpx.AsyncClient) -> None:
    for _ in range(3):
        lead_id, handed = await handed_over(floor, client)
        await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": handed["slots"][0]["start"]})
    first = (await client.get("/v1/appointments", params={"limit": 2})).json()
    second = (await client.get("/v1/appointments", params={"limit": 2, "cursor": first["next"]})).json()
    ids = {item["id"] for item in first["items"] + second["items"]}
    assert (len(ids), second["next"]) == (3, None)
    rep = first["items"][0]["rep"]
    mine = (await client.get("/v1/appointments", params={"rep": rep, "status": "confirmed"})).json()["items"]
    assert {item["rep"] for item in mine} == {rep}
    assert (await client.get("/v1/appointments", params={"status": "cancelled"})).json()["items"] == []


async def test_a_connection_shows_no_secret_and_is_checked_before_it_is_saved(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    given = {"connector": "memory", "config": {"url": "https://x", "password": "hunter2"}}
    made = await client.put("/v1/connections/team", json=given)
    assert made.status_code == 201
    assert "hunter2" not in made.text
    assert (await client.put("/v1/connections/team", json=given)).status_code == 200
    assert (await client.get("/v1/connections")).json()["items"][0]["key"] == "team"
    health = (await client.get("/v1/connections/team/health")).json()
    assert (health["state"], health["calls_in_flight"], health["deliveries_waiting"]) == ("closed", 0, 0)
    assert (await client.get("/v1/connections/other/health")).status_code == 404
    floor.vendor.faults["check"] = VendorReauthError("401")
    refused = await client.put("/v1/connections/other", json=given)
    assert (refused.status_code, refused.json()["code"]) == (422, "credentials-refused")
    assert (await client.get("/v1/connections/other")).status_code == 404


async def test_a_rep_is_bound_to_calendars_of_which_one_is_written_to(floor: Floor, client: httpx.AsyncClient) -> None:
    url = "/v1/reps/anna/calendars"
    before = (await client.get(url)).json()["calendars"]
    two = [{"connection": "cal", "calendar": "anna-cal", "writes": True}, {"connection": "cal", "calendar": "private"}]
    after = (await client.put(url, json={"calendars": two})).json()["calendars"]
    assert [c["calendar"] for c in after if c["writes"]] == ["anna-cal"]
    assert before[0]["id"] in {c["id"] for c in after}
    for wrong in ([two[1]], [two[0], two[0]], [{"connection": "ghost", "calendar": "x", "writes": True}]):
        assert (await client.put(url, json={"calendars": wrong})).status_code == 422
    assert (await client.put(url, json={"calendars": []})).json()["calendars"] == []


async def test_a_calendar_that_the_vendor_does_not_have_is_refused_and_a_silent_vendor_is_not(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    url = "/v1/reps/anna/calendars"
    before = (await client.get(url)).json()["calendars"]
    floor.vendor.faults["typo"] = VendorRejectedError("status 404")
    kept = {name: before[0][name] for name in ("connection", "calendar", "writes")}
    refused = await client.put(url, json={"calendars": [kept, {"connection": "cal", "calendar": "typo"}]})
    assert refused.status_code == 422
    assert [fault["path"] for fault in refused.json()["faults"]] == ["body.calendars[1].calendar"]
    assert [c["calendar"] for c in (await client.get(url)).json()["calendars"]] == [c["calendar"] for c in before]
    floor.vendor.faults["typo"] = VendorRetryableError("busy")
    bound = await client.put(url, json={"calendars": [kept, {"connection": "cal", "calendar": "typo"}]})
    assert {c["calendar"]: c["unreadable"] for c in bound.json()["calendars"]}["typo"]


@pytest.mark.parametrize(
    ("change", "shown", "alerted"),
    [
        ({"pending": True, "fault": pending_fault("cal")}, "/v1/connections/cal/sign-in", "Nobody has signed in over"),
        ({"active": False}, "is switched off", "is switched off"),
    ],
    ids=["before a first sign-in", "switched off"],
)
async def test_a_calendar_whose_connection_is_not_asked_says_why_and_is_alerted(
    floor: Floor, client: httpx.AsyncClient, change: dict[str, Any], shown: str, alerted: str
) -> None:
    async with floor.env.uow() as tx:
        row = await tx.connections.get("cal")
        assert row is not None
        await tx.connections.change(replace(row, **change))
    bound = [{"connection": "cal", "calendar": "new", "writes": True}]
    (calendar,) = (await client.put("/v1/reps/anna/calendars", json={"calendars": bound})).json()["calendars"]
    assert (shown in calendar["unreadable"], calendar["read_at"]) == (True, None)
    await poll_calendars(floor.env)
    told = {one["subject"]: one["message"] for one in (await client.get("/v1/alerts")).json()["items"]}
    assert alerted.lower() in told["rep:anna"].lower()


async def test_dead_deliveries_are_listed_and_replayed(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await handed_over(floor, client)
    await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": handed["slots"][0]["start"]})
    await floor.world.rows("update deliveries set status = 'dead'")
    (dead,) = (await client.get("/v1/deliveries", params={"status": "dead"})).json()["items"]
    replayed = await client.post(f"/v1/deliveries/{dead['id']}/replay")
    assert replayed.json()["status"] == "pending"
    await floor.work()
    assert len(floor.vendor.events()) == 1


async def test_connectors_say_what_they_need(client: httpx.AsyncClient) -> None:
    found = {c["name"]: c for c in (await client.get("/v1/connectors")).json()["items"]}
    assert "appointments" in found["memory"]["capabilities"]
    assert found["memory"]["config_schema"]["type"] == "object"


async def test_a_crm_can_be_told_of_owners_and_a_mere_calendar_cannot(client: httpx.AsyncClient) -> None:
    given = {"connector": "memory", "config": {}, "sync_owners": True}
    assert (await client.put("/v1/connections/crm", json=given)).json()["sync_owners"] is True
    assert (await client.get("/v1/connections/crm")).json()["sync_owners"] is True
    refused = await client.put("/v1/connections/dav", json={**given, "connector": "caldav"})
    assert refused.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in refused.json()["faults"]] == [("body.sync_owners", "no-crm")]
    assert (await client.put("/v1/connections/crm", json={**given, "sync_owners": False})).json()[
        "sync_owners"
    ] is False


async def test_what_cannot_have_been_observed_yet_is_refused_and_opens_nothing(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    ahead = {"name": "need", "value": "replace spreadsheets", "observed_at": "2190-01-01T00:00:00Z"}
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": [READY[1], ahead]})
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert (fault["path"], fault["code"]) == ("body.evidence[1].observed_at", "in-the-future")
    skewed = ahead | {"observed_at": (floor.env.clock() + timedelta(minutes=4)).isoformat()}
    answer = await client.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": [skewed]})
    assert answer.status_code == 200
    observed = await floor.world.value("select max(observed_at) from evidence where value = 'replace spreadsheets'")
    assert observed <= floor.env.clock()


async def test_the_title_and_the_buyers_page_name_no_company_that_the_lead_did_not(floor: Floor) -> None:
    house = LeadInput(email="mara@known.example", facts={"lead.country": "DE", "company.name": "Geheim Werke"})
    await submit_lead(floor.env, house, actor=SENDER)
    with serve_floor(floor.env) as app:
        async with caller_of(app, "intake", "read", "handover", "booking", supplier="callwerk") as partner:
            given = {"email": "p@known.example", "fields": {"lead.source": "cold_list", "company.employees": 120}}
            lead = (await partner.post("/v1/leads", json=given)).json()["lead"]["id"]
            asked = {"evidence": READY, "auto_book": True}
            booked = await partner.post(f"/v1/leads/{lead}/handovers", json=asked)
            link = (await partner.post(f"/v1/leads/{lead}/booking-links", json={})).json()
            page = await partner.get(httpx.URL(link["url"]).path)
    assert booked.json()["appointment"]["title"] == "Sales meeting"
    assert "Geheim" not in booked.text + page.text
