"""One connector over a vendor that a test leads by the hand, behind a gateway that keeps its pace in a real database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.pace.calls import About
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.vault import Vault, new_key
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.services.ports import ConnectionRef
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman_sdk import Auth, Capability, Connector, Context, Limits, Manifest, Method

START = datetime(2031, 1, 15, 12, tzinfo=UTC)
Act = Callable[[Context], Awaitable[object]]


class Config(BaseModel):
    """What the vendor asks of an admin."""

    user: str = "anna"
    password: SecretStr


async def answer(_context: Context) -> object:
    return "answered"


@dataclass
class LedVendor:
    """Does what `act` says at each call; `begun` is when each began, `status` how it answers each request.

    `stands` are the limits that the connection's configuration says.
    """

    act: Act = answer
    begun: list[datetime] = field(default_factory=list)
    status: int = 200
    stands: Limits | None = None


class LedClock:
    """Stands still until it is moved; who sleeps moves it."""

    def __init__(self) -> None:
        self.now = START
        self.real: Callable[[], datetime] | None = None

    def __call__(self) -> datetime:
        return self.now if self.real is None else self.real()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        if self.real is None:
            self.advance(seconds)
        else:
            await asyncio.sleep(seconds)


class LedConnector:
    """Its `check` is the call."""

    limits: Limits  # where the connection has its own

    def __init__(self, manifest: Manifest, vendor: LedVendor, context: Context) -> None:
        self.manifest, self._vendor, self._context = manifest, vendor, context

    async def check(self) -> None:
        self._vendor.begun.append(self._context.clock())
        await self._vendor.act(self._context)

    def subject_of(self, capability: Capability, place: str | None) -> str | None:  # as the Protocol says
        """Each place has its own."""
        return place

    async def aclose(self) -> None:
        """It holds nothing."""


class LedRegistry:
    """Has the one connector."""

    def __init__(self, vendor: LedVendor, limits: Limits) -> None:
        self._vendor = vendor
        self._manifest = Manifest(
            name="led",
            title="Led",
            contract=(2, 2),
            capabilities=frozenset(),
            config=Config,
            auth=(Auth(method=Method.BASIC),),
            limits=limits,
            docs="",
            maintainers=(),
        )

    def manifest(self, _name: str) -> Manifest:
        return self._manifest

    def parse_config(self, _name: str, config: Mapping[str, Any]) -> BaseModel:
        return Config.model_validate(dict(config))

    def build(self, _name: str, _config: Mapping[str, Any], context: Context) -> Connector:
        made = LedConnector(self._manifest, self._vendor, context)
        if self._vendor.stands is not None:
            made.limits = self._vendor.stands
        return made


@dataclass(kw_only=True)
class Process:
    """A process of the service, as far as it calls vendors."""

    gateway: ConnectorGateway
    ref: ConnectionRef

    async def call(self, *, place: str | None = None, **how: Any) -> object:
        """A call, about a place."""
        about = About(Capability.APPOINTMENTS, place)
        return await self.gateway.call(self.ref, lambda connector: connector.check(), about=about, **how)


@dataclass(kw_only=True)
class PacedWorld:
    """Any number of processes over one database and one vendor."""

    uow: SqlUnitOfWork
    vendor: LedVendor
    clock: LedClock
    vault: Vault
    limits: Limits
    chance: Callable[[], float] = lambda: 0.5
    beat: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep
    id: UUID = field(default_factory=lambda: UUID(int=7))
    ref: ConnectionRef = field(init=False)
    gateways: list[ConnectorGateway] = field(default_factory=list)

    async def save(self, *, password: str = "s3cret-Password", again: bool = False) -> None:
        gateway = self._gateway()
        public, sealed = gateway.seal("led", {"password": password})
        row = ConnectionRow(
            id=self.id,
            key=f"led-{self.id.int}",
            connector="led",
            config=public,
            sealed=sealed,
            active=True,
            fault=None,
            created_at=self.clock(),
        )
        self.ref = row.ref()
        async with self.uow() as tx:
            await (tx.connections.change(row) if again else tx.connections.add(row))

    def use_clock(self, real: Callable[[], datetime]) -> None:
        """From now on the time is what this says."""
        self.clock.real = real

    def process(self) -> Process:
        return Process(gateway=self._gateway(), ref=self.ref)

    def _take_chance(self) -> float:
        return self.chance()

    def _gateway(self) -> ConnectorGateway:
        registry: Any = LedRegistry(self.vendor, self.limits)
        transport = httpx.MockTransport(lambda _: httpx.Response(self.vendor.status))
        gate = PaceGate(
            uow=self.uow, clock=self.clock, chance=self._take_chance, sleep=self.clock.sleep, beat=self.beat
        )
        contexts = ContextFactory(clock=self.clock, transport=transport)
        gateway = ConnectorGateway(registry=registry, vault=self.vault, contexts=contexts, gate=gate)
        self.gateways.append(gateway)
        return gateway

    async def aclose(self) -> None:
        for gateway in self.gateways:
            await gateway.aclose()


async def paced_world(
    engine: AsyncEngine, limits: Limits | None = None, *, number: int = 7, saved: bool = False
) -> PacedWorld:
    """A world whose connection, the one of this number, is saved; `saved`: another process did."""
    world = PacedWorld(
        uow=SqlUnitOfWork(engine),
        vendor=LedVendor(),
        clock=LedClock(),
        vault=Vault([new_key()]),
        limits=limits or Limits(at_once=4),
        id=UUID(int=number),
    )
    await world.save(again=saved)
    return world
