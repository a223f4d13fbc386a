"""Many hands on the same few appointments: nobody is double-booked, no event is lost or doubled, nothing is half done."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.reassignment.by_rules import reassign
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.reassignment_floor import all_is_well, at, booked, offering
from support.floors.use_case_env import ADMIN
from support.waiting import PAUSE_S

pytestmark = pytest.mark.anyio

TASKS = 60
AT_ONCE = 12
#: What may rightly be said to somebody who wanted the same as others.
EXPLAINED = {
    "slot-taken", "slot-not-offered", "action-not-allowed", "no-rep-free", "not-free", "already-booked", "already-assigned",
    "holder-changed", "not-assigned", "no-closer",
    "calendar-unreadable",  # on a busy machine: not read in time
}  # fmt: skip


@pytest.mark.parametrize("offer", ["strict", "flexible"])
async def test_whatever_many_do_at_once_to_few_appointments_holds_every_promise(database_url: str, offer: str) -> None:
    async with open_floor(database_url, policy=offering(offer)) as floor:
        rows = [await booked(floor, at(floor, 10 + hour)) for hour in range(5)]
        chance = random.Random(7)  # which act comes when, the same on every run
        answers: Counter[str] = Counter()
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            try:
                async with at_once:
                    await act(floor, chance, rows[number % len(rows)].id, rows[number % len(rows)].lead_id)
            except PointsmanError as error:
                answers[error.code] += 1
            else:
                answers["done"] += 1

        working = asyncio.create_task(work_on(floor))
        await asyncio.gather(*(one(number) for number in range(TASKS)))
        working.cancel()
        assert set(answers) - EXPLAINED == {"done"}, answers
        assert answers["done"] > TASKS // 6, answers
        await all_is_well(floor)
        for _ in range(3):
            floor.world.clock.advance(timedelta(minutes=20))
            await floor.work_out()
        standing = await floor.world.rows(
            "select r.key || '-cal' as calendar, a.starts_at from appointments a join reps r on r.id = a.rep_id"
            " where a.status in ('requested','confirmed')"
        )
        there = sorted((event.calendar, event.start) for event in floor.vendor.events())
        assert there == sorted((row.calendar, row.starts_at) for row in standing)


async def act(floor: Floor, chance: random.Random, appointment_id: UUID, lead_id: UUID) -> None:
    start = at(floor, chance.randrange(10, 15), chance.choice([0, 15, 30]))
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: reschedule(floor.env, appointment_id, start, by=ActorRole.PROSPECT, reason="x", actor=SETTER),
        lambda: reschedule(
            floor.env, appointment_id, start, by=ActorRole.SETTER, reason="x", actor=SETTER, keep_rep=True
        ),
        lambda: reassign(floor.env, lead_id, reason="x", actor=ADMIN),
        lambda: reassign_appointment(
            floor.env, appointment_id, to=chance.choice(["anna", "ben", "clara"]), reason="x", actor=ADMIN
        ),
        lambda: cancel(floor.env, appointment_id, by=ActorRole.PROSPECT, reason="x", actor=SETTER),
        lambda: book(floor.env, lead_id, start, actor=SETTER),
    ]
    await chance.choices(acts, weights=[4, 2, 2, 3, 1, 2])[0]()


async def work_on(floor: Floor) -> None:
    """A worker beside it all."""
    while True:
        await floor.work()
        await asyncio.sleep(PAUSE_S)
