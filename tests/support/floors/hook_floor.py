"""The small floor with connections that take in: the memory connector's own, and one that does what a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.connections.connections import save_connection
from pointsman.services.intake.intakes import IntakeInput, create_intake
from pointsman.services.ports import Env
from pointsman_memory import MemoryVendor
from pointsman_sdk import (
    Arrival,
    Auth,
    Capability,
    Connector,
    Context,
    Event,
    Limits,
    Manifest,
    Method,
    Missed,
    Rejected,
    Reply,
    WebhookRequest,
)
from pointsman_sdk.testing import FaultyTransport
from support.floors.use_case_env import ADMIN, World, open_world
from support.http.service import client_of, serve_floor

MAPPING = {
    "fields": {"lead.email": "email", "lead.last_name": "name"},
    "constants": {"lead.source": "crm"},
    "external_id": "id",
}
SAMPLE = {"email": "sam.sample@sample.example", "name": "Sam", "id": "1"}


class ScriptedConfig(BaseModel):
    """What an admin enters."""

    secret: SecretStr = SecretStr("scripted-Secret-1")


@dataclass
class Script:
    """What the scripted connector does, and what it was asked."""

    answer: Callable[[WebhookRequest], Any] = lambda _: Reply()
    arrivals: Mapping[str, Arrival | None] = field(default_factory=dict)
    fault: Exception | None = None
    refused: str | None = None  # a question about this event is refused as a whole
    missed: Callable[[str | None], Missed] = lambda cursor: Missed(events=(), cursor=cursor or "start")
    hangs: asyncio.Event | None = None  # no fetch is answered before
    meanwhile: Callable[[], Awaitable[None]] | None = None  # what others do before `since` answers
    fetched: list[list[str]] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)


class ScriptedConnector:
    """An intake alone."""

    manifest = Manifest(
        name="scripted",
        title="Scripted",
        contract=(2, 2),
        capabilities=frozenset({Capability.INTAKE}),
        config=ScriptedConfig,
        auth=(Auth(method=Method.API_KEY),),
        limits=Limits(at_once=4),
        docs="",
        maintainers=(),
    )

    def __init__(self, script: Script) -> None:
        self._script, self.intake = script, self

    def answer(self, hook: WebhookRequest) -> Reply:
        found: Reply = self._script.answer(hook)
        return found

    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        self._script.fetched.append([event.key for event in events])
        if self._script.hangs is not None:
            await self._script.hangs.wait()
        if self._script.fault is not None:
            raise self._script.fault
        if self._script.refused in self._script.fetched[-1]:
            raise Rejected("no such id")
        return {event.key: self._script.arrivals[event.key] for event in events if event.key in self._script.arrivals}

    async def since(self, cursor: str | None) -> Missed:
        self._script.asked.append(cursor)
        if self._script.fault is not None:
            raise self._script.fault
        if self._script.meanwhile is not None:
            await self._script.meanwhile()
        return self._script.missed(cursor)

    async def check(self) -> None:
        """It is always well."""

    async def aclose(self) -> None:
        """It holds nothing."""


class _Registry:
    """The installed connectors, and the scripted one."""

    def __init__(self, script: Script) -> None:
        self._script, self._installed = script, ConnectorRegistry.discover()

    def manifest(self, name: str) -> Manifest:
        return ScriptedConnector.manifest if name == "scripted" else self._installed.manifest(name)

    def parse_config(self, name: str, config: Mapping[str, object]) -> BaseModel:
        return self.manifest(name).config.model_validate(dict(config))

    def build(self, name: str, config: Mapping[str, object], context: Context) -> Connector:
        return ScriptedConnector(self._script) if name == "scripted" else self._installed.build(name, config, context)


@dataclass(slots=True, kw_only=True)
class HookFloor:
    """A floor, its vendor and its script; `bugs` are the kinds of errors that a connector should not have raised."""

    world: World
    env: Env
    vendor: MemoryVendor
    wire: FaultyTransport
    script: Script
    app: FastAPI
    client: httpx.AsyncClient
    bugs: list[str]

    async def intake(
        self, key: str, connector: str = "scripted", *, mapping: Mapping[str, Any] = MAPPING, **config: Any
    ) -> None:
        """An intake over a connection of its own, both with this key."""
        if connector == "memory":
            config = {"url": "https://crm.example", **config}
        await save_connection(self.env, key, connector=connector, config=config, active=True, actor=ADMIN)
        given = IntakeInput(
            title=key,
            kind="lead",
            verifier={},
            secrets=None,
            mapping=dict(mapping),
            sample=SAMPLE,
            active=True,
            connection=key,
        )
        await create_intake(self.env, key, given, actor=ADMIN)

    async def send(self, key: str, hook: WebhookRequest) -> httpx.Response:
        """The vendor's request, as it wrote it, at this intake's address."""
        query = hook.url.partition("?")[2]
        address = f"/v1/hooks/{key}" + (f"?{query}" if query else "")
        return await self.client.request(hook.method, address, content=hook.body, headers=dict(hook.headers))

    async def post(self, key: str = "form", body: bytes = b"{}") -> httpx.Response:
        return await self.client.post(f"/v1/hooks/{key}", content=body)

    async def items(self) -> list[Any]:
        return list(
            await self.world.rows(
                "select id, dedupe_key, status, body, about, version, attempts, error_code, result, lead_id, next_attempt_at"
                " from inbox order by received_at, dedupe_key"
            )
        )

    async def jobs(self, queue: str) -> list[str]:
        found = await self.world.rows(
            "select task_name from procrastinate_jobs where queue_name = :queue and task_name like 'in%' order by id",
            queue=queue,
        )
        return [row.task_name for row in found]


@asynccontextmanager
async def open_hook_floor(database_url: str) -> AsyncIterator[HookFloor]:
    async with open_world(database_url) as world:
        vendor, script, bugs = MemoryVendor(clock=world.env.clock), Script(), list[str]()
        wire = FaultyTransport(vendor.transport)
        registry: Any = _Registry(script)
        gateway = ConnectorGateway(
            registry=registry,
            vault=Vault([new_key()]),
            contexts=ContextFactory(clock=world.env.clock, transport=wire),
            on_bug=lambda _connector, kind: bugs.append(kind),
        )
        env = replace(world.env, calendars=gateway, intake=ConnectorIntake(gateway=gateway, registry=registry))
        with serve_floor(env) as app:
            async with client_of(app, raise_app_exceptions=False) as client:
                yield HookFloor(
                    world=world, env=env, vendor=vendor, wire=wire, script=script, app=app, client=client, bugs=bugs
                )
        await gateway.aclose()
