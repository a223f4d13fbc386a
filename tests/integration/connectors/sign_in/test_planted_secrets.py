"""Secrets of a connection, in its configuration, its tokens and all that its vendor says, are nowhere to be read afterwards."""

import asyncio
import base64
import logging
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest
from pydantic import BaseModel

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.sign_in.sign_ins import OAuthSignIns
from pointsman.connectors.vault import Vault
from pointsman.local import postgres_binaries
from pointsman.local.os_account import OsAccount
from pointsman.services.booking.book import book
from pointsman.services.calendars.readings import read_calendars
from pointsman_sdk import (
    AmbiguousOutcome,
    Appointment,
    BusyTimes,
    CalendarRef,
    Capability,
    Connector,
    Context,
    Manifest,
    ReauthRequired,
    Rejected,
    Retryable,
    Slot,
    Unreadable,
)
from support.databases.fixtures import embedded
from support.databases.roles import as_owner, for_libpq
from support.floors.booking_floor import SETTER, Floor
from support.http.keys import SECRET
from support.http.service import caller_of, client_of, serve_floor
from support.sign_in.login_vendor import CLIENT_ID, CLIENT_SECRET, LoginVendor
from support.sign_in.signed_in_world import SERVER, SignInConfig, sign_in_manifest

pytestmark = pytest.mark.anyio

CONFIG = {"server": SERVER, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PLANTED = "s3cret"  # in each secret of this vendor, and in nothing else


def forms(secret: str) -> Iterator[str]:
    """A secret as vendors and libraries quote it."""
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    yield secret.encode().hex()


class Talkative:
    """Whatever it is asked, it fails as its registry says, and tells all that it was told in confidence."""

    def __init__(self, registry: "Registry", context: Context) -> None:
        self._registry, self._context, self.manifest = registry, context, registry.manifest("")
        self.busy = self.appointments = self

    async def _told(self) -> str:
        token = await self._context.tokens.current()
        secrets = [CLIENT_SECRET, token.access.get_secret_value()]
        if token.refresh is not None:
            secrets.append(token.refresh.get_secret_value())
        return "; ".join(form for secret in secrets for form in forms(secret))

    async def check(self) -> None:
        if self._registry.failure is None:
            return
        text = await self._told()
        self._registry.failed += 1
        self._context.log.error("the vendor said %s", text)
        raise self._registry.failure(text) from ValueError(text)

    async def read(self, calendars: list[CalendarRef], _window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        text = await self._told()
        return {one.id: Unreadable(text, lasting=True) for one in calendars}

    async def put(self, _thing: Appointment) -> None:
        await self.check()

    async def get(self, _place: str, _key: str) -> None:
        await self.check()

    async def drop(self, _place: str, _key: str) -> None:
        await self.check()

    async def ours(self, _place: str, _window: Slot) -> None:
        await self.check()

    async def aclose(self) -> None:
        """It holds nothing."""


@dataclass
class Registry:
    """Has the one connector. `failure` is what it fails with, `failed` how often it did."""

    failure: type[Exception] | None = None
    failed: int = 0

    def manifest(self, _name: str) -> Manifest:
        return replace(sign_in_manifest(), capabilities=frozenset({Capability.BUSY, Capability.APPOINTMENTS}))

    def parse_config(self, _name: str, config: Mapping[str, Any]) -> BaseModel:
        return SignInConfig.model_validate(dict(config))

    def build(self, _name: str, _config: Mapping[str, Any], context: Context) -> Connector:
        return Talkative(self, context)


@dataclass(kw_only=True)
class Scene:
    """A floor whose calendars lie at the talkative vendor, and all that was answered to an admin and a browser."""

    floor: Floor
    registry: Registry
    vendor: LoginVendor
    admin: httpx.AsyncClient
    browser: httpx.AsyncClient
    answers: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        answer = await self.admin.request(method, path, **given)
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer

    async def sign_in(self) -> None:
        """The connection of the floor's calendars is one to this vendor from now on."""
        await self.floor.world.rows("update connections set connector = 'signed'")
        put = await self.ask("PUT", "/v1/connections/cal", json={"connector": "signed", "config": CONFIG})
        assert put.status_code == 200, put.text
        begun = await self.admin.post("/v1/connections/cal/sign-in", json={})
        asked = httpx.URL(begun.json()["url"]).params
        code = self.vendor.grant_code(asked["code_challenge"])
        done = await self.browser.get("/v1/oauth/callback", params={"code": code, "state": asked["state"]})
        assert done.headers["location"].endswith("/done"), done.headers
        self.answers.append((await self.browser.get(done.headers["location"])).text)

    async def fail_with(self, failure: type[Exception]) -> None:
        """An hour later, deliveries are tried and calendars are read."""
        self.registry.failure = failure
        self.floor.world.clock.advance(timedelta(hours=1))
        now = self.floor.env.clock()
        if failure is Rejected:  # of one appointment alone: what is rejected is over
            await self.floor.world.rows(
                "update deliveries set next_attempt_at = :later where key = (select min(key) from deliveries)",
                later=now + timedelta(minutes=30),
            )
        await self.floor.work()
        window = (now, now + timedelta(days=3))
        await read_calendars(self.floor.env, ["anna"], *window, max_age=timedelta(0), deadline=timedelta(seconds=5))


@pytest.fixture
async def scene(floor: Floor) -> AsyncIterator[Scene]:
    """Two appointments are booked before."""
    for _ in range(2):
        lead_id, handed = await floor.ready()
        await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    registry, vendor, vault = Registry(), LoginVendor(), Vault([SECRET])
    env, kinds = floor.env, cast("Any", registry)
    keeping = Keeping(uow=env.uow, vault=vault, new_id=env.new_id)
    contexts = ContextFactory(clock=env.clock, transport=vendor.transport(), keeping=keeping)
    gate = PaceGate(uow=env.uow, clock=env.clock)
    gateway = ConnectorGateway(registry=kinds, vault=vault, contexts=contexts, gate=gate)
    vendor.redirect_uri = f"{env.public_url}/v1/oauth/callback"
    sign_ins = OAuthSignIns(registry=kinds, vault=vault, contexts=contexts, clock=env.clock, public_url=env.public_url)
    floor.env = replace(env, calendars=gateway, sign_ins=sign_ins, secrets=vault)
    with serve_floor(floor.env) as app:
        async with caller_of(app, "read", "admin") as admin, client_of(app) as browser:
            yield Scene(floor=floor, registry=registry, vendor=vendor, admin=admin, browser=browser)
    await gateway.aclose()


def dump(url: str) -> str:
    """The whole database as pg_dump writes it."""
    account = OsAccount.current()
    program = Path(postgres_binaries.find_postgres(account, copies=embedded.directory / "programs").program("pg_dump"))
    if not program.exists():
        pytest.skip("this PostgreSQL comes without pg_dump")
    done = subprocess.run([program, for_libpq(as_owner(url))], capture_output=True, text=True, check=True)
    return done.stdout


async def test_no_planted_secret_is_in_logs_alerts_answers_or_a_dump_of_the_database(
    scene: Scene, database_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await scene.sign_in()
        for failure in (Retryable, AmbiguousOutcome, RuntimeError, Rejected, ReauthRequired, ReauthRequired):
            before = scene.registry.failed
            await scene.fail_with(failure)
            assert scene.registry.failed > before, failure
        assert (await scene.ask("POST", "/v1/connections/cal/check")).status_code == 200
    for path in (
        "alerts?status=all",
        "deliveries",
        "connections",
        "connections/cal",
        "connections/cal/health",
        "audit",
    ):
        assert (await scene.ask("GET", f"/v1/{path}")).status_code == 200, path
    assert (await scene.ask("GET", "/v1/reps/anna/calendars")).status_code == 200
    assert (await scene.ask("GET", "/metrics")).status_code == 200
    logged = [line.getMessage() + str(line.exc_info) for line in caplog.records if line.name.startswith("pointsman")]
    written = capfd.readouterr()
    dumped = await asyncio.to_thread(dump, database_url)
    alerts = {code for (code,) in await scene.floor.world.rows("select code from alerts")}
    assert {"connection-reauth", "delivery-dead"} <= alerts
    assert "(secret)" in dumped
    places = {"logs": logged, "output": [written.out, written.err], "answers": scene.answers, "dump": [dumped]}
    for place, texts in places.items():
        for form in forms(PLANTED):
            assert not [text for text in texts if form in text], (place, form)
