"""The life of an appointment as its callers see it: over HTTP, with keys, and said twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.domain.booking.lifecycle import TRANSITIONS
from pointsman.services.appointments.overdue import lapse_requests
from pointsman.services.booking.book import book
from pointsman.services.ports import VendorError, VendorReauthError, VendorRejectedError, VendorRetryableError
from support.floors.appointment_states import STATES, appointment_in
from support.floors.booking_floor import SETTER, Floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

WHY = {"reason": "said so on the phone"}


@pytest.fixture
async def app(floor: Floor) -> AsyncIterator[FastAPI]:
    with serve_floor(floor.env) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, "booking", "read", "admin") as opened:
        yield opened


async def test_from_request_to_sale(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await appointment_in(floor, STATES["requested"])
    url = f"/v1/appointments/{row.id}"
    shown = (await client.get(url)).json()
    assert shown["status"] == "requested"
    assert shown["allowed_actions"] == ["confirm", "reschedule", "reassign", "cancel", "reject"]
    assert (await client.post(f"{url}/confirm")).json()["confirm_by"] is None
    assert (await client.post(f"{url}/accept")).json()["accepted_at"] is not None
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    due = (await client.get("/v1/appointments", params={"due": "result"})).json()["items"]
    assert [item["id"] for item in due] == [str(row.id)]
    assert (await client.post(f"{url}/attended")).json()["allowed_actions"] == ["outcome"]
    won = await client.post(f"{url}/outcome", json={"outcome": "won"})
    assert (won.status_code, won.json()["outcome"], won.json()["allowed_actions"]) == (200, "won", [])
    assert (await client.get("/v1/appointments", params={"due": "result"})).json()["items"] == []
    listed = (await client.get("/v1/appointments", params={"status": "attended"})).json()["items"]
    assert listed == [won.json()]
    history = (await client.get(url)).json()["history"]
    assert [line["act"] for line in history] == ["book", "confirm", "accept", "attended", "outcome"]
    assert history[1]["before"]["status"] == "requested"
    assert history[1]["after"]["status"] == "confirmed"
    assert {line["by"] for line in history[1:]} == {"operator"}  # with the admin's key
    lead = (await client.get(f"/v1/leads/{row.lead_id}")).json()
    assert lead["stage"] == "won"
    assert [item["id"] for item in (await client.get("/v1/leads", params={"stage": "won"})).json()["items"]] == [
        lead["id"]
    ]


@pytest.mark.parametrize(
    ("state", "path", "body"),
    [
        ("requested", "confirm", None),
        ("confirmed", "accept", None),
        ("confirmed", "cancel", {"for_buyer": True, **WHY}),
        ("confirmed", "reject", {"code": "wrong_buyer", **WHY}),
        ("confirmed, past", "attended", None),
        ("confirmed, past", "no-show", None),
        ("attended", "outcome", {"outcome": "lost", **WHY}),
        ("attended", "outcome", {"outcome": "later"}),
    ],
)
async def test_said_twice_is_said_once(
    floor: Floor, client: httpx.AsyncClient, state: str, path: str, body: dict[str, Any] | None
) -> None:
    row = await appointment_in(floor, STATES[state])
    url = f"/v1/appointments/{row.id}"
    first = await client.post(f"{url}/{path}", json=body)
    again = await client.post(f"{url}/{path}", json=body)
    assert first.status_code == 200, first.text
    assert (again.status_code, again.json()) == (200, first.json())
    history = (await client.get(url)).json()["history"]
    assert [line["act"] for line in history].count(path.replace("-", "_")) == 1


async def test_what_is_not_allowed_is_a_problem_that_says_what_is(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    answer = await client.post(f"/v1/appointments/{row.id}/attended")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "action-not-allowed")
    assert problem["appointment"] == {"id": str(row.id), "status": "confirmed"}
    assert problem["allowed_actions"] == ["reschedule", "reassign", "cancel", "accept", "reject"]
    assert "reschedule" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("cancel", {"by": "prospect", **WHY}, "body.by"),
        ("cancel", {"for_buyer": True, "reason": "  "}, "body.reason"),
        ("reject", {"code": "ugly", **WHY}, "body.code"),
        ("reject", {"code": "duplicate"}, "body.reason"),
        ("outcome", {"outcome": "maybe"}, "body.outcome"),
        ("outcome", {"outcome": "later", "again_on": "2020-01-01"}, "body.again_on"),
        ("outcome", {"outcome": "won", "again_on": "2027-01-01"}, "body.again_on"),
    ],
)
async def test_a_wrong_body_says_where(
    floor: Floor, client: httpx.AsyncClient, path: str, body: dict[str, Any], fault: str
) -> None:
    row = await appointment_in(floor, STATES["attended"])
    answer = await client.post(f"/v1/appointments/{row.id}/{path}", json=body)
    assert answer.status_code == 422
    assert [item["path"] for item in answer.json()["faults"]] == [fault]


async def test_the_table_is_there_to_be_read(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/v1/appointments/transitions")).json()
    assert [(row["act"], row["case"], row["lead"]) for row in shown] == [
        (row.action.value, str(row.case), row.follow_up.value) for row in TRANSITIONS
    ]


async def test_a_key_that_may_only_read_changes_nothing(floor: Floor, app: FastAPI) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    async with caller_of(app, "read") as reader:
        assert (await reader.get(f"/v1/appointments/{row.id}")).status_code == 200
        for path in ("confirm", "accept", "attended", "no-show"):
            assert (await reader.post(f"/v1/appointments/{row.id}/{path}")).status_code == 403


async def test_a_partner_reads_its_own_appointments_and_no_word_of_the_house(floor: Floor, app: FastAPI) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    async with caller_of(app, "booking", "read", supplier="callwerk") as partner:
        url = f"/v1/appointments/{row.id}"
        assert (await partner.get(url)).status_code == 404
        assert (await partner.post(f"{url}/cancel", json=WHY)).status_code == 404
        assert (await partner.get("/v1/appointments", params={"due": "result"})).json()["items"] == []
        await floor.world.rows(
            "insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)"
            " select :id, :lead, id, 'prospecting', :at, :at, 'x' from reps where key = 'mia'",
            id=floor.env.new_id(), lead=row.lead_id, at=floor.env.clock() - timedelta(days=1),
        )  # fmt: skip
        await floor.world.rows(
            "update appointments set conflict = :said where id = :id",
            id=row.id,
            said='{"anna": {"key": "x", "args": {}}}',
        )
        await floor.world.rows(
            "update appointments set cancel_reason = :said where id = :id", id=row.id, said='{"key": "x", "args": {}}'
        )
        cancelled = await partner.post(f"{url}/cancel", json=WHY)
        assert cancelled.status_code == 200, cancelled.text
        shown = (await partner.get(url)).json()
    assert (shown["booked_by"], shown["cancel_reason"]) == (None, None)
    assert (shown["status"], shown["companions"], shown["conflict"]) == ("cancelled", [], None)
    assert [line["act"] for line in shown["history"]] == ["book", "cancel"]
    for line in shown["history"]:
        assert (line["actor"], line["reason"]) == (None, None)
        assert not {"rep", "companions", "conflict", "setter"} & {*line["before"], *line["after"]}


@pytest.mark.parametrize("kind", [VendorRejectedError, VendorRetryableError, VendorReauthError])
async def test_a_partner_reads_nothing_of_what_the_houses_calendars_say(
    floor: Floor, app: FastAPI, kind: type[VendorError]
) -> None:
    lead_id, handed = await floor.ready()
    await floor.world.rows(
        "insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)"
        " select :id, :lead, id, 'prospecting', :at, :at, 'x' from reps where key = 'mia'",
        id=floor.env.new_id(), lead=lead_id, at=floor.env.clock() - timedelta(days=1),
    )  # fmt: skip
    slot = handed.slots[0]
    floor.vendor.faults[f"{slot.rep}-cal"] = kind("no access to /dav/eva.endres/private/")
    floor.world.clock.advance(timedelta(seconds=61))
    wished = {"lead_id": str(lead_id), "start": slot.start.isoformat()}
    async with caller_of(app, "booking", "read", supplier="callwerk") as partner, caller_of(app, "booking") as house:
        for path in ("/v1/appointments", "/v1/slot-holds"):
            answer = await partner.post(path, json=wished)
            assert (answer.status_code, answer.json()["code"]) == (503, "calendar-unreadable")
            assert "Another rep's calendar cannot be read: " in answer.json()["detail"]
            assert "the house knows why. Unknown is not free." in answer.json()["detail"]
            assert not [word for word in ("eva", "dav", "anna", f"{slot.rep}") if word in answer.text.lower()]
        assert "eva.endres" in (await house.post("/v1/appointments", json=wished)).text


async def test_reasons_and_titles_are_read_in_the_language_of_the_reader(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead(company__name="Nordlicht")
    handed = await floor.hand_over(lead_id)
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.world.rows(
        "update appointments set status = 'requested', confirm_by = now() - interval '1 hour' where id = :id", id=row.id
    )
    assert await lapse_requests(floor.env) == 1
    english = await client.get(f"/v1/appointments/{row.id}")
    german = await client.get(f"/v1/appointments/{row.id}", headers={"Accept-Language": "de"})
    assert (english.headers["content-language"], german.headers["content-language"]) == ("en", "de")
    read = [answer.json() for answer in (english, german)]
    assert [one["title"] for one in read] == ["Meeting with Nordlicht", "Gespräch mit Nordlicht"]
    both = ["nobody confirmed it in time", "niemand hat den Termin rechtzeitig bestätigt"]
    assert [one["cancel_reason"] for one in read] == both
    assert [one["history"][-1]["reason"] for one in read] == both
    asked = {"action": "appointment.lapsed"}
    audit = [
        (await client.get("/v1/audit", params=asked, headers={"Accept-Language": tongue})).json()["items"][0]["reason"]
        for tongue in ("en", "de")
    ]
    assert audit == both


async def test_a_booking_that_is_sent_again_says_the_language_of_its_title(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, handed = await floor.ready()
    body = {"lead_id": str(lead_id), "start": handed.slots[0].start.isoformat()}
    sent = [
        await client.post("/v1/appointments", json=body, headers={"Idempotency-Key": "one", "Accept-Language": tongue})
        for tongue in ("de", "en")
    ]
    assert [(one.status_code, one.headers.get("content-language"), one.headers["vary"]) for one in sent] == [
        (201, "de", "Accept-Language")
    ] * 2
    assert sent[0].content == sent[1].content
