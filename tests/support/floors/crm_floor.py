"""The small floor with a CRM beside its calendars: the memory connector's own, on a wire that can be broken."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.records.lead_record import person_key
from pointsman.services.ports import Env
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman_memory import MemoryVendor
from pointsman_sdk import User
from pointsman_sdk.testing import FaultyTransport
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.faulty_calendars import open_transactions

#: Who is who in the CRM, whose users are its own: carla has left. Others are users under their own addresses.
IN_THE_CRM = {
    "anna": "anna@example.com",
    "ben": "bruno@example.com",
    "clara": "carla@example.com",
    "lena": "dora@example.com",
    "jonas": "emil@example.com",
}
OTHERS = ("sofia", "mia", "paul", "eva")
USERS = {
    "user-1": "anna",
    "user-2": "ben",
    "user-3": "clara",
    "user-4": "lena",
    "user-5": "jonas",
    **{key: key for key in OTHERS},
}


class Killed(BaseException):
    """Stands for a SIGKILL: nobody on the way catches it."""


class CrashingTransport(httpx.AsyncBaseTransport):
    """Lets our process die once the vendor has acted on the next writes; nothing is called inside a transaction."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.crashes = inner, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert open_transactions.get() == 0, "a vendor was called while a transaction was open"
        response = await self.inner.handle_async_request(request)
        if self.crashes and request.method != "GET":
            self.crashes -= 1
            raise Killed
        return response


@dataclass(slots=True, kw_only=True)
class CrmFloor:
    """A floor, and the CRM that hears of it."""

    floor: Floor
    env: Env
    crm: MemoryVendor
    wire: FaultyTransport
    crashing: CrashingTransport
    gateway: ConnectorGateway

    async def connect(self, key: str = "crm", *, active: bool = True, sync_owners: bool = True, **more: Any) -> None:
        """Connect the CRM, or change how it is connected."""
        await save_connection(
            replace(self.env, calendars=self.gateway),
            key,
            connector="memory",
            config={"url": "https://crm.example"},
            active=active,
            sync_owners=sync_owners,
            actor=SETTER,
            **more,
        )

    async def hand_to(self, row: AppointmentRow, rep: str) -> AppointmentRow:
        """Another rep has the lead and its appointment from now on."""
        moved = await reassign_appointment(self.env, row.id, to=rep, reason="test", actor=SETTER)
        assert moved.rep_key == rep
        return moved

    def owner(self) -> str | None:
        """The rep who owns the one person in the CRM."""
        (person,) = self.crm.crm.of("person")
        return USERS.get(person.values.get("owner", ""))

    def meetings(self) -> list[str]:
        return list(self.crm.activities.items)

    async def owed(self, appointment_id: UUID) -> list[DeliveryRow]:
        """What the CRM is or was owed of an appointment, in order."""
        found = await self.floor.deliveries(appointment_id)
        return [delivery for delivery in found if delivery.kind == "activity"]

    async def records(self, lead_id: UUID) -> list[DeliveryRow]:
        """What the CRM is or was owed of a lead's record, in order."""
        async with self.env.uow() as tx:
            connection = await tx.connections.get("crm")
            assert connection is not None
            return list(await tx.deliveries.of_thing(connection.id, "", DeliveryKind.PERSON, person_key(lead_id)))

    def owner_of(self, email: str) -> str | None:
        """The rep who owns the record with this address; None where nobody does, or there is none."""
        found = [row for row in self.crm.crm.of("person") if row.natural == email.casefold()]
        assert len(found) <= 1
        return USERS[found[0].values["owner"]] if found and found[0].values.get("owner") else None


async def living_through(work: Awaitable[object]) -> None:
    """Do it; a process that dies on the way is nobody's business here."""
    with suppress(Killed):
        await work


@asynccontextmanager
async def open_crm_floor(database_url: str, **over: Any) -> AsyncIterator[CrmFloor]:
    async with open_floor(database_url, **over) as floor:
        for key, email in IN_THE_CRM.items():
            await floor.world.rows("update reps set email = :email where key = :key", email=email, key=key)
        floor.env.cache.clear()  # the roster was read with the old addresses
        crm = MemoryVendor()
        crm.crm.users += [User(id=key, email=f"{key}@example.com", name=key, active=True) for key in OTHERS]
        crashing = CrashingTransport(crm.transport)
        wire = FaultyTransport(crashing)
        registry = ConnectorRegistry.discover()
        contexts = ContextFactory(clock=floor.env.clock, transport=wire)
        gateway = ConnectorGateway(registry=registry, vault=Vault([new_key()]), contexts=contexts)
        floor.env = replace(floor.env, crm=ConnectorCrm(gateway=gateway, registry=registry))
        opened = CrmFloor(floor=floor, env=floor.env, crm=crm, wire=wire, crashing=crashing, gateway=gateway)
        await opened.connect()
        yield opened
        await gateway.aclose()
