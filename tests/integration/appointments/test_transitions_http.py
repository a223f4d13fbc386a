"""The life of an appointment as its callers see it: over HTTP, with keys, and said twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.domain.booking.lifecycle import TRANSITIONS
from support.floors.appointment_states import STATES, appointment_in
from support.floors.booking_floor import Floor
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
        await floor.world.rows("update appointments set conflict = 'anna says no' where id = :id", id=row.id)
        await floor.world.rows("update appointments set cancel_reason = 'anna is fed up' where id = :id", id=row.id)
        cancelled = await partner.post(f"{url}/cancel", json=WHY)
        assert cancelled.status_code == 200, cancelled.text
        shown = (await partner.get(url)).json()
    assert (shown["booked_by"], shown["cancel_reason"]) == (None, None)
    assert (shown["status"], shown["companions"], shown["conflict"]) == ("cancelled", [], None)
    assert [line["act"] for line in shown["history"]] == ["book", "cancel"]
    for line in shown["history"]:
        assert (line["actor"], line["reason"]) == (None, None)
        assert not {"rep", "companions", "conflict", "setter"} & {*line["before"], *line["after"]}
