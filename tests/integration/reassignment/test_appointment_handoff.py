"""A lead that goes to another rep takes its appointment along: invitation, turn and lead move together, or nothing does."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import Conflict, RoleProtected, SlotTaken
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel
from pointsman.services.availability import participants as parties
from pointsman.services.booking.book import book
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.ports import VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment import appointment_transfer as transfer
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.reassignment.bulk import BulkOutcome, BulkRequest, reassign_leads, reassign_rep
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import add_time_off, put_roster
from pointsman.services.roster.roster_input import RosterInput
from support.floors.booking_floor import SETTER, Floor
from support.floors.faulty_calendars import Cue, FaultyCalendars
from support.floors.reassignment_floor import (
    all_is_well,
    appointment,
    at,
    booked,
    busy,
    events,
    everything,
    group_floor,
    others,
    turns,
)
from support.floors.use_case_env import ADMIN, absence, rep_given
from support.wording import english, english_of

pytestmark = pytest.mark.anyio


async def given_to(floor: Floor, row: AppointmentRow, to: str | None = None) -> AppointmentRow:
    return await reassign_appointment(floor.env, row.id, to=to, reason="is ill", actor=ADMIN)


async def test_by_the_rules_it_goes_to_who_is_free_then_with_turn_and_lead(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    first, second = others(row.rep_key)
    busy(floor, first, row.starts_at)
    before = await turns(floor)
    after = await given_to(floor, row)
    assert (after.rep_key, after.interval, after.status) == (second, row.interval, row.status)
    moved = await turns(floor)
    assert (moved[second], moved[row.rep_key]) == (before[second] + 1, before[row.rep_key] - 1)
    assert await floor.world.value("select stage from leads where id = :id", id=row.lead_id) == "booked"
    assert (after.gate_check_id, after.gate_snapshot) == (row.gate_check_id, row.gate_snapshot)
    await floor.work_out()
    assert await events(floor) == [(f"{second}-cal", row.starts_at)]
    async with floor.env.uow() as tx:
        line = (await tx.appointments.history(row.id))[-1]
    assert (line.act, line.by, english_of(line.reason or {})) == ("reassign", "operator", "is ill")
    await all_is_well(floor)


async def test_past_holders_are_not_asked_and_each_dropped_rep_is_named_with_the_reason(floor: Floor) -> None:
    row = await booked(floor)
    once = await given_to(floor, row)
    (last,) = {"anna", "ben", "clara"} - {row.rep_key, once.rep_key}
    busy(floor, last, row.starts_at)
    before = await everything(floor)
    with pytest.raises(Conflict) as caught:
        await given_to(floor, row)
    assert caught.value.code == "no-rep-free"
    assert " UTC" not in str(caught.value)
    dropped: Any = caught.value.extra["dropped"]
    said = {item["rep"]: item["code"] for item in dropped}
    assert said[last] == "not-free"
    assert said[row.rep_key] == said[once.rep_key] == "past-holder"
    assert f"{last.title()}'s calendar has something else then" in str(caught.value)
    assert await everything(floor) == before


async def test_an_unreadable_calendar_makes_nobody_the_next_rep(floor: Floor) -> None:
    row = await booked(floor)
    first, second = others(row.rep_key)
    floor.world.clock.advance(timedelta(minutes=2))
    floor.vendor.faults[f"{first}-cal"] = VendorRetryableError("503")
    assert (await given_to(floor, row)).rep_key == second


async def test_neither_notice_nor_horizon_keeps_an_appointment_with_somebody_who_is_ill(floor: Floor) -> None:
    row = await booked(floor, at(floor, 10, days=12))
    floor.world.clock.advance(row.starts_at - timedelta(hours=1) - floor.env.clock())
    after = await given_to(floor, row)
    assert after.rep_key != row.rep_key
    assert after.interval == row.interval


async def test_a_colleague_may_be_named_and_takes_no_turn_while_the_old_one_is_given_back(floor: Floor) -> None:
    """Fault 16 of others: only the machine chooses."""
    row = await booked(floor)
    await floor.work_out()
    to = others(row.rep_key)[1]
    before = await turns(floor)
    after = await given_to(floor, row, to)
    assert after.rep_key == to
    moved = await turns(floor)
    assert (moved[to], moved[row.rep_key]) == (before[to], before[row.rep_key] - 1)
    await floor.work_out()
    assert await events(floor) == [(f"{to}-cal", row.starts_at)]
    await all_is_well(floor)


async def test_a_named_colleague_who_is_not_free_is_refused_with_what_is_in_the_way(floor: Floor) -> None:
    row = await booked(floor)
    to = others(row.rep_key)[0]
    busy(floor, to, row.starts_at)
    before = await everything(floor)
    with pytest.raises(Conflict) as caught:
        await given_to(floor, row, to)
    assert (caught.value.code, caught.value.extra["reason"]) == ("not-free", "calendar-busy")
    assert f"{to.title()}'s calendar has something else then." in str(caught.value)
    assert await everything(floor) == before


async def test_a_named_colleague_who_is_away_or_unreadable_is_refused(floor: Floor) -> None:
    """Fault 17 of others: away, and booked all the same."""
    row = await booked(floor)
    first, second = others(row.rep_key)
    day = row.starts_at.replace(hour=0)
    await add_time_off(floor.env, first, absence(day, day + timedelta(days=1)), actor=ADMIN)
    floor.world.clock.advance(timedelta(minutes=2))
    floor.vendor.faults[f"{second}-cal"] = VendorRetryableError("503")
    for to, why in ((first, "time-off"), (second, "calendar-unreadable")):
        with pytest.raises(Conflict) as caught:
            await given_to(floor, row, to)
        assert caught.value.extra["reason"] == why


async def test_a_role_that_does_not_close_and_a_shut_gate_hold_for_named_colleagues_too(floor: Floor) -> None:
    row = await booked(floor)
    with pytest.raises(RoleProtected):
        await given_to(floor, row, "lena")
    await floor.world.rows("update gate_checks set revoked_at = now() where lead_id = :lead", lead=row.lead_id)
    before = await everything(floor)
    for to in (None, others(row.rep_key)[0]):
        with pytest.raises(RoleProtected) as caught:
            await given_to(floor, row, to)
        assert caught.value.code == "gate-closed"
    assert await everything(floor) == before


async def test_a_lead_with_an_appointment_is_given_away_for_no_other_work(floor: Floor) -> None:
    row = await booked(floor)
    with pytest.raises(Conflict) as caught:
        await assign_manually(
            floor.env,
            row.lead_id,
            rep="lena",
            work=Work.QUALIFICATION,
            override_id=None,
            reason="x",
            actor=ADMIN,
        )
    assert caught.value.code == "has-appointment"
    assert re.search(rf"for closing with {row.rep_key.capitalize()} on .* \(CES?T\)", str(caught.value))


async def test_there_and_back_again_leaves_one_event_with_who_has_it(floor: Floor) -> None:
    """Fault 15 of others: what comes back has no event."""
    row = await booked(floor)
    other = others(row.rep_key)[0]
    await floor.work_out()
    for to in (other, row.rep_key, other, row.rep_key):
        await given_to(floor, row, to)
        await floor.work_out()
        assert await events(floor) == [(f"{to}-cal", row.starts_at)]
    assert [d.sequence for d in await floor.deliveries(row.id) if d.rep_id == row.rep_id] == [0, 1, 2, 3, 4]
    await all_is_well(floor)


async def test_there_and_back_again_before_anything_was_sent(floor: Floor) -> None:
    row = await booked(floor)
    for to in (others(row.rep_key)[0], row.rep_key):
        await given_to(floor, row, to)
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", row.starts_at)]


@pytest.mark.parametrize("cue", [Cue.RETRY, Cue.LOST, Cue.BROKEN])
@pytest.mark.parametrize("when", range(6))
async def test_there_and_back_again_through_any_fault_leaves_one_event(floor: Floor, cue: Cue, when: int) -> None:
    row = await booked(floor)
    floor.vendor.cues = [Cue.OK] * when + [cue]
    other = others(row.rep_key)[0]
    for to in (other, row.rep_key):
        await floor.work()
        await given_to(floor, row, to)
    await floor.work_out()
    floor.world.clock.advance(timedelta(minutes=20))
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", row.starts_at)]


async def test_what_a_frozen_worker_does_to_an_event_that_came_back_is_put_right(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    await given_to(floor, row, others(row.rep_key)[0])
    gone = next(d for d in await floor.deliveries(row.id) if d.wanted == "drop")
    begun, thaw = asyncio.Event(), asyncio.get_running_loop().create_future()

    def freeze(_op: str) -> asyncio.Future[None]:
        begun.set()
        floor.vendor.before_change = lambda _op: None
        return thaw

    floor.vendor.before_change = freeze
    frozen = asyncio.create_task(run_delivery(floor.env, gone.id))
    await begun.wait()
    await floor.world.rows("update deliveries set lease_until = now() - interval '1 second' where lease is not null")
    await given_to(floor, row, row.rep_key)
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", row.starts_at)]
    thaw.set_result(None)
    await frozen  # and takes the new event away
    assert await events(floor) == []
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", row.starts_at)]


async def test_a_rep_who_comes_back_with_another_calendar_has_the_event_there(floor: Floor) -> None:
    """Fault 14 of others: two calendars show it."""
    row = await booked(floor)
    await floor.work_out()
    await given_to(floor, row, others(row.rep_key)[0])
    new = [CalendarBindingInput(connection="cal", calendar="new-cal", writes=True)]
    await bind_calendars(floor.env, row.rep_key, new, actor=SETTER)
    await given_to(floor, row, row.rep_key)
    await floor.work_out()
    assert await events(floor) == [("new-cal", row.starts_at)]


async def test_a_rep_who_is_ill_gives_up_what_is_in_that_time_and_keeps_what_comes_later(floor: Floor) -> None:
    """Fault 17 of others: who is away for a day loses the week."""
    soon, later, over = await booked(floor), None, None
    while later is None or over is None:
        lead_id, handed = await floor.ready()
        if handed.closer == soon.rep_key:
            if later is None:
                later = await book(floor.env, lead_id, at(floor, 10, days=9), actor=SETTER)
            else:
                over = lead_id
    asked = BulkRequest(reason="ill", away_until=floor.env.clock() + timedelta(days=5))
    said = await reassign_rep(
        floor.env, soon.rep_key, BulkRequest(reason="ill", away_until=asked.away_until, dry_run=True), actor=ADMIN
    )
    done = await reassign_rep(floor.env, soon.rep_key, asked, actor=ADMIN)
    fates = {fate.lead_id: fate for fate in done.results}
    assert {f.lead_id: (f.outcome, f.code, f.rep) for f in said.results} == {
        f.lead_id: (f.outcome, f.code, f.rep) for f in done.results
    }
    assert fates[soon.lead_id].outcome == fates[over].outcome == BulkOutcome.REASSIGNED
    assert (fates[later.lead_id].outcome, fates[later.lead_id].code) == (BulkOutcome.UNCHANGED, "holder-back-in-time")
    assert f", when {later.rep_key.capitalize()} is back" in english(fates[later.lead_id].sentence)
    assert (await appointment(floor, soon.id)).rep_key == fates[soon.lead_id].rep != soon.rep_key
    assert (await appointment(floor, later.id)).rep_key == soon.rep_key
    await floor.work_out()
    assert len(floor.vendor.events()) == 2
    await all_is_well(floor)


async def test_a_rep_who_has_left_gives_up_everything_and_gets_nothing_more(floor: Floor) -> None:
    """Fault 18 of others: who has left is still invited."""
    row = await booked(floor)
    gone = rep_given(row.rep_key, "Closer", active=False)
    await put_roster(floor.env, RosterInput(reps=(gone,)), actor=ADMIN)
    moved = await reassign_rep(floor.env, row.rep_key, BulkRequest(reason="left"), actor=ADMIN)
    assert [fate.outcome for fate in moved.results] == [BulkOutcome.REASSIGNED]
    after = await appointment(floor, row.id)
    assert after.rep_key != row.rep_key
    with pytest.raises(Conflict) as caught:
        await given_to(floor, row, row.rep_key)
    assert caught.value.code == "rep-inactive"
    await all_is_well(floor)


async def test_in_bulk_a_lead_that_finds_no_rep_stays_and_the_reason_is_told(floor: Floor) -> None:
    rows = [await booked(floor) for _ in range(3)]  # everybody has one at the same time
    for dry in (True, False):
        asked = BulkRequest(reason="a new territory", dry_run=dry)
        moved = await reassign_leads(floor.env, [row.lead_id for row in rows], asked, actor=ADMIN)
        assert [(fate.outcome, fate.code) for fate in moved.results] == [(BulkOutcome.UNCHANGED, "no-rep-free")] * 3
        assert "another appointment has this time" in english(moved.results[0].sentence)
    assert [await appointment(floor, row.id) for row in rows] == rows


class SlowCalendars(FaultyCalendars):
    """Each reading takes longer than it is good for."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._clock = floor.world.clock

    async def busy_times(self, *args: Any, **kwargs: Any) -> Any:
        self._clock.advance(timedelta(seconds=70))
        return await super().busy_times(*args, **kwargs)


async def test_a_dry_run_over_slow_calendars_answers_with_the_leads_that_it_came_to(floor: Floor) -> None:
    rows = [await booked(floor) for _ in range(3)]
    slow = SlowCalendars(floor)
    floor.world.clock.advance(timedelta(minutes=2))  # what was read for the booking is too old
    asked = BulkRequest(reason="a new territory", dry_run=True)
    leads = [row.lead_id for row in rows]
    said = await reassign_leads(replace(floor.env, calendars=slow), leads, asked, actor=ADMIN)
    assert [fate.lead_id for fate in said.results] == leads[:1]
    assert slow.reads == 6  # of three closers, for the rules and for the first lead's appointment
    assert said.note == say("moving.no-time")


@pytest.mark.parametrize("how", ["by the rules", "by hand", "in bulk"])
async def test_what_only_the_database_sees_is_refused_in_words_and_nothing_moves(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    rows = [await booked(floor) for _ in range(3)]
    assert len({row.rep_key for row in rows}) == 3  # all three at one time
    row, to = rows[0], rows[1].rep_key
    before = await everything(floor)
    for service in (parties, transfer):
        monkeypatch.setattr(service, "find_booking_obstacle", lambda *_: None)
    if how == "in bulk":
        moved = await reassign_leads(floor.env, [one.lead_id for one in rows], BulkRequest(reason="ill"), actor=ADMIN)
        assert [(fate.outcome, fate.code) for fate in moved.results] == [(BulkOutcome.UNCHANGED, "slot-taken")] * 3
    else:
        with pytest.raises(SlotTaken):
            await given_to(floor, row, to if how == "by hand" else None)
    assert await everything(floor) == before


async def test_an_appointment_that_has_begun_stays_with_its_rep(floor: Floor) -> None:
    row = await booked(floor)
    floor.world.clock.advance(timedelta(days=3))
    moved = await reassign_rep(floor.env, row.rep_key, BulkRequest(reason="ill", dry_run=True), actor=ADMIN)
    moved = await reassign_rep(floor.env, row.rep_key, BulkRequest(reason="ill"), actor=ADMIN)
    assert [(fate.outcome, fate.code) for fate in moved.results] == [(BulkOutcome.UNCHANGED, "action-not-allowed")]


async def test_an_appointment_without_a_lead_to_go_along_is_refused(floor: Floor) -> None:
    row = await booked(floor)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    with pytest.raises(Conflict) as caught:
        await given_to(floor, row)
    assert caught.value.code == "action-not-allowed"
    assert (await reassign(floor.env, row.lead_id, reason="x", actor=ADMIN)).rep is not None


@pytest.fixture
async def group(database_url: str) -> AsyncIterator[Floor]:
    async with group_floor(database_url) as floor:
        yield floor


@pytest.mark.parametrize("by_hand", [False, True])
async def test_a_companion_comes_along_with_the_next_rep(group: Floor, by_hand: bool) -> None:
    row = await booked(group)
    await group.work_out()
    after = await given_to(group, row, others(row.rep_key)[0] if by_hand else None)
    assert [c.rep_key for c in after.companions] == [c.rep_key for c in row.companions]
    assert after.rep_key != row.rep_key
    await group.work_out()
    keys = (after.rep_key, row.companions[0].rep_key)
    assert await events(group) == sorted((f"{key}-cal", row.starts_at) for key in keys)
    along = next(e for e in group.vendor.events() if e.calendar == f"{keys[1]}-cal")
    assert f"Led by: {after.rep_key.title()}" in along.private.text
    await all_is_well(group)
