"""The hand-over while on the phone: evidence, gate, closer and booking in one call, all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from pointsman.services.booking.book import book
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.ports import VendorRetryableError
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY
from support.http.service import caller_of, serve_floor
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

CLOSING = {"work": "closing", "members": ["anna"], "time_zone": "Europe/Berlin"}
ONE_CLOSER = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": CLOSING}}
READY = [
    {"name": "need", "value": "replace spreadsheets"},
    {"name": "urgency", "value": "this quarter"},
    {"name": "offer_known", "value": "saw the tour"},
]
#: Everything that a hand-over may write.
WRITTEN = (
    "evidence", "gate_checks", "decisions", "assignments", "ledger_entries", "appointments", "appointment_events",
    "reservations", "slot_holds", "deliveries", "audit", "idempotency",
)  # fmt: skip


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        yield floor


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with caller_of(app, "handover", "booking", "read") as opened:
            yield opened


async def written(floor: Floor) -> dict[str, Any]:
    """How many rows there are of everything, and where the leads stand."""
    found: dict[str, Any] = {name: await floor.world.value(f"select count(*) from {name}") for name in WRITTEN}
    found["stages"] = [tuple(row) for row in await floor.world.rows("select id, stage, version from leads order by id")]
    found["ledgers"] = [
        tuple(row) for row in await floor.world.rows("select pool, seq from pool_ledgers order by pool")
    ]
    return found


async def call(client: httpx.AsyncClient, lead_id: UUID, **more: Any) -> httpx.Response:
    body = {"setter": "lena", "evidence": READY} | more
    return await client.post(f"/v1/leads/{lead_id}/handovers", json=body)


async def read_out(client: httpx.AsyncClient, lead_id: UUID) -> list[dict[str, Any]]:
    """The slots that the setter reads out before anything is written."""
    answer = await call(client, lead_id, dry_run=True)
    assert answer.status_code == 200, answer.text
    slots: list[dict[str, Any]] = answer.json()["slots"]
    return slots


async def test_a_dry_run_says_everything_and_writes_nothing(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    before = await written(floor)
    for more in ({}, {"auto_book": True}):
        said = (await call(client, lead_id, dry_run=True, **more)).json()
        assert (said["dry_run"], said["passed"], said["closer"]) == (True, True, "anna")
        assert said["what_happens"].startswith("Nothing was written.")
        assert (said["gate_check_id"], said["appointment"], said["decision"]["id"]) == (None, None, None)
    assert await written(floor) == before


async def test_a_dry_run_waits_for_no_ledger_and_answers_as_the_call_that_follows(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await floor.ready()
    lead_id = await floor.lead()
    async with floor.world.engine.connect() as other:
        await other.execute(text("select 1 from pool_ledgers for update"))
        await other.execute(text("select 1 from suppliers for update"))
        tried = await asyncio.wait_for(call(client, lead_id, dry_run=True), PATIENCE_S)
    assert tried.status_code == 200, tried.text
    said, done = tried.json(), (await call(client, lead_id)).json()
    for name in ("passed", "stage", "closer", "slots", "missing", "refused"):
        assert said[name] == done[name]


async def test_a_dry_run_of_too_little_says_what_is_missing_and_writes_nothing(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    before = await written(floor)
    said = (await call(client, lead_id, evidence=READY[:1], dry_run=True)).json()
    assert said["passed"] is False
    assert [item["what"] for item in said["missing"]] == ["motivated", "educated"]
    assert await written(floor) == before


async def test_a_slot_that_was_read_out_is_booked_in_the_same_call(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[1]
    answer = await call(client, lead_id, book={"start": slot["start"]})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["stage"], said["appointment"]["start"], said["appointment"]["rep"]) == (
        "booked",
        slot["start"],
        slot["rep"],
    )
    (row,) = await floor.world.rows(
        "select a.gate_snapshot ->> 'setter' as noted, s.key as setter, r.key as closer,"
        " e.detail -> 'after' ->> 'setter' as logged, e.detail -> 'after' ->> 'rep' as closer_logged"
        " from appointments a join reps s on s.id = a.setter_rep_id join reps r on r.id = a.rep_id"
        " join appointment_events e on e.appointment_id = a.id"
    )
    assert (row.noted, row.setter, row.logged) == ("lena", "lena", "lena")
    assert (row.closer, row.closer_logged) == ("anna", "anna")
    await floor.work()
    assert len(floor.vendor.events()) == 1


async def test_too_little_evidence_books_nothing_and_records_nothing(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[0]
    before = await written(floor)
    answer = await call(client, lead_id, evidence=READY[:1], book={"start": slot["start"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "gate-not-passed")
    assert [item["what"] for item in answer.json()["missing"]] == ["motivated", "educated"]
    assert all(item["how"] for item in answer.json()["missing"])
    assert await written(floor) == before


async def test_a_slot_that_is_gone_undoes_the_whole_hand_over_and_says_which_are_free(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[0]
    other, _ = await floor.ready()
    await book(floor.env, other, datetime.fromisoformat(slot["start"]), actor=SETTER)
    before = await written(floor)
    answer = await call(client, lead_id, book={"start": slot["start"]})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["reason"]) == (409, "slot-taken", "reserved")
    assert "Nothing of this hand-over was recorded." in problem["detail"]
    assert problem["closer"] == "anna"
    assert problem["slots"]
    assert slot["start"] not in {item["start"] for item in problem["slots"]}
    assert await written(floor) == before
    again = await call(client, lead_id, book={"start": problem["slots"][0]["start"]})
    assert again.json()["stage"] == "booked"


async def test_a_time_that_was_never_free_undoes_the_whole_hand_over(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[0]
    before = await written(floor)
    at_night = datetime.fromisoformat(slot["start"]).replace(hour=1) + timedelta(days=3)
    answer = await call(client, lead_id, book={"start": at_night.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (409, "slot-not-offered")
    assert answer.json()["slots"]
    assert await written(floor) == before


async def test_when_no_closer_can_take_it_nothing_is_recorded_either(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[0]
    floor.vendor.faults["anna-cal"] = VendorRetryableError("down")
    floor.world.clock.advance(timedelta(minutes=10))
    before = await written(floor)
    answer = await call(client, lead_id, book={"start": slot["start"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-rep-for-slot")
    assert answer.json()["outcome"] == "held"
    assert await written(floor) == before


async def test_a_lead_with_an_appointment_gets_no_second_one_on_the_phone(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    slots = await read_out(client, lead_id)
    first = (await call(client, lead_id, book={"start": slots[0]["start"]})).json()["appointment"]
    before = await written(floor)
    answer = await call(client, lead_id, book={"start": slots[1]["start"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "already-booked")
    assert answer.json()["appointment"]["id"] == first["id"]
    assert await written(floor) == before


async def test_the_same_call_again_with_its_key_is_answered_as_the_first_time(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    slot = (await read_out(client, lead_id))[0]
    body = {"setter": "lena", "evidence": READY, "book": {"start": slot["start"]}}
    url, headers = f"/v1/leads/{lead_id}/handovers", {"Idempotency-Key": "call-12"}
    first = await client.post(url, json=body, headers=headers)
    again = await client.post(url, json=body, headers=headers)
    assert (first.status_code, again.status_code, first.content) == (200, 200, again.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await floor.world.value("select count(*) from appointments") == 1


async def test_the_same_booking_again_without_a_key_names_the_appointment_that_there_is(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, handed = await floor.ready()
    body = {"lead_id": str(lead_id), "start": handed.slots[0].start.isoformat()}
    first = (await client.post("/v1/appointments", json=body)).json()
    again = await client.post("/v1/appointments", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already-booked")
    named = again.json()["appointment"]
    assert (named["id"], named["rep"], named["status"]) == (first["id"], "anna", "confirmed")
    assert datetime.fromisoformat(named["start"]) == handed.slots[0].start


async def test_an_appointment_without_a_result_stands_in_the_way_and_says_how_to_end_it(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    floor.world.clock.advance(timedelta(days=9))
    answer = await client.post(
        "/v1/appointments",
        json={"lead_id": str(lead_id), "start": (handed.slots[0].start + timedelta(days=10)).isoformat()},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "already-booked")
    assert "say attended, no-show or cancel first" in answer.json()["detail"]
    assert str(row.id) in answer.json()["detail"]


async def test_two_setters_who_read_out_the_same_slot_make_one_appointment(floor: Floor) -> None:
    leads = [await floor.lead() for _ in range(6)]
    handed = await floor.hand_over(await floor.lead())
    wish = AutoBook(start=handed.slots[1].start)
    results = await asyncio.gather(*(floor.hand_over(lead, auto_book=wish) for lead in leads), return_exceptions=True)
    codes = sorted(getattr(result, "code", "booked") for result in results)
    assert codes == ["booked", *["slot-taken"] * 5]
    losers = "select count(*) from leads l where not exists (select from appointments a where a.lead_id = l.id)"
    recorded = f"{losers} and exists (select from evidence e where e.lead_id = l.id) and l.stage = 'new'"
    assert await floor.world.value(recorded) == 0


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"book": {"start": "2026-12-01T10:00:00"}}, "body.book.start"),
        ({"book": {"start": "2027-12-01T10:00:00Z", "end": "2027-12-01T09:00:00Z"}}, "body.book.end"),
        ({"book": {"start": "2027-12-01T10:00:00Z"}, "auto_book": True}, "body"),
    ],
)
async def test_a_wish_that_makes_no_sense_says_where(
    floor: Floor, client: httpx.AsyncClient, more: dict[str, Any], path: str
) -> None:
    lead_id = await floor.lead()
    answer = await call(client, lead_id, **more)
    assert answer.status_code == 422, answer.text
    assert path in {fault["path"] for fault in answer.json()["faults"]}
    assert await floor.world.value("select count(*) from evidence") == 0


async def test_slot_holds_over_http(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await floor.ready()
    body = {"lead_id": str(lead_id), "start": handed.slots[0].start.isoformat()}
    made = await client.post("/v1/slot-holds", json=body, headers={"Idempotency-Key": "h"})
    assert (made.status_code, made.json()["status"], made.json()["rep"]) == (201, "open", "anna")
    again = await client.post("/v1/slot-holds", json=body, headers={"Idempotency-Key": "h"})
    assert again.content == made.content
    url = f"/v1/slot-holds/{made.json()['id']}"
    assert (await client.get(url)).json() == made.json()
    released = await client.delete(url)
    assert (released.status_code, released.json()["status"]) == (200, "cancelled")
    assert (await client.delete(url)).json() == released.json()
    assert (await client.get("/v1/slot-holds/01999999-0000-7000-8000-000000000000")).status_code == 404


async def test_the_earliest_slot_is_sought_over_the_whole_pool_where_its_slots_are_offered(database_url: str) -> None:
    everybody = {**CLOSING, "members": ["anna", "ben", "clara"], "booking": {"offer": "flexible"}}
    policy = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": everybody}}
    async with open_floor(database_url, policy=policy) as floor:
        now = floor.env.clock()
        for rep in ("anna", "ben"):
            floor.vendor.busy[f"{rep}-cal"] = [(now, now + timedelta(days=10))]
        floor.world.clock.advance(timedelta(minutes=2))
        handed = [await floor.hand_over(await floor.lead(), at_earliest=True) for _ in range(3)]
        booked = [one.appointment for one in handed if one.appointment is not None]
        assert [row.rep_key for row in booked] == ["clara", "clara", "clara"]
        assert booked[0].starts_at < now + timedelta(days=3)
        holders = (
            "select count(*) from appointments p join assignments a on a.lead_id = p.lead_id and a.ended_at is null"
        )
        assert await floor.world.value(f"{holders} and a.rep_id = p.rep_id") == 3


async def test_a_lead_without_an_address_is_handed_over_and_the_answer_says_that_it_needs_one(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id = await floor.lead()
    await floor.world.rows(
        "update leads set email = null, email_key = null, phone = '+49 171 1234567' where id = :id", id=lead_id
    )
    for more in ({}, {"auto_book": True}):
        answer = await call(client, lead_id, **more)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["appointment"], "no email address to invite" in answer.json()["what_happens"]) == (
            None,
            True,
        )
    start = answer.json()["slots"][0]["start"]
    refused = await client.post("/v1/appointments", json={"lead_id": str(lead_id), "start": start})
    assert (refused.status_code, refused.json()["code"]) == (409, "no-email")
