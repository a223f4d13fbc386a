"""The floor with a CRM whose events come in: humans there change owners, and what becomes of it is worked out."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.roster.roles import Work
from pointsman.services.connections.health import ConnectionHealth, connection_health
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, create_intake, load_intake
from pointsman.services.intake.process_item import process_item
from pointsman.services.owner_changes.look import look_at_owners
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.reassignment.manual import assign_manually
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import USERS, CrmFloor, open_crm_floor
from support.floors.hook_floor import MAPPING, SAMPLE
from support.floors.use_case_env import ADMIN, POLICY

#: The user of each rep.
USER_OF = {rep: user for user, rep in USERS.items()}
_INTAKE = "crm"
_ROUNDS = 60


@dataclass(slots=True, kw_only=True)
class OwnerFloor:
    """`told` counts the events that the CRM told us of so far. A bot of the CRM sees every change there."""

    crm: CrmFloor
    env: Env
    intake: UUID
    told: int = 0
    bot: Callable[["OwnerFloor"], bool] | None = None

    async def policy(self, owner_changes: str | None) -> None:
        await self.crm.floor.world.publish(
            POLICY if owner_changes is None else {**POLICY, "owner_changes": owner_changes}
        )

    async def lead(self, rep: str = "lena") -> UUID:
        """A lead that this rep has for qualification, and the CRM knows that."""
        lead_id = await self.crm.floor.world.lead(lead__country="DE")
        routed = await self.crm.floor.world.route(lead_id)
        if routed.rep is None or routed.rep.key != rep:
            await self.assign(lead_id, rep)
        await self.settle()
        assert self.owner(lead_id) == rep
        return lead_id

    async def assign(self, lead_id: UUID, rep: str, work: Work = Work.QUALIFICATION) -> None:
        given: dict[str, Any] = {"work": work, "override_id": None, "reason": "x", "actor": ADMIN}
        await assign_manually(self.env, lead_id, rep=rep, **given)

    def record(self, lead_id: UUID) -> str:
        (row,) = [one for one in self.crm.crm.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
        return row.id

    def owner(self, lead_id: UUID) -> str | None:
        return self.crm.owner_of(f"{lead_id}@lead.example")

    def human(self, lead_id: UUID, rep: str | None) -> None:
        """Somebody gives the record to the user of this rep, or takes the owner away."""
        self.crm.crm.crm.edit(self.record(lead_id), owner=USER_OF[rep] if rep else None)

    async def holder(self, lead_id: UUID) -> str | None:
        async with self.env.uow() as tx:
            current = await tx.decisions.current_assignment(lead_id)
        return current.rep if current else None

    async def tell(self, events: Sequence[dict[str, Any]] | None = None) -> None:
        """The CRM's webhooks: all that was not told yet, or these."""
        hooks = self.crm.crm.hooks
        if events is None:
            events, self.told = hooks.events[self.told :], len(hooks.events)
        for start in range(0, len(events), 20):
            hook = hooks.hook(events[start : start + 20])
            request = SignedRequest(method=hook.method, uri=hook.url, headers=hook.headers, body=hook.body)
            reply, _ = await answer_hook(self.env, await load_intake(self.env, _INTAKE), request)
            assert reply.status == 202

    async def take_in(self) -> int:
        """Read and work off what came; how many items."""
        await fetch_events(self.env, self.intake)
        waiting = await self.crm.floor.world.rows("select id from inbox where status = 'received' order by id")
        for item in waiting:
            await process_item(self.env, item.id, asks_vendors=True)
        return len(waiting)

    async def settle(self) -> None:
        """Until nothing is left to tell on either side."""
        for _ in range(_ROUNDS):
            worked = await self.crm.floor.work()
            moved = self.bot(self) if self.bot else False
            heard = len(self.crm.crm.hooks.events) > self.told
            await self.tell()
            taken = await self.take_in()
            self.crm.floor.world.clock.advance(timedelta(seconds=15))
            looked = await look_at_owners(self.env)
            unread = await self.crm.floor.world.value("select count(*) from inbox where status = 'unread'")
            later = await self.crm.floor.world.value("select count(*) from crm_owners where look_at is not null")
            if not (worked or moved or heard or taken or looked or unread or later):
                return
        raise AssertionError("it does not come to an end")

    async def outcomes(self, lead_id: UUID) -> list[str]:
        rows = await self.crm.floor.world.rows(
            "select outcome from owner_changes where lead_id = :lead order by at, id", lead=lead_id
        )
        return [row.outcome for row in rows]

    async def alerts(self) -> list[str]:
        rows = await self.crm.floor.world.rows(
            "select subject from alerts where code = 'crm-owner-differs' and resolved_at is null order by subject"
        )
        return [row.subject for row in rows]

    def writes(self) -> int:
        """How many calls that write a person's record the CRM had."""
        return sum(one.method != "GET" and "/person" in str(one.url) for one in self.crm.wire.seen)

    async def health(self) -> ConnectionHealth:
        return await connection_health(self.env, "crm")


@asynccontextmanager
async def open_owner_floor(database_url: str, **over: Any) -> AsyncIterator[OwnerFloor]:
    async with open_crm_floor(database_url, **over) as crm:
        env = replace(crm.env, intake=ConnectorIntake(gateway=crm.gateway, registry=ConnectorRegistry.discover()))
        crm.env = crm.floor.env = env
        crm.crm.hooks.clock = env.clock
        given = IntakeInput(
            title="CRM",
            kind="lead",
            verifier={},
            secrets=None,
            mapping=MAPPING,
            sample=SAMPLE,
            active=True,
            connection="crm",
        )
        row = await create_intake(env, _INTAKE, given, actor=SETTER)
        yield OwnerFloor(crm=crm, env=env, intake=row.id)
