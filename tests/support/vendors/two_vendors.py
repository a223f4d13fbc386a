"""A floor whose closers have calendars at Google and at Microsoft 365, over wires that go both ways.

Anna and Clara are at Google, by a service account; Ben is at Microsoft, by an app. Every call passes the gateway, its pace and
its sign-ins in the database; every push passes the route of the service.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from contract.google.bench_vendor import delegated, rsa_key
from contract.microsoft.bench_vendor import APPLICATION
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.watches import renew_watches
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports import Env
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.roster.snapshot import hours_from_json
from pointsman.worker.tasks import JOBS
from pointsman_google.fake import GoogleVendor
from pointsman_microsoft.fake import GraphVendor
from pointsman_microsoft.fake.events import moment
from pointsman_sdk import Slot, WebhookRequest
from pointsman_sdk.fakes import TwoWayTransport
from support.floors.booking_floor import SETTER, Floor, until_morning
from support.floors.faulty_calendars import FaultyCalendars
from support.floors.use_case_env import floor_given, office_hours, open_world
from support.http.service import client_of, serve_floor

T = TypeVar("T")
GOOGLE, MICROSOFT = "google", "microsoft"
AT = {"anna": GOOGLE, "ben": MICROSOFT, "clara": GOOGLE}
#: What Exchange calls the zones of owners.
WINDOWS_ZONES = {
    "Europe/Berlin": "W. Europe Standard Time",
    "America/Los_Angeles": "Pacific Standard Time",
    "Australia/Sydney": "AUS Eastern Standard Time",
}
_KEY = new_key()


def calendar_of(rep: str) -> str:
    return f"{rep}@example.com"


class BothVendors(httpx.AsyncBaseTransport):
    """Google's hosts and all others, which are Microsoft's. `seen` is every request, by the vendor: its method and target.

    `meanwhile` is done once, after a vendor has acted on a request whose path ends so, and before its answer is there.
    """

    def __init__(self, google: TwoWayTransport, graph: TwoWayTransport) -> None:
        self.wires = {GOOGLE: google, MICROSOFT: graph}
        self.seen: list[tuple[str, str, str]] = []
        self.meanwhile: tuple[str, Callable[[], Awaitable[object]]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        vendor = GOOGLE if request.url.host.endswith("google.example") else MICROSOFT
        self.seen.append((vendor, request.method, request.url.raw_path.decode()))
        answer = await self.wires[vendor].handle_async_request(request)
        if self.meanwhile is not None and request.url.path.endswith(self.meanwhile[0]):
            (_, act), self.meanwhile = self.meanwhile, None
            await act()
        return answer


@dataclass(slots=True, kw_only=True)
class TwoVendors:
    """A service and two vendors, which call each other."""

    floor: Floor
    env: Env
    google: GoogleVendor
    graph: GraphVendor
    wire: BothVendors
    client: httpx.AsyncClient
    rep: str  # the first of the reps that have a calendar

    @property
    def vendor(self) -> str:
        return AT[self.rep]

    # -- calls of the vendors

    def pushed(self, vendor: str) -> list[WebhookRequest]:
        """The calls that the vendor made so far, or would have made."""
        return self.google.channels.pushed if vendor == GOOGLE else self.graph.subscriptions.pushed

    def answered(self, vendor: str) -> list[int]:
        """What the service said to each of the calls that arrived."""
        return self.wire.wires[vendor].answered

    async def post(self, push: WebhookRequest) -> httpx.Response:
        url = urlsplit(push.url)
        address = url.path + (f"?{url.query}" if url.query else "")
        return await self.client.request(push.method, address, content=push.body, headers=dict(push.headers))

    def lose_pushes(self, *, lost: bool = True) -> None:
        """Neither vendor's calls arrive from now on."""
        self.google.channels.post = None if lost else self.wire.wires[GOOGLE].post
        self.graph.subscriptions.delivers = not lost

    # -- owners, in their calendar programs

    async def by_owner(self, act: Callable[[], T]) -> T:
        """In a thread, since the vendor calls the service meanwhile."""
        return await asyncio.to_thread(act)

    async def block(self, rep: str, slot: Slot, **fields: Any) -> Any:
        """An event of the rep's own, with fields as their vendor names them."""
        put = self.google.block if AT[rep] == GOOGLE else self.graph.directory.block
        return await self.by_owner(lambda: put(calendar_of(rep), slot, **fields))

    def ahead(self, hours: float, *, length: timedelta = timedelta(hours=1)) -> Slot:
        """A time that begins so many hours from now."""
        start = self.env.clock() + timedelta(hours=hours)
        return Slot(start, start + length)

    async def told(self) -> WebhookRequest:
        """The call that the vendor of `rep` made about an event of the rep's own."""
        await self.block(self.rep, self.ahead(5))
        return self.pushed(self.vendor)[-1]

    # -- the worker

    async def work(self) -> list[str]:
        """Do the jobs that wait for the worker, and say which those were."""
        rows = await self.floor.world.rows(
            "delete from procrastinate_jobs where status = 'todo' returning task_name, args"
        )
        for row in rows:
            await JOBS[row.task_name](self.env, row.args)
        return sorted(row.task_name for row in rows)

    async def poll(self, *, after: timedelta = timedelta()) -> int:
        """As the worker does every half a minute; how many calendars were due."""
        self.floor.world.clock.advance(after)
        return await poll_calendars(self.env)

    async def renew(self, *, after: timedelta = timedelta()) -> int:
        """As the worker does every five minutes; how many watches were due."""
        self.floor.world.clock.advance(after)
        return await renew_watches(self.env)

    async def look(self) -> int:
        """As the worker does every minute, to see what owners did to our events."""
        return await sync_calendars(self.env)

    # -- an admin

    async def connect(self, rep: str, *, zone: str = "Europe/Berlin") -> None:
        """The rep's calendar, over the connection to its vendor, which is made where there is none."""
        if not await self.floor.world.rows("select from connections where key = :key", key=AT[rep]):
            await self.save(AT[rep])
        await self.bind(rep, calendar_of(rep), zone=zone)

    async def save(self, vendor: str) -> None:
        """Save the connection to the vendor, as if its secrets were new."""
        said: Any = delegated(self.google) if vendor == GOOGLE else APPLICATION
        secret = "service_account_key" if vendor == GOOGLE else "client_secret"
        config = said.model_dump(mode="json", exclude_none=True) | {secret: getattr(said, secret).get_secret_value()}
        await save_connection(self.env, vendor, connector=vendor, config=config, active=True, actor=SETTER)

    async def bind(self, rep: str, *calendars: str, zone: str = "Europe/Berlin") -> None:
        """Make these the rep's calendars, each its owner's in `zone`; appointments are put into the first."""
        for calendar in calendars:
            if AT[rep] == GOOGLE:
                self.google.calendar(calendar).zone = zone
            else:
                self.graph.directory.mailbox(calendar, zone=WINDOWS_ZONES[zone])
        given = [
            CalendarBindingInput(connection=AT[rep], calendar=one, writes=one == calendars[0]) for one in calendars
        ]
        await bind_calendars(self.env, rep, given, actor=SETTER)

    # -- what is known

    async def calendar(self, rep: str) -> tuple[CalendarBinding, CalendarReading | None]:
        async with self.env.uow.autocommit() as tx:
            ((binding, reading),) = await tx.calendars.bindings([rep])
        return binding, reading

    async def busy(self, rep: str) -> list[tuple[datetime, datetime]]:
        """What is on record of the rep's own times."""
        _, reading = await self.calendar(rep)
        assert reading is not None
        assert reading.error is None, reading.error
        return [(one.start, one.end) for one in reading.busy]

    async def is_outdated(self, rep: str) -> bool:
        _, reading = await self.calendar(rep)
        return reading is not None and reading.outdated

    def watching(self, rep: str) -> list[str]:
        """The ids of the watches that the vendor has of the rep's calendar, and that are not over."""
        now = self.env.clock()
        if AT[rep] == GOOGLE:
            channels = self.google.channels.open.values()
            return [one.id for one in channels if one.calendar == calendar_of(rep) and now < one.ends]
        known = self.graph.subscriptions.known.values()
        mine = [one for one in known if f"/{calendar_of(rep)}/" in one["resource"]]
        return [one["id"] for one in mine if now < moment(one["expirationDateTime"])]

    def asked(self, vendor: str, part: str = "") -> list[tuple[str, str]]:
        """The requests to a vendor whose target has this part."""
        return [(method, path) for who, method, path in self.wire.seen if who == vendor and part in path]


@asynccontextmanager
async def open_two_vendors(
    database_url: str,
    *,
    reps: Sequence[str] = tuple(AT),
    zone: str = "Europe/Berlin",
    nights: bool = False,
    watched: bool = True,
) -> AsyncIterator[TwoVendors]:
    """Everybody works seven days a week, `nights` too, and it is early in the morning in Berlin.

    All owners are in `zone`. `watched`: each calendar is, and was read after that.
    """
    first = office_hours()[0]
    if nights:
        (first,) = hours_from_json([{"weekday": 0, "start": "00:00", "end": "24:00"}])
    always = tuple(replace(first, weekday=day) for day in range(7))
    given = floor_given()
    roster = replace(
        given,
        reps=tuple(replace(rep, working_hours=always, time_zone=zone) for rep in given.reps),
    )
    async with open_world(database_url, roster=roster) as world:
        world.clock.advance(until_morning(world.clock()))
        clock, found, bugs = world.env.clock, list[TwoVendors](), list[str]()

        async def call(push: WebhookRequest) -> httpx.Response:
            return await found[0].post(push)

        google, graph = GoogleVendor(clock=clock), GraphVendor(clock=clock)
        google.accounts.key = rsa_key()
        wire = BothVendors(TwoWayTransport(google, call), TwoWayTransport(graph, call))
        google.channels.post, graph.post = wire.wires[GOOGLE].post, wire.wires[MICROSOFT].post
        graph.subscriptions.delivers = True
        vault = Vault([_KEY])
        keeping = Keeping(uow=world.env.uow, vault=vault, new_id=world.env.new_id)
        gateway = ConnectorGateway(
            registry=ConnectorRegistry.discover(),
            vault=vault,
            contexts=ContextFactory(clock=clock, transport=wire, keeping=keeping),
            gate=PaceGate(uow=world.env.uow, clock=clock),
            on_bug=lambda connector, kind: bugs.append(f"{connector}: {kind}"),
        )
        env = replace(world.env, calendars=gateway, secrets=vault, public_url="https://pointsman.example")
        floor = Floor(world=world, env=env, vendor=FaultyCalendars())
        with serve_floor(env) as app:
            async with client_of(app, raise_app_exceptions=False) as client:
                both = TwoVendors(
                    floor=floor, env=env, google=google, graph=graph, wire=wire, client=client, rep=reps[0]
                )
                found.append(both)
                for rep in reps:
                    await both.connect(rep, zone=zone)
                if watched:
                    assert await both.renew() == len(reps)
                    await both.poll(after=timedelta(minutes=6))
                    await both.work()
                yield both
        await gateway.aclose()
        assert bugs == [], "a connector raised what it should not"
