"""The demo's floor behind a client, on a day that is always the same: what the console's examples are tried on."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from pointsman import main, wiring
from pointsman.demo.api import ApiClient
from pointsman.demo.files import DemoState, load_yaml, read_example
from pointsman.demo.phone import hand_over_by_phone
from pointsman.demo.seed import calendar_owners, seed_floor
from pointsman.demo.senders import Sender
from pointsman.domain.ids import uuid7
from pointsman.domain.permissions.callers import CallerKind
from pointsman.local.calendar_server import CalendarServer
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.intake.process_item import process_item
from pointsman.services.operations.api_keys import create_key
from pointsman.services.ports import Actor
from pointsman.services.wording.rendering import MessageReader
from pointsman.settings import load_settings
from support.http.keys import SECRET
from support.programs.free_port import free_port

#: A Tuesday in winter, before work begins in Europe.
FLOOR_DAY = datetime(2026, 12, 1, 7, 2, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Served:
    """The demo floor behind a client that is signed in as its admin, and what the operations answered so far."""

    app: FastAPI
    portal: BlockingPortal
    client: httpx.Client
    api: ApiClient
    calendars: CalendarServer
    senders: dict[str, Sender]
    answers: dict[str, Any] = field(default_factory=dict)

    def lead(self, last_name: str) -> str:
        return next(str(row["id"]) for row in self.api.iter_items("/v1/leads") if row["last_name"] == last_name)

    def first(self, path: str) -> str:
        return str(next(self.api.iter_items(path))["id"])

    def slot(self) -> str:
        """A free time of the closer who has the lead: the second one, as the first could become too near meanwhile."""
        return str(self.api.call("GET", f"/v1/leads/{self.lead('Egger')}/slots")["slots"][1]["start"])

    def later_slot(self) -> str:
        """A time to which the newest appointment can move."""
        lead = next(iter(self.api.iter_items("/v1/appointments")))["lead_id"]
        return str(self.api.call("GET", f"/v1/leads/{lead}/slots")["slots"][-1]["start"])

    def answered(self, operation: str, name: str) -> Any:
        return self.answers[operation][name]


@contextmanager
def served_floor(database_url: str, folder: Path, *, draw: int = 0) -> Iterator[Served]:
    """The floor of the demo on a database of its own, on the morning of `FLOOR_DAY`; each `draw` gives ties to others."""
    server = CalendarServer(folder / "calendars", port=free_port())
    server.start(calendar_owners())
    try:
        with served_in_process(database_url, draw=draw) as (app, portal, client):
            yield floor_of(app, portal, client, server, DemoState(folder / "demo.json"))
    finally:
        server.stop()


@contextmanager
def served_in_process(
    url: str, *, draw: int = 0, **given: Any
) -> Iterator[tuple[FastAPI, BlockingPortal, httpx.Client]]:
    """The service on a loop of its own, with the clock and the ids of the floor; `given` are settings."""
    many = {"refused_requests_per_minute": 100_000}
    settings = {"secret_keys": SECRET, "private_networks": "127.0.0.0/8", **many, **given}
    with pytest.MonkeyPatch.context() as patch:
        clock = FloorClock()
        for module in (wiring, main):
            patch.setattr(module, "utc_now", clock)
        patch.setattr(wiring, "new_id", counted_ids(draw))
        app = main.create_app(load_settings(database_url=url, **settings))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        httpx.Client(base_url="http://pointsman.test", transport=OnLoop(app, portal)) as client,
    ):
        yield app, portal, client


@dataclass(slots=True)
class FloorClock:
    """A clock that begins at `FLOOR_DAY` and goes on by a microsecond whenever it is read, so that nothing ages meanwhile."""

    now: datetime = FLOOR_DAY

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def go_on_to(self, moment: datetime) -> None:
        """Leap to `moment`, which lies ahead."""
        assert moment > self.now
        self.now = moment


def counted_ids(draw: int = 0) -> Callable[[], UUID]:
    """Ids one after the other: who wins a tie hangs on them, and on `draw`."""
    count = itertools.count(1 + draw * 1_000_000)
    return lambda: uuid7(FLOOR_DAY, next(count).to_bytes(10, "big"))


@dataclass(frozen=True, slots=True)
class OnLoop(httpx.BaseTransport):
    """The service without a socket, for a caller who does not wait."""

    app: FastAPI
    portal: BlockingPortal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.portal.call(self._ask, request)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        inner = httpx.ASGITransport(self.app)
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await inner.handle_async_request(whole)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def sign_in(app: FastAPI, portal: BlockingPortal, client: httpx.Client) -> str:
    """Let the client call as an admin, with a new key; its token."""
    admin = Actor(name="test", kind=CallerKind.ADMIN)
    made = portal.call(lambda: create_key(app.state.env, name="admin", scopes=["admin"], actor=admin))
    client.headers["Authorization"] = f"Bearer {made.token}"
    return made.token


def floor_of(
    app: FastAPI, portal: BlockingPortal, client: httpx.Client, server: CalendarServer, kept: DemoState
) -> Served:
    """The demo's own course, with its worker played by hand."""
    env = app.state.env
    api = ApiClient("http://pointsman.test", sign_in(app, portal, client), client=client)
    served = Served(
        app=app,
        portal=portal,
        client=client,
        api=api,
        calendars=server,
        senders=seed_floor(api, server, kept, now=env.clock()),
    )
    story = load_yaml("story.yaml")
    for part in ("leads", "handovers"):
        for letter in story[part]:
            content, now = read_example(letter["body"]), env.clock()
            sent = served.senders[letter["intake"]].send(api, content, event_id=letter["body"], now=now)
            assert sent.status_code == 202
            for inbox_id in sent.json()["ids"]:
                portal.call(process_item, env, inbox_id)
    hand_over_by_phone(api, story["phone"], MessageReader())
    for delivery in api.iter_items("/v1/deliveries", status="pending"):
        portal.call(run_delivery, env, delivery["id"])
    return served
