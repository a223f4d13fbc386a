"""What went wrong at a vendor is stored as a code and a message, and read in the language of who asks."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from pointsman.services.booking.book import book
from pointsman.services.calendars.readings import read_calendars
from pointsman.services.ports import VendorReauthError, VendorRetryableError
from support.floors.booking_floor import SETTER, Floor
from support.floors.faulty_calendars import Cue
from support.http.service import caller_of, serve_floor
from support.wording import english, german

pytestmark = pytest.mark.anyio

DE = {"Accept-Language": "de"}


@pytest.fixture
async def client(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(floor.env) as app:
        async with caller_of(app, "read", "admin") as opened:
            yield opened


async def test_a_delivery_that_was_given_up_says_so_in_the_language_of_its_reader(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, handed = await floor.ready()
    await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.world.rows("update deliveries set attempts = 11, owed_at = owed_at - interval '75 hours'")
    floor.world.clock.advance(timedelta(days=30))  # the appointment is over
    floor.vendor.cues = [Cue.RETRY]
    await floor.work()
    (told,) = (await client.get("/v1/deliveries")).json()["items"]
    assert (told["error_code"], told["last_error"]) == ("gave-up", "given up after 12 attempts: 503  sorry")
    for code, found in (("gave-up", [told["id"]]), ("rejected", [])):
        listed = (await client.get("/v1/deliveries", params={"error_code": code})).json()["items"]
        assert [one["id"] for one in listed] == found
    read = await client.get(f"/v1/deliveries/{told['id']}", headers=DE)
    assert read.json()["last_error"] == "nach 12 Versuchen aufgegeben: der Connector meldet: „503  sorry“"
    assert read.headers["Content-Language"] == "de"
    stored = await floor.world.value("select last_error from deliveries")
    assert (stored["key"], stored["args"]["count"]) == ("vendor.gave-up", 12)
    (line,) = await floor.world.rows("select after, reason from audit where action = 'delivery.dead'")
    assert (line.after["code"], line.after["error"], line.reason) == ("gave-up", stored, None)


async def test_a_connection_that_needs_a_new_sign_in_says_so_in_the_language_of_its_reader(
    floor: Floor, client: httpx.AsyncClient
) -> None:
    floor.vendor.faults["anna-cal"] = VendorReauthError("401")
    floor.vendor.faults["ben-cal"] = VendorRetryableError("busy")
    now = floor.env.clock() + timedelta(hours=1)
    for rep in ("ben", "anna"):
        read = await read_calendars(
            floor.env, [rep], now, now + timedelta(days=30), max_age=timedelta(0), deadline=timedelta(seconds=9)
        )
    assert (
        german(read["anna"].state.reason) == "die Verbindung braucht eine neue Anmeldung: der Connector meldet: „401“"
    )
    (anna,) = (await client.get("/v1/reps/anna/calendars", headers=DE)).json()["calendars"]
    assert anna["unreadable"] == "die Verbindung braucht eine neue Anmeldung: der Connector meldet: „401“"
    (ben,) = (await client.get("/v1/reps/ben/calendars")).json()["calendars"]
    assert ben["unreadable"] == "busy"
    (connection,) = (await client.get("/v1/connections", headers=DE)).json()["items"]
    assert connection["fault"] == "der Connector meldet: „401“"
    known = await read_calendars(
        floor.env, ["anna"], now, now + timedelta(days=30), max_age=timedelta(0), deadline=timedelta(seconds=9)
    )
    assert english(known["anna"].state.reason) == "the connection cal is out of use: 401"
    assert german(known["anna"].state.reason) == "die Verbindung cal ist außer Betrieb: der Connector meldet: „401“"
