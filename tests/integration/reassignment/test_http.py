"""Moving appointments as callers see it: over HTTP, with keys, and said twice."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import Floor
from support.floors.reassignment_floor import appointment, at, booked, busy, others
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(floor: Floor) -> AsyncIterator[FastAPI]:
    with serve_floor(floor.env) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, "booking", "read", "admin") as opened:
        yield opened


def to(start: datetime, **over: Any) -> dict[str, Any]:
    return {"start": start.isoformat(), "for_buyer": True, "reason": "has to travel"} | over


async def reschedule(client: httpx.AsyncClient, row: AppointmentRow, body: Any, **headers: str) -> httpx.Response:
    return await client.post(f"/v1/appointments/{row.id}/reschedule", json=body, headers=headers)


async def test_the_same_request_again_is_answered_byte_for_byte(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    body, key = to(at(floor, 12)), {"Idempotency-Key": "k1"}
    first = await reschedule(client, row, body, **key)
    assert first.status_code == 200, first.text
    assert datetime.fromisoformat(first.json()["start"]) == at(floor, 12)
    again = await reschedule(client, row, body, **key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    other = await reschedule(client, row, to(at(floor, 13)), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (await appointment(floor, row.id)).sequence == 1


async def test_one_key_serves_several_appointments(floor: Floor, client: httpx.AsyncClient) -> None:
    rows = [await booked(floor), await booked(floor)]
    for row in rows:
        answer = await reschedule(client, row, to(at(floor, 12)), **{"Idempotency-Key": "k1"})
        assert (answer.status_code, answer.json()["id"]) == (200, str(row.id))


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"end": "2020-01-01T00:00:00Z"}, "body.end"),
        ({"start": "2026-01-31T09:00:00"}, "body.start"),
        ({"by": "prospect"}, "body.by"),
        ({"end": "9999-12-31T23:59:59Z"}, "body.end"),
    ],
)
async def test_times_that_make_no_sense_are_422(
    floor: Floor, client: httpx.AsyncClient, over: dict[str, str], path: str
) -> None:
    answer = await reschedule(client, await booked(floor), to(at(floor, 12)) | over)
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"][0]["path"] == path


async def test_slots_show_where_an_appointment_can_be_moved_to(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    await floor.work_out()
    window = {"start": at(floor, 9, 30).isoformat(), "end": at(floor, 11).isoformat(), "limit": 100}
    shown = await client.get(f"/v1/leads/{row.lead_id}/slots", params=window)
    starts = [datetime.fromisoformat(slot["start"]) for slot in shown.json()["slots"]]
    assert starts == [at(floor, 9, 30), at(floor, 9, 45), *(at(floor, 10, minute) for minute in (0, 15, 30))]
    assert (await reschedule(client, row, to(starts[1]))).status_code == 200


async def test_the_furthest_time_there_is_is_refused_in_words(floor: Floor, client: httpx.AsyncClient) -> None:
    answer = await reschedule(client, await booked(floor), {"start": "9999-12-31T23:59:59Z", "for_buyer": True})
    assert answer.status_code in (409, 422), answer.text


async def test_a_time_that_nobody_has_is_409_and_names_nobody_else(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    for rep in ("anna", "ben", "clara"):
        busy(floor, rep, at(floor, 12))
    answer = await reschedule(client, row, to(at(floor, 12)))
    assert (answer.status_code, answer.json()["code"]) == (409, "slot-taken")
    assert not [rep for rep in others(row.rep_key) if rep.title() in answer.text]


async def test_an_appointment_is_given_to_a_named_rep_or_by_the_rules(floor: Floor, client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    url = f"/v1/appointments/{row.id}/reassign"
    first, second = others(row.rep_key)
    named = await client.post(url, json={"rep": first, "reason": "knows the company"})
    assert (named.status_code, named.json()["rep"]) == (200, first), named.text
    chosen = await client.post(url, json={"reason": "is ill"})
    assert (chosen.status_code, chosen.json()["rep"]) == (200, second), chosen.text
    nobody = await client.post(url, json={"reason": "is ill"})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "no-rep-free")
    assert {item["code"] for item in nobody.json()["dropped"]} == {"past-holder"}
    unknown = await client.post(url, json={"rep": "ghost", "reason": "x"})
    assert unknown.status_code == 404
    life = (await client.get(f"/v1/appointments/{row.id}")).json()["history"]
    assert [line["act"] for line in life] == ["book", "reassign", "reassign"]
