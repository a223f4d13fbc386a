"""Everything that can happen to a lead, at once and in any order: whatever wins, the promises hold afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.explain.explain import replay_decision
from pointsman.services.holds.drain import drain_holds
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.reassignment.bulk import BulkRequest, reassign_rep
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.ledger_audit import verify_ledger
from pointsman.services.routing.overrides import add_override
from support.deep import every
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY, SENDER, rep_given

pytestmark = pytest.mark.anyio

LEADS, ACTS = 5, 120

#: What must never be found, whatever happened.
NEVER = {
    "work outside a role": "select 1 from assignments a join reps p on p.id = a.rep_id where a.ended_at is null"
    " and a.override_id is null"
    " and not exists (select from role_works w where w.role_id = p.role_id and w.work = a.work)",
    "closing without a gate": "select 1 from assignments where work = 'closing' and override_id is null"
    " and gate_check_id is null",
    "closing on a pass that was revoked": "select 1 from assignments a join gate_checks g on g.id = a.gate_check_id"
    " join leads l on l.id = a.lead_id where a.ended_at is null and a.override_id is null and l.stage = 'closing'"
    " and g.revoked_at is not null and not exists (select from appointments p where p.lead_id = l.id)",
    "overlapping time": "select 1 from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id"
    " and a.active and b.active and a.during && b.during",
    "a stage that is not so": "select l.id, l.stage, s.is from leads l cross join lateral (select case"
    "  when exists (select from appointments p where p.lead_id = l.id and p.status = 'confirmed') then 'booked'"
    "  when exists (select from assignments a where a.lead_id = l.id and a.ended_at is null and a.work = 'closing')"
    "   then 'closing'"
    "  when exists (select from assignments a where a.lead_id = l.id and a.ended_at is null) then 'working'"
    "  when exists (select from holds h where h.lead_id = l.id and h.released_at is null) then 'held'"
    "  else 'nurture' end as is) s where l.stage <> s.is",
    "held and assigned": "select 1 from holds h join assignments a on a.lead_id = h.lead_id"
    " where h.released_at is null and a.ended_at is null",
    "an appointment of somebody who does not hold the lead": "select 1 from appointments p"
    " join reservations r on r.appointment_id = p.id and r.active"
    " left join assignments a on a.lead_id = p.lead_id and a.ended_at is null"
    " where p.status = 'confirmed' and a.rep_id is distinct from r.rep_id",
    "overrides that were miscounted": "select 1 from overrides o where used <>"
    " (select count(*) from assignments a where a.override_id = o.id)",
    "an alert for a wait that is over": "select 1 from alerts a where code = 'hold-overdue' and resolved_at is null"
    " and not exists (select from holds h where h.released_at is null and 'lead:' || h.lead_id = a.subject)",
}


@pytest.mark.parametrize("seed", every(2, {f"{seed}": seed for seed in (1, 2, 3)}))
async def test_whatever_happens_at_once_the_promises_hold(database_url: str, seed: int) -> None:
    async with open_floor(database_url) as floor:
        chance = Random(seed)
        leads = [await floor.lead() for _ in range(LEADS)]
        for lead in leads:
            await floor.world.route(lead)
        acts = [_act(floor, chance, leads) for _ in range(ACTS)]
        limit = asyncio.Semaphore(4)

        async def run(act: Callable[[], Awaitable[object]]) -> str | None:
            async with limit:
                try:
                    await act()
                except PointsmanError:
                    return None  # a refusal with a reason is an answer
                except Exception as error:  # noqa: BLE001  # nothing else is
                    return repr(error)
            return None

        broken = [said for said in await asyncio.gather(*map(run, acts)) if said]
        assert not broken
        for what, statement in NEVER.items():
            assert not await floor.world.rows(statement), what
        for pool in await floor.world.rows("select pool from pool_ledgers"):
            assert (await verify_ledger(floor.env, pool.pool)).agrees, pool.pool
        for decision in await floor.world.rows("select id from decisions"):
            assert (await replay_decision(floor.env, decision.id)).same
        await floor.work_out()
        confirmed = await floor.world.value("select count(*) from appointments where status = 'confirmed'")
        assert len(floor.vendor.events()) == confirmed


def _act(  # noqa: C901  # a list of all that can happen
    floor: Floor, chance: Random, leads: list[UUID]
) -> Callable[[], Awaitable[object]]:
    env, lead, rep = floor.env, chance.choice(leads), chance.choice(["anna", "ben", "clara", "lena", "jonas"])
    affirmed, auto = chance.random() < 0.8, chance.random() < 0.5
    name, later = chance.choice(["need", "intent", "offer_known"]), timedelta(seconds=chance.randrange(60))

    async def hand_over() -> None:
        await floor.hand_over(lead, at_earliest=auto)

    async def say() -> None:
        given = floor.evidence(name, affirmed=affirmed, at=env.clock() + later)
        await submit_lead(env, LeadInput(email=f"{lead}@lead.example", evidence=tuple(given)), actor=SENDER)

    async def fail() -> None:
        await floor.hand_over(lead, evidence=floor.evidence(name, affirmed=affirmed, at=env.clock() + later))

    async def meet() -> None:
        offer = await slots_for_lead(env, lead)
        if offer.slots:
            await book(env, lead, offer.slots[0].start, actor=SETTER)

    async def call_off() -> None:
        found = await floor.world.rows("select id from appointments where lead_id = :lead", lead=lead)
        for row in found:
            await cancel(env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)

    async def move() -> None:
        await reassign(env, lead, reason="x", actor=ADMIN)

    async def move_many() -> None:
        await reassign_rep(env, rep, BulkRequest(reason="x", dry_run=auto), actor=ADMIN)

    async def give() -> None:
        work = Work.CLOSING if rep in ("anna", "ben", "clara") else Work.QUALIFICATION
        await assign_manually(env, lead, rep=rep, work=work, override_id=None, reason="x", actor=ADMIN)

    async def allow() -> None:
        until = env.clock() + timedelta(hours=1)
        await add_override(
            env, lead_id=lead, rep="lena", work=Work.CLOSING, reason="x", approver="boss", expires_at=until, actor=ADMIN
        )
        await assign_manually(env, lead, rep="lena", work=Work.CLOSING, override_id=None, reason="x", actor=ADMIN)

    async def drain() -> None:
        await drain_holds(env)

    async def publish() -> None:
        await floor.world.publish(POLICY)

    async def change() -> None:
        weekly = next(r.working_hours for r in await _reps(floor) if r.key == rep)
        role = "Closer" if rep in ("anna", "ben", "clara") else "SDR"
        given = rep_given(rep, role, active=affirmed, working_hours=weekly)
        await put_roster(env, RosterInput(reps=(given,)), actor=ADMIN)

    async def deliver() -> None:
        await floor.work()

    often = [hand_over, hand_over, meet, meet, call_off, say, say, fail, move, give, drain, deliver]
    return chance.choice([*often, allow, publish, change, move_many])


async def _reps(floor: Floor) -> list[Rep]:
    async with floor.env.uow() as tx:
        return list(await tx.roster.reps())
