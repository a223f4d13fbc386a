"""Bookings, slot holds and requests of many at once, from two processes' worth of connections: nobody's time is given twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from pointsman.db.unit_of_work import SqlTx
from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import PointsmanError, SlotTaken, Unavailable
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel, confirm
from pointsman.services.availability import participants as parties
from pointsman.services.booking import book as booking
from pointsman.services.booking.book import PreparedBooking, book, book_in_tx, prepare_booking
from pointsman.services.booking.slot_holds import hold_slot, release_slot_hold
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.ports import Env, LostRace, Tx
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.transactions import MAX_ATTEMPTS, run_in_transaction
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY, make_env

pytestmark = pytest.mark.anyio

CLOSERS = {"work": "closing", "members": ["anna", "ben", "clara"], "time_zone": "Europe/Berlin"}
HELPERS = {"work": "customer_service", "members": ["eva"]}


def policy(members: tuple[str, ...] = ("anna", "ben", "clara"), **rules: Any) -> dict[str, Any]:
    """POLICY, whose closers are booked by these rules."""
    pool = {**CLOSERS, "members": list(members), "booking": rules}
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": pool, "customer-care": HELPERS}}


#: What must never be found, whatever happened.
NEVER = {
    "time given twice": "select 1 from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id"
    " and a.active and b.active and a.during && b.during",
    "time closer than the buffers": "select 1 from reservations a join reservations b on a.rep_id = b.rep_id and a.active"
    " and b.active and upper(a.during) <= lower(b.during)"
    " and lower(b.during) < upper(a.during) + greatest(a.buffer_after, b.buffer_before)",
    "a standing appointment without the time of everybody": "select 1 from appointments p"
    " where p.status in ('requested','confirmed') and 1 + (select count(*) from appointment_companions c"
    " where c.appointment_id = p.id) <> (select count(*) from reservations r where r.appointment_id = p.id and r.active)",
    "time of what is over": "select 1 from reservations r left join appointments p on p.id = r.appointment_id"
    " left join slot_holds h on h.id = r.slot_hold_id"
    " where r.active and (p.status in ('cancelled','rejected','no_show') or h.released_at is not null)",
    "a booked lead that keeps a slot": "select 1 from slot_holds h join appointments p on p.lead_id = h.lead_id"
    " and p.status in ('requested','confirmed') where h.released_at is null",
    "a booking that nobody is told of": "select 1 from appointments p where not exists"
    " (select from deliveries d where d.appointment_id = p.id and d.rep_id = p.rep_id)",
}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as opened:
        yield opened


async def second_process(floor: Floor, database_url: str) -> tuple[Env, Callable[[], Awaitable[None]]]:
    """Another Env on connections and caches of its own, as another process has; and how to end it."""
    env, engine = make_env(database_url, pool_size=8, clock=floor.env.clock)
    return replace(env, calendars=floor.vendor, cache=ProcessCache()), engine.dispose


async def all_is_well(floor: Floor) -> None:
    for what, statement in NEVER.items():
        assert not await floor.world.rows(statement), what


async def answer_of(act: Awaitable[object]) -> str:
    """A refusal with a reason is an answer; everything else is a fault, and raised."""
    try:
        await act
    except PointsmanError as error:
        return error.code
    return "done"


async def ready(floor: Floor, count: int) -> tuple[list[UUID], list[datetime]]:
    """So many leads with closers, and times that are free for everybody."""
    handed = [await floor.ready() for _ in range(count)]
    return [lead_id for lead_id, _ in handed], [slot.start for slot in handed[0][1].slots]


@pytest.mark.parametrize(
    ("rules", "booked"),
    [
        ({}, 1),
        ({"confirmation": "rep"}, 1),
        ({"offer": "flexible"}, 3),
        ({"offer": "balanced"}, 3),
        ({"offer": "flexible", "companion_pools": ["customer-care"]}, 1),
    ],
    ids=str,
)
async def test_of_many_who_want_one_time_as_many_get_it_as_there_is_somebody_for(
    database_url: str, rules: dict[str, Any], booked: int
) -> None:
    members = ("anna",) if "offer" not in rules else ("anna", "ben", "clara")
    async with open_floor(database_url, policy=policy(members, **rules)) as floor:
        await bind_eva(floor)
        second, close = await second_process(floor, database_url)
        leads, starts = await ready(floor, 16)
        acts = [
            answer_of(book(second if number % 2 else floor.env, lead_id, starts[2], actor=SETTER))
            for number, lead_id in enumerate(leads)
        ]
        results = Counter(await asyncio.gather(*acts))
        await close()
        assert results["done"] == booked
        assert set(results) <= {"done", "slot-taken", "unavailable"}
        status = "requested" if "confirmation" in rules else "confirmed"
        assert await floor.world.value("select count(*) from appointments where status = :s", s=status) == booked
        await all_is_well(floor)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "rules",
    [
        {"buffer_before": "5m", "buffer_after": "10m"},
        {"offer": "flexible", "companion_pools": ["customer-care"], "confirmation": "rep"},
    ],
)
async def test_whatever_is_booked_kept_confirmed_and_called_off_at_once_nobodys_time_is_given_twice(
    database_url: str, seed: int, rules: dict[str, Any]
) -> None:
    async with open_floor(database_url, policy=policy(**rules)) as floor:
        await bind_eva(floor)
        second, close = await second_process(floor, database_url)
        leads, starts = await ready(floor, 10)
        chance, limit = Random(seed), asyncio.Semaphore(10)

        async def one() -> str:
            env, lead_id = chance.choice([floor.env, second]), chance.choice(leads)
            start = chance.choice(starts) + timedelta(minutes=chance.choice([0, 15]))
            what = chance.choices(["book", "hold", "release", "cancel", "confirm"], [5, 3, 1, 2, 2])[0]
            async with limit:
                match what:
                    case "book":
                        return await answer_of(book(env, lead_id, start, actor=SETTER))
                    case "hold":
                        return await answer_of(hold_slot(env, lead_id, start, actor=SETTER))
                    case "release":
                        async with env.uow() as tx:
                            hold = await tx.slot_holds.open_for_lead(lead_id)
                        return await answer_of(release_slot_hold(env, hold.id, actor=SETTER)) if hold else "none"
                async with env.uow() as tx:
                    row = await tx.appointments.active_for_lead(lead_id)
                if row is None:
                    return "none"
                if what == "confirm":
                    return await answer_of(confirm(env, row.id, actor=SETTER))
                return await answer_of(cancel(env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER))

        results = Counter(await asyncio.gather(*(one() for _ in range(150))))
        await close()
        assert results["done"] > 10, results
        await all_is_well(floor)


async def test_with_the_applications_own_check_switched_off_the_database_keeps_everybody_apart(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_floor(database_url, policy=policy(("anna",))) as floor:
        leads, starts = await ready(floor, 12)
        asked = [await prepare_booking(floor.env, lead, starts[1], actor=SETTER) for lead in leads]
        shifted = [replace(given, request=replace(given.request, time=_later(given))) for given in asked[6:]]
        for module in (booking, parties):
            monkeypatch.setattr(module, "find_booking_obstacle", lambda *_given: None)

        async def attempt(given: PreparedBooking) -> str:
            return await answer_of(booking.book_prepared(floor.env, given))

        results = Counter(await asyncio.gather(*(attempt(given) for given in [*asked[:6], *shifted])))
        assert results == {"done": 1, "slot-taken": 11}
        await all_is_well(floor)


def _later(given: PreparedBooking) -> Interval:
    """A time that overlaps the one asked for by a quarter of an hour."""
    by = timedelta(minutes=15)
    return Interval(given.request.time.start + by, given.request.time.end + by)


async def test_a_request_owns_its_time_before_and_after_it_is_confirmed(database_url: str) -> None:
    """cal.com#29968: what waits for its confirmation did not block, and was confirmed into an overlap."""
    async with open_floor(database_url, policy=policy(("anna",), confirmation="rep")) as floor:
        (first, second), starts = await ready(floor, 2)
        row = await book(floor.env, first, starts[0], actor=SETTER)
        assert row.status == "requested"
        assert row.confirm_by == min(row.created_at + timedelta(hours=24), row.starts_at)
        for attempt in (book, hold_slot):
            with pytest.raises(SlotTaken):
                await attempt(floor.env, second, starts[0] + timedelta(minutes=15), actor=SETTER)
        await confirm(floor.env, row.id, actor=SETTER)
        with pytest.raises(SlotTaken):
            await book(floor.env, second, starts[0], actor=SETTER)
        await all_is_well(floor)


async def test_a_booking_that_meets_a_deadlock_is_run_again_and_made(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    prepared = await prepare_booking(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    other = await floor.lead()
    ours_holds, theirs_holds = asyncio.Event(), asyncio.Event()
    runs = 0

    async def ours(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await _touch(tx, other)
        ours_holds.set()
        await theirs_holds.wait()
        await book_in_tx(floor.env, tx, prepared)  # wants the lead that they hold, who want the one that we hold

    async def theirs(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await _touch(tx, lead_id)
        theirs_holds.set()
        await ours_holds.wait()
        await _touch(tx, other)

    await asyncio.gather(run_in_transaction(floor.env, ours), run_in_transaction(floor.env, theirs))
    assert await floor.world.value("select count(*) from appointments") == 1
    assert await floor.world.value("select count(*) from deliveries") == 1
    assert runs == 3  # one of the two was told to start again


async def _touch(tx: Tx, lead_id: UUID) -> None:
    assert isinstance(tx, SqlTx)
    await tx.connection.execute(text("select 1 from leads where id = :id for update"), {"id": lead_id})


async def _fail_to_serialise(tx: Tx) -> None:
    assert isinstance(tx, SqlTx)
    await tx.connection.execute(text("do $$ begin raise exception 'lost' using errcode = '40001'; end $$"))


async def test_a_booking_that_cannot_be_serialised_is_run_again_and_made_once(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    prepared = await prepare_booking(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    runs = 0

    async def work(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await book_in_tx(floor.env, tx, prepared)
        if runs <= 2:
            await _fail_to_serialise(tx)

    await run_in_transaction(floor.env, work)
    assert runs == 3
    assert await floor.world.value("select count(*) from appointments") == 1
    assert await floor.world.value("select count(*) from appointment_events") == 1
    await all_is_well(floor)


async def test_a_booking_that_loses_every_race_gives_up_and_leaves_nothing(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    prepared = await prepare_booking(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    runs = 0

    async def work(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await book_in_tx(floor.env, tx, prepared)
        await _fail_to_serialise(tx)

    with pytest.raises(Unavailable) as caught:
        await run_in_transaction(floor.env, work)
    assert isinstance(caught.value.__cause__, LostRace)
    assert runs == MAX_ATTEMPTS
    for table in ("appointments", "reservations", "deliveries", "appointment_events"):
        assert await floor.world.value(f"select count(*) from {table}") == 0


async def bind_eva(floor: Floor) -> None:
    await bind_calendars(
        floor.env, "eva", [CalendarBindingInput(connection="cal", calendar="eva-cal", writes=True)], actor=SETTER
    )
