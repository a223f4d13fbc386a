"""A CRM with mapped fields, people who edit there, and its events, which come late, twice and out of order."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.services.connections.mapped_fields import MappedFieldIn
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, create_intake, load_intake
from pointsman.services.intake.records.take_in import take_in_record
from pointsman.services.intake.submit_lead import LeadInput, submit_lead
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.leads.leads import LeadRow
from pointsman_memory.vendor.records import Row
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.hook_floor import MAPPING, SAMPLE
from support.floors.use_case_env import ADMIN


def mapped(*given: dict[str, Any]) -> tuple[MappedFieldIn, ...]:
    return tuple(MappedFieldIn.model_validate(one) for one in given)


@dataclass(kw_only=True)
class FieldsFloor:
    """The floor with the CRM, and the intake over it."""

    crm: CrmFloor
    env: Env
    intake_id: UUID

    async def told(self, **facts: Any) -> tuple[UUID, Row]:
        """A lead that the CRM has heard of, and its record there."""
        lead_id = await self.crm.floor.world.lead(lead__country="DE", **facts)
        await self.crm.floor.world.route(lead_id)
        await self.crm.floor.work()
        await self.read()
        return lead_id, self.record(lead_id)

    def record(self, lead_id: UUID) -> Row:
        (row,) = [one for one in self.crm.crm.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
        return row

    async def lead(self, lead_id: UUID) -> LeadRow:
        async with self.env.uow() as tx:
            found = await tx.leads.get(lead_id)
            assert found is not None
            return found

    async def says(self, lead_id: UUID, **facts: Any) -> None:
        """News of the lead; nothing is sent yet."""
        given = {name.replace("__", "."): one for name, one in facts.items()}
        await submit_lead(self.env, LeadInput(email=f"{lead_id}@lead.example", facts=given), actor=ADMIN)

    def edit(self, row: Row, **fields: Any) -> dict[str, Any]:
        """A human changes fields of a record; the event of it, which nobody has heard yet."""
        there = self.crm.crm.crm.rows[row.id]  # which is another object after each write
        there.fields = {**there.fields, **fields}
        self.crm.crm.crm.edit(row.id)
        return self.crm.crm.hooks.events[-1]

    async def hears(self, *events: dict[str, Any]) -> None:
        """The CRM's webhook with these events."""
        hook = self.crm.crm.hooks.hook(events)
        request = SignedRequest(method=hook.method, uri=hook.url, headers=hook.headers, body=hook.body)
        reply, _ = await answer_hook(self.env, await load_intake(self.env, "crm"), request)
        assert reply.status == 202
        await fetch_events(self.env, self.intake_id)

    async def read(self) -> int:
        """What the jobs do that read records; how many were read."""
        async with self.env.uow() as tx:
            due = await tx.crm_records.due(at=self.env.clock(), limit=100)
        for connection_id, record_id in due:
            await take_in_record(self.env, connection_id, record_id)
        return len(due)

    async def settle(self, events: Sequence[dict[str, Any]] = ()) -> None:
        """All events are heard, and everything that follows is done."""
        if events:
            await self.hears(*events)
        for _ in range(10):
            await self.crm.floor.work_out()
            if not await self.read() and not await self.crm.floor.work():
                return
        raise AssertionError("it does not come to an end")

    def writes(self) -> int:
        """How often we wrote to records."""
        return len([one for one in self.crm.crm.hooks.events if one.get("origin")])


@asynccontextmanager
async def open_fields_floor(
    database_url: str, made: dict[str, dict[str, Any]], *given: dict[str, Any]
) -> AsyncIterator[FieldsFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        crm.crm.crm.custom["person"] = {name: dict(one) for name, one in made.items()}
        env = replace(crm.env, intake=ConnectorIntake(gateway=crm.gateway, registry=ConnectorRegistry.discover()))
        crm.crm.hooks.clock = env.clock
        await crm.connect(fields=mapped(*given))
        over = IntakeInput(
            title="crm",
            kind="lead",
            verifier={},
            secrets=None,
            mapping=MAPPING,
            sample=SAMPLE,
            active=True,
            connection="crm",
        )
        row = await create_intake(env, "crm", over, actor=ADMIN)
        yield FieldsFloor(crm=crm, env=env, intake_id=row.id)
