"""A vendor that throttles one rep's mailbox: what is owed to that one waits, and all others over the connection go on."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import pytest

from contract.microsoft.bench_vendor import answers_trials
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.guard import PRIVATE_NETWORKS
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.booking.book import book
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk.fakes import too_many_calls
from support.floors.booking_floor import SETTER, Floor, WatchedUow, open_floor

pytestmark = pytest.mark.anyio

WAIT = timedelta(minutes=10)
REPS = ("anna", "ben")


@dataclass
class Throttling(httpx.AsyncBaseTransport):
    """Graph, which asks for fewer calls for the mailboxes in `held`; `asked` counts the calls for each rep's."""

    vendor: GraphVendor
    held: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        rep = next((one for one in REPS if f"/users/{one}@example.com/" in request.url.path), None)
        if rep is not None:
            self.asked[rep] += 1
            if rep in self.held:
                return too_many_calls(WAIT, now=self.vendor.clock())
        return self.vendor.handle(request)


@dataclass(kw_only=True)
class House:
    """Two closers with mailboxes at one connection."""

    floor: Floor
    graph: Throttling

    async def booked(self, rep: str) -> AppointmentRow:
        """An appointment of the rep's, of which their calendar has yet to hear."""
        while True:
            lead_id, handed = await self.floor.ready()
            row = await book(self.floor.env, lead_id, handed.slots[0].start, actor=SETTER)
            if row.rep_key == rep:
                return row

    async def event(self, row: AppointmentRow) -> DeliveryRow:
        (found,) = [one for one in await self.floor.deliveries(row.id) if one.kind == "appointment"]
        return found

    def standing(self, rep: str) -> int:
        return len(self.graph.vendor.standing()["events"].get(f"{rep}@example.com", []))


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_floor(database_url, closers=()) as floor:
        clock = floor.world.env.clock
        graph = Throttling(GraphVendor(clock=clock, post=answers_trials))
        for rep in REPS:
            graph.vendor.directory.mailbox(f"{rep}@example.com")
        vault, uow = Vault([new_key()]), floor.world.env.uow
        keeping = Keeping(uow=uow, vault=vault, new_id=floor.world.env.new_id)
        contexts = ContextFactory(clock=clock, allowed=PRIVATE_NETWORKS, transport=graph, keeping=keeping)
        gate = PaceGate(uow=uow, clock=clock)
        gateway = ConnectorGateway(registry=ConnectorRegistry.discover(), vault=vault, contexts=contexts, gate=gate)
        floor.env = replace(floor.env, calendars=gateway, uow=WatchedUow(uow))
        floor.world.env = replace(floor.world.env, calendars=gateway)
        app = {"permission": "application", "mailbox": "ben@example.com", "tenant": "example.com"}
        secrets = {"client_id": "graph-client", "client_secret": "graph-client-secret"}
        await save_connection(
            floor.env, "graph", connector="microsoft", config=app | secrets, active=True, actor=SETTER
        )
        for rep in REPS:
            bound = CalendarBindingInput(connection="graph", calendar=f"{rep}@example.com", writes=True)
            await bind_calendars(floor.env, rep, [bound], actor=SETTER)
        yield House(floor=floor, graph=graph)
        await gateway.aclose()


async def test_what_is_owed_to_a_throttled_mailbox_waits_alone_and_goes_out_afterwards(house: House) -> None:
    held, other = await house.booked("anna"), await house.booked("ben")
    house.graph.held, began = {"anna"}, house.floor.env.clock()
    await house.floor.work()
    waiting = await house.event(held)
    assert (waiting.status, waiting.error_code, waiting.attempts) == ("pending", "waiting", 0)
    assert waiting.next_attempt_at >= began + WAIT
    assert (await house.event(other)).status == "done"
    house.graph.held, asked = set(), house.graph.asked["anna"]
    house.floor.world.clock.advance(WAIT / 2)
    later = await house.booked("ben")
    await house.floor.world.rows(
        "update deliveries set next_attempt_at = :now where status = 'pending'", now=house.floor.env.clock()
    )
    await house.floor.work()
    assert (await house.event(later)).status == "done"
    assert (await house.event(held)).status == "pending"
    assert house.graph.asked["anna"] == asked, "it was asked for before its time"
    house.floor.world.clock.advance(WAIT)
    await house.floor.work()
    assert (await house.event(held)).status == "done"
    events = await house.floor.world.value(
        "select count(*) from deliveries where kind = 'appointment' and status = 'done'"
    )
    assert house.standing("anna") + house.standing("ben") == events
