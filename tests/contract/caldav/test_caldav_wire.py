"""What the CalDAV connector puts on the wire: routes that exist, and not one request more than it needs (RFC 4791)."""

import base64
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx

from pointsman_caldav import CaldavConfig, CaldavConnector
from pointsman_sdk import AmbiguousOutcome, Context, NoTokens, Slot
from pointsman_sdk.testing import NOW, request
from pointsman_sdk.testing.bench import reader_processes
from support.hostile.calendars import KIND, event, multistatus

pytestmark = pytest.mark.anyio

PLACE = "https://dav.example/rep1/leads/"
DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))
HOUR = ("DTSTART:20310330T100000Z", "DURATION:PT1H")


def connector(http: httpx.AsyncClient) -> CaldavConnector:
    config = CaldavConfig.model_validate({"base_url": "https://dav.example/", "username": "rep1", "password": "s3cret"})
    log, readers = logging.getLogger("t"), reader_processes()
    return CaldavConnector(config, Context(http=http, clock=lambda: NOW, tokens=NoTokens(), readers=readers, log=log))


async def test_a_create_refuses_to_overwrite_and_names_the_event_by_its_key() -> None:
    asked = request("/rep1/leads/")
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers={"ETag": '"1"'})
        await connector(http).book(asked)
    sent = put.calls.last.request
    assert sent.headers["If-None-Match"] == "*"
    assert sent.headers["Content-Type"].startswith("text/calendar")
    assert sent.headers["Authorization"] == "Basic " + base64.b64encode(b"rep1:s3cret").decode()
    assert asked.key in sent.content.decode()
    assert put.call_count == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", None])
async def test_busy_times_are_the_events_of_the_window_and_every_series_as_they_were_written(zone: str | None) -> None:
    asked: list[bytes] = []

    def answer(sent: httpx.Request) -> httpx.Response:
        asked.append(sent.content)
        if sent.method == "PROPFIND":
            return httpx.Response(207, content=KIND)
        assert sent.headers["Depth"] == "1"
        return httpx.Response(207, content=multistatus([event(*HOUR)] if b"time-range" in sent.content else []))

    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.route(url=PLACE).side_effect = answer
        busy = await connector(http).busy("/rep1/leads/", DAY, zone=zone)
    assert [(slot.start.hour, slot.end.hour) for slot in busy] == [(10, 11)]
    first, *zones, window, rules, dates = asked
    assert b"resourcetype" in first
    assert [b"calendar-timezone" in one for one in zones] == [True] * (zone is None)
    assert b'start="20310328T000000Z" end="20310402T000000Z"' in window
    assert (b'<C:prop-filter name="RRULE"/>' in rules, b'<C:prop-filter name="RDATE"/>' in dates) == (True, True)
    assert not any(b"free-busy" in one or b"expand" in one for one in asked)


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_a_cancellation_is_done_when_the_event_is_gone_however_the_server_says_it(status: int) -> None:
    async with respx.mock as wire, httpx.AsyncClient() as http:
        delete = wire.delete(f"{PLACE}k1.ics").respond(status)
        await connector(http).cancel("/rep1/leads/", "k1")
    assert delete.call_count == 1


@pytest.mark.parametrize("kept", [b"not a calendar", b"BEGIN:VCALENDAR\r\n" * 50_000])
async def test_a_created_event_that_cannot_be_read_back_may_have_happened(kept: bytes) -> None:
    asked = request("/rep1/leads/")
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        wire.put(f"{PLACE}{asked.key}.ics").respond(201)
        wire.get(f"{PLACE}{asked.key}.ics").respond(200, content=kept)
        with pytest.raises(AmbiguousOutcome):
            await connector(http).book(asked)


async def test_a_moved_event_that_cannot_be_read_back_may_have_happened() -> None:
    asked, later = (
        request("/rep1/leads/"),
        request("/rep1/leads/", slot=Slot(NOW + timedelta(days=3), NOW + timedelta(days=4))),
    )
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers={"ETag": '"1"'})
        await connector(http).book(asked)
        stands = put.calls.last.request.content
        wire.get(f"{PLACE}{asked.key}.ics").side_effect = [
            httpx.Response(200, content=stands, headers={"ETag": '"1"'}),
            httpx.Response(200, content=b"not a calendar"),
        ]
        with pytest.raises(AmbiguousOutcome):
            await connector(http).move(later)
        assert put.calls.last.request.headers["If-Match"] == '"1"'


async def test_an_etag_that_no_server_needs_is_not_kept() -> None:
    asked = request("/rep1/leads/")
    long = {"ETag": f'"{"x" * 100_000}"'}
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers=long)
        wire.get(f"{PLACE}{asked.key}.ics").side_effect = lambda _: httpx.Response(
            200, content=put.calls.last.request.content, headers=long
        )
        booked = await connector(http).book(asked)
    assert booked.version == ""
