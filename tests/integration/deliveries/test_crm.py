"""The CRM hears who owns a lead and of its meeting, whatever is lost, retried or killed on the way."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.errors import Invalid
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel, confirm, mark_attended, mark_no_show, reject
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.run import run_delivery, sweep_deliveries
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import Wanted
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman_memory import MemoryVendor
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import USERS, CrmFloor, Killed, living_through, open_crm_floor
from support.floors.faulty_calendars import Cue
from support.floors.use_case_env import POLICY
from support.wording import english_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        yield crm


async def booked(crm: CrmFloor, rep: str = "anna") -> AppointmentRow:
    """An appointment that this rep leads, of which nobody has been told yet."""
    for _ in range(6):
        lead_id, handed = await crm.floor.ready()
        if handed.closer == rep:
            # Of the leads that came to others the CRM does not hear here.
            await crm.floor.world.rows(
                "update deliveries set status = 'superseded' where kind = 'person' and lead_id <> :lead and status = 'pending'",
                lead=lead_id,
            )
            return await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    pytest.fail(f"no lead came to {rep}")


async def test_a_booking_gives_the_crm_its_owner_and_one_meeting(crm: CrmFloor) -> None:
    row = await booked(crm)
    assert crm.wire.seen[1:] == []  # nobody waits for the CRM while booking; the first call was its check
    await crm.floor.work()
    assert (crm.owner(), crm.meetings()) == ("anna", [f"pm-{row.id}"])
    assert [(d.kind, d.status, d.attempts, d.calendar) for d in await crm.owed(row.id)] == [("activity", "done", 1, "")]
    told = [(d.status, d.attempts) for d in await crm.records(row.lead_id)]
    assert told == [("superseded", 0), ("done", 1)]  # of the hand-over, and of the booking
    assert len(crm.floor.vendor.events()) == 1


async def test_a_later_change_is_told_of_the_same_meeting(crm: CrmFloor) -> None:
    row = await booked(crm)
    async with crm.env.uow() as tx:
        await enqueue_deliveries(crm.env, tx, replace(row, sequence=row.sequence + 1), Wanted.PUT)
    owed = await crm.owed(row.id)
    assert [d.kind for d in owed] == ["activity", "activity"]
    assert len({d.key for d in owed}) == 1
    await crm.floor.work_out()
    assert crm.meetings() == [f"pm-{row.id}"]


async def test_a_crm_that_has_newer_states_than_a_database_that_was_put_back_hears_of_the_next(crm: CrmFloor) -> None:
    row = await booked(crm)
    await crm.floor.work_out()
    (person,), (meeting,) = crm.crm.crm.of("person"), crm.crm.activities.items.values()
    person.keys = {key: sequence + 7 for key, sequence in person.keys.items()}
    meeting.values["sequence"] += 7
    moved = await crm.hand_to(row, "ben")
    await crm.floor.work_out()
    assert (crm.owner(), meeting.values["owner"], meeting.values["sequence"]) == ("ben", "user-2", 8)
    await crm.hand_to(moved, "anna")
    await crm.floor.work_out()
    assert (crm.owner(), meeting.values["owner"], meeting.values["sequence"]) == ("anna", "user-1", 9)


@pytest.mark.own_database
async def test_it_is_owed_with_the_booking_or_not_at_all(crm: CrmFloor) -> None:
    await booked(crm)
    await crm.floor.world.owner_rows(
        "create function no_more() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$"
    )
    await crm.floor.world.owner_rows(
        "create trigger full_now before insert on deliveries for each row when (new.kind = 'activity')"
        " execute function no_more()"
    )
    before = await crm.floor.world.value("select count(*) from appointments")
    with pytest.raises(Exception, match="full"):
        await booked(crm)
    assert await crm.floor.world.value("select count(*) from appointments") == before


async def test_only_connections_that_keep_owners_hear_of_it(crm: CrmFloor) -> None:
    await crm.connect(sync_owners=False)
    assert await crm.owed((await booked(crm)).id) == []
    await crm.connect()
    await crm.connect("second")
    row = await booked(crm)
    assert [d.kind for d in await crm.owed(row.id)] == ["activity", "activity"]
    assert len({d.connection_id for d in await crm.owed(row.id)}) == 2
    owed = await crm.floor.world.rows(
        "select connection_id from deliveries where kind = 'person' and status = 'pending'"
    )
    assert len({row.connection_id for row in owed}) == 2


async def test_a_connection_without_records_cannot_keep_owners(crm: CrmFloor) -> None:
    with pytest.raises(Invalid) as caught:
        await save_connection(
            crm.env, "dav", connector="caldav", config={}, active=True, sync_owners=True, actor=SETTER
        )
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [("body.sync_owners", "no-crm")]


async def test_reassigned_by_the_rules_invitation_owner_and_credit_move_together(database_url: str) -> None:
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        row = await booked(crm)
        await crm.floor.work()
        assert (crm.owner(), (await turns(crm))["anna"]) == ("anna", 1)
        ben_had = (await turns(crm)).get("ben", 0)
        await reassign_appointment(crm.env, row.id, reason="ill", actor=SETTER)
        assert await turns(crm) == {"anna": 0, "ben": ben_had + 1}
        await crm.floor.work_out()
        assert (crm.owner(), crm.meetings()) == ("ben", [f"pm-{row.id}"])
        (event,) = crm.floor.vendor.events()
        assert event.calendar == "ben-cal"
        assert event.shared.text == "With: Ben"
        assert [d.kind for d in await crm.owed(row.id)] == ["activity", "activity"]


async def turns(crm: CrmFloor) -> dict[str, int]:
    """How many turns each rep has out, by the ledger."""
    rows = await crm.floor.world.rows(
        "select r.key, sum(case e.kind when 'credit' then -1 else 1 end) as n from ledger_entries e"
        " join reps r on r.id = e.rep_id where e.kind in ('assign', 'credit', 'restore') and r.key in ('anna', 'ben')"
        " group by r.key"
    )
    return {row.key: int(row.n) for row in rows}


@pytest.mark.parametrize("told", [True, False])
async def test_there_and_back_ends_where_it_began(crm: CrmFloor, told: bool) -> None:
    row = await booked(crm)
    for rep in ("ben", "anna"):
        if told:
            await crm.floor.work_out()
        row = await crm.hand_to(row, rep)
    await crm.floor.work_out()
    assert (crm.owner(), len(crm.meetings())) == ("anna", 1)
    assert [d.status for d in await crm.owed(row.id)] == ["done" if told else "superseded"] * 2 + ["done"]


async def test_the_latest_owner_of_a_lead_is_told_and_no_earlier_one(crm: CrmFloor) -> None:
    row = await booked(crm)
    row = await crm.hand_to(row, "ben")
    *_, first, second = await crm.records(row.lead_id)
    assert first.sequence < second.sequence
    await run_delivery(crm.env, first.id)
    assert crm.wire.seen[1:] == []  # what is owed after it says it
    await run_delivery(crm.env, second.id)
    assert crm.owner() == "ben"
    assert [d.status for d in await crm.records(row.lead_id)][-2:] == ["superseded", "done"]


async def test_a_new_owner_does_not_wait_for_the_next_try_of_the_old_one(crm: CrmFloor) -> None:
    row = await booked(crm)
    crm.wire.answer(503, headers={"Retry-After": "3600"}, times=100)
    await crm.floor.work()
    crm.wire.heal()
    await crm.hand_to(row, "ben")
    for _ in range(2):
        await crm.floor.work()
    assert crm.owner() == "ben"


async def test_an_unanswered_call_that_is_carried_out_late_does_not_have_the_last_word(crm: CrmFloor) -> None:
    row = await booked(crm)
    crm.wire.answer(503, times=100)  # it seems that nothing was done
    await crm.floor.work()
    crm.wire.heal()
    row = await crm.hand_to(row, "ben")
    for _ in range(3):
        await crm.floor.work()
    assert crm.owner() == "ben"
    (person,) = crm.crm.crm.of("person")
    crm.crm.crm.edit(person.id, owner="user-1")
    assert crm.owner() == "anna"
    crm.floor.world.clock.advance(timedelta(minutes=16))
    await crm.floor.work()
    assert crm.owner() == "ben"
    assert [d.status for d in await crm.owed(row.id)] == ["superseded", "done"]
    assert [d.status for d in await crm.records(row.lead_id)][-2:] == ["superseded", "done"]


@pytest.mark.parametrize("fault", ["lost", "truncated", "503", "refused", "crash"])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_after_any_fault_there_is_one_meeting_and_the_right_owner(crm: CrmFloor, fault: str, times: int) -> None:
    row = await booked(crm)
    match fault:
        case "lost":
            crm.wire.lose_answer(times=times)
        case "truncated":
            crm.wire.truncate(writes_only=True, times=times)
        case "503":
            crm.wire.answer(503, writes_only=True, times=times)
        case "refused":
            crm.wire.refuse(times=times)
        case _:
            crm.crashing.crashes = times
    for _ in range(times + 1):
        await living_through(crm.floor.work_out(rounds=1))
    await crm.hand_to(row, "ben")
    await crm.floor.work_out()
    assert (crm.owner(), crm.meetings()) == ("ben", [f"pm-{row.id}"])
    assert {d.status for d in await crm.owed(row.id)} == {"done"}


async def test_what_a_killed_worker_had_begun_is_taken_up_by_another(crm: CrmFloor) -> None:
    row = await booked(crm)
    await living_through(crm.floor.work_out(rounds=1))
    row = await crm.hand_to(row, "ben")
    crm.crashing.crashes = 1
    own = (await crm.records(row.lead_id))[-1]
    with pytest.raises(Killed):
        await run_delivery(crm.env, own.id)
    crm.floor.world.clock.advance(timedelta(seconds=31))
    assert own.id not in await swept(crm)  # its lease still stands
    await crm.floor.world.rows(
        "update deliveries set lease_until = now() - interval '1 second' where lease is not null"
    )
    assert await sweep_deliveries(crm.env) >= 1
    await crm.floor.work_out()
    assert (crm.owner(), len(crm.meetings())) == ("ben", 1)


async def swept(crm: CrmFloor) -> list[Any]:
    await sweep_deliveries(crm.env)
    return [row.id for row in await crm.floor.world.rows("select id from deliveries where lease is null")]


async def test_a_frozen_worker_cannot_bring_the_old_owner_back(crm: CrmFloor) -> None:
    row = await booked(crm)
    own = (await crm.records(row.lead_id))[-1]
    begun, thaw = asyncio.Event(), asyncio.Event()
    inner = crm.crashing.inner

    class Freezing(type(inner)):  # type: ignore[misc]  # whatever it is made of
        def __init__(self) -> None:
            self.left = 1

        async def handle_async_request(self, request: Any) -> Any:
            if request.method in {"POST", "PATCH"} and self.left:
                self.left = 0
                begun.set()
                await thaw.wait()
            return await inner.handle_async_request(request)

    crm.crashing.inner = Freezing()
    frozen = asyncio.create_task(run_delivery(crm.env, own.id))
    await begun.wait()
    await crm.floor.world.rows(
        "update deliveries set lease_until = now() - interval '1 second' where lease is not null"
    )
    await crm.hand_to(row, "ben")
    await crm.floor.work_out()
    assert crm.owner() == "ben"
    thaw.set()
    await frozen
    assert crm.owner() == "ben"  # the late call asked for what is not there any more; another CRM would have obeyed it
    (person,) = crm.crm.crm.of("person")
    crm.crm.crm.edit(person.id, owner="user-1")
    assert crm.owner() == "anna"
    await crm.floor.work_out()
    assert crm.owner() == "ben"


async def test_a_rep_whom_the_crm_does_not_know_is_an_alert_and_what_is_owed_goes_once_the_user_is_there(
    crm: CrmFloor,
) -> None:
    row = await booked(crm, "clara")
    await crm.floor.work()
    own, (meeting,) = (await crm.records(row.lead_id))[-1], await crm.owed(row.id)
    assert (own.status, own.attempts, own.error_code, meeting.status) == ("pending", 0, "unknown-owner", "done")
    said = (
        "the CRM has no active user with the email address of Clara: add the user there, correct the address on the roster, "
        "or say which user Clara is with PUT /v1/connections/KEY/users"
    )
    assert english_of(own.last_error) == said
    (alert,) = await crm.floor.world.rows("select code, subject, message from alerts where resolved_at is null")
    assert (alert.code, alert.subject) == ("crm-user-missing", "connection:crm/rep:clara")
    assert english_of(alert.message) == (
        f"the leads of Clara are not told to crm: {said}. They are told by themselves once that is done"
    )
    crm.floor.world.clock.advance(timedelta(days=9))  # it is never given up
    await crm.floor.work()
    await alert_late_deliveries(crm.env)
    assert [one.code for one in await open_alerts(crm)] == ["crm-user-missing"]
    crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
    crm.floor.world.clock.advance(timedelta(minutes=11))
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    assert person.values["owner"] == "user-3"
    await alert_late_deliveries(crm.env)
    assert await open_alerts(crm) == []


async def open_alerts(crm: CrmFloor) -> list[Any]:
    return list(await crm.floor.world.rows("select code from alerts where resolved_at is null"))


async def test_the_alert_of_an_unknown_rep_ends_once_another_has_the_lead(crm: CrmFloor) -> None:
    row = await booked(crm, "clara")
    await crm.floor.work()
    await crm.hand_to(row, "ben")
    await crm.floor.work_out()
    await alert_late_deliveries(crm.env)
    assert (crm.owner(), await open_alerts(crm)) == ("ben", [])


async def test_a_cancellation_tells_the_crm_of_no_meeting_and_the_closer_keeps_the_lead(crm: CrmFloor) -> None:
    row = await booked(crm)
    await cancel(crm.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await crm.floor.work_out()
    assert (crm.owner(), crm.meetings()) == ("anna", [])
    assert [d.status for d in await crm.owed(row.id)] == ["superseded", "superseded"]
    assert (await crm.records(row.lead_id))[-1].status == "done"


async def test_a_request_is_owned_at_once_and_logged_when_it_is_confirmed(database_url: str) -> None:
    asking: dict[str, Any] = deepcopy(POLICY)
    asking["pools"]["closers-mid-market"]["booking"] = {"confirmation": "rep"}
    async with open_crm_floor(database_url, policy=asking) as crm:
        row = await booked(crm)
        await crm.floor.work_out()
        assert (crm.owner(), crm.meetings()) == ("anna", [])
        await confirm(crm.env, row.id, actor=SETTER)
        await crm.floor.work_out()
        assert (crm.owner(), crm.meetings()) == ("anna", [f"pm-{row.id}"])
        assert [d.kind for d in await crm.owed(row.id)] == ["activity"]


async def test_a_rep_who_rejects_before_the_crm_was_told_never_becomes_the_owner(crm: CrmFloor) -> None:
    row = await booked(crm)
    await reject(crm.env, row.id, code=RejectCode.NOT_QUALIFIED, reason="x", actor=SETTER)
    await crm.floor.work_out()
    assert {d.status for d in await crm.owed(row.id)} == {"superseded"}
    (person,) = crm.crm.crm.of("person")
    assert person.version == 1  # made with its owner of now
    assert crm.owner() in ("lena", "jonas", "sofia")


async def test_a_second_appointment_of_a_lead_is_owed_after_the_first(crm: CrmFloor) -> None:
    row = await booked(crm)
    await cancel(crm.env, row.id, by=ActorRole.CLOSER, reason="x", actor=SETTER)
    again = await book(crm.env, row.lead_id, row.starts_at, actor=SETTER)
    told = await crm.records(row.lead_id)
    assert len({one.key for one in told}) == 1
    assert [one.sequence for one in told] == list(range(len(told)))
    await crm.floor.work_out()
    assert (crm.owner(), crm.meetings()) == ("anna", [f"pm-{again.id}"])


async def test_the_owner_of_a_second_appointment_does_not_wait_for_the_next_try_of_the_first(crm: CrmFloor) -> None:
    row = await booked(crm)
    await cancel(crm.env, row.id, by=ActorRole.CLOSER, reason="x", actor=SETTER)
    crm.wire.answer(503, headers={"Retry-After": "3600"}, times=100)
    await crm.floor.work()
    crm.wire.heal()
    again = await book(crm.env, row.lead_id, row.starts_at, actor=SETTER)
    for _ in range(2):
        await crm.floor.work()
    assert [d.status for d in await crm.owed(again.id)] == ["done"]
    assert crm.owner() == "anna"


async def test_refused_credentials_of_the_crm_hold_its_deliveries_and_no_calendars(crm: CrmFloor) -> None:
    row = await booked(crm)
    crm.wire.answer(401, times=100)
    await crm.floor.work()
    assert len(crm.floor.vendor.events()) == 1
    assert {(d.status, d.attempts) for d in await crm.owed(row.id)} == {("pending", 0)}
    crm.wire.heal()
    await crm.connect()
    await crm.floor.work()
    assert (crm.owner(), len(crm.meetings())) == ("anna", 1)


async def test_a_calendar_that_is_down_keeps_no_owner_waiting(crm: CrmFloor) -> None:
    await booked(crm)
    crm.floor.vendor.cues = [Cue.RETRY] * 50
    await crm.floor.work()
    assert (crm.owner(), len(crm.meetings())) == ("anna", 1)


async def test_another_account_of_the_crm_hears_of_what_lies_ahead(crm: CrmFloor) -> None:
    row = await booked(crm)
    await crm.floor.work_out()
    crm.crm = other = MemoryVendor()
    crm.crashing.inner = other.transport
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
    assert (crm.owner(), crm.meetings()) == ("anna", [f"pm-{row.id}"])
    assert {one.status for one in await crm.owed(row.id)} == {"done"}


def meeting(crm: CrmFloor) -> dict[str, Any]:
    """The CRM's one meeting: what became of it, the rep who owns it, and when it is."""
    (item,) = crm.crm.activities.items.values()
    start = datetime.fromisoformat(item.values["start"])
    return {"status": item.values["status"], "owner": USERS[item.values["owner"]], "start": start}


async def moved(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await reschedule(crm.env, row.id, row.starts_at + timedelta(hours=2), reason="x", actor=SETTER)


async def given_to_ben(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await crm.hand_to(row, "ben")


async def called_off(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await cancel(crm.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)


async def refused(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await reject(crm.env, row.id, code=RejectCode.NOT_QUALIFIED, reason="x", actor=SETTER)


async def attended(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await mark_attended(replace(crm.env, clock=lambda: row.ends_at), row.id, actor=SETTER)


async def missed(crm: CrmFloor, row: AppointmentRow) -> AppointmentRow:
    return await mark_no_show(replace(crm.env, clock=lambda: row.ends_at), row.id, actor=SETTER)


@pytest.mark.parametrize(
    ("act", "status", "closer"),
    [
        (moved, "planned", "anna"),
        (given_to_ben, "planned", "ben"),
        (called_off, "cancelled", "anna"),
        (refused, "cancelled", "anna"),
        (attended, "attended", "anna"),
        (missed, "no_show", "anna"),
    ],
)
async def test_the_meeting_in_the_crm_follows_every_act_and_is_the_closers(
    crm: CrmFloor, act: Any, status: str, closer: str
) -> None:
    row = await booked(crm)
    await crm.floor.work_out()
    assert meeting(crm) == {"status": "planned", "owner": "anna", "start": row.starts_at}
    after = await act(crm, row)
    await crm.floor.work_out()
    assert meeting(crm) == {"status": status, "owner": closer, "start": after.starts_at}
