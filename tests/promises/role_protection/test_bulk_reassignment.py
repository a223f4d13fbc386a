"""Many leads at once: roles and gates hold, nobody gets a lead back, credit moves along, and a death in between tears nothing."""

import asyncio
import os
import random
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from pointsman.domain.errors import Invalid, NotFound
from pointsman.domain.roster.reps import Caps
from pointsman.domain.roster.roles import Work
from pointsman.services.booking.book import book
from pointsman.services.holds.drain import drain_holds
from pointsman.services.reassignment.bulk import (
    BulkOutcome,
    BulkRequest,
    BulkResult,
    LeadResult,
    reassign_leads,
    reassign_rep,
)
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, add_time_off, deactivate_rep, put_roster
from pointsman.services.routing.ledger_audit import verify_ledger
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY, absence, rep_given
from support.http.keys import SECRET
from support.waiting import until
from support.wording import english

pytestmark = pytest.mark.anyio

ILL = BulkRequest(reason="ill today")
#: Somebody got a lead back that was taken from them to be reassigned, by the rules.
BACK = (
    "select 1 from assignments a join assignments b on b.lead_id = a.lead_id and b.rep_id = a.rep_id and b.id <> a.id"
    " and b.assigned_at >= a.ended_at where a.end_reason = 'reassign'"
)
OUTSIDE = (
    "select 1 from assignments a join reps p on p.id = a.rep_id where a.override_id is null"
    " and (not exists (select from role_works w where w.role_id = p.role_id and w.work = a.work)"
    "      or (a.work = 'closing' and a.gate_check_id is null))"
)


@pytest.fixture
async def floor(database_url: str) -> Any:
    async with open_floor(database_url) as opened:
        yield opened


async def with_sdrs(floor: Floor, count: int) -> list[UUID]:
    """New leads in the hands of the SDRs, in order."""
    leads = [await floor.lead() for _ in range(count)]
    for lead in leads:
        assert (await floor.world.route(lead)).rep is not None
    return leads


async def held_by(floor: Floor, rep: str) -> list[UUID]:
    rows = await floor.world.rows(
        "select a.lead_id from assignments a join reps p on p.id = a.rep_id where p.key = :rep and a.ended_at is null"
        " order by a.assigned_at",
        rep=rep,
    )
    return [row.lead_id for row in rows]


async def all_is_well(floor: Floor) -> None:
    assert not await floor.world.rows(OUTSIDE)
    assert not await floor.world.rows(BACK)
    for row in await floor.world.rows("select pool from pool_ledgers"):
        assert (await verify_ledger(floor.env, row.pool)).agrees


def outcomes(moved: BulkResult) -> list[str]:
    return [fate.outcome.value for fate in moved.results]


async def test_everything_goes_to_others_the_oldest_first_and_credit_moves_along(floor: Floor) -> None:
    await with_sdrs(floor, 9)
    hers = await held_by(floor, "lena")
    moved = await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)
    assert [fate.lead_id for fate in moved.results] == hers
    assert outcomes(moved) == ["reassigned"] * 3
    assert {fate.rep for fate in moved.results} <= {"jonas", "sofia"}
    assert moved.remaining == 0
    assert await held_by(floor, "lena") == []
    assert await floor.world.value("select count(*) from ledger_entries where kind = 'credit'") == 3
    assert await floor.world.value("select count(*) from audit where action = 'lead.reassigned'") == 3
    assert moved.note is not None
    assert moved.note.key == "moving.still-gets"
    await all_is_well(floor)


async def test_a_second_call_moves_only_what_is_left(floor: Floor) -> None:
    await with_sdrs(floor, 6)
    assert len((await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)).results) == 2
    again = await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)
    assert (again.results, again.remaining) == ((), 0)


async def test_a_call_is_bounded_and_the_next_one_goes_on(floor: Floor) -> None:
    await with_sdrs(floor, 9)
    hers, seen, place = await held_by(floor, "lena"), [], None
    for left in (1, 0):
        moved = await reassign_rep(
            floor.env, "lena", BulkRequest(reason="ill", limit=2, after_position=place), actor=ADMIN
        )
        seen += [fate.lead_id for fate in moved.results]
        assert (moved.remaining, moved.next_position is None) == (left, left == 0)
        place = moved.next_position
    assert seen == hers


async def test_a_rep_who_is_away_until_then_gets_nothing_new_and_the_time_off_is_entered_once(floor: Floor) -> None:
    await with_sdrs(floor, 3)
    until = floor.env.clock() + timedelta(days=1)
    for _ in range(2):
        moved = await reassign_rep(floor.env, "lena", BulkRequest(reason="ill", away_until=until), actor=ADMIN)
        assert moved.note is None
    assert await floor.world.value("select count(*) from time_off") == 1
    await with_sdrs(floor, 6)
    assert await held_by(floor, "lena") == []
    with pytest.raises(Invalid):
        await reassign_rep(floor.env, "lena", BulkRequest(reason="ill", away_until=floor.env.clock()), actor=ADMIN)
    with pytest.raises(NotFound):
        await reassign_rep(floor.env, "ghost", ILL, actor=ADMIN)


async def test_a_dry_run_says_exactly_what_then_happens_and_writes_nothing(floor: Floor) -> None:
    await with_sdrs(floor, 12)
    count = "select (select count(*) from decisions), (select count(*) from audit), (select count(*) from time_off),"
    count += " (select sum(seq) from pool_ledgers), (select count(*) from assignments where ended_at is not null)"
    before = await floor.world.rows(count)
    until = floor.env.clock() + timedelta(days=1)
    said = await reassign_rep(floor.env, "lena", BulkRequest(reason="ill", away_until=until, dry_run=True), actor=ADMIN)
    assert await floor.world.rows(count) == before
    assert len(said.results) == 4
    assert len({fate.rep for fate in said.results}) == 2  # each turn is seen by the next
    assert {fate.decision_id for fate in said.results} == {None}
    done = await reassign_rep(floor.env, "lena", BulkRequest(reason="ill", away_until=until), actor=ADMIN)
    assert sorted(fate.rep or "" for fate in done.results) == sorted(fate.rep or "" for fate in said.results)


@pytest.mark.parametrize("seed", range(3))
async def test_a_dry_run_of_leads_under_caps_with_appointments_and_categories_is_what_then_happens(
    floor: Floor, seed: int
) -> None:
    chance = random.Random(seed)
    rules = [*POLICY["rules"][:-1], {**POLICY["rules"][-1], "category": "inbound"}]
    await floor.world.publish({**POLICY, "rules": rules})
    for _ in range(3):
        lead, handed = await floor.ready()
        if chance.random() < 0.7:
            await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
    await with_sdrs(floor, 9)
    few = Caps(open_load=chance.choice([3, 4, 5]), categories={"inbound": Caps(open_load=chance.choice([2, 4]))})
    capped = (rep_given("jonas", caps=few), rep_given("sofia", caps=Caps(per_day=chance.choice([3, 4, 5]))))
    await put_roster(floor.env, RosterInput(reps=capped), actor=ADMIN)
    leads = [lead for rep in ("lena", "anna", "jonas", "ben") for lead in await held_by(floor, rep)]
    chance.shuffle(leads)
    said, done = [
        await reassign_leads(floor.env, leads, BulkRequest(reason="x", dry_run=dry), actor=ADMIN)
        for dry in (True, False)
    ]
    assert [fate_of(one) for one in said.results] == [fate_of(one) for one in done.results]
    assert BulkOutcome.REASSIGNED in {one.outcome for one in done.results}
    await all_is_well(floor)


def fate_of(result: LeadResult) -> tuple[object, ...]:
    return result.lead_id, result.outcome, result.code, result.rep, result.work, english(result.sentence)


async def test_a_lead_takes_its_appointment_along(floor: Floor) -> None:
    lead, handed = await floor.ready()
    assert handed.closer is not None
    await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
    foreseen = await reassign_rep(floor.env, handed.closer, BulkRequest(reason="ill", dry_run=True), actor=ADMIN)
    moved = await reassign_rep(floor.env, handed.closer, ILL, actor=ADMIN)
    assert [(fate.outcome, fate.code) for fate in moved.results] == [(BulkOutcome.REASSIGNED, None)]
    for fate in (*foreseen.results, *moved.results):
        assert english(fate.sentence).endswith("; the appointment goes along")
    leads = "select r.key from appointments a join reps r on r.id = a.rep_id where a.lead_id = :lead"
    assert await floor.world.value(leads, lead=lead) == moved.results[0].rep != handed.closer
    assert moved.remaining == 0
    await all_is_well(floor)


async def test_a_closers_leads_go_to_closers_and_wait_where_the_gate_has_shut(floor: Floor) -> None:
    for _ in range(6):
        await floor.ready()
    hers = await held_by(floor, "anna")
    shut = hers[0]
    await floor.world.rows("update gate_checks set revoked_at = now() where lead_id = :lead", lead=shut)
    moved = await reassign_rep(floor.env, "anna", ILL, actor=ADMIN)
    assert outcomes(moved) == ["held", "reassigned"]
    assert {fate.rep for fate in moved.results} <= {None, "ben", "clara"}
    await all_is_well(floor)


async def test_only_the_asked_for_work_moves(floor: Floor) -> None:
    lead = await floor.lead()
    await assign_manually(floor.env, lead, rep="lena", work=Work.PROSPECTING, override_id=None, reason="x", actor=ADMIN)
    await with_sdrs(floor, 3)
    asked = BulkRequest(reason="ill", works=frozenset({Work.QUALIFICATION}))
    assert len((await reassign_rep(floor.env, "lena", asked, actor=ADMIN)).results) == 1
    assert await held_by(floor, "lena") == [lead]


async def test_nobody_is_eligible_and_who_was_relieved_never_gets_it_back(floor: Floor) -> None:
    others = ("jonas", "sofia")
    await put_roster(floor.env, RosterInput(reps=tuple(rep_given(rep, active=False) for rep in others)), actor=ADMIN)
    leads = await with_sdrs(floor, 3)
    moved = await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)
    assert outcomes(moved) == ["held"] * 3
    assert await drain_holds(floor.env) == 0
    # Gone from the pool and back again: that she had the leads is not forgotten by a decision that did not look at her.
    pools = POLICY["pools"]
    without = {**pools, "sdr-dach": {**pools["sdr-dach"], "members": ["jonas", "mia"]}}
    now = floor.env.clock()
    await add_time_off(floor.env, "mia", absence(now, now + timedelta(days=9)), actor=ADMIN)
    await floor.world.publish({**POLICY, "pools": without})
    await drain_holds(floor.env)
    await floor.world.publish(POLICY)
    assert await drain_holds(floor.env) == 0
    await put_roster(floor.env, RosterInput(reps=(rep_given("jonas"),)), actor=ADMIN)
    assert await drain_holds(floor.env) == 3
    assert await held_by(floor, "jonas") == leads
    await all_is_well(floor)


async def test_chosen_leads_move_in_order_and_each_that_cannot_says_why(floor: Floor) -> None:
    leads = await with_sdrs(floor, 3)
    waiting, unknown = await floor.lead(lead__country="FR"), floor.env.new_id()
    await floor.world.route(waiting)
    chosen = [leads[0], unknown, waiting, leads[1], leads[0]]
    moved = await reassign_leads(floor.env, chosen, ILL, actor=ADMIN)
    assert [fate.lead_id for fate in moved.results] == chosen[:-1]
    assert [fate.code for fate in moved.results] == [None, "not-found", "not-assigned", None]
    await all_is_well(floor)


async def test_leads_that_move_on_and_on_never_come_back(floor: Floor) -> None:
    leads = await with_sdrs(floor, 6)
    for _ in range(4):
        await reassign_leads(floor.env, leads, ILL, actor=ADMIN)
        await drain_holds(floor.env)
    assert await floor.world.value("select count(*) from holds where released_at is null") == 6
    assert not await floor.world.rows(BACK)
    await all_is_well(floor)


async def test_two_who_move_the_same_leads_at_once_move_each_once(floor: Floor) -> None:
    await with_sdrs(floor, 9)
    both = await asyncio.gather(*(reassign_rep(floor.env, "lena", ILL, actor=ADMIN) for _ in range(2)))
    assert sum(fate.outcome is BulkOutcome.REASSIGNED for moved in both for fate in moved.results) == 3
    left = {fate.code for moved in both for fate in moved.results if fate.outcome is BulkOutcome.UNCHANGED}
    assert left <= {"holder-changed"}
    await all_is_well(floor)


async def test_the_last_lead_that_goes_to_others_closes_the_alert(floor: Floor) -> None:
    await with_sdrs(floor, 3)
    await deactivate_rep(floor.env, "lena", actor=ADMIN)
    waits = "select count(*) from alerts where code = 'inactive-holder' and resolved_at is null"
    assert await floor.world.value(waits) == 1
    await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)
    assert await floor.world.value(waits) == 0


@pytest.mark.own_database
async def test_a_process_that_dies_in_the_middle_leaves_nothing_half_done(floor: Floor, database_url: str) -> None:
    await with_sdrs(floor, 12)
    hers = await held_by(floor, "lena")
    async with floor.world.engine.connect() as busy, busy.begin():
        await busy.execute(text("select 1 from leads where id = :id for update"), {"id": hers[2]})
        process = await asyncio.to_thread(mover, database_url)

        async def two_have_moved() -> bool:
            assert process.poll() is None, "it ended before it came to the lead that is not to be had"
            return len(await held_by(floor, "lena")) == 2

        await until(two_have_moved)
        process.kill()
        process.wait()
    assert await held_by(floor, "lena") == hers[2:]
    assert await floor.world.value("select count(*) from ledger_entries where kind = 'credit'") == 2
    await all_is_well(floor)
    again = await reassign_rep(floor.env, "lena", ILL, actor=ADMIN)
    assert [fate.lead_id for fate in again.results] == hers[2:]
    assert outcomes(again) == ["reassigned"] * 2
    await all_is_well(floor)


def mover(database_url: str) -> subprocess.Popen[bytes]:
    """The command, as an admin types it, in a process of its own."""
    words = ["reps", "reassign", "lena", "--reason", "ill today"]
    return subprocess.Popen(
        [sys.executable, "-m", "pointsman.cli", *words],
        env={**os.environ, "POINTSMAN_DATABASE_URL": database_url, "POINTSMAN_SECRET_KEYS": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
