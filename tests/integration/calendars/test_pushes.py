"""The memory vendor calls the service: it tries each callback, tells of changes, and says that a watch is over."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from pointsman.api.front.source_limits import SourceLimits
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.watches import RENEW_TASK, renew_watches
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from pointsman.services.ports import Env
from pointsman.worker.tasks import JOBS
from pointsman_memory import MemoryConfig, MemoryConnector, MemoryVendor
from pointsman_memory.vendor.pushes import PushingTransport, trial
from pointsman_memory.watches import MemoryWatches
from pointsman_sdk import Connector, Context, Event, Manifest, Rejected, Reply, Slot, WebhookRequest
from support.floors.use_case_env import ADMIN, World, floor_given, open_world
from support.http.service import client_of, serve_floor

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
CONFIG = {"url": "https://memory.example"}


class OwnWatches(MemoryWatches):
    """Answers calls as a test says, once it says so."""

    def __init__(self, client: Any, own: list[Callable[[], Any]]) -> None:
        super().__init__(client)
        self._own = own

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        found: Reply = self._own[0]() if self._own else super().heard(request, secret)
        return found


class OwnRegistry:
    """The memory connector alone, with watches that a test may script."""

    def __init__(self, own: list[Callable[[], Any]]) -> None:
        self._own, self._installed = own, ConnectorRegistry.discover()

    def manifest(self, name: str) -> Manifest:
        return self._installed.manifest(name)

    def parse_config(self, name: str, config: Mapping[str, object]) -> BaseModel:
        return self._installed.parse_config(name, config)

    def build(self, _name: str, config: Mapping[str, object], context: Context) -> Connector:
        built = MemoryConnector(MemoryConfig.model_validate(dict(config)), context)
        built.watches = OwnWatches(built._client, self._own)
        return built


@dataclass(slots=True, kw_only=True)
class Line:
    """A service and a vendor which call each other; `bugs` are the kinds of errors that a connector should not have raised."""

    world: World
    env: Env
    vendor: MemoryVendor
    wire: PushingTransport
    client: httpx.AsyncClient
    app: Any
    own: list[Callable[[], Any]]
    bugs: list[str]

    async def post(self, push: WebhookRequest) -> httpx.Response:
        url = urlsplit(push.url)
        address = url.path + (f"?{url.query}" if url.query else "")
        return await self.client.request(push.method, address, content=push.body, headers=dict(push.headers))

    async def change(self) -> WebhookRequest:
        """The owner's own event comes into the calendar."""
        self.vendor.diary.block("anna", Slot(self.env.clock() + HOUR, self.env.clock() + 2 * HOUR))
        return self.vendor.diary.pushed[-1]

    async def work(self) -> list[str]:
        """Do what the worker is to do, and say what that was."""
        rows = await self.world.rows("delete from procrastinate_jobs where status = 'todo' returning task_name, args")
        for row in rows:
            await JOBS[row.task_name](self.env, row.args)
        return sorted(row.task_name for row in rows)

    async def is_outdated(self) -> bool:
        async with self.env.uow.autocommit() as tx:
            ((_, reading),) = await tx.calendars.bindings(["anna"])
        return reading is not None and reading.outdated


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with open_world(database_url, roster=floor_given()) as world:
        vendor, bugs, lines = MemoryVendor(clock=world.env.clock), list[str](), list[Line]()
        own: list[Callable[[], Any]] = []
        registry: Any = OwnRegistry(own)

        async def post(push: WebhookRequest) -> httpx.Response:
            return await lines[0].post(push)

        wire = PushingTransport(vendor, post)
        gateway = ConnectorGateway(
            registry=registry,
            vault=Vault([new_key()]),
            contexts=ContextFactory(clock=world.env.clock, transport=wire),
            on_bug=lambda _connector, kind: bugs.append(kind),
        )
        env = replace(world.env, calendars=gateway, public_url="https://pointsman.example")
        with serve_floor(env) as app:
            async with client_of(app, raise_app_exceptions=False) as client:
                lines.append(
                    Line(world=world, env=env, vendor=vendor, wire=wire, client=client, app=app, own=own, bugs=bugs)
                )
                await save_connection(env, "cal", connector="memory", config=CONFIG, active=True, actor=ADMIN)
                bound = [CalendarBindingInput(connection="cal", calendar="anna", writes=True)]
                await bind_calendars(env, "anna", bound, actor=ADMIN)
                assert await renew_watches(env) == 1
                world.clock.advance(timedelta(minutes=6))
                await poll_calendars(env)
                await lines[0].work()
                yield lines[0]
        await gateway.aclose()


async def test_a_callback_that_the_vendor_tries_while_the_watch_begins_is_answered(line: Line) -> None:
    ((calendar, callback, secret),) = line.vendor.diary.watches.values()
    assert (calendar, urlsplit(callback).netloc) == ("anna", "pointsman.example")
    assert secret not in callback
    answer = await line.post(trial(callback, "Validation: one more"))
    assert (answer.status_code, answer.text) == (200, "Validation: one more")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-security-policy"].endswith("sandbox")
    assert (await line.post(trial(callback, "<script>"))).status_code == 401
    assert await line.work() == []


async def test_a_change_that_the_vendor_tells_has_the_calendar_looked_at(line: Line) -> None:
    await line.change()
    await line.change()
    await line.wire.tell()
    assert line.wire.answered == [202, 202]
    assert await line.is_outdated()
    assert await line.work() == [OUTDATED_TASK]
    assert not await line.is_outdated()


async def test_a_call_that_the_vendor_did_not_sign_with_this_watchs_secret_changes_nothing(line: Line) -> None:
    push = await line.change()
    ((_, callback, _),) = line.vendor.diary.watches.values()
    await renew_watches(replace(line.env, clock=lambda: line.env.clock() + timedelta(days=8)))
    ((_, other, _),) = line.vendor.diary.watches.values()
    assert other != callback
    await line.work()
    forged = [replace(push, headers={}), replace(push, body=b"watch-ended"), replace(push, url=other)]
    for request in forged:
        answer = await line.post(request)
        assert (answer.status_code, answer.json()["code"]) == (401, "hook-rejected")
    assert await line.work() == []
    assert not await line.is_outdated()


async def test_a_watch_that_the_vendor_ends_is_begun_anew_at_once(line: Line) -> None:
    line.vendor.diary.end_watches()
    await line.wire.tell()
    assert line.wire.answered == [202]
    assert line.vendor.diary.watches == {}
    assert await line.work() == [OUTDATED_TASK, RENEW_TASK]
    assert [calendar for calendar, _, _ in line.vendor.diary.watches.values()] == ["anna"]
    assert await renew_watches(line.env) == 0


async def test_a_vendor_that_ends_each_watch_as_soon_as_it_begins_is_asked_at_once_only_once(line: Line) -> None:
    begun: list[list[str]] = []
    for _ in range(4):
        line.vendor.diary.end_watches()
        await line.wire.tell()
        begun.append(await line.work())
    assert [RENEW_TASK in jobs for jobs in begun] == [True, False, False, False]
    line.world.clock.advance(timedelta(minutes=5))
    assert await renew_watches(line.env) == 1  # as the worker does every five minutes
    assert len(line.vendor.diary.watches) == 1


async def test_two_workers_that_renew_a_watch_at_once_leave_one(line: Line) -> None:
    line.world.clock.advance(timedelta(days=8))
    assert sum(await asyncio.gather(renew_watches(line.env), renew_watches(line.env))) == 2
    assert [calendar for calendar, _, _ in line.vendor.diary.watches.values()] == ["anna"]
    assert (await line.post(await line.change())).status_code == 202
    assert await renew_watches(line.env) == 0


async def test_a_watch_that_begins_while_its_calendar_is_unbound_is_ended(line: Line) -> None:
    line.world.clock.advance(timedelta(days=8))
    tried = line.wire._is_answered

    async def unbound_meanwhile(callback: str) -> bool:
        answers = await tried(callback)
        await bind_calendars(line.env, "anna", [], actor=ADMIN)
        return answers

    line.wire._is_answered = unbound_meanwhile  # type: ignore[method-assign]  # as a test scripts it
    assert await renew_watches(line.env) == 1
    assert line.vendor.diary.watches == {}


async def test_a_callback_that_does_not_answer_is_not_watched(line: Line) -> None:
    line.vendor.diary.end_watches()
    await line.wire.tell()
    line.app.state.env = replace(line.env, calendars=line.world.env.calendars)
    assert await renew_watches(line.env) == 1
    assert line.vendor.diary.watches == {}


def _raising() -> Reply:
    raise KeyError("s3cret")


@pytest.mark.parametrize(
    ("heard", "kind"),
    [
        (_raising, "KeyError"),
        (lambda: Reply(headers={"set-cookie": "a=b"}), "ValueError"),
        (lambda: Reply(headers={"content-type": "text/html"}), "ValueError"),
        (lambda: Reply(body=b"x" * 70_000), "ValueError"),
        (lambda: Reply(status=302), "ValueError"),
        (lambda: Reply(events=[Event(key="e-1")]), "ValueError"),
        (lambda: None, "AttributeError"),
    ],
)
async def test_a_connector_that_fails_over_a_call_is_named_and_the_vendor_calls_again(
    line: Line, heard: Callable[[], Any], kind: str
) -> None:
    line.own.append(heard)
    answer = await line.post(await line.change())
    assert (answer.status_code, answer.json()["code"]) == (502, "hook-unanswered")
    assert kind in answer.text
    assert "s3cret" not in answer.text
    assert line.bugs == [kind]
    assert await line.work() == []


async def test_a_source_whose_calls_are_refused_is_limited_and_what_the_vendor_signed_never(line: Line) -> None:
    line.app.state.source_limits = SourceLimits.of(page_per_minute=0, refused_per_minute=3, monotonic=lambda: 0.0)
    push = await line.change()
    refused = [(await line.post(replace(push, headers={}))).status_code for _ in range(5)]
    assert refused == [401, 401, 401, 429, 429]
    assert (await line.post(replace(push, url="https://x.example/v1/hooks/calendars/x"))).status_code == 429
    assert (await line.post(push)).status_code == 202


async def test_a_refusal_names_no_secret_of_the_watch(line: Line) -> None:
    ((_, _, secret),) = line.vendor.diary.watches.values()

    def refuse() -> Reply:
        raise Rejected(f"expected {secret}")

    line.own.append(refuse)
    answer = await line.post(await line.change())
    assert answer.status_code == 401
    assert "expected" in answer.text
    assert secret not in answer.text


async def test_a_refusal_of_the_connectors_own_makes_no_look(line: Line) -> None:
    line.own.append(lambda: Reply(status=403))
    assert (await line.post(await line.change())).status_code == 403
    assert await line.work() == []


async def test_a_connection_that_is_switched_off_answers_503(line: Line) -> None:
    push = await line.change()
    await save_connection(line.env, "cal", connector="memory", config=CONFIG, active=False, actor=ADMIN)
    await line.work()
    answer = await line.post(push)
    assert (answer.status_code, answer.json()["code"]) == (503, "connection-not-in-use")
    assert await line.work() == []
