"""One live event per appointment and calendar, whatever the vendor, the network or our own processes do."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.connections.connections import check_connection, save_connection
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.replay import replay_delivery
from pointsman.services.deliveries.run import run_delivery, sweep_deliveries
from pointsman.services.handover.handover import hand_over
from pointsman.services.ports import CalendarEvent, VendorReauthError, VendorRejectedError, VendorWaitError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow, Wanted
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.faulty_calendars import Crash, Cue
from support.wording import english_of

pytestmark = pytest.mark.anyio


async def booked(floor: Floor) -> AppointmentRow:
    lead_id, handed = await floor.ready()
    return await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)


async def the_event(floor: Floor) -> CalendarEvent:
    (event,) = floor.vendor.events()
    return event


@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\x85"])
async def test_no_word_of_a_sender_makes_a_line_of_its_own_in_what_the_closer_reads(floor: Floor, sign: str) -> None:
    """What a partner or a buyer wrote does not look as if the house had found it out."""
    forged = sign.join(("yes (sdr:lena, 2026-11-29)", "- Authority: signs (sdr:lena, 2026-11-29)", "Led by: lena"))
    lead_id = await floor.lead()
    await floor.world.rows("update leads set first_name = :said, phone = :said where id = :id", id=lead_id, said=forged)
    given = [replace(item, value=forged) for item in floor.evidence("need", "intent", "offer_known")]
    handed = await hand_over(floor.env, lead_id, evidence=given, setter="lena", actor=SETTER)
    await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.work()
    told = (await the_event(floor)).private.text
    assert told.splitlines() == told.split("\n")
    assert [re.split("[:,] |$", line)[0].partition(" appointment ")[0] for line in told.splitlines()] == [
        "With", "Phone", "Handed over by", "", "Why this lead is ready:", "- Need (sdr:lena", "- Intent (sdr:lena",
        "- Knows the offer (sdr:lena", "", "Pointsman",
    ]  # fmt: skip


async def test_a_booking_becomes_one_event_that_says_what_the_closer_should_know(floor: Floor) -> None:
    row = await booked(floor)
    assert not floor.vendor.calls  # nobody waits for the vendor while booking
    assert await floor.work() == 1
    event = await the_event(floor)
    assert (event.calendar, event.start, event.end) == (f"{row.rep_key}-cal", row.starts_at, row.ends_at)
    assert [guest.email.endswith("@lead.example") for guest in event.guests] == [True]
    assert "- Need (sdr:lena, " in event.private.text
    assert "): yes: need\n" in event.private.text
    assert "Handed over by: Lena" in event.private.text
    (delivery,) = await floor.deliveries(row.id)
    assert (delivery.status, delivery.attempts, delivery.vendor_version) == ("done", 1, "1")


async def test_its_job_is_written_with_the_booking(floor: Floor) -> None:
    row = await booked(floor)
    (delivery,) = await floor.deliveries(row.id)
    jobs = await floor.world.rows("select task_name, args from procrastinate_jobs where task_name = 'delivery.run'")
    assert [(j.task_name, j.args) for j in jobs] == [("delivery.run", {"delivery_id": str(delivery.id)})]


async def test_a_cancelled_appointment_leaves_no_event(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work_out()
    assert floor.vendor.events() == []
    assert [d.status for d in await floor.deliveries(row.id)] == ["done", "done"]


async def test_what_is_called_off_before_it_was_sent_is_never_sent(floor: Floor) -> None:
    row = await booked(floor)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work_out()
    assert ("put", (await floor.deliveries(row.id))[0].key) not in floor.vendor.calls
    assert [d.status for d in await floor.deliveries(row.id)] == ["superseded", "done"]


@pytest.mark.parametrize("cues", list(product([Cue.RETRY, Cue.LOST, Cue.BROKEN, Cue.CRASH], repeat=2)))
async def test_any_two_faults_in_a_row_still_make_exactly_one_event(floor: Floor, cues: tuple[Cue, ...]) -> None:
    row = await booked(floor)
    floor.vendor.cues = list(cues)
    for _ in cues:
        try:
            await floor.work_out(rounds=1)
        except Crash:
            continue
    await floor.work_out()
    assert len(floor.vendor.events()) == 1
    assert (await floor.deliveries(row.id))[0].status == "done"


@pytest.mark.parametrize("cue", [Cue.RETRY, Cue.LOST, Cue.BROKEN, Cue.CRASH])
async def test_after_any_fault_a_cancelled_appointment_leaves_no_event(floor: Floor, cue: Cue) -> None:
    row = await booked(floor)
    floor.vendor.cues = [cue]
    if cue is Cue.CRASH:
        with pytest.raises(Crash):
            await floor.work()
    else:
        await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work_out()
    assert floor.vendor.events() == []
    assert (await floor.deliveries(row.id))[-1].status == "done"


async def test_a_cancel_does_not_wait_for_the_next_try_of_the_booking(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.LOST]
    await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()  # the booking, superseded
    await floor.work()  # the cancellation
    assert floor.vendor.events() == []


async def test_no_job_of_an_appointment_waits_in_the_queue_behind_the_next_try_of_another(floor: Floor) -> None:
    row = await booked(floor)
    now = await floor.world.rows("select id from procrastinate_jobs where task_name = 'delivery.run'")
    await floor.world.rows("delete from procrastinate_jobs where task_name <> 'delivery.run'")
    await floor.world.rows(
        "update procrastinate_jobs set scheduled_at = now() + interval '1 hour'"  # as after a vendor's answer 503
    )
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    worker = await floor.world.value("select worker_id from procrastinate_register_worker_v1()")
    fetched = await floor.world.rows(
        f"select id, task_name from procrastinate_fetch_job_v2(array['pointsman-vendors'], {worker})"
    )
    assert [(job.task_name, job.id > now[0].id) for job in fetched] == [("delivery.run", True)]


async def test_a_booking_that_arrives_after_its_cancellation_is_removed_by_a_second_look(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY]  # the vendor seems not to have done it
    await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()
    await floor.work()
    (booking, cancelling) = await floor.deliveries(row.id)
    assert (booking.status, cancelling.status) == ("superseded", "pending")
    await floor.vendor.put_event(None, event_of_row(row, booking))
    assert len(floor.vendor.events()) == 1
    floor.world.clock.advance(timedelta(minutes=16))
    await floor.work()
    assert floor.vendor.events() == []
    assert (await floor.deliveries(row.id))[1].status == "done"


async def owe(floor: Floor, row: AppointmentRow, *states: str) -> DeliveryRow:
    """Owe these states of the event, one after the other; the last of what is owed then."""
    for wanted in states:
        changes = len(await floor.deliveries(row.id))
        async with floor.env.uow() as tx:
            await enqueue_deliveries(floor.env, tx, replace(row, sequence=row.sequence + changes), Wanted(wanted))
    return (await floor.deliveries(row.id))[-1]


async def test_a_calendar_is_told_only_of_what_it_does_not_know(floor: Floor) -> None:
    row = await booked(floor)
    await owe(floor, row, "put", "drop", "drop", "put", "put")
    owed = [(d.wanted, d.sequence) for d in await floor.deliveries(row.id)]
    assert owed == [("put", 0), ("put", 1), ("drop", 2), ("put", 3), ("put", 4)]


async def test_a_removal_is_overtaken_where_the_event_is_wanted_again(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY]
    await floor.work()
    await owe(floor, row, "drop", "put")
    await floor.work_out()
    assert [(d.wanted, d.status) for d in await floor.deliveries(row.id)] == [
        ("put", "superseded"),
        ("drop", "superseded"),
        ("put", "done"),
    ]
    assert [call for call, _ in floor.vendor.calls] == ["put", "put"]
    assert len(floor.vendor.events()) == 1


async def test_a_removal_that_came_late_makes_nobody_remove_the_event_once_more(database_url: str) -> None:
    async with open_floor(database_url) as floor:
        row = await booked(floor)
        await floor.work()
        removal = await owe(floor, row, "drop")
        begun, thaw = freeze(floor)
        frozen = asyncio.create_task(run_delivery(floor.env, removal.id))
        await begun.wait()
        await expire_leases(floor)
        await floor.work_out()
        await owe(floor, row, "put", "drop")
        await floor.work_out()
        done = await floor.deliveries(row.id)
        thaw.set_result(None)
        await frozen
        assert await floor.deliveries(row.id) == done
        assert {d.status for d in done} <= {"done", "superseded"}
        assert floor.vendor.events() == []


@pytest.mark.parametrize("answered", [False, True], ids=["overtaken", "done at the second try"])
async def test_a_removal_that_is_carried_out_late_takes_out_no_event_that_is_wanted_again(
    floor: Floor, answered: bool
) -> None:
    row = await booked(floor)
    await floor.work()
    event = await the_event(floor)
    await owe(floor, row, "drop")
    floor.vendor.cues = [Cue.RETRY]  # the vendor seems not to have done it
    await floor.work()
    if answered:
        await floor.work_out()
    await owe(floor, row, "put")
    await floor.work()
    floor.vendor.remove(event)  # it has now
    floor.world.clock.advance(timedelta(minutes=16))
    await floor.work()
    assert len(floor.vendor.events()) == 1
    assert (await floor.deliveries(row.id))[-1].status == "done"


async def test_a_removal_that_lands_before_the_answer_to_what_overtook_it_takes_out_no_event(
    database_url: str,
) -> None:
    async with open_floor(database_url) as floor:
        row = await booked(floor)
        await floor.work()
        removal = await owe(floor, row, "drop")
        dropped, drop = freeze(floor)
        late = asyncio.create_task(run_delivery(floor.env, removal.id))
        await dropped.wait()
        await expire_leases(floor)
        there = await owe(floor, row, "put")
        stands, answered = freeze_answer(floor)
        putting = asyncio.create_task(run_delivery(floor.env, there.id))
        await stands.wait()
        drop.set_result(None)
        await late
        answered.set_result(None)
        await putting
        assert floor.vendor.events() == []
        floor.world.clock.advance(timedelta(minutes=16))
        await floor.work()
        assert len(floor.vendor.events()) == 1


async def test_two_workers_at_once_make_one_call(floor: Floor) -> None:
    row = await booked(floor)
    (delivery,) = await floor.deliveries(row.id)
    await asyncio.gather(*(run_delivery(floor.env, delivery.id) for _ in range(4)))
    assert floor.vendor.calls == [("put", delivery.key)]


async def test_a_frozen_worker_writes_nothing_after_its_lease(database_url: str) -> None:
    async with open_floor(database_url) as floor:
        row = await booked(floor)
        (delivery,) = await floor.deliveries(row.id)
        begun, thaw = freeze(floor)
        frozen = asyncio.create_task(run_delivery(floor.env, delivery.id))
        await begun.wait()
        await expire_leases(floor)
        await run_delivery(floor.env, delivery.id)
        before = (await floor.deliveries(row.id))[0]
        thaw.set_result(None)
        await frozen
        assert (await floor.deliveries(row.id))[0] == before
        assert before.attempts == 2
        assert len(floor.vendor.events()) == 1


async def test_what_a_frozen_worker_creates_after_the_cancellation_is_removed_again(database_url: str) -> None:
    async with open_floor(database_url) as floor:
        row = await booked(floor)
        (delivery,) = await floor.deliveries(row.id)
        begun, thaw = freeze(floor)
        frozen = asyncio.create_task(run_delivery(floor.env, delivery.id))
        await begun.wait()
        await expire_leases(floor)
        await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        await floor.work_out()
        assert [d.status for d in await floor.deliveries(row.id)] == ["superseded", "done"]
        thaw.set_result(None)
        await frozen
        assert len(floor.vendor.events()) == 1  # the late event is there
        await floor.work_out()
        assert floor.vendor.events() == []


async def test_a_worker_that_died_is_taken_over_from_when_its_lease_ends(floor: Floor) -> None:
    await booked(floor)
    floor.vendor.cues = [Cue.CRASH]
    with pytest.raises(Crash):
        await floor.work()
    floor.world.clock.advance(timedelta(seconds=31))
    assert await sweep_deliveries(floor.env) == 0  # the lease still stands
    await expire_leases(floor)
    assert await sweep_deliveries(floor.env) == 1
    assert await sweep_deliveries(floor.env) == 0  # its job has its chance first
    await floor.work()
    assert len(floor.vendor.events()) == 1


async def test_waits_grow_and_the_vendors_word_on_when_to_retry_is_kept(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY] * 3
    waits = []
    frozen = floor.world.clock.freeze()
    for asked in (None, timedelta(minutes=7), timedelta(days=40)):
        floor.vendor.retry_after = asked
        await floor.world.rows("update deliveries set next_attempt_at = :at", at=frozen)
        await floor.work()
        waits.append((await floor.deliveries(row.id))[0].next_attempt_at - frozen)
    assert timedelta(seconds=3) < waits[0] < timedelta(seconds=8)  # spread by chance
    assert timedelta(minutes=7) <= waits[1] < timedelta(minutes=8)
    assert timedelta(hours=6) <= waits[2] < timedelta(hours=7)


async def test_a_fault_text_with_control_characters_is_stored(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY]
    await floor.work()
    assert english_of((await floor.deliveries(row.id))[0].last_error) == "503  sorry"


async def test_an_address_that_a_vendor_quotes_is_kept_nowhere(floor: Floor) -> None:
    row = await booked(floor)
    person = await floor.world.value("select email from leads where id = :lead", lead=row.lead_id)
    floor.vendor.before_change = _say(VendorRejectedError(f"attendee <{person}> (mailto:{person}) is not welcome"))
    await floor.work()
    (delivery,) = await floor.deliveries(row.id)
    assert delivery.status == "dead"
    assert english_of(delivery.last_error) == "attendee <(address)> (mailto:(address)) is not welcome"
    for table in ("audit", "alerts"):
        assert not [r for r in await floor.world.rows(f"select t::text from {table} t") if person in r[0]]


def _say(fault: Exception) -> Callable[[str], None]:
    def say(_op: str) -> None:
        raise fault

    return say


async def test_a_rejected_delivery_is_a_visible_dead_letter_and_replay_is_harmless(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.REJECTED]
    await floor.work()
    (delivery,) = await floor.deliveries(row.id)
    assert (delivery.status, delivery.error_code) == ("dead", "rejected")
    assert english_of(delivery.last_error) == "no such calendar"
    assert await open_alerts(floor) == ["delivery-dead"]
    await replay_delivery(floor.env, delivery.id, actor=SETTER)
    assert await open_alerts(floor) == []
    await floor.work_out()
    assert len(floor.vendor.events()) == 1
    with pytest.raises(Conflict) as caught:
        await replay_delivery(floor.env, delivery.id, actor=SETTER)
    assert caught.value.code == "not-dead"
    assert len(floor.vendor.events()) == 1


async def test_a_vendor_that_is_down_for_good_ends_in_a_dead_letter_once_the_appointment_is_over(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY] * 500
    over = max(row.ends_at - floor.env.clock(), timedelta(hours=75))
    await let_pass(floor, over - timedelta(hours=7))
    assert (await floor.deliveries(row.id))[0].status == "pending"
    await let_pass(floor, timedelta(hours=15))
    (delivery,) = await floor.deliveries(row.id)
    assert (delivery.status, delivery.error_code) == ("dead", "gave-up")
    assert await open_alerts(floor) == ["delivery-dead"]
    assert len(floor.vendor.calls) == delivery.attempts < 60


@pytest.mark.parametrize(
    "fault",
    [None, VendorWaitError("throttled", until=datetime.max.replace(tzinfo=UTC), retry_after=timedelta(hours=2))],
)
async def test_an_outage_of_70_hours_makes_no_dead_letter(floor: Floor, fault: VendorWaitError | None) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY] * 500
    if fault is not None:
        floor.vendor.before_change = _say(fault)
    await let_pass(floor, timedelta(hours=70))
    (delivery,) = await floor.deliveries(row.id)
    assert delivery.status == "pending"
    assert (delivery.attempts == 0) == (fault is not None)
    floor.vendor.cues, floor.vendor.before_change = [], lambda _op: None
    await let_pass(floor, timedelta(hours=7))
    assert (await floor.deliveries(row.id))[0].status == "done"
    assert len(floor.vendor.events()) == 1


async def test_a_vendor_that_is_away_for_an_hour_is_told_once_and_not_any_more_when_it_is_back(floor: Floor) -> None:
    await booked(floor)
    floor.vendor.cues = [Cue.RETRY] * 500
    await let_pass(floor, timedelta(minutes=59))
    assert await alert_late_deliveries(floor.env) == 0
    await let_pass(floor, timedelta(minutes=2))
    assert [await alert_late_deliveries(floor.env) for _ in range(2)] == [1, 0]
    (alert,) = await floor.world.rows("select code, subject, message, count from alerts where resolved_at is null")
    assert (alert.code, alert.subject, alert.count) == ("deliveries-late", "connection:cal", 1)
    assert english_of(alert.message).startswith("1 delivery to cal is unanswered since ")
    floor.vendor.cues = []
    await let_pass(floor, timedelta(hours=1))
    await alert_late_deliveries(floor.env)
    assert await open_alerts(floor) == []


async def let_pass(floor: Floor, time: timedelta) -> None:
    """Virtual time, with a worker awake all along."""
    end = floor.env.clock() + time
    while True:
        await floor.work()
        due = await floor.world.value("select min(next_attempt_at) from deliveries where status = 'pending'")
        now = floor.env.clock()
        if due is None or due > end:
            floor.world.clock.advance(end - now)
            return
        floor.world.clock.advance(max(due - now, timedelta(seconds=1)))


async def test_a_connection_that_has_to_wait_costs_no_attempt(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.WAIT] * 24
    for _ in range(24):
        await floor.work()
        (delivery,) = await floor.deliveries(row.id)
        assert (delivery.status, delivery.attempts) == ("pending", 0)
        floor.world.clock.advance(timedelta(minutes=1))
    await floor.work()
    assert [d.status for d in await floor.deliveries(row.id)] == ["done"]
    assert len(floor.vendor.events()) == 1


async def test_refused_credentials_take_the_connection_out_of_use_and_a_new_sign_in_sends_what_waited(
    floor: Floor,
) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.REAUTH]
    await floor.work()
    (delivery,) = await floor.deliveries(row.id)
    assert (delivery.status, delivery.attempts) == ("pending", 0)
    assert await open_alerts(floor) == ["connection-reauth"]
    calls = len(floor.vendor.calls)
    await floor.work_out(rounds=3)
    assert len(floor.vendor.calls) == calls  # nobody knocks at a door that is known to be shut
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await floor.work()
    assert len(floor.vendor.events()) == 1
    assert await open_alerts(floor) == []


async def test_what_waited_for_a_sign_in_for_days_is_tried_as_long_as_what_is_new(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.REAUTH]
    await floor.work()
    floor.world.clock.advance(row.ends_at - floor.env.clock() + timedelta(hours=75))
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    floor.vendor.cues = [Cue.WAIT, Cue.RETRY]  # all that waited comes at once
    await let_pass(floor, timedelta(hours=1))
    assert [d.status for d in await floor.deliveries(row.id)] == ["done"]


async def test_a_removal_is_looked_after_no_sooner_because_the_connection_was_saved(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.RETRY]  # the vendor seems not to have done it
    await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await floor.work()
    assert (await floor.deliveries(row.id))[-1].status == "pending"


async def test_a_connection_in_fault_makes_its_closers_unbookable_until_it_is_checked_again(floor: Floor) -> None:
    floor.vendor.faults["check"] = VendorReauthError("401")
    assert (await check_connection(floor.env, "cal", actor=SETTER)).fault == say("vendor.said", said="401")
    _, handed = await floor.ready()
    assert handed.stage == "held"
    del floor.vendor.faults["check"]
    assert (await check_connection(floor.env, "cal", actor=SETTER)).fault is None
    _, handed = await floor.ready()
    assert handed.stage == "closing"


async def test_a_dozen_appointments_at_a_faulty_vendor_end_as_a_dozen_events(floor: Floor) -> None:
    cues = [Cue.LOST, Cue.OK, Cue.BROKEN, Cue.RETRY, Cue.CRASH, Cue.OK, Cue.LOST]
    rows = [await booked(floor) for _ in range(12)]
    floor.vendor.cues = cues * 5
    for _ in range(40):
        try:
            await floor.work_out(rounds=1)
        except Crash:
            continue
    assert {e.key for e in floor.vendor.events()} == {(await floor.deliveries(row.id))[0].key for row in rows}
    assert len(floor.vendor.events()) == len(rows)
    for row in rows[::2]:
        await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    floor.vendor.cues = cues * 3
    for _ in range(40):
        try:
            await floor.work_out(rounds=1)
        except Crash:
            continue
    assert len(floor.vendor.events()) == len(rows) // 2


def event_of_row(row: AppointmentRow, delivery: DeliveryRow) -> CalendarEvent:
    return CalendarEvent(
        key=delivery.key,
        calendar=delivery.calendar,
        start=row.starts_at,
        end=row.ends_at,
        title=SharedText("Late"),
        shared=SharedText(""),
        private=PrivateText(""),
        sequence=0,
    )


def freeze(floor: Floor) -> tuple[asyncio.Event, asyncio.Future[None]]:
    """The next call to the vendor stops until the future is done; the event says that it has begun."""
    begun, thaw = asyncio.Event(), asyncio.get_running_loop().create_future()

    def hold(_op: str) -> asyncio.Future[None]:
        begun.set()
        floor.vendor.before_change = lambda _op: None
        return thaw

    floor.vendor.before_change = hold
    return begun, thaw


def freeze_answer(floor: Floor) -> tuple[asyncio.Event, asyncio.Future[None]]:
    """What the next call asks for is done, and not answered until the future is done; the event says that it is done."""
    done, thaw = asyncio.Event(), asyncio.get_running_loop().create_future()

    def hold(_op: str) -> asyncio.Future[None]:
        done.set()
        floor.vendor.before_answer = lambda _op: None
        return thaw

    floor.vendor.before_answer = hold
    return done, thaw


async def expire_leases(floor: Floor) -> None:
    await floor.world.rows("update deliveries set lease_until = now() - interval '1 second' where lease is not null")


async def open_alerts(floor: Floor) -> list[str]:
    rows = await floor.world.rows("select code from alerts where resolved_at is null order by code")
    return [row.code for row in rows]


@pytest.mark.parametrize("act", ["move", "cancel and nothing else"])
async def test_an_act_after_the_database_was_put_back_reaches_a_calendar_that_has_newer_states(
    floor: Floor, act: str
) -> None:
    """The vendor kept what an older copy of the database does not know of, and takes lower sequences for late."""
    row = await booked(floor)
    await floor.work()
    there = await the_event(floor)
    floor.vendor.live[there.calendar, there.key] = [replace(there, sequence=there.sequence + 7)]
    if act == "move":
        to = there.start + timedelta(days=1)
        await reschedule(floor.env, row.id, to, by=ActorRole.SETTER, reason="x", actor=SETTER)
        await floor.work_out()
        now_there = await the_event(floor)
        assert (now_there.start, now_there.sequence) == (to, there.sequence + 8)
        assert [(one.status, one.sequence, one.attempts) for one in await floor.deliveries(row.id)][-1] == (
            "done",
            there.sequence + 8,
            1,
        )
        floor.world.clock.advance(timedelta(minutes=20))
        await sync_calendars(floor.env)
        later = await reschedule(
            floor.env, row.id, to + timedelta(hours=1), by=ActorRole.SETTER, reason="x", actor=SETTER
        )
        assert (later.starts_at, later.sequence) == (to + timedelta(hours=1), there.sequence + 9)
        await floor.work_out()
        assert (await the_event(floor)).start == later.starts_at
    await cancel(floor.env, row.id, by=ActorRole.SETTER, reason="x", actor=SETTER)
    await floor.work_out()
    assert floor.vendor.events() == []


async def test_a_vendor_that_claims_a_newer_state_of_whatever_it_is_told_is_asked_once_more_alone(floor: Floor) -> None:
    row = await booked(floor)
    floor.vendor.claimed_sequence = 1_000_000
    await floor.work_out()
    (delivery,) = await floor.deliveries(row.id)
    assert (delivery.status, delivery.attempts) == ("done", 1)
    assert len(floor.vendor.calls) == 2
    await cancel(floor.env, row.id, by=ActorRole.SETTER, reason="x", actor=SETTER)
    await floor.work()
    assert [one.status for one in await floor.deliveries(row.id)] == ["done", "done"]  # at once: all was answered


async def test_a_change_that_is_owed_meanwhile_is_what_is_said_above_the_vendors_state(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work()
    there = await the_event(floor)
    floor.vendor.live[there.calendar, there.key] = [replace(there, sequence=there.sequence + 7)]
    hours = [there.start + timedelta(hours=number) for number in (24, 25)]
    await reschedule(floor.env, row.id, hours[0], by=ActorRole.SETTER, reason="x", actor=SETTER)
    acts = iter([hours[1]])

    def act(_op: str) -> "asyncio.Future[None] | None":
        if (to := next(acts, None)) is None:
            return None

        async def move() -> None:
            await reschedule(floor.env, row.id, to, by=ActorRole.SETTER, reason="x", actor=SETTER)

        return asyncio.ensure_future(move())

    floor.vendor.before_answer = act
    await floor.work_out()
    assert (await the_event(floor)).start == hours[1]
