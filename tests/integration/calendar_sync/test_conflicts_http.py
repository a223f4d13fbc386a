"""A conflict with a calendar as callers see it, and settle it, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.calendar_sync.poll import sync_calendars
from support.floors.booking_floor import SETTER, Floor
from support.floors.reassignment_floor import booked, group_floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(floor) as client:
        yield client


@asynccontextmanager
async def opened(floor: Floor, *, supplier: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with caller_of(app, "booking", "read", supplier=supplier) as client:
            yield client


async def test_a_conflict_is_shown_and_the_appointment_kept(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.work_out()
    (event,) = floor.vendor.events()
    floor.vendor.drag(event, row.starts_at - timedelta(days=30))
    await sync_calendars(floor.env)
    url = f"/v1/appointments/{row.id}"
    shown = (await client.get(url)).json()
    assert shown["status"] == "confirmed"
    assert shown["conflict"].startswith(f"In {row.rep_key.capitalize()}'s calendar, the event was moved to ")
    german = (await client.get(url, headers={"Accept-Language": "de"})).json()
    assert german["conflict"].startswith(f"Im Kalender von {row.rep_key.capitalize()}: der Eintrag wurde auf ")
    assert [line["after"] for line in german["history"] if line["act"] == "conflict"] == [
        {"conflict": german["conflict"]}
    ]
    alerts = (await client.get("/v1/alerts")).json()["items"]
    assert f"{url}/dismiss-conflict" in next(a["message"] for a in alerts if a["code"] == "calendar-conflict")
    kept = await client.post(f"{url}/dismiss-conflict")
    assert (kept.status_code, kept.json()["conflict"]) == (200, None)
    assert [line["act"] for line in (await client.get(url)).json()["history"]] == [
        "book",
        "conflict",
        "dismiss_conflict",
    ]
    await floor.work_out()
    assert [there.start for there in floor.vendor.events()] == [row.starts_at]


async def test_a_partner_who_keeps_its_appointment_reads_no_word_of_the_house(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        row = await booked(floor)
        async with opened(floor, supplier="callwerk") as partner:
            assert (await partner.post(f"/v1/appointments/{row.id}/dismiss-conflict")).status_code == 404
            await floor.world.rows(
                "insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)"
                " select :id, :lead, id, 'prospecting', :at, :at, 'x' from reps where key = 'mia'",
                id=floor.env.new_id(), lead=row.lead_id, at=floor.env.clock() - timedelta(days=1),
            )  # fmt: skip
            kept = await partner.post(f"/v1/appointments/{row.id}/dismiss-conflict")
    assert kept.status_code == 200, kept.text
    assert (len(row.companions), kept.json()["companions"], kept.json()["booked_by"]) == (1, [], None)


async def test_what_does_not_stand_cannot_be_kept(floor: Floor, client: httpx.AsyncClient) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    refused = await client.post(f"/v1/appointments/{row.id}/dismiss-conflict")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "action-not-allowed")
    unknown = await client.post("/v1/appointments/01936f0e-7b1a-7c3e-9d55-2f60a1b2c3d4/dismiss-conflict")
    assert unknown.status_code == 404
