"""A calendar that does not take an appointment, since its time is taken: another rep takes it, or a human settles it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.ports import Tx, UnitOfWork
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.reassignment.slot_taken import give_to_another_rep
from support.floors.booking_floor import SETTER, Floor
from support.floors.faulty_calendars import Cue
from support.floors.reassignment_floor import (
    all_is_well,
    appointment,
    at,
    booked,
    busy,
    events,
    group_floor,
    others,
    turns,
)
from support.wording import english_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def group(database_url: str) -> AsyncIterator[Floor]:
    async with group_floor(database_url) as floor:
        yield floor


async def refused(floor: Floor, row: AppointmentRow, *, after: int = 0) -> DeliveryRow:
    """The delivery to a calendar which says that the time is taken, after so many that take it."""
    floor.vendor.cues = [Cue.OK] * after + [Cue.TAKEN]
    await floor.work()
    (delivery,) = [one for one in await floor.deliveries(row.id) if one.status == "pending"]
    assert (delivery.error_code, delivery.attempts) == ("slot-taken", 0)
    return delivery


async def jobs(floor: Floor) -> list[str]:
    return [
        row.id
        for row in await floor.world.rows(
            "select args->>'delivery_id' as id from procrastinate_jobs where task_name = 'delivery.slot_taken'"
        )
    ]


async def alerts(floor: Floor) -> dict[str, str]:
    rows = await floor.world.rows("select code, message from alerts where resolved_at is null")
    return {row.code: english_of(row.message) for row in rows}


async def test_another_rep_who_is_free_then_takes_it_and_the_credit_moves(floor: Floor) -> None:
    row = await booked(floor)
    first, second = others(row.rep_key)
    busy(floor, first, row.starts_at)
    before = await turns(floor)
    delivery = await refused(floor, row)
    assert await jobs(floor) == [str(delivery.id)]
    await give_to_another_rep(floor.env, delivery.id)
    after = await appointment(floor, row.id)
    assert (after.rep_key, after.interval, after.status, after.conflict) == (second, row.interval, row.status, None)
    moved = await turns(floor)
    assert (moved[second], moved[row.rep_key]) == (before[second] + 1, before[row.rep_key] - 1)
    await floor.work_out()
    assert await events(floor) == [(f"{second}-cal", row.starts_at)]
    assert "dead" not in {one.status for one in await floor.deliveries(row.id)}
    assert await alerts(floor) == {}
    await all_is_well(floor)


async def test_where_no_other_is_free_it_is_a_conflict_and_no_dead_letter(floor: Floor) -> None:
    row = await booked(floor)
    for other in others(row.rep_key):
        busy(floor, other, row.starts_at)
    before = await turns(floor)
    delivery = await refused(floor, row)
    for _ in range(2):  # again changes nothing
        await give_to_another_rep(floor.env, delivery.id)
    after = await appointment(floor, row.id)
    assert (after.rep_key, after.interval, after.status) == (row.rep_key, row.interval, row.status)
    assert english_of((after.conflict or {})[row.rep_key]) == (
        "the time is taken: agree on another one with the buyer, or give the appointment to another rep"
    )
    assert await turns(floor) == before
    said = await alerts(floor)
    assert list(said) == ["calendar-conflict"]
    assert "the time is taken" in said["calendar-conflict"]
    async with floor.env.uow() as tx:
        acts = [line.act for line in await tx.appointments.history(row.id)]
    assert acts == ["book", "conflict"]
    await all_is_well(floor)


async def test_a_time_that_became_free_again_is_taken_and_the_conflict_ends(floor: Floor) -> None:
    row = await booked(floor)
    for other in others(row.rep_key):
        busy(floor, other, row.starts_at)
    delivery = await refused(floor, row)
    await give_to_another_rep(floor.env, delivery.id)
    floor.world.clock.advance(timedelta(minutes=61))
    await floor.work()
    assert await events(floor) == [(f"{row.rep_key}-cal", row.starts_at)]
    for _ in range(2):
        floor.world.clock.advance(timedelta(minutes=5))
        await sync_calendars(floor.env)
    assert (await appointment(floor, row.id)).conflict is None
    assert await alerts(floor) == {}


async def test_what_was_called_off_meanwhile_is_left_alone(floor: Floor) -> None:
    row = await booked(floor)
    delivery = await refused(floor, row)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await give_to_another_rep(floor.env, delivery.id)
    after = await appointment(floor, row.id)
    assert (after.rep_key, after.status, after.conflict) == (row.rep_key, "cancelled", None)
    await floor.work_out()
    assert await events(floor) == []


class Meanwhile:
    """What somebody else does between two transactions of ours, before the second one begins."""

    def __init__(self, uow: UnitOfWork, act: Callable[[], Awaitable[object]]) -> None:
        self._uow, self._act, self._begun = uow, act, 0
        self.autocommit, self.snapshot = uow.autocommit, uow.snapshot

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        self._begun += 1
        if self._begun == 2:
            await self._act()
        async with self._uow() as tx:
            yield tx


@pytest.mark.parametrize("act", ["moved", "called off"])
async def test_what_its_buyer_changes_while_another_rep_is_looked_for_stays_with_its_rep(
    floor: Floor, act: str
) -> None:
    row = await booked(floor)
    delivery = await refused(floor, row)

    async def change() -> None:
        if act == "moved":
            await reschedule(floor.env, row.id, at(floor, 13), by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        else:
            await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)

    await give_to_another_rep(replace(floor.env, uow=Meanwhile(floor.env.uow, change)), delivery.id)
    after = await appointment(floor, row.id)
    assert (after.rep_key, after.conflict) == (row.rep_key, None)
    held = await floor.world.rows(
        "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :lead and a.ended_at is null",
        lead=row.lead_id,
    )
    assert [one.key for one in held] == [row.rep_key]
    await all_is_well(floor)


async def test_what_is_over_is_not_tried_any_more_and_is_no_dead_letter(floor: Floor) -> None:
    row = await booked(floor)
    delivery = await refused(floor, row)
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    floor.vendor.cues = [Cue.TAKEN]
    await floor.work()
    assert [one.status for one in await floor.deliveries(row.id)] == ["superseded"]
    await give_to_another_rep(floor.env, delivery.id)
    assert (await appointment(floor, row.id)).conflict is None


async def test_the_calendar_of_a_companion_that_does_not_take_it_is_a_conflict(group: Floor) -> None:
    row = await booked(group)
    along = row.companions[0]
    delivery = await refused(group, row, after=1)
    assert delivery.rep_id == along.rep_id
    await give_to_another_rep(group.env, delivery.id)
    after = await appointment(group, row.id)
    assert (after.rep_key, [one.rep_key for one in after.companions]) == (row.rep_key, [along.rep_key])
    assert list(after.conflict or {}) == [along.rep_key]
