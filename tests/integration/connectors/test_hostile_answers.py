"""No answer of a calendar server stops the service: it is refused with its reason, and all else goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.readings import read_calendar_states
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports import VendorError
from pointsman.services.ports.vendors.calendars import CalendarAsked, CalendarOwner
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman_sdk.testing.bench import reader_processes
from support.deep import every
from support.floors.booking_floor import SETTER, open_floor
from support.hostile.calendars import EVENTS, FREE_BUSY, KIND, NAMESPACES, WHEN, event, events, free_busy, multistatus
from support.wording import english_of

pytestmark = pytest.mark.anyio

START = datetime(2031, 3, 1, tzinfo=UTC)
END = START + timedelta(days=31)
OWNER = CalendarOwner(zone="Europe/Berlin", email="anna@example.com")
DEADLINE = timedelta(seconds=60)  # the readers have one of their own
PRINCIPAL = (
    f"<D:multistatus {NAMESPACES}><D:response><D:href>/</D:href><D:propstat><D:prop><D:current-user-principal/></D:prop>"
    "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
).encode()


class Server:
    """A CalDAV server that gives one answer to each question; by the first part of the path where there are several.

    What has a report is shared for its busy times alone.
    """

    def __init__(self) -> None:
        self.reports: dict[str, bytes] = {}
        self.events: dict[str, bytes] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        place = request.url.path.split("/")[1]
        if b"resourcetype" in request.content:
            return httpx.Response(403) if place in self.reports else httpx.Response(207, content=KIND)
        if request.method == "PROPFIND":
            return httpx.Response(207, content=PRINCIPAL)
        if place in self.reports:
            return httpx.Response(200, content=self.reports[place])
        return httpx.Response(207, content=self.events.get(place, b""))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def bugs() -> list[str]:
    return []


@pytest.fixture
async def gateway(anyio_backend: object, server: Server, bugs: list[str]) -> AsyncIterator[ConnectorGateway]:
    contexts = ContextFactory(
        clock=lambda: datetime.now(UTC), transport=httpx.MockTransport(server), readers=reader_processes()
    )
    yield ConnectorGateway(
        registry=ConnectorRegistry.discover(),
        vault=Vault([new_key()]),
        contexts=contexts,
        on_bug=lambda _, kind: bugs.append(kind),
    )
    await contexts.aclose()


async def busy(gateway: ConnectorGateway) -> list[tuple[datetime, datetime]]:
    public, sealed = gateway.seal("caldav", {"base_url": "https://dav.example/", "trust_free_busy": True})
    connection = ConnectionRef(id=UUID(int=1), connector="caldav", config=public, sealed=sealed)
    asked = [CalendarAsked(calendar="/anna/", owner=OWNER)]
    found = (await gateway.busy_times(connection, asked, START, END, deadline=DEADLINE))["/anna/"]
    if isinstance(found, VendorError):
        raise found
    return [(one.start, one.end) for one in found.times]


@pytest.mark.parametrize("bomb", every(4, {**FREE_BUSY, **EVENTS}))
@pytest.mark.parametrize("shares_events", [True, False])
async def test_a_hostile_answer_is_refused_with_its_reason(
    gateway: ConnectorGateway, server: Server, bugs: list[str], bomb: Callable[[], bytes], shares_events: bool
) -> None:
    (server.events if shares_events else server.reports)["anna"] = bomb()
    with pytest.raises(VendorError, match=r"cannot be read: \w|more events and series than"):
        await busy(gateway)
    assert bugs == []


@pytest.mark.parametrize(("count", "most"), [(50, 50), (2_000, 672)])
async def test_an_honest_calendar_is_read_by_either_question(
    gateway: ConnectorGateway, server: Server, count: int, most: int
) -> None:
    server.reports["anna"] = free_busy(count)
    reported = await busy(gateway)
    server.reports, server.events["anna"] = {}, events(count)
    listed = await busy(gateway)
    assert 0 < len(listed) <= len(reported) <= most


async def test_a_whole_day_is_its_owner_s_and_what_its_owner_declined_is_free(
    gateway: ConnectorGateway, server: Server
) -> None:
    declined = event(*WHEN, f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER.email}")
    server.events["anna"] = multistatus([event("DTSTART;VALUE=DATE:20310310"), declined])
    start = datetime(2031, 3, 9, 23, tzinfo=UTC)
    assert await busy(gateway) == [(start, start + timedelta(days=1))]


async def test_all_else_takes_its_turns_while_a_large_answer_is_read(gateway: ConnectorGateway, server: Server) -> None:
    """The same process answers everybody: an answer that is read in it stops them all."""
    turns = 0

    async def beside() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    server.events["anna"] = events(2_000)
    await busy(gateway)  # the reader process starts
    other = asyncio.create_task(beside())
    await busy(gateway)
    other.cancel()
    assert turns > 500


async def test_a_hostile_calendar_makes_its_owner_unbookable_with_the_reason_and_no_one_else(
    gateway: ConnectorGateway, server: Server, database_url: str
) -> None:
    server.events = {"anna": events(20), "ben": events(3), "clara": events(3)}
    async with open_floor(database_url, closers=()) as floor:
        env = replace(floor.world.env, calendars=gateway)
        config: dict[str, Any] = {"base_url": "https://dav.example/", "trust_free_busy": True}
        await save_connection(env, "town", connector="caldav", config=config, active=True, actor=SETTER)
        for rep in ("anna", "ben", "clara"):
            bound = CalendarBindingInput(connection="town", calendar=f"/{rep}/", writes=True)
            await bind_calendars(env, rep, [bound], actor=SETTER)
        server.events |= {"anna": EVENTS["50,000 events"](), "clara": EVENTS["depth"]()}
        floor.world.clock.advance(timedelta(hours=1))
        assert await poll_calendars(env) == 3
        now = env.clock()
        states = await read_calendar_states(
            env, ["anna", "ben", "clara"], now, now + timedelta(days=1), max_age=timedelta(hours=1), deadline=DEADLINE
        )
        alerts = await floor.world.rows(
            "select subject, message from alerts where resolved_at is null and code = 'calendar-unreadable' order by subject"
        )
    assert {rep: state.readable for rep, state in states.items()} == {"anna": False, "ben": True, "clara": False}
    assert [row.subject for row in alerts] == ["rep:anna", "rep:clara"]
    large, deep = (english_of(row.message) for row in alerts)
    assert "the CalDAV server answered what cannot be read: the text has more than 4194304 bytes" in large
    assert "nested deeper than 32 levels" in deep
