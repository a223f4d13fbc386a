"""Whole lives on both calendars' fakes and a mailbox that fail, by workers that are killed: all is right and comes once."""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from contract.google.bench_vendor import delegated, rsa_key
from contract.microsoft.bench_vendor import answers_trials
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.guard import PRIVATE_NETWORKS
from pointsman.connectors.mail.notices import ConnectorNotices
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.appointments.actions import cancel, get_appointment, mark_no_show
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.calendar_event import event_key
from pointsman.services.deliveries.kinds.meeting_link import ask_for_links
from pointsman.services.ports import ConnectionRef
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman_google.events import KEY as GOOGLE_KEY
from pointsman_google.events import private
from pointsman_google.fake import GoogleVendor
from pointsman_microsoft.events import KEY as GRAPH_KEY
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk.fakes import Fault, FaultPlan, Rates
from pointsman_smtp.fake.server import FakeMailServer
from support.floors.booking_floor import SETTER, Floor, WatchedUow, open_floor
from support.http.failing_wire import FailingWire
from support.mail_floor import mailing

pytestmark = pytest.mark.anyio

KILLED = 0.2
RATES = Rates(lost=0.20, failed=0.10, throttled=0.10, reset=0.05)
AT = {"anna": "google", "ben": "microsoft", "clara": "google"}
LINK = re.compile(r"https://(?:meet\.google|teams\.microsoft)\.com/\S+")
LATER = timedelta(hours=2)
FEW = ("give move call_off", "move give miss")
MANY = ("", "move", "give", "move give", "give move call_off", "move give move miss", "call_off", "give miss")


SEEDS = pytest.mark.parametrize(
    ("seed", "lives"),
    [
        pytest.param(4, FEW, id="few"),
        *(pytest.param(one, MANY, id=f"{one}", marks=pytest.mark.deep) for one in (1, 2, 3)),
    ],
)


class Roads(httpx.AsyncBaseTransport):
    """To each vendor by its host."""

    def __init__(self, google: FailingWire, graph: FailingWire) -> None:
        self.google, self.graph = google, graph

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await (self.google if request.url.host == "google.example" else self.graph).handle_async_request(request)


class Killed(BaseException):
    """The process is gone: what it was about to write down is not written."""


class DyingGateway(ConnectorGateway):
    """Of a worker that is killed, while things fail, after one in five of the writes that were answered."""

    dice, dies = Random(0), False

    async def call(self, connection: ConnectionRef, act: Any, **how: Any) -> Any:
        answer = await super().call(connection, act, **how)
        if self.dies and how.get("writes") and self.dice.random() < KILLED:
            raise Killed
        return answer


@dataclass(slots=True, kw_only=True)
class Town:
    """The floor, with closers at both vendors; `post` is where its mail arrives."""

    floor: Floor
    gateway: DyingGateway
    roads: Roads
    post: FakeMailServer
    killed: int = 0

    def fail(self, *, on: bool) -> None:
        self.gateway.dies = on
        for plan in (self.roads.google.plan, self.roads.graph.plan, self.post.troubles.plan):
            plan.on = on

    async def work_out(self) -> None:
        """Carry out all that is owed while everything fails."""
        self.fail(on=True)
        for _ in range(200):
            try:
                await self.floor.work_out(rounds=200)
            except Killed:
                self.killed += 1
                continue
            break
        self.fail(on=False)
        if await ask_for_links(self.floor.env):
            await self.floor.work_out(rounds=200)
        self.floor.world.clock.advance(MAX_AGE_FOR_BOOKING)  # so that acts read the calendars anew

    async def live(self, life: str, day: int) -> AppointmentRow:
        """From the booking through all acts, each of which is carried out before the next; acts themselves see calendars."""
        lead_id, _ = await self.floor.ready()
        morning = self.floor.env.clock().replace(hour=10, minute=0, second=0, microsecond=0)
        row = await book(self.floor.env, lead_id, morning + timedelta(days=day), actor=SETTER)
        for act in life.split():
            await self.work_out()
            row = await self._done(act, row)
        await self.work_out()
        return row

    async def _done(self, act: str, row: AppointmentRow) -> AppointmentRow:
        env = self.floor.env
        match act:
            case "move":
                return await reschedule(env, row.id, row.starts_at + LATER, reason="x", actor=SETTER)
            case "give":
                return await reassign_appointment(env, row.id, reason="x", actor=SETTER)
            case "call_off":
                return await cancel(env, row.id, reason="x", actor=SETTER)
            case _:
                return await mark_no_show(replace(env, clock=lambda: row.ends_at), row.id, actor=SETTER)

    def events(self) -> Counter[tuple[str, str, datetime, str | None]]:
        """Calendar, key, start and link of each event of ours that stands, at either vendor."""
        google, graph = self.roads.google.vendor.standing(), self.roads.graph.vendor.standing()
        found = [
            (name, private(one)[GOOGLE_KEY], datetime.fromisoformat(one["start"]["dateTime"]), one.get("hangoutLink"))
            for name, events in google["events"].items()
            for one in events
            if one["status"] != "cancelled"
        ]
        for name, events in graph["events"].items():
            for one in events:
                start = datetime.fromisoformat(f"{one['start']['dateTime'][:19]}+00:00")
                found.append((name, one["properties"][GRAPH_KEY], start, (one["onlineMeeting"] or {}).get("joinUrl")))
        return Counter(found)

    async def due(self, rows: Sequence[AppointmentRow]) -> Counter[tuple[str, str, datetime, str | None]]:
        """The same as it has to be."""
        found = [await get_appointment(self.floor.env, row.id, actor=SETTER) for row in rows]
        return Counter(
            (f"{row.rep_key}@example.com", event_key(row.id, row.rep_id), row.starts_at, row.join_url)
            for row in found
            if row.status != "cancelled"
        )


@asynccontextmanager
async def town(database_url: str, seed: int, by: str, *, meets: bool = False) -> AsyncIterator[Town]:
    """Invitations go out by mail, or by the vendor of the calendar. `meets`: which makes a meeting, too."""
    with FakeMailServer(lost_s=0.0).running() as post:
        async with open_floor(database_url, closers=()) as floor:
            clock = floor.world.env.clock
            google = GoogleVendor(clock=clock)
            google.accounts.key = rsa_key()
            graph = GraphVendor(clock=clock, post=answers_trials)
            for rep, vendor in AT.items():
                (google.calendar if vendor == "google" else graph.directory.mailbox)(f"{rep}@example.com")
            roads = Roads(*(FailingWire(one, FaultPlan(rates=RATES, seed=seed, on=False)) for one in (google, graph)))
            post.troubles.plan = FaultPlan(rates=RATES, seed=seed, on=False)
            vault, registry = Vault([new_key()]), ConnectorRegistry.discover()
            keeping = Keeping(uow=floor.world.env.uow, vault=vault, new_id=floor.world.env.new_id)
            contexts = ContextFactory(clock=clock, allowed=PRIVATE_NETWORKS, transport=roads, keeping=keeping)
            gateway = DyingGateway(registry=registry, vault=vault, contexts=contexts)
            gateway.dice = Random(seed)
            notices = ConnectorNotices(gateway=gateway, registry=registry)
            floor.env = replace(floor.env, calendars=gateway, notices=notices, uow=WatchedUow(floor.world.env.uow))
            floor.world.env = replace(floor.world.env, calendars=gateway, notices=notices)
            for key, config in _configs(google, post).items():
                await save_connection(
                    floor.env, key, connector="smtp" if key == "post" else key, config=config, active=True, actor=SETTER
                )
            for rep, vendor in AT.items():
                bound = CalendarBindingInput(connection=vendor, calendar=f"{rep}@example.com", writes=True)
                await bind_calendars(floor.env, rep, [bound], actor=SETTER)
            policy = mailing(by=by)
            policy["pools"]["closers-mid-market"]["booking"] = {"conference": "create"} if meets else {}
            await floor.world.publish(policy)
            yield Town(floor=floor, gateway=gateway, roads=roads, post=post)
            await gateway.aclose()


def _configs(google: GoogleVendor, post: FakeMailServer) -> dict[str, dict[str, Any]]:
    given = delegated(google)
    assert given.service_account_key is not None
    key = {"service_account_key": given.service_account_key.get_secret_value()}
    app = {"permission": "application", "mailbox": "ben@example.com", "tenant": "example.com"}
    return {
        "google": given.model_dump(mode="json", exclude_none=True) | key,
        "microsoft": {**app, "client_id": "graph-client", "client_secret": "graph-client-secret"},
        "post": {"host": "127.0.0.1", "port": post.port, "security": "none", "sender": "office@house.example"},
    }


@SEEDS
async def test_every_calendar_is_right_and_every_mail_comes_once(
    database_url: str, seed: int, lives: Sequence[str]
) -> None:
    async with town(database_url, seed, "mail") as here:
        rows = [await here.live(life, day) for day, life in enumerate(lives, start=1)]
        assert here.events() == await here.due(rows)
        assert set(here.roads.google.met + here.roads.graph.met) == set(Fault)
        assert not here.roads.google.vendor.standing()["mailed"]
        assert not here.roads.graph.vendor.standing()["mailed"]
        shown: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for copies in here.post.mailbox.joined().values():
            assert len({tuple(one.invitation().items()) for one in copies}) == 1
            shown[copies[0].invitation()["uid"]].append(copies[0].invitation())
        answered = Counter(call.path for call in here.post.ledger.calls if call.acted and call.fault is Fault.NONE)
        assert max(answered.values()) == 1
        assert here.killed
        twice = 0
        for life, row in zip(lives, rows, strict=True):
            told = shown.pop(f"pm-{row.id}@pointsman")
            acts = [act for act in life.split() if act != "miss"]
            assert [one["sequence"] for one in told] == [str(number) for number in range(len(acts) + 1)]
            assert [one["method"] for one in told] == [
                "CANCEL" if act == "call_off" else "REQUEST" for act in ["", *acts]
            ]
            twice += sum(one.maybe_twice for one in await here.floor.deliveries(row.id))
        assert not shown
        assert twice >= sum(len(copies) > 1 for copies in here.post.mailbox.joined().values())


@SEEDS
async def test_vendors_tell_buyers_each_state_once(database_url: str, seed: int, lives: Sequence[str]) -> None:
    async with town(database_url, seed, "calendar") as here:
        rows = [await here.live(life, day) for day, life in enumerate(lives, start=1)]
        assert here.events() == await here.due(rows)
        assert here.post.mailbox.received == []
        google = Counter(one["to"] for one in here.roads.google.vendor.standing()["mailed"])
        graph = Counter(to for to, _ in here.roads.graph.vendor.standing()["mailed"])
        for life, row in zip(lives, rows, strict=True):
            async with here.floor.env.uow() as tx:
                lead = await tx.leads.get(row.lead_id)
            assert lead is not None
            assert lead.email is not None
            acts = [act for act in life.split() if act != "miss"]
            # Another closer's event is another one: the former is called off.
            assert google[lead.email] + graph[lead.email] == 1 + len(acts) + acts.count("give"), life


@SEEDS
async def test_every_calendar_has_one_meeting_of_an_appointment_and_its_buyer_the_last(
    database_url: str, seed: int, lives: Sequence[str]
) -> None:
    async with town(database_url, seed, "mail", meets=True) as here:
        rows = [await here.live(life, day) for day, life in enumerate(lives, start=1)]
        assert here.events() == await here.due(rows)
        assert all(link for *_, link in here.events())
        shown: defaultdict[str, list[str]] = defaultdict(list)
        for copies in here.post.mailbox.joined().values():
            shown[copies[0].invitation()["uid"]] += LINK.findall(copies[0].text())
        for life, row in zip(lives, rows, strict=True):
            links = shown[f"pm-{row.id}@pointsman"]
            assert len(set(links)) <= 1 + life.split().count("give")
            stands = await get_appointment(here.floor.env, row.id, actor=SETTER)
            assert "call_off" in life or links[-1] == stands.join_url
