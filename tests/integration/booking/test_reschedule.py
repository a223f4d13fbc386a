"""Another time for an appointment: the rep stays when free, else the pool decides, and what fails changes nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import Conflict, NotFound, PointsmanError, RoleProtected, SlotTaken, Unavailable
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import accept, cancel, mark_no_show
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule, reschedule_from_calendar
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.ports import Actor, VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow
from pointsman.services.roster.change_roster import add_time_off
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.reassignment_floor import (
    HALF_AN_HOUR,
    all_is_well,
    appointment,
    at,
    booked,
    busy,
    events,
    everything,
    group_floor,
    offering,
    others,
    turns,
)
from support.floors.use_case_env import ADMIN, absence
from support.wording import english_sentence

pytestmark = pytest.mark.anyio


async def moved(floor: Floor, row: AppointmentRow, **over: Any) -> AppointmentRow:
    given: dict[str, Any] = {
        "start": at(floor, 12),
        "by": ActorRole.PROSPECT,
        "reason": "travels",
        "actor": SETTER,
    } | over
    return await reschedule(floor.env, row.id, given.pop("start"), **given)


async def test_a_rep_who_is_free_at_the_new_time_keeps_the_appointment_and_its_turn(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    before = await turns(floor)
    after = await moved(floor, row)
    assert (after.id, after.rep_key, after.assignment_id) == (row.id, row.rep_key, row.assignment_id)
    assert (after.starts_at, after.ends_at, after.sequence) == (at(floor, 12), at(floor, 12, 30), row.sequence + 1)
    assert await turns(floor) == before
    assert [d.wanted for d in await floor.deliveries(row.id)] == ["put", "put"]
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", at(floor, 12))]
    await all_is_well(floor)


async def test_its_own_time_is_not_in_the_way_nor_its_own_event(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    floor.world.clock.advance(timedelta(seconds=30))
    after = await moved(floor, row, start=at(floor, 10, 15))
    assert (after.rep_key, after.starts_at) == (row.rep_key, at(floor, 10, 15))
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", at(floor, 10, 15))]


async def test_where_the_rep_is_not_free_the_pool_decides_also_for_strict_offers(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    busy(floor, row.rep_key, at(floor, 12))
    before = await turns(floor)
    after = await moved(floor, row)
    assert after.rep_key in others(row.rep_key)
    moved_turn = await turns(floor)
    assert moved_turn[after.rep_key] == before[after.rep_key] + 1
    assert moved_turn[row.rep_key] == before[row.rep_key] - 1
    assert await floor.world.value("select stage from leads where id = :id", id=row.lead_id) == "booked"
    assert [d.wanted for d in await floor.deliveries(row.id)] == ["put", "drop", "put"]
    await floor.work_out()
    assert await events(floor) == [(f"{after.rep_key}-cal", at(floor, 12))]
    await all_is_well(floor)


async def test_the_rep_alone_may_be_asked_for(floor: Floor) -> None:
    row = await booked(floor)
    busy(floor, row.rep_key, at(floor, 12))
    before = await everything(floor)
    with pytest.raises(SlotTaken):
        await moved(floor, row, keep_rep=True)
    assert await everything(floor) == before


async def test_a_reschedule_that_fails_leaves_everything_as_it_was(floor: Floor) -> None:
    row = await booked(floor)
    for rep in ("anna", "ben", "clara"):
        busy(floor, rep, at(floor, 12))
    before = await everything(floor)
    with pytest.raises(SlotTaken):
        await moved(floor, row)
    with pytest.raises(Conflict) as caught:
        await moved(floor, row, start=at(floor, 3))
    assert caught.value.code == "slot-not-offered"
    assert await everything(floor) == before


async def test_an_unreadable_calendar_is_not_free(floor: Floor) -> None:
    row = await booked(floor)
    floor.world.clock.advance(timedelta(minutes=2))
    for rep in ("anna", "ben", "clara"):
        floor.vendor.faults[f"{rep}-cal"] = VendorRetryableError("503")
    with pytest.raises(Unavailable):
        await moved(floor, row)
    assert await appointment(floor, row.id) == row


@pytest.mark.parametrize(("days", "why"), [(-1, "too-soon"), (40, "too-far")])
@pytest.mark.parametrize("keep_rep", [True, False])
async def test_a_time_that_nobody_can_be_offered_is_a_conflict_and_no_fault_of_a_calendar(
    floor: Floor, days: int, why: str, keep_rep: bool
) -> None:
    row = await booked(floor)
    with pytest.raises(Conflict) as refused:
        await moved(floor, row, start=at(floor, 12, days=days), keep_rep=keep_rep)
    assert (refused.value.code, refused.value.extra["reason"]) == ("slot-not-offered", why)
    assert await appointment(floor, row.id) == row


async def test_the_same_time_again_is_harmless(floor: Floor) -> None:
    row = await booked(floor)
    after = await moved(floor, row)
    before = await everything(floor)
    assert await moved(floor, row) == after
    assert await everything(floor) == before


async def test_what_is_over_cannot_be_moved_and_the_answer_says_what_can_be_done(floor: Floor) -> None:
    row = await booked(floor)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    with pytest.raises(Conflict) as caught:
        await moved(floor, row)
    assert (caught.value.code, caught.value.extra["allowed_actions"]) == ("action-not-allowed", [])
    other = await booked(floor)
    floor.world.clock.advance(timedelta(days=4))
    with pytest.raises(Conflict) as caught:
        await moved(floor, other, start=at(floor, 12, days=6))
    assert "no_show" in str(caught.value.extra["allowed_actions"])
    await mark_no_show(floor.env, other.id, actor=SETTER)


async def test_a_gate_that_has_shut_is_asked_and_fresh_evidence_opens_the_way(floor: Floor) -> None:
    row = await booked(floor)
    await floor.world.rows("update gate_checks set revoked_at = now() where lead_id = :lead", lead=row.lead_id)
    before = await everything(floor)
    with pytest.raises(RoleProtected) as caught:
        await moved(floor, row)
    assert caught.value.code == "gate-closed"
    assert "handovers" in str(caught.value)
    assert await everything(floor) == before
    await floor.hand_over(row.lead_id, evidence=floor.evidence())
    after = await moved(floor, row)
    assert (after.rep_key, after.gate_snapshot) == (row.rep_key, row.gate_snapshot)
    assert after.gate_check_id != row.gate_check_id
    await all_is_well(floor)


async def test_a_word_of_the_old_closer_is_not_the_new_ones(floor: Floor) -> None:
    row = await booked(floor)
    await accept(floor.env, row.id, actor=SETTER)
    assert (await moved(floor, row)).accepted_at is not None
    busy(floor, row.rep_key, at(floor, 14))
    after = await moved(floor, row, start=at(floor, 14))
    assert after.rep_key != row.rep_key
    assert after.accepted_at is None


async def test_a_request_stays_a_request_with_time_to_answer_and_is_tentative(database_url: str) -> None:
    policy = offering("strict", confirmation="rep", confirm_within="1h")
    async with open_floor(database_url, policy=policy) as floor:
        row = await booked(floor)
        assert row.confirm_by is not None
        floor.world.clock.advance(timedelta(minutes=30))
        after = await moved(floor, row)
        assert after.status == "requested"
        assert after.confirm_by is not None
        assert after.confirm_by > row.confirm_by
        await floor.work_out()
        (event,) = floor.vendor.events()
        assert event.tentative


async def test_what_was_put_into_one_calendar_is_moved_there_even_if_the_rep_uses_another_one_by_now(
    floor: Floor,
) -> None:
    row = await booked(floor)
    await floor.work_out()
    new = [CalendarBindingInput(connection="cal", calendar="new-cal", writes=True)]
    await bind_calendars(floor.env, row.rep_key, new, actor=SETTER)
    await moved(floor, row)
    await floor.work_out()
    assert await events(floor) == [(f"{row.rep_key}-cal", at(floor, 12))]


async def test_an_appointment_of_somebody_elses_lead_is_not_there_for_a_partner(floor: Floor) -> None:
    row = await booked(floor)
    with pytest.raises(NotFound):
        await moved(
            floor,
            row,
            actor=Actor(name="key:partner", kind=CallerKind.PARTNER, supplier="nobody", scopes=SCOPES_FOR_WORK),
        )


async def test_nobody_is_given_an_appointment_while_away(floor: Floor) -> None:
    row = await booked(floor)
    day = at(floor, 0)
    for rep in others(row.rep_key)[:1]:
        await add_time_off(floor.env, rep, absence(day, day + timedelta(days=1)), actor=ADMIN)
    busy(floor, row.rep_key, at(floor, 12))
    assert (await moved(floor, row)).rep_key == others(row.rep_key)[1]


# Several people


@pytest.fixture
async def group(database_url: str) -> AsyncIterator[Floor]:
    async with group_floor(database_url) as floor:
        yield floor


async def test_each_participant_has_one_event_that_moves(group: Floor) -> None:
    row = await booked(group)
    companion = row.companions[0].rep_key
    await group.work_out()
    led, along = (
        next(e for e in group.vendor.events() if e.calendar == f"{key}-cal") for key in (row.rep_key, companion)
    )
    assert f"Also there: {companion.title()}" in led.private.text
    assert "Led by: " in along.private.text
    after = await moved(group, row)
    assert [c.rep_key for c in after.companions] == [companion]
    await group.work_out()
    assert await events(group) == sorted((f"{key}-cal", at(group, 12)) for key in (row.rep_key, companion))
    await all_is_well(group)


async def test_a_companion_who_is_not_free_is_replaced_and_told(group: Floor) -> None:
    row = await booked(group)
    companion = row.companions[0].rep_key
    other = next(key for key in ("tom", "uwe") if key != companion)
    await group.work_out()
    busy(group, companion, at(group, 12))
    after = await moved(group, row)
    assert (after.rep_key, [c.rep_key for c in after.companions]) == (row.rep_key, [other])
    await group.work_out()
    assert await events(group) == sorted((f"{key}-cal", at(group, 12)) for key in (row.rep_key, other))
    await all_is_well(group)


async def test_where_nobody_can_come_along_nothing_moves(group: Floor) -> None:
    row = await booked(group)
    for key in ("tom", "uwe"):
        busy(group, key, at(group, 12))
    before = await everything(group)
    with pytest.raises(PointsmanError):
        await moved(group, row)
    assert await everything(group) == before


async def test_a_companion_without_a_calendar_to_write_to_is_said_so(group: Floor) -> None:
    await group.world.rows("update rep_calendars set writes = false where calendar in ('tom-cal', 'uwe-cal')")
    lead_id, _ = await group.ready()
    with pytest.raises(Conflict) as caught:
        await book(group.env, lead_id, at(group), actor=SETTER)
    assert caught.value.code == "no-calendar"
    assert await group.world.value("select count(*) from appointments") == 0


# Moved in the rep's own calendar


async def test_an_event_that_its_rep_moved_is_followed_without_a_word_to_that_calendar(floor: Floor) -> None:
    row = await booked(floor)
    await floor.work_out()
    start = at(floor, 13)
    busy(floor, row.rep_key, start)  # where the event stands by now
    floor.vendor.live.clear()
    said = await reschedule_from_calendar(floor.env, row.id, start, start + HALF_AN_HOUR, actor=SETTER)
    assert said is None
    after = await appointment(floor, row.id)
    assert (after.rep_key, after.starts_at) == (row.rep_key, start)
    assert [d.wanted for d in await floor.deliveries(row.id)] == ["put"]
    assert [(line.act, line.by) for line in (await history(floor, row))[-1:]] == [("reschedule", "calendar")]


async def test_a_time_that_the_rep_cannot_have_is_a_sentence_and_nothing_else(floor: Floor) -> None:
    row = await booked(floor)
    other = at(floor, 14)
    for _ in range(3):
        await booked(floor, other)
    before = await everything(floor)
    said = await reschedule_from_calendar(floor.env, row.id, other, other + HALF_AN_HOUR, actor=SETTER)
    assert said is not None
    assert "Another appointment has this time" in english_sentence(said)
    assert await everything(floor) == before


async def history(floor: Floor, row: AppointmentRow) -> list[AppointmentEvent]:
    async with floor.env.uow() as tx:
        return list(await tx.appointments.history(row.id))
