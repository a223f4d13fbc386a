"""The whole way with a real calendar server: busy times read from it, the appointment put into it, and taken out."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import SlotTaken, Unavailable
from pointsman.domain.permissions.sides import ActorRole
from pointsman.local.calendar_server import SERVICE_USER, CalendarServer
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman_sdk.testing.bench import reader_processes
from support.floors.booking_floor import SETTER, Floor, WatchedUow, open_floor

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BUSY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\nBEGIN:VEVENT\r\nUID:dentist\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@dataclass(slots=True, kw_only=True)
class Town:
    """The floor, with its closers' calendars on a CalDAV server."""

    floor: Floor
    server: CalendarServer
    urls: dict[str, str]

    def client(self, rep: str) -> httpx.Client:
        return httpx.Client(auth=(rep, self.server.password(rep)), trust_env=False, verify=NO_AUTHORITIES)

    def put(self, rep: str, start: datetime, end: datetime) -> None:
        with self.client(rep) as http:
            http.put(
                f"{self.urls[rep]}dentist.ics",
                content=BUSY.format(start=start, end=end),
                headers={"Content-Type": "text/calendar"},
            ).raise_for_status()

    def events(self, rep: str) -> list[str]:
        """Our events, unfolded, as any client of the calendar sees them."""
        with self.client(rep) as http:
            listing = http.request("PROPFIND", self.urls[rep], headers={"Depth": "1"}).text
            names = [part.split("<")[0] for part in listing.split("href>") if part.split("<")[0].endswith(".ics")]
            texts = [http.get(f"{self.server.url.rstrip('/')}{name}").text for name in names]
        return [text.replace("\r\n ", "") for text in texts if "UID:dentist" not in text]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CalendarServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = CalendarServer(tmp_path / "calendar", port=port)
    server.start(["anna", "ben", "clara"])
    yield server
    server.stop()


@pytest.fixture
async def town(server: CalendarServer, database_url: str) -> AsyncIterator[Town]:
    contexts = ContextFactory(
        clock=lambda: datetime.now(UTC), allowed=[ip_network("127.0.0.0/8")], readers=reader_processes()
    )
    gateway = ConnectorGateway(registry=ConnectorRegistry.discover(), vault=Vault([new_key()]), contexts=contexts)
    urls = {rep: server.ensure_calendar(rep, "leads") for rep in ("anna", "ben", "clara")}
    async with open_floor(database_url, closers=()) as floor:
        env = replace(floor.world.env, calendars=gateway, uow=WatchedUow(floor.world.env.uow))
        floor.env = env
        config = {"base_url": server.url, "username": SERVICE_USER, "password": server.password(SERVICE_USER)}
        await save_connection(env, "town", connector="caldav", config=config, active=True, actor=SETTER)
        for rep, url in urls.items():
            await bind_calendars(
                env, rep, [CalendarBindingInput(connection="town", calendar=url, writes=True)], actor=SETTER
            )
        yield Town(floor=floor, server=server, urls=urls)
    await gateway.aclose()


async def test_an_appointment_is_put_into_the_closers_calendar_and_taken_out_again(town: Town) -> None:
    lead_id, handed = await town.floor.ready()
    slot = handed.slots[0]
    row = await book(town.floor.env, lead_id, slot.start, actor=SETTER)
    await town.floor.work()
    (event,) = town.events(slot.rep)
    assert f"DTSTART:{slot.start:%Y%m%dT%H%M%SZ}" in event
    assert "yes: need" in event
    assert "@lead.example" in event
    await cancel(town.floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await town.floor.work()
    assert town.events(slot.rep) == []


async def test_what_stands_in_the_calendar_is_not_offered_and_cannot_be_booked(town: Town) -> None:
    lead_id, handed = await town.floor.ready()
    slot = handed.slots[0]
    town.put(slot.rep, slot.start - timedelta(hours=1), slot.end + timedelta(hours=1))
    town.floor.world.clock.advance(timedelta(seconds=11))
    with pytest.raises(SlotTaken):
        await book(town.floor.env, lead_id, slot.start, actor=SETTER)
    again = await town.floor.hand_over(lead_id)
    assert slot.start not in {offered.start for offered in again.slots}


async def test_while_the_server_is_gone_nobody_can_be_booked_and_then_they_can(town: Town) -> None:
    lead_id, handed = await town.floor.ready()
    start = handed.slots[0].start
    town.server.stop()
    town.floor.world.clock.advance(timedelta(seconds=61))
    with pytest.raises(Unavailable):
        await book(town.floor.env, lead_id, start, actor=SETTER)
    town.server.start(["anna", "ben", "clara"])
    town.floor.world.clock.advance(timedelta(seconds=11))
    assert await book(town.floor.env, lead_id, start, actor=SETTER)
    await town.floor.work_out()
    assert len(town.events(handed.slots[0].rep)) == 1
