"""Only a calendar of events is free, is written to, and can lose an event: what other collections answer says nothing."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from icalendar import Event

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_caldav import CaldavConnector
from pointsman_sdk import ConnectorError, Rejected, Slot
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import NOW, appointment
from support.programs.caldav_calls import busy, on
from support.programs.calendar_servers import ADDRESS_BOOK, RealServer
from support.programs.radicale_vendor import RadicaleVendor

pytestmark = pytest.mark.anyio

DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))
NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
CALENDAR = "<D:collection/><C:calendar/>"
TASKS = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
MIXED = TASKS.replace("</C:s", '<C:comp name="vevent"/></C:s')
TASK_LIST = f"<C:mkcalendar {NAMESPACES}><D:set><D:prop>{TASKS}</D:prop></D:set></C:mkcalendar>"
Use = Callable[[CaldavConnector, str], Any]
USES: dict[str, Use] = {
    "busy times": lambda connector, path: busy(connector, path, DAY),
    "our events": lambda connector, path: connector.appointments.ours(path, DAY),
    "a booking": lambda connector, path: connector.appointments.put(appointment(path)),
}
every_use = pytest.mark.parametrize("use", USES.values(), ids=USES)


@pytest.fixture
async def real(anyio_backend: object, caldav_server: RealServer) -> AsyncIterator[CaldavConnector]:
    async with make_client(httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)) as http:
        yield on(http, **caldav_server.config)


@every_use
async def test_the_folder_above_a_calendar_is_none(
    real: CaldavConnector, caldav_server: RealServer, caldav_vendor: RadicaleVendor, use: Use
) -> None:
    busy = Event()
    busy.add("UID", "foreign-dentist")
    busy.add("DTSTAMP", NOW)
    busy.add("DTSTART", datetime(2031, 3, 30, 9, tzinfo=UTC))
    busy.add("DTEND", datetime(2031, 3, 30, 12, tzinfo=UTC))
    caldav_vendor.put("dentist", busy)
    before = sorted(caldav_server.folder.rglob("*.ics"))
    with pytest.raises(Rejected, match="is no calendar"):
        await use(real, caldav_server.home)
    assert sorted(caldav_server.folder.rglob("*.ics")) == before


@every_use
async def test_the_root_of_a_server_is_no_calendar(real: CaldavConnector, use: Use) -> None:
    with pytest.raises(Rejected):
        await use(real, "/")


@every_use
async def test_an_address_book_is_no_calendar(real: CaldavConnector, caldav_server: RealServer, use: Use) -> None:
    with pytest.raises(Rejected, match="is no calendar"):
        await use(real, caldav_server.make("MKCOL", "contacts", ADDRESS_BOOK))


@every_use
async def test_a_list_of_tasks_takes_no_events(real: CaldavConnector, caldav_server: RealServer, use: Use) -> None:
    with pytest.raises(Rejected, match="takes no events"):
        await use(real, caldav_server.make("MKCALENDAR", "tasks", TASK_LIST))


async def test_a_calendar_that_gave_its_place_away_is_unreadable_from_then_on(
    real: CaldavConnector, caldav_server: RealServer
) -> None:
    path = caldav_server.make_calendar("moved-away")
    assert await busy(real, path, DAY) == []
    caldav_server.ask("DELETE", path).raise_for_status()
    for use in (USES["busy times"], USES["our events"]):
        with pytest.raises(ConnectorError):
            await use(real, path)
    caldav_server.make("MKCOL", "moved-away", ADDRESS_BOOK)
    for use in USES.values():
        with pytest.raises(Rejected, match="is no calendar"):
            await use(real, path)


@pytest.mark.parametrize("folder", ["/user/calendars/", "/user/contacts/addressbook/", "/user/inbox/", "/user/"])
@every_use
async def test_another_server_s_folders_are_no_calendars_either(
    anyio_backend: object, second_server: RealServer, folder: str, use: Use
) -> None:
    async with make_client(httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)) as http:
        with pytest.raises(Rejected):
            await use(on(http, **second_server.config), folder)


def described(properties: str, *, status: str = "200 OK", others: str = "") -> bytes:
    return (
        f"<D:multistatus {NAMESPACES}><D:response><D:href>/x/</D:href><D:propstat><D:prop>{properties}</D:prop>"
        f"<D:status>HTTP/1.1 {status}</D:status></D:propstat>{others}</D:response></D:multistatus>"
    ).encode()


def kind(types: str, more: str = "") -> bytes:
    return described(f"<D:resourcetype>{types}</D:resourcetype>{more}")


UNKNOWN_SET = (
    "<D:propstat><D:prop><C:supported-calendar-component-set/></D:prop><D:status>HTTP/1.1 404 x</D:status></D:propstat>"
)


def answering(
    description: httpx.Response, report: bytes | None = None, *, trust_free_busy: bool = False
) -> CaldavConnector:
    """A server that finds nothing busy in whatever it is asked for, or answers the free-busy report so."""

    def handle(asked: httpx.Request) -> httpx.Response:
        if asked.method == "PROPFIND":
            return description
        if asked.method == "PUT":
            return httpx.Response(201, headers={"ETag": '"1"'})
        if b"free-busy-query" in asked.content:
            return httpx.Response(501) if report is None else httpx.Response(200, content=report)
        return httpx.Response(207, content=f"<D:multistatus {NAMESPACES}/>".encode())

    client = make_client(httpx.MockTransport(handle))
    return on(client, base_url="https://dav.example/", trust_free_busy=trust_free_busy)


@pytest.mark.parametrize(
    "description",
    [
        kind(CALENDAR),
        kind(CALENDAR, MIXED),
        kind(f"{CALENDAR}<X:shared-owner xmlns:X='http://calendarserver.org/ns/'/>"),
        kind(f"{CALENDAR}<X:shared xmlns:X='http://calendarserver.org/ns/'/>"),
        described(f"<D:resourcetype>{CALENDAR}</D:resourcetype>", others=UNKNOWN_SET),
    ],
)
async def test_a_calendar_is_one_however_it_is_described(description: bytes) -> None:
    assert await busy(answering(httpx.Response(207, content=description)), "/x/", DAY) == []


@pytest.mark.parametrize(
    "description",
    [
        kind("<D:collection/>"),
        kind("<D:collection/><D:principal/>"),
        kind("<D:collection/><C:schedule-inbox/>"),
        kind("<D:collection/><X:subscribed xmlns:X='http://calendarserver.org/ns/'/>"),
        kind("<D:collection/><calendar xmlns='urn:example'/>"),
        kind(""),
        kind(CALENDAR, TASKS),
        kind(CALENDAR, "<C:supported-calendar-component-set/>"),
        described(""),
        described(f"<D:resourcetype>{CALENDAR}</D:resourcetype>", status="403 Forbidden"),
        f"<D:multistatus {NAMESPACES}/>".encode(),
        b"<html/>",
        b"",
    ],
)
@every_use
async def test_what_is_not_described_as_a_calendar_of_events_is_none(description: bytes, use: Use) -> None:
    with pytest.raises(Rejected):
        await use(answering(httpx.Response(207, content=description)), "/x/")


@pytest.mark.parametrize("status", [403, 404, 405, 410, 501])
async def test_a_server_that_describes_nothing_is_not_free(status: int) -> None:
    with pytest.raises(ConnectorError):
        await busy(answering(httpx.Response(status)), "/x/", DAY)


# ── shared for its busy times alone (RFC 4791, section 6.1.1) ───────────────────────────────────


def free_busy(*lines: str) -> bytes:
    body = "\r\n".join(["BEGIN:VFREEBUSY", "UID:x", "DTSTAMP:20310101T000000Z", *lines, "END:VFREEBUSY"])
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{body}\r\nEND:VCALENDAR\r\n".encode()


REFUSED = described("<D:resourcetype/><C:supported-calendar-component-set/>", status="403 Forbidden")
HIDING = [httpx.Response(403), httpx.Response(207, content=REFUSED)]
hidden = pytest.mark.parametrize("description", HIDING, ids=["refused whole", "refused by property"])


@hidden
@pytest.mark.parametrize("times", [[], ["FREEBUSY:20310330T100000Z/PT1H"]], ids=["free", "busy"])
async def test_a_calendar_shared_for_its_busy_times_is_read_for_them_where_its_server_is_trusted(
    description: httpx.Response, times: list[str]
) -> None:
    found = await busy(answering(description, free_busy(*times), trust_free_busy=True), "/x/", DAY)
    assert [(slot.start.hour, slot.end.hour) for slot in found] == [(10, 11)] * len(times)


@hidden
async def test_a_report_of_busy_times_is_not_believed_unasked(description: httpx.Response) -> None:
    """Servers' reports leave out whole days, series and zones."""
    with pytest.raises(Rejected, match="Let this login read the events, or set trust_free_busy"):
        await busy(answering(description, free_busy()), "/x/", DAY)


@hidden
@pytest.mark.parametrize("name", ["our events", "a booking"])
async def test_nothing_is_written_to_a_calendar_that_hides_what_it_is(description: httpx.Response, name: str) -> None:
    with pytest.raises(Rejected, match="at most busy times can be read, and nothing written"):
        await USES[name](answering(description, free_busy()), "/x/")


@hidden
@pytest.mark.parametrize("report", [None, free_busy("FREEBUSY:20310330T000000Z/20310330T000000Z"), b"<html/>"])
async def test_what_hides_its_kind_and_tells_no_busy_times_is_unreadable(
    description: httpx.Response, report: bytes | None
) -> None:
    with pytest.raises(Rejected, match="does not let this login see"):
        await busy(answering(description, report, trust_free_busy=True), "/x/", DAY)


@pytest.mark.parametrize("kind_of", [kind("<D:collection/>"), kind(CALENDAR, TASKS), described("")])
async def test_a_folder_that_reports_no_busy_times_is_still_no_calendar(kind_of: bytes) -> None:
    with pytest.raises(Rejected, match=r"no calendar|takes no events"):
        await busy(answering(httpx.Response(207, content=kind_of), free_busy()), "/x/", DAY)
