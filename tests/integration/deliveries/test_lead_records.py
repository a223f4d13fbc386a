"""Every CRM hears who has a lead: of each assignment, in its own transaction, and of what becomes of it, told once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import MeetingOutcome
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import mark_attended, set_outcome
from pointsman.services.booking.book import book
from pointsman.services.connections.connections import save_connection
from pointsman.services.handover.handover import dry_run_handover, prepare_handover
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.ports.booking.connections import OnRelease
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, get_rep, put_roster
from pointsman_sdk import User
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN, rep_given

pytestmark = pytest.mark.anyio


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        yield crm


async def assigned(crm: CrmFloor) -> tuple[UUID, str]:
    """A lead that came to an SDR by the rules, and who it is."""
    lead_id = await crm.floor.world.lead(lead__country="DE")
    routed = await crm.floor.world.route(lead_id)
    assert routed.rep is not None
    return lead_id, routed.rep.key


def owner(crm: CrmFloor, lead_id: UUID) -> str | None:
    return crm.owner_of(f"{lead_id}@lead.example")


def writes(crm: CrmFloor) -> int:
    return sum(request.method != "GET" for request in crm.wire.seen)


async def holder(crm: CrmFloor, lead_id: UUID) -> str | None:
    async with crm.env.uow() as tx:
        current = await tx.decisions.current_assignment(lead_id)
    return current.rep if current else None


async def test_three_assigned_leads_and_a_reassignment_are_four_deliveries_and_the_crm_has_every_owner(
    crm: CrmFloor,
) -> None:
    leads = [await assigned(crm) for _ in range(3)]
    owed = await crm.floor.world.rows("select lead_id, kind, status from deliveries order by sequence, created_at")
    assert [(row.lead_id, row.kind, row.status) for row in owed] == [(lead, "person", "pending") for lead, _ in leads]
    await crm.floor.work()
    assert [owner(crm, lead) for lead, _ in leads] == [rep for _, rep in leads]
    again, before = leads[0]
    moved = await reassign(crm.env, again, reason="x", actor=ADMIN)
    assert [(one.sequence, one.status) for one in await crm.records(again)] == [(0, "done"), (1, "pending")]
    await crm.floor.work()
    assert moved.rep is not None
    assert owner(crm, again) == moved.rep.key != before
    assert await crm.floor.world.value("select count(*) from deliveries") == 4


async def test_its_job_is_written_with_it(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    (owed,) = await crm.records(lead_id)
    (job,) = await crm.floor.world.owner_rows(
        "select queue_name, task_name from procrastinate_jobs where args ->> 'delivery_id' = :id", id=str(owed.id)
    )
    assert (job.queue_name, job.task_name) == ("pointsman-vendors", "delivery.run")


async def test_without_a_crm_nothing_is_owed(crm: CrmFloor) -> None:
    await crm.connect(sync_owners=False)
    await assigned(crm)
    assert await crm.floor.world.value("select count(*) from deliveries") == 0


async def test_one_act_of_many_steps_owes_it_once(crm: CrmFloor) -> None:
    """A hand-over writes evidence, a gate check and a decision."""
    lead_id, _ = await crm.floor.ready()
    assert len(await crm.records(lead_id)) == 1


async def test_a_dry_run_of_a_hand_over_owes_nothing(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    prepared = await prepare_handover(crm.env, lead_id, evidence=crm.floor.evidence(), setter="lena", actor=SETTER)
    await dry_run_handover(crm.env, prepared)
    assert len(await crm.records(lead_id)) == 1


async def test_what_is_known_there_is_not_told_again(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    before = len(crm.wire.seen)
    await assign_away_and_back(crm, lead_id, rep)
    await crm.floor.work()
    assert (len(crm.wire.seen), owner(crm, lead_id)) == (before, rep)
    assert [one.status for one in await crm.records(lead_id)] == ["done", "superseded", "superseded"]


async def assign_away_and_back(crm: CrmFloor, lead_id: UUID, rep: str) -> None:
    other = next(one for one in ("lena", "jonas") if one != rep)
    for to in (other, rep):
        await assign_manually(
            crm.env, lead_id, rep=to, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN
        )


async def test_an_attempt_of_which_nobody_knows_the_end_is_followed_by_the_owner_of_now(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    other = next(one for one in ("lena", "jonas") if one != rep)
    await assign_manually(
        crm.env, lead_id, rep=other, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN
    )
    crm.wire.lose_answer(times=1)
    await crm.floor.work()
    crm.wire.heal()
    await assign_manually(crm.env, lead_id, rep=rep, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN)
    await crm.floor.work_out()
    assert owner(crm, lead_id) == rep


@pytest.mark.parametrize("on_release", OnRelease)
async def test_of_a_released_lead_the_owner_goes_or_stays_as_the_connection_says(
    crm: CrmFloor, on_release: OnRelease
) -> None:
    await crm.connect(on_release=on_release)
    crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
    lead_id, handed = await crm.floor.ready()
    row = await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    await crm.floor.work_out()
    assert owner(crm, lead_id) == row.rep_key
    later = replace(crm.env, clock=lambda: row.ends_at + timedelta(minutes=1))
    await mark_attended(later, row.id, actor=SETTER)
    await set_outcome(later, row.id, outcome=MeetingOutcome.LOST, reason="x", actor=SETTER)
    await crm.floor.work_out()
    assert await holder(crm, lead_id) is None
    assert owner(crm, lead_id) == (row.rep_key if on_release is OnRelease.KEEP else None)


async def test_whom_others_made_the_owner_stays_where_no_rep_of_ours_was_told(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__source="newsletter")
    person = crm.crm.crm.add("person", email=f"{lead_id}@lead.example", owner="user-2")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    assert (person.version, owner(crm, lead_id)) == (1, "ben")
    assert [one.status for one in await crm.records(lead_id)] == ["superseded"]


async def test_a_record_that_was_told_once_is_found_by_its_id_and_follows_the_lead_to_another_address(
    crm: CrmFloor,
) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    await crm.floor.world.rows("update leads set email = 'new@lead.example' where id = :id", id=lead_id)
    await assign_away_and_back(crm, lead_id, rep)
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    assert (person.natural, crm.owner()) == ("new@lead.example", rep)


async def test_an_address_that_another_record_has_keeps_no_owner_waiting(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    await crm.floor.work()
    crm.crm.crm.add("person", email="new@lead.example")
    await crm.floor.world.rows("update leads set email = 'new@lead.example' where id = :id", id=lead_id)
    moved = await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    await crm.floor.work()
    assert moved.rep is not None
    assert (owner(crm, lead_id), crm.owner_of("new@lead.example")) == (moved.rep.key, None)
    assert {one.status for one in await crm.records(lead_id)} == {"done"}


async def test_what_a_human_wrote_into_the_record_stays(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    crm.crm.crm.edit(person.id, last_name="Weber", email="ada@weber.example")
    moved = await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    assert moved.rep is not None
    assert (person.name, person.natural, crm.owner()) == ("Weber", "ada@weber.example", moved.rep.key)


async def test_a_record_that_vanished_is_made_anew(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    await crm.floor.work()
    crm.crm.crm.rows.clear()
    moved = await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    await crm.floor.work()
    assert moved.rep is not None
    assert owner(crm, lead_id) == moved.rep.key


async def test_of_merged_leads_the_survivor_has_the_owner_and_the_other_none(crm: CrmFloor) -> None:
    (gone, _), (stays, rep) = await assigned(crm), await assigned(crm)
    await crm.floor.work()
    await merge_leads(crm.env, gone, into=stays, reason="x", actor=ADMIN)
    await crm.floor.work()
    assert (owner(crm, gone), owner(crm, stays)) == (None, rep)


async def test_a_survivor_of_whom_the_crm_never_heard_takes_over_the_record_of_the_other(crm: CrmFloor) -> None:
    gone, rep = await assigned(crm)
    await crm.floor.work()
    stays = await crm.floor.world.lead(lead__country="DE")
    await merge_leads(crm.env, gone, into=stays, reason="x", actor=ADMIN)
    await crm.floor.work_out()
    assert crm.owner() == rep == await holder(crm, stays)
    moved = await reassign(crm.env, stays, reason="x", actor=ADMIN)
    await crm.floor.work_out()
    assert moved.rep is not None
    assert crm.owner() == moved.rep.key


async def test_a_survivor_whose_record_was_made_by_a_call_that_was_not_heard_has_that_one_and_the_other_no_owner(
    crm: CrmFloor,
) -> None:
    gone, _ = await assigned(crm)
    await crm.floor.work()
    stays, rep = await assigned(crm)
    crm.wire.lose_answer(times=100)
    await crm.floor.work()
    assert owner(crm, stays) == rep
    assert [one.vendor_id for one in await crm.records(stays)] == [None]
    crm.wire.heal()
    await merge_leads(crm.env, gone, into=stays, reason="x", actor=ADMIN)
    await crm.floor.work_out()
    assert (owner(crm, gone), owner(crm, stays)) == (None, rep)


async def test_a_lead_with_a_number_alone_is_known_by_it(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.world.rows(
        "update leads set email = null, email_key = null, phone = '+49 30 1', phone_key = '+49301' where id = :id",
        id=lead_id,
    )
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    assert (person.values["phone"], crm.owner()) == ("+49301", rep)


async def test_another_account_of_the_crm_hears_of_the_leads_that_reps_have(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    crm.crm.crm.rows.clear()
    other = crm.crm.crm.add("person", email="somebody@else.example")
    crm.crm.crm.rows = {"person-1": other}  # by chance it has the id that the lead had in the account before
    other.id = "person-1"
    await save_connection(
        replace(crm.env, calendars=crm.gateway),
        "crm",
        connector="memory",
        config={"url": "https://another-crm.example"},
        active=True,
        sync_owners=True,
        actor=SETTER,
    )
    await crm.floor.work_out()
    assert (owner(crm, lead_id), crm.owner_of("somebody@else.example")) == (rep, None)


async def test_a_rep_with_another_address_owns_their_leads_as_the_other_user(crm: CrmFloor) -> None:
    (mine, rep), (other, _) = await assigned(crm), await assigned(crm)
    await crm.floor.work()
    crm.crm.crm.users = [*crm.crm.crm.users, User(id="user-9", email="new@example.com", name="New", active=True)]
    known, _ = await get_rep(crm.env, rep)
    given = replace(rep_given(rep), email="new@example.com", skills=known.skills)
    await put_roster(crm.env, RosterInput(reps=(given,), single=True), actor=ADMIN)
    assert [one.sequence for one in await crm.records(mine)] == [0, 1]
    assert [one.sequence for one in await crm.records(other)] == [0]
    await crm.floor.work()
    (person,) = [one for one in crm.crm.crm.of("person") if one.natural == f"{mine}@lead.example"]
    assert person.values["owner"] == "user-9"
    await put_roster(crm.env, RosterInput(reps=(given,), single=True), actor=ADMIN)
    assert len(await crm.records(mine)) == 2
