"""The invitation over HTTP and on its way to a vendor: the prospect's appointment, and nothing of the house."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from icalendar import Calendar

from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel, reject
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.deliveries.ics_invitation import read_invitation
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from support.floors.booking_floor import SETTER, Floor, another_closer
from support.http.service import client_of, headers_of_key, serve_floor

pytestmark = pytest.mark.anyio

SECRETS = ("replace spreadsheets", "need", "Need", "lena", "evidence", "gate", "key:setter", "Acme")


@pytest.fixture
async def app_client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with client_of(app) as client:
            yield client


async def booked(floor: Floor, **facts: Any) -> AppointmentRow:
    lead_id = await floor.lead(**facts)
    handed = await floor.hand_over(lead_id)
    await floor.world.rows(
        "update leads set first_name = 'Ada', last_name = :last where id = :id",
        last='Weber; "x\r\nUID:evil',
        id=lead_id,
    )
    return await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)


def event_of(content: bytes) -> dict[str, str]:
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return {**{name: str(event[name]) for name in event}, "METHOD": str(calendar["METHOD"])}


async def read(client: httpx.AsyncClient, floor: Floor, row: AppointmentRow) -> dict[str, str]:
    answer = await client.get(
        f"/v1/appointments/{row.id}/invitation.ics", headers=await headers_of_key(floor.env, "read")
    )
    assert answer.status_code == 200, answer.text
    return event_of(answer.content)


async def test_it_is_a_calendar_file_whose_name_tells_nothing(floor: Floor, app_client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    url = f"/v1/appointments/{row.id}/invitation.ics"
    answer = await app_client.get(url, headers=await headers_of_key(floor.env, "booking"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; method=REQUEST; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="invitation.ics"'
    assert answer.headers["cache-control"] == "no-store"
    lead = await floor.world.value("select email from leads where id = :id", id=row.lead_id)
    event = event_of(answer.content)
    assert event["UID"] == f"pm-{row.id}@pointsman"
    assert event["ORGANIZER"] == f"mailto:{row.rep_key}@example.com"
    assert event["ATTENDEE"] == f"mailto:{lead}"
    assert event["SUMMARY"] == f"Meeting with {row.rep_key.capitalize()}"
    assert event["STATUS"] == "CONFIRMED"


async def test_nothing_of_the_house_is_in_it(floor: Floor, app_client: httpx.AsyncClient) -> None:
    row = await booked(floor, company__name="Acme")
    assert row.company == "Acme"
    assert row.gate_snapshot["evidence"]
    url = f"/v1/appointments/{row.id}/invitation.ics"
    text = (await app_client.get(url, headers=await headers_of_key(floor.env, "read"))).text.replace("\r\n ", "")
    assert not [word for word in SECRETS if word in text]


async def test_it_speaks_the_prospects_language(floor: Floor, app_client: httpx.AsyncClient) -> None:
    row = await booked(floor, lead__language="de")
    event = await read(app_client, floor, row)
    assert event["SUMMARY"] == f"Termin mit {row.rep_key.capitalize()}"
    assert event["DESCRIPTION"] == f"Mit: {row.rep_key.capitalize()}"


async def test_sequence_grows_with_every_change_and_the_uid_stays(floor: Floor) -> None:
    row = await booked(floor)
    seen = [await sent(floor, row.id)]
    start = row.starts_at + (row.ends_at - row.starts_at) * 4
    await reschedule(floor.env, row.id, start, by=ActorRole.PROSPECT, reason="later", actor=SETTER)
    seen.append(await sent(floor, row.id))
    other = another_closer(row)
    await reassign_appointment(floor.env, row.id, to=other, reason="ill", actor=SETTER)
    seen.append(await sent(floor, row.id))
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="ill", actor=SETTER)
    seen.append(await sent(floor, row.id))
    assert {event["UID"] for event in seen} == {f"pm-{row.id}@pointsman"}
    sequences = [int(event["SEQUENCE"]) for event in seen]
    assert sequences == sorted(set(sequences))
    requests = [("REQUEST", "CONFIRMED")] * 3
    assert [(event["METHOD"], event["STATUS"]) for event in seen] == [*requests, ("CANCEL", "CANCELLED")]
    assert [event["ORGANIZER"] for event in seen] == [
        f"mailto:{key}@example.com" for key in (row.rep_key,) * 2 + (other,) * 2
    ]


async def sent(floor: Floor, appointment_id: UUID) -> dict[str, str]:
    """The invitation as it stands now."""
    return event_of((await read_invitation(floor.env, appointment_id, actor=SETTER))[1])


async def test_what_the_closer_reads_and_what_the_buyer_reads_are_two_texts(floor: Floor) -> None:
    row = await booked(floor)
    await floor.world.rows("update leads set phone = '+49 30 1234567' where id = :id", id=row.lead_id)
    await floor.work()
    (event,) = floor.vendor.events()
    assert event.shared.text == f"With: {row.rep_key.title()}"
    private = event.private.text
    assert all(said in private for said in ("Need", "Lena", "+49 30 1234567", str(row.id)))
    assert "Need" not in f"{event.title.text}{event.shared.text}"


async def test_an_appointment_that_waits_for_its_closer_is_tentative(
    floor: Floor, app_client: httpx.AsyncClient
) -> None:
    row = await booked(floor)
    await floor.world.rows(
        "update appointments set status = 'requested', confirm_by = starts_at where id = :id", id=row.id
    )
    assert (await read(app_client, floor, row))["STATUS"] == "TENTATIVE"


async def test_a_lead_that_nobody_can_invite_is_a_conflict(floor: Floor, app_client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    for email in (None, "not an address"):
        await floor.world.rows("update leads set email = :email where id = :id", email=email, id=row.lead_id)
        url = f"/v1/appointments/{row.id}/invitation.ics"
        answer = await app_client.get(url, headers=await headers_of_key(floor.env, "read"))
        assert (answer.status_code, answer.json()["code"]) == (409, "no-email")


async def test_only_who_may_see_the_appointment_may_have_it(floor: Floor, app_client: httpx.AsyncClient) -> None:
    row = await booked(floor)
    url = f"/v1/appointments/{row.id}/invitation.ics"
    for headers, status in [
        ({}, 401),
        (await headers_of_key(floor.env, "intake"), 403),
        (await headers_of_key(floor.env, "read", supplier="callwerk"), 404),
    ]:
        assert (await app_client.get(url, headers=headers)).status_code == status
    unknown = await app_client.get(
        f"/v1/appointments/{uuid4()}/invitation.ics", headers=await headers_of_key(floor.env, "read")
    )
    assert unknown.status_code == 404


@pytest.mark.parametrize("rejected", [False, True], ids=["cancelled", "rejected"])
async def test_what_is_called_off_after_its_end_is_a_newer_file_too(floor: Floor, rejected: bool) -> None:
    row = await booked(floor)
    before = await sent(floor, row.id)
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    if rejected:
        await reject(floor.env, row.id, code=RejectCode.DUPLICATE, reason="x", actor=SETTER)
    else:
        await cancel(floor.env, row.id, by=ActorRole.OPERATOR, reason="x", actor=SETTER)
    after = await sent(floor, row.id)
    assert (after["METHOD"], int(after["SEQUENCE"])) == ("CANCEL", int(before["SEQUENCE"]) + 1)
    assert [item.wanted for item in await floor.deliveries(row.id)] == ["put"]  # calendars keep what is over
