"""Booking: one appointment per time and per lead, by the database's word."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pointsman.domain.errors import Conflict, NotFound, PointsmanError, RoleProtected, SlotTaken, Unavailable
from pointsman.domain.messages.message import as_written
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.reps import Caps
from pointsman.services.appointments.actions import cancel, get_appointment
from pointsman.services.booking.book import book, booking_error
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slot_holds import hold_slot
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.ports import Actor, ConstraintRefused, Env, VendorRetryableError
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.routing.ledger_audit import verify_ledger
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY, make_env
from support.waiting import until
from support.wording import english_sentence

pytestmark = pytest.mark.anyio

DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
ALONE = (
    "select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and backend_type = 'client backend' and application_name = 'pointsman'"
)

ONE_CLOSER = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": {"work": "closing", "members": ["anna"]}}}


async def test_a_slot_that_is_offered_can_be_booked_and_is_gone_then(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    row = await book(floor.env, lead_id, slot.start, actor=SETTER)
    assert (row.rep_key, row.starts_at, row.ends_at, row.status) == (slot.rep, slot.start, slot.end, "confirmed")
    assert await floor.world.value("select stage from leads where id = :id", id=lead_id) == "booked"
    other = await second_with(floor, slot.rep)
    offered = await slots_for_lead(floor.env, other)
    assert slot.start not in {s.start for s in offered.slots}
    with pytest.raises(SlotTaken):
        await book(floor.env, other, slot.start + timedelta(minutes=15), actor=SETTER)


async def test_the_appointment_keeps_what_opened_the_gate(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    snapshot = row.gate_snapshot
    assert snapshot["setter"] == "lena"
    assert {item["name"] for item in snapshot["evidence"]} == {"need", "intent", "offer_known"}
    assert all(item["source"] == "sdr:lena" for item in snapshot["evidence"])


async def test_a_pass_that_ran_out_opens_neither_slots_nor_a_hold_nor_a_booking(floor: Floor) -> None:
    """By the service's own clock: the database's, which judges the same, has not got that far."""
    lead_id, _ = await floor.ready()
    await let_pass_run_out(floor, lead_id)
    soon = floor.env.clock() + timedelta(days=1)
    for attempt in (
        lambda: slots_for_lead(floor.env, lead_id),
        lambda: hold_slot(floor.env, lead_id, soon, actor=SETTER),
        lambda: book(floor.env, lead_id, soon, actor=SETTER),
    ):
        with pytest.raises(RoleProtected) as caught:
            await attempt()
        assert caught.value.code == "gate-closed"


async def test_a_pass_that_ran_out_moves_no_appointment_before_a_new_one_is_there(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    first, left = handed.slots[0].start, await pass_time_left(floor, lead_id)
    floor.world.clock.advance(left - timedelta(days=2))
    row = await book(floor.env, lead_id, first + timedelta(days=left.days + 1), actor=SETTER)
    await let_pass_run_out(floor, lead_id)
    with pytest.raises(RoleProtected) as caught:
        await reschedule(
            floor.env, row.id, row.starts_at + timedelta(days=1), by=ActorRole.PROSPECT, reason="x", actor=SETTER
        )
    assert caught.value.code == "gate-closed"


async def let_pass_run_out(floor: Floor, lead_id: UUID) -> None:
    floor.world.clock.advance(await pass_time_left(floor, lead_id))


async def pass_time_left(floor: Floor, lead_id: UUID) -> timedelta:
    query = "select expires_at from gate_checks where lead_id = :lead"
    expires_at: datetime = await floor.world.value(query, lead=lead_id)
    return expires_at - floor.env.clock()


async def test_appointments_that_touch_do_not_collide(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    await book(floor.env, lead_id, slot.start, actor=SETTER)
    other = await second_with(floor, slot.rep)
    row = await book(floor.env, other, slot.end, actor=SETTER)
    assert row.starts_at == slot.end


async def test_a_lead_has_one_appointment_at_a_time(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    with pytest.raises(Conflict) as caught:
        await book(floor.env, lead_id, handed.slots[3].start, actor=SETTER)
    assert caught.value.code == "already-booked"
    assert re.search(rf"with {row.rep_key.capitalize()} on .* \(CES?T\)", str(caught.value))
    assert caught.value.extra["appointment"]["id"] == str(row.id)


async def test_a_lead_that_was_not_handed_over_cannot_be_booked(floor: Floor) -> None:
    lead_id = await floor.world.lead(lead__country="DE")
    await floor.world.route(lead_id)
    with pytest.raises(Conflict) as caught:
        await book(floor.env, lead_id, floor.env.clock() + timedelta(days=2), actor=SETTER)
    assert caught.value.code == "no-closer"


async def test_a_revoked_gate_stops_booking(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    await floor.world.rows("update gate_checks set revoked_at = now() where id = :id", id=handed.check_id)
    with pytest.raises(RoleProtected) as caught:
        await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    assert caught.value.code == "gate-closed"


@pytest.mark.parametrize(
    ("shift", "reason"),
    [(timedelta(days=-5), "too-soon"), (timedelta(days=60), "too-far"), (timedelta(hours=12), "outside-working-hours")],
)
async def test_a_time_that_was_never_on_offer_is_refused_by_its_reason(
    floor: Floor, shift: timedelta, reason: str
) -> None:
    lead_id, handed = await floor.ready()
    noon = handed.slots[0].start.astimezone(UTC).replace(hour=10, minute=0) + timedelta(days=2)
    with pytest.raises(Conflict) as caught:
        await book(floor.env, lead_id, noon + shift, actor=SETTER)
    assert (caught.value.code, caught.value.extra["reason"]) == ("slot-not-offered", reason)


async def test_what_the_calendar_says_now_counts_not_what_it_said_when_slots_were_shown(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    floor.vendor.busy[f"{slot.rep}-cal"] = [(slot.start, slot.end)]
    floor.world.clock.advance(timedelta(seconds=11))
    with pytest.raises(SlotTaken) as caught:
        await book(floor.env, lead_id, slot.start, actor=SETTER)
    assert caught.value.extra["reason"] == "calendar-busy"


async def test_an_unreadable_calendar_cannot_be_booked_alerts_and_recovers_by_itself(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    floor.vendor.faults[f"{slot.rep}-cal"] = VendorRetryableError("down")
    floor.world.clock.advance(timedelta(seconds=61))
    with pytest.raises(Unavailable) as caught:
        await book(floor.env, lead_id, slot.start, actor=SETTER)
    assert caught.value.code == "calendar-unreadable"
    offer = await slots_for_lead(floor.env, lead_id)
    assert not offer.slots
    assert offer.why_empty is not None
    assert "cannot be read" in english_sentence(offer.why_empty)
    alerts = await floor.world.rows(
        "select subject from alerts where code = 'calendar-unreadable' and resolved_at is null"
    )
    assert [row.subject for row in alerts] == [f"rep:{slot.rep}"]
    del floor.vendor.faults[f"{slot.rep}-cal"]
    floor.world.clock.advance(timedelta(seconds=11))
    assert await book(floor.env, lead_id, slot.start, actor=SETTER)
    assert not await floor.world.rows("select 1 from alerts where resolved_at is null")


async def test_a_calendar_that_hangs_is_given_up_soon(floor: Floor) -> None:
    lead_id, _ = await floor.ready()
    floor.vendor.slow = 5
    floor.world.clock.advance(timedelta(seconds=61))
    offer = await slots_for_lead(floor.env, lead_id, deadline=timedelta(milliseconds=50))
    assert offer.why_empty is not None
    assert "no answer" in english_sentence(offer.why_empty)


async def test_many_readers_of_one_calendar_make_one_call(floor: Floor) -> None:
    lead_id, _ = await floor.ready()
    floor.vendor.slow = 0.05
    floor.world.clock.advance(timedelta(seconds=61))
    before = floor.vendor.reads
    await asyncio.gather(*(slots_for_lead(floor.env, lead_id) for _ in range(5)))
    assert floor.vendor.reads == before + 1


async def test_the_cap_counts_by_the_meetings_date(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER, caps=Caps(appointments_per_day=1)) as floor:
        lead_id, handed = await floor.ready()
        slot = handed.slots[0]
        await book(floor.env, lead_id, slot.start, actor=SETTER)
        other, second = await floor.ready()
        assert {s.start.date() for s in second.slots}.isdisjoint({slot.start.date()})
        with pytest.raises(SlotTaken) as caught:
            await book(floor.env, other, slot.start + timedelta(hours=1), actor=SETTER)
        assert caught.value.extra["reason"] == "appointment-cap-day"


async def test_sixty_at_once_for_one_slot_from_two_processes_make_one_appointment(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        env, engine = make_env(database_url, pool_size=10, clock=floor.env.clock)
        second = Env(
            **{**{n: getattr(env, n) for n in Env.__slots__}, "calendars": floor.vendor, "cache": ProcessCache()}
        )
        leads = [(await floor.ready())[0] for _ in range(60)]
        start = (await slots_for_lead(floor.env, leads[0])).slots[2].start

        async def attempt(env: Env, lead_id: UUID) -> str:
            try:
                await book(env, lead_id, start, actor=SETTER)
            except SlotTaken:
                return "taken"
            except PointsmanError as error:
                return error.code
            return "booked"

        deadlocks = await floor.world.value(DEADLOCKS)
        results = await asyncio.gather(
            *(attempt(floor.env if i % 2 else second, lead_id) for i, lead_id in enumerate(leads))
        )
        assert sorted(results) == ["booked", *["taken"] * 59]
        for used in (engine, floor.world.engine):
            await used.dispose()  # a session that has ended has told what it counted
        await until(lambda: floor.world.value(ALONE))
        assert await floor.world.value(DEADLOCKS) == deadlocks
        assert await floor.world.value("select count(*) from reservations where active") == 1
        assert await floor.world.value("select count(*) from deliveries") == 1


async def test_the_database_alone_keeps_appointments_apart(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    row = await book(floor.env, lead_id, slot.start, actor=SETTER)
    other = await second_with(floor, slot.rep)
    async with floor.env.uow() as tx:
        held = await tx.gates.current_assignment(other, at=floor.env.clock())
    assert held is not None
    shifted = timedelta(minutes=5)
    unchecked = replace(
        row,
        id=floor.env.new_id(),
        lead_id=other,
        assignment_id=held.assignment_id,
        gate_check_id=held.gate_check_id,
        starts_at=row.starts_at + shifted,
        ends_at=row.ends_at + shifted,
    )
    with pytest.raises(ConstraintRefused) as caught:
        async with floor.env.uow() as tx:
            await tx.appointments.add(unchecked, reservation_ids=[floor.env.new_id()])
    assert isinstance(booking_error(caught.value), SlotTaken)
    assert await floor.world.value("select count(*) from appointments") == 1


async def test_cancelling_frees_the_time_and_is_harmless_twice(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    slot = handed.slots[0]
    row = await book(floor.env, lead_id, slot.start, actor=SETTER)
    first = await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="moved house", actor=SETTER)
    again = await cancel(floor.env, row.id, by=ActorRole.CLOSER, reason="other", actor=SETTER)
    assert first == again
    assert (first.status, first.cancelled_by) == ("cancelled", "prospect")
    assert first.cancel_reason == as_written("moved house").as_json()
    assert first.rep_key == slot.rep
    assert await floor.world.value("select stage from leads where id = :id", id=lead_id) == "closing"
    assert (await book(floor.env, lead_id, slot.start, actor=SETTER)).starts_at == slot.start


@pytest.mark.parametrize(("by", "turns"), [("prospect", 1), ("setter", 1), ("closer", 0), ("operator", 0)])
async def test_the_turn_is_given_back_when_the_rep_could_not_help_it(floor: Floor, by: str, turns: int) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await cancel(floor.env, row.id, by=ActorRole(by), reason="x", actor=SETTER)
    await cancel(floor.env, row.id, by=ActorRole(by), reason="x", actor=SETTER)
    assert await floor.world.value("select count(*) from ledger_entries where kind = 'credit'") == turns


async def test_booked_cancelled_and_booked_again_the_turn_counts_exactly_while_there_is_an_appointment(
    floor: Floor,
) -> None:
    lead_id, handed = await floor.ready()
    for _ in range(2):
        row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
        await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    kinds = [row.kind for row in await floor.world.rows("select kind from ledger_entries order by seq")]
    assert kinds == ["assign", "credit", "restore", "credit"]
    pool = await floor.world.value("select pool from ledger_entries limit 1")
    assert (await verify_ledger(floor.env, pool)).agrees


async def test_a_partner_sees_only_appointments_of_leads_it_had(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    partner = Actor(name="key:p", kind=CallerKind.PARTNER, supplier="callwerk", scopes=SCOPES_FOR_WORK)
    with pytest.raises(NotFound):
        await get_appointment(floor.env, row.id, actor=partner)
    with pytest.raises(NotFound):
        await cancel(floor.env, row.id, by=ActorRole.SETTER, reason="x", actor=partner)
    with pytest.raises(NotFound):
        await book(floor.env, lead_id, handed.slots[0].start, actor=partner)


async def second_with(floor: Floor, rep: str) -> UUID:
    """Another lead with the same closer; leads go round, so some are passed over."""
    for _ in range(6):
        lead_id, handed = await floor.ready()
        if handed.closer == rep:
            return lead_id
    raise AssertionError("no second lead came to this closer")
