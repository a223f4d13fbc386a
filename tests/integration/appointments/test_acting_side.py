"""The acts on an appointment by every caller who could try: what is done, and in whose name."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.appointment_states import STATES, appointment_in
from support.floors.booking_floor import Floor, another_closer
from support.floors.reassignment_floor import at
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

WHY = {"reason": "said so on the phone"}
#: The acts of the closer, and a state in which each is possible.
CLOSERS_ACTS = [
    ("requested", "confirm", None),
    ("confirmed", "accept", None),
    ("confirmed", "reject", {"code": "duplicate", **WHY}),
    ("confirmed, past", "attended", None),
    ("confirmed, past", "no-show", None),
    ("attended", "outcome", {"outcome": "lost", **WHY}),
]


@pytest.fixture
async def app(floor: Floor) -> AsyncIterator[FastAPI]:
    with serve_floor(floor.env) as app:
        yield app


async def _was_with(floor: Floor, row: AppointmentRow, rep: str, work: str = "qualification") -> None:
    """The lead was with another rep before."""
    await floor.world.rows(
        "insert into assignments (id, lead_id, rep_id, work, gate_check_id, assigned_at, ended_at, end_reason)"
        " select :id, :lead, r.id, :work, (select gate_check_id from appointments where id = :row), :at, :at, 'x'"
        " from reps r where key = :rep",
        id=floor.env.new_id(), lead=row.lead_id, row=row.id, rep=rep, work=work,
        at=floor.env.clock() - timedelta(days=1),
    )  # fmt: skip


async def _act(app: FastAPI, row: AppointmentRow, path: str, body: Any, *scopes: str, **binding: str) -> httpx.Response:
    async with caller_of(app, *(scopes or ("booking",)), **binding) as caller:
        return await caller.post(f"/v1/appointments/{row.id}/{path}", json=body)


async def _last_line(app: FastAPI, row: AppointmentRow) -> tuple[str, str]:
    async with caller_of(app, "read") as reader:
        line = (await reader.get(f"/v1/appointments/{row.id}")).json()["history"][-1]
    return line["act"], line["by"]


@pytest.mark.parametrize(("state", "path", "body"), CLOSERS_ACTS)
async def test_an_act_of_the_closer_is_done_with_the_key_of_the_rep_who_leads_and_by_no_other(
    floor: Floor, app: FastAPI, state: str, path: str, body: Any
) -> None:
    row = await appointment_in(floor, STATES[state])
    await _was_with(floor, row, "mia")
    other = another_closer(row)
    refused = {
        "house": await _act(app, row, path, body, "booking", "handover", "read"),
        "partner": await _act(app, row, path, body, "booking", "handover", supplier="callwerk"),
        "partner's rep": await _act(app, row, path, body, rep="mia"),
        "setter": await _act(app, row, path, body, rep="lena"),
        "another closer": await _act(app, row, path, body, rep=other),
        "leader without the scope": await _act(app, row, path, body, "handover", "read", rep=row.rep_key),
    }
    assert {who: answer.status_code for who, answer in refused.items()} == {
        "house": 403,
        "partner": 403,
        "partner's rep": 403,
        "setter": 403,
        "another closer": 404,
        "leader without the scope": 403,
    }
    done = await _act(app, row, path, body, rep=row.rep_key)
    assert done.status_code == 200, done.text
    assert await _last_line(app, row) == (path.replace("-", "_"), "closer")


async def test_an_admin_does_the_acts_of_the_closer_as_the_operator(floor: Floor, app: FastAPI) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    assert (await _act(app, row, "accept", None, "admin")).status_code == 200
    assert await _last_line(app, row) == ("accept", "operator")


@pytest.mark.parametrize(
    ("binding", "for_buyer", "by"),
    [
        ({}, False, "operator"),
        ({}, True, "prospect"),
        ({"supplier": "callwerk"}, False, "operator"),
        ({"supplier": "callwerk"}, True, "prospect"),
        ({"rep": "lena"}, False, "setter"),
        ({"rep": "lena"}, True, "prospect"),
        ({"rep": "leader"}, False, "closer"),
    ],
)
@pytest.mark.parametrize("scope", ["booking", "handover"])
async def test_who_cancels_and_moves_follows_from_the_key(
    floor: Floor, app: FastAPI, binding: dict[str, str], for_buyer: bool, by: str, scope: str
) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    await _was_with(floor, row, "mia")  # of the partner
    bound = {name: row.rep_key if key == "leader" else key for name, key in binding.items()}
    new_time = at(floor, 12).isoformat()
    moved = await _act(app, row, "reschedule", {"start": new_time, "for_buyer": for_buyer}, scope, **bound)
    assert moved.status_code == 200, moved.text
    assert await _last_line(app, row) == ("reschedule", by)
    cancelled = await _act(app, row, "cancel", {"for_buyer": for_buyer, **WHY}, scope, **bound)
    assert cancelled.status_code == 200, cancelled.text
    assert await _last_line(app, row) == ("cancel", by)
    assert cancelled.json()["cancelled_by"] == by


async def test_the_closer_does_not_say_that_the_buyer_cancelled(floor: Floor, app: FastAPI) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    answer = await _act(app, row, "cancel", {"for_buyer": True, **WHY}, rep=row.rep_key)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-side")
    assert await _last_line(app, row) == ("book", "operator")


@pytest.mark.parametrize(("other", "work"), [("closer", "closing"), ("jonas", "qualification"), ("mia", "prospecting")])
async def test_a_rep_who_had_the_lead_does_nothing_with_an_appointment_that_others_set_and_lead(
    floor: Floor, app: FastAPI, other: str, work: str
) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    if other == "closer":
        other = another_closer(row)
    await _was_with(floor, row, other, work)
    for path, body in (
        ("cancel", WHY),
        ("reschedule", {"start": at(floor, 12).isoformat()}),
        ("dismiss-conflict", None),
    ):
        answer = await _act(app, row, path, body, rep=other)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-your-appointment"), path


async def test_a_key_of_a_rep_lists_that_reps_leads_and_appointments_alone(floor: Floor, app: FastAPI) -> None:
    rows = [await appointment_in(floor, STATES["confirmed"]) for _ in range(3)]
    for key in {row.rep_key for row in rows}:
        own = {str(row.id) for row in rows if row.rep_key == key}
        leads = {str(row.lead_id) for row in rows if row.rep_key == key}
        async with caller_of(app, "read", "booking", rep=key) as rep:
            assert {item["id"] for item in (await rep.get("/v1/appointments")).json()["items"]} == own
            assert {item["id"] for item in (await rep.get("/v1/leads")).json()["items"]} == leads
            assert {item["lead_id"] for item in (await rep.get("/v1/decisions")).json()["items"]} == leads
            for row in rows:
                seen = 200 if row.rep_key == key else 404
                assert (await rep.get(f"/v1/appointments/{row.id}")).status_code == seen
                assert (await rep.get(f"/v1/leads/{row.lead_id}")).status_code == seen
                assert (await rep.get(f"/v1/appointments/{row.id}/invitation.ics")).status_code == seen
    assert len({row.rep_key for row in rows}) > 1


async def test_a_rep_reads_no_candidates_and_no_balances(floor: Floor, app: FastAPI) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    async with caller_of(app, "read", rep=row.rep_key) as rep:
        decision = (await rep.get(f"/v1/leads/{row.lead_id}/decisions")).json()["items"][0]
        trace = (await rep.get(f"/v1/decisions/{decision['id']}")).json()["trace"]
    assert (trace["rule"], trace["ledger_before"], trace["ledger_after"], trace["entitlements"]) == (
        None,
        None,
        None,
        {},
    )


async def test_a_key_of_a_rep_hands_over_in_that_reps_name(floor: Floor, app: FastAPI) -> None:
    lead_id = await floor.lead()
    await floor.world.rows(
        "insert into assignments (id, lead_id, rep_id, work, assigned_at)"
        " select :id, :lead, id, 'qualification', :at from reps where key = 'lena'",
        id=floor.env.new_id(), lead=lead_id, at=floor.env.clock(),
    )  # fmt: skip
    url = f"/v1/leads/{lead_id}/handovers"
    evidence = [{"name": name, "value": "said so"} for name in ("need", "intent", "offer_known")]
    async with caller_of(app, "handover", rep="lena") as lena:
        refused = await lena.post(url, json={"evidence": evidence, "setter": "jonas"})
        assert [fault["path"] for fault in refused.json()["faults"]] == ["body.setter"]
        assert (await lena.post(url, json={"evidence": evidence})).json()["setter"] == "lena"
