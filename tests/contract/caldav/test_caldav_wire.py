"""What the CalDAV connector puts on the wire: routes that exist, and not one request more than it needs (RFC 4791)."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx

from pointsman_caldav import CaldavConnector
from pointsman_sdk import AmbiguousOutcome, CalendarRef, Rejected, Retryable, Slot
from pointsman_sdk.http import ANSWER_LIMIT, make_client
from pointsman_sdk.testing import NOW, appointment
from support.hostile.calendars import KIND, event, multistatus
from support.programs.caldav_calls import busy, on

pytestmark = pytest.mark.anyio

PLACE = "https://dav.example/rep1/leads/"
DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))
HOUR = ("DTSTART:20310330T100000Z", "DURATION:PT1H")


def connector(http: httpx.AsyncClient) -> CaldavConnector:
    return on(http, username="rep1", password="s3cret")


async def test_a_create_refuses_to_overwrite_and_names_the_event_by_its_key() -> None:
    asked = appointment("/rep1/leads/")
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers={"ETag": '"1"'})
        await connector(http).appointments.put(asked)
    sent = put.calls.last.request
    assert sent.headers["If-None-Match"] == "*"
    assert sent.headers["Content-Type"].startswith("text/calendar")
    assert sent.headers["Authorization"] == "Basic " + base64.b64encode(b"rep1:s3cret").decode()
    assert asked.key in sent.content.decode()
    assert put.call_count == 1


async def test_busy_times_are_the_events_of_the_window_and_every_series_as_they_were_written() -> None:
    asked: list[bytes] = []

    def answer(sent: httpx.Request) -> httpx.Response:
        asked.append(sent.content)
        if sent.method == "PROPFIND":
            return httpx.Response(207, content=KIND)
        assert sent.headers["Depth"] == "1"
        return httpx.Response(207, content=multistatus([event(*HOUR)] if b"time-range" in sent.content else []))

    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.route(url=PLACE).side_effect = answer
        slots = await busy(connector(http), "/rep1/leads/", DAY)
    assert [(slot.start.hour, slot.end.hour) for slot in slots] == [(10, 11)]
    first, window, rules, dates = asked
    assert (b"resourcetype" in first, b"calendar-timezone" in first) == (True, True)
    assert b'start="20310328T000000Z" end="20310402T000000Z"' in window
    assert (b'<C:prop-filter name="RRULE"/>' in rules, b'<C:prop-filter name="RDATE"/>' in dates) == (True, True)
    assert not any(b"free-busy" in one or b"expand" in one for one in asked)


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_a_cancellation_is_done_when_the_event_is_gone_however_the_server_says_it(status: int) -> None:
    async with respx.mock(assert_all_called=False) as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).mock(side_effect=lambda _: httpx.Response(207, content=KIND))
        wire.request("REPORT", PLACE).respond(207, content=multistatus([]))
        delete = wire.delete(f"{PLACE}k1.ics").respond(status)
        await connector(http).appointments.drop("/rep1/leads/", "k1")
    assert delete.call_count == 1


@pytest.mark.parametrize("kept", [b"not a calendar", b"BEGIN:VCALENDAR\r\n" * 50_000])
async def test_a_created_event_that_cannot_be_read_back_may_have_happened(kept: bytes) -> None:
    asked = appointment("/rep1/leads/")
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        wire.put(f"{PLACE}{asked.key}.ics").respond(201)
        wire.get(f"{PLACE}{asked.key}.ics").respond(200, content=kept)
        with pytest.raises(AmbiguousOutcome):
            await connector(http).appointments.put(asked)


async def test_a_moved_event_that_cannot_be_read_back_may_have_happened() -> None:
    asked, later = (
        appointment("/rep1/leads/"),
        appointment("/rep1/leads/", sequence=1, slot=Slot(NOW + timedelta(days=3), NOW + timedelta(days=4))),
    )
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers={"ETag": '"1"'})
        await connector(http).appointments.put(asked)
        stands = put.calls.last.request.content
        wire.get(f"{PLACE}{asked.key}.ics").side_effect = [
            httpx.Response(200, content=stands, headers={"ETag": '"1"'}),
            httpx.Response(200, content=b"not a calendar"),
        ]
        with pytest.raises(AmbiguousOutcome):
            await connector(http).appointments.put(later)
        assert put.calls.last.request.headers["If-Match"] == '"1"'


async def test_an_etag_that_no_server_needs_is_not_kept() -> None:
    asked = appointment("/rep1/leads/")
    long = {"ETag": f'"{"x" * 100_000}"'}
    async with respx.mock as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        put = wire.put(f"{PLACE}{asked.key}.ics").respond(201, headers=long)
        wire.get(f"{PLACE}{asked.key}.ics").side_effect = lambda _: httpx.Response(
            200, content=put.calls.last.request.content, headers=long
        )
        booked = await connector(http).appointments.put(asked)
    assert booked.version == ""


class CountingServer(httpx.AsyncBaseTransport):
    """Every calendar there is empty; each answer comes once nothing else is about to begin."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(50):
            await asyncio.sleep(0)
        self.now -= 1
        return httpx.Response(207, content=KIND if request.method == "PROPFIND" else multistatus([]))


@pytest.mark.parametrize(("calendars", "most"), [(1, 3), (40, 8)])
async def test_a_server_is_asked_side_by_side_and_never_more_than_it_stands(calendars: int, most: int) -> None:
    server = CountingServer()
    asked = [CalendarRef(id=f"/rep1/{number}/", zone="UTC", owner=None) for number in range(calendars)]
    async with httpx.AsyncClient(transport=server) as http:
        found = await connector(http).busy.read(asked, DAY)
    assert (len(found), server.most) == (calendars, most)


async def test_a_calendar_with_more_than_an_answer_holds_says_what_to_do() -> None:
    async def long() -> AsyncIterator[bytes]:
        yield b" " * (ANSWER_LIMIT + 1)

    def answer(sent: httpx.Request) -> httpx.Response:
        return httpx.Response(207, content=KIND if sent.method == "PROPFIND" else long())

    async with make_client(httpx.MockTransport(answer)) as http:
        with pytest.raises(Rejected, match="move what is over, and series that have ended, to another calendar"):
            await busy(connector(http), "/rep1/leads/", DAY)


@pytest.mark.parametrize(("locked", "fine"), [(1, True), (5, False)])
async def test_what_is_locked_for_a_moment_is_sent_again(locked: int, fine: bool) -> None:
    async with respx.mock(assert_all_called=False) as wire, httpx.AsyncClient() as http:
        wire.request("PROPFIND", PLACE).respond(207, content=KIND)
        delete = wire.delete(f"{PLACE}k1.ics")
        delete.side_effect = [*[httpx.Response(423)] * locked, httpx.Response(204)]
        with nullcontext() if fine else pytest.raises(Retryable):
            await connector(http).appointments.drop("/rep1/leads/", "k1")
    assert delete.call_count == min(locked, 4) + 1


@pytest.mark.parametrize(("start", "hour", "certain"), [("20310330T100000", 8, False), ("20310330T100000Z", 10, True)])
async def test_an_event_without_a_zone_is_read_in_the_calendar_s_own_and_is_not_certain(
    start: str, hour: int, certain: bool
) -> None:
    body = event(f"DTSTART:{start}", "DURATION:PT1H").replace("UID:x", "UID:k1@pointsman")
    zoned = KIND.replace(b"</D:prop>", b"<C:calendar-timezone-id>Europe/Berlin</C:calendar-timezone-id></D:prop>")
    async with respx.mock(assert_all_called=False) as wire, httpx.AsyncClient() as http:
        asked = wire.request("PROPFIND", PLACE).respond(207, content=zoned)
        wire.get(f"{PLACE}k1.ics").respond(200, content=body.encode())
        found = await connector(http).appointments.get("/rep1/leads/", "k1")
    assert found is not None
    assert found.slot is not None
    assert (found.slot.utc().start.hour, found.certain, asked.call_count) == (hour, certain, 0 if certain else 1)
