"""A lead is moved while something else happens to it: one of the two waits, and nobody gets a lead back or holds it twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from uuid import UUID

import pytest

from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.roster.reps import Caps
from pointsman.services.holds.drain import drain_holds
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.reassignment.bulk import BulkOutcome, BulkRequest, reassign_leads, reassign_rep
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.ledger_audit import verify_ledger
from support.floors.booking_floor import Floor, open_floor
from support.floors.use_case_env import ADMIN, SENDER, rep_given

pytestmark = pytest.mark.anyio

ILL = BulkRequest(reason="ill today")
NEVER = {
    "a lead is back with somebody it was taken from": "select 1 from assignments a join assignments b"
    " on b.lead_id = a.lead_id and b.rep_id = a.rep_id and b.work = a.work and b.id <> a.id and b.assigned_at >= a.ended_at"
    " where a.end_reason = 'reassign'",
    "a lead waits and is held": "select 1 from holds h join assignments a on a.lead_id = h.lead_id"
    " where h.released_at is null and a.ended_at is null",
    "a lead is nowhere": "select 1 from leads l where merged_into is null and stage <> 'nurture'"
    " and not exists (select from assignments a where a.lead_id = l.id and a.ended_at is null)"
    " and not exists (select from holds h where h.lead_id = l.id and h.released_at is null)",
    "a merged lead is still somebody's": "select 1 from leads l where merged_into is not null"
    " and (exists (select from assignments a where a.lead_id = l.id and a.ended_at is null)"
    "      or exists (select from holds h where h.lead_id = l.id and h.released_at is null))",
}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as opened:
        yield opened


async def together(*acts: Awaitable[object]) -> list[object]:
    """What became of each; a refusal with a reason is an answer, nothing else is."""
    done = await asyncio.gather(*acts, return_exceptions=True)
    broken = [one for one in done if isinstance(one, BaseException) and not isinstance(one, PointsmanError)]
    assert not broken, broken
    return list(done)


async def all_is_well(floor: Floor) -> None:
    for what, statement in NEVER.items():
        assert not await floor.world.rows(statement), what
    for row in await floor.world.rows("select pool from pool_ledgers"):
        verified = await verify_ledger(floor.env, row.pool)
        assert verified.agrees
        assert sum(verified.stored.balance(rep) for rep in verified.stored.balances) == 0


async def only(floor: Floor, *sdrs: str) -> None:
    """Of the pool's SDRs, only these are active."""
    everybody = ("lena", "jonas", "sofia")
    reps = tuple(rep_given(rep, active=rep in sdrs) for rep in everybody)
    await put_roster(floor.env, RosterInput(reps=reps), actor=ADMIN)


async def test_a_lead_that_is_reassigned_while_it_is_handed_over_has_one_holder(floor: Floor) -> None:
    for _ in range(8):
        lead = await floor.lead()
        await floor.world.route(lead)
        await together(reassign(floor.env, lead, reason="ill", actor=ADMIN), floor.hand_over(lead))
        await together(floor.hand_over(lead), reassign(floor.env, lead, reason="ill too", actor=ADMIN))
    await all_is_well(floor)


async def test_leads_that_are_reassigned_while_the_queue_is_tried_never_come_back(floor: Floor) -> None:
    await only(floor, "lena")
    for _ in range(6):
        await floor.world.route(await floor.lead())
    for active in (("lena", "jonas"), ("jonas", "sofia"), ("lena", "sofia"), ("lena", "jonas", "sofia")):
        await only(floor, *active)
        moving = (reassign_rep(floor.env, rep, ILL, actor=ADMIN) for rep in ("lena", "jonas"))
        await together(drain_holds(floor.env), *moving, drain_holds(floor.env))
        await all_is_well(floor)


async def test_two_who_move_all_of_one_rep_in_opposite_orders_move_each_lead_once(floor: Floor) -> None:
    leads: list[UUID] = []
    for _ in range(12):
        leads.append(await floor.lead())
        await floor.world.route(leads[-1])
    done = await asyncio.gather(
        reassign_rep(floor.env, "lena", ILL, actor=ADMIN),
        reassign_rep(floor.env, "lena", ILL, actor=ADMIN),
        reassign_leads(floor.env, leads[::-1], BulkRequest(reason="new territory", dry_run=True), actor=ADMIN),
    )
    assert sum(fate.outcome is BulkOutcome.REASSIGNED for moved in done[:2] for fate in moved.results) == 4
    await all_is_well(floor)


async def test_a_merge_while_a_webhook_and_a_move_are_under_way_leaves_one_person_with_one_holder(floor: Floor) -> None:
    for turn in range(5):
        emails = [f"a{turn}@x.example", f"b{turn}@x.example"]
        given = [LeadInput(email=email, facts={"lead.country": "DE"}) for email in emails]
        one, two = [(await submit_lead(floor.env, one, actor=SENDER)).lead.id for one in given]
        await together(
            merge_leads(floor.env, one, into=two, reason="same person", actor=ADMIN),
            *(submit_lead(floor.env, lead, actor=SENDER) for lead in given),
            reassign(floor.env, one, reason="ill", actor=ADMIN),
            reassign(floor.env, two, reason="ill", actor=ADMIN),
        )
        assert await floor.world.value("select merged_into from leads where id = :id", id=one) == two
        for lead in given:
            assert (await submit_lead(floor.env, lead, actor=SENDER)).lead.id == two
    await all_is_well(floor)


async def test_a_past_closer_does_not_get_the_lead_back_by_another_hand_over(floor: Floor) -> None:
    lead, handed = await floor.ready()
    others = {"anna", "ben", "clara"} - {handed.closer}
    full = tuple(rep_given(rep, "Closer", caps=Caps(open_load=0)) for rep in sorted(others))
    await put_roster(floor.env, RosterInput(reps=full), actor=ADMIN)
    assert (await reassign(floor.env, lead, reason="the buyer asked for another one", actor=ADMIN)).rep is None
    again = await floor.hand_over(lead)
    assert (again.closer, again.stage) == (None, "held")
    await all_is_well(floor)


async def test_a_lead_merged_away_in_the_middle_of_a_list_is_left_and_said_so(floor: Floor) -> None:
    leads = [await floor.lead() for _ in range(3)]
    for lead in leads:
        await floor.world.route(lead)
    await merge_leads(floor.env, leads[1], into=leads[0], reason="same person", actor=ADMIN)
    moved = await reassign_leads(floor.env, leads, ILL, actor=ADMIN)
    assert [fate.code for fate in moved.results] == [None, "lead-merged", None]
    with pytest.raises(Conflict, match="was merged into"):
        await reassign(floor.env, leads[1], reason="x", actor=ADMIN)
    await all_is_well(floor)
