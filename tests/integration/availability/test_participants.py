"""The rep who is booked: the holder, a free rep of the pool, or the one with the fewest; and the companions."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, PointsmanError, SlotTaken, Unavailable
from pointsman.domain.roster.roles import Work
from pointsman.services.availability.booking_context import load_booking_context
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import (
    Participants,
    SlotRequest,
    choose_participants,
    preview_participants,
)
from pointsman.services.booking.book import book
from pointsman.services.calendars.closer_calendars import read_closer_calendars
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.explain.replays import replay_decision
from pointsman.services.ports import Tx, VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.roster.change_roster import RoleInput, put_roster
from pointsman.services.routing.ledger_audit import verify_ledger
from pointsman.services.transactions import run_in_transaction
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY, floor_given, rep_given
from support.wording import english_of

pytestmark = pytest.mark.anyio

HALF_AN_HOUR = timedelta(minutes=30)
POOL = "closers-mid-market"


def offering(offer: str, **over: Any) -> dict[str, Any]:
    booking = {"offer": offer, **over.pop("booking", {})}
    pools = {**POLICY["pools"], POOL: {**POLICY["pools"][POOL], "booking": booking, **over}}
    return {**POLICY, "pools": pools}


def tomorrow(floor: Floor, hour: int = 10, minute: int = 0, days: int = 2) -> datetime:
    """A time at which everybody works, in UTC; they are in Berlin from nine to five."""
    day = (floor.env.clock() + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def busy(floor: Floor, rep: str, start: datetime, length: timedelta = HALF_AN_HOUR) -> None:
    """Something else in the calendar, late enough for the next request to read it."""
    floor.world.clock.advance(timedelta(minutes=2))
    floor.vendor.busy.setdefault(f"{rep}-cal", []).append((start, start + length))


async def holder_of(floor: Floor, lead_id: UUID) -> str:
    return str(
        await floor.world.value(
            "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :id and a.ended_at is null",
            id=lead_id,
        )
    )


def others(holder: str) -> list[str]:
    return [key for key in ("anna", "ben", "clara") if key != holder]


async def turns(floor: Floor) -> Counter[str]:
    rows = await floor.world.rows(
        "select r.key, sum(case e.kind when 'credit' then -1 else 1 end) as n from ledger_entries e"
        " join reps r on r.id = e.rep_id where e.pool = :pool and e.kind in ('assign','credit','restore') group by 1",
        pool=POOL,
    )
    return Counter({row.key: int(row.n) for row in rows if row.n})


async def asked(floor: Floor, lead_id: UUID, start: datetime, **over: Any) -> Participants:
    async with floor.env.uow() as tx:
        lead = await tx.leads.get(lead_id)
        assert lead is not None
        what = await load_booking_context(floor.env, tx, lead, now=floor.env.clock())
    readings = await read_participant_calendars(
        floor.env, what, max_age=MAX_AGE_FOR_BOOKING, whole_pool=over.pop("whole_pool", None)
    )
    asking = SlotRequest(time=Interval(start, start + HALF_AN_HOUR), readings=readings, **over)
    async with floor.env.uow() as tx:
        return await preview_participants(floor.env, tx, what, asking)


@pytest.fixture
async def flexible(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=offering("flexible")) as floor:
        yield floor


@pytest.fixture
async def balanced(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=offering("balanced")) as floor:
        yield floor


async def test_a_strict_pool_books_the_holder_or_nobody(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    start = tomorrow(floor)
    busy(floor, handed.closer or "", start)
    with pytest.raises(SlotTaken):
        await book(floor.env, lead_id, start, actor=SETTER)
    assert await holder_of(floor, lead_id) == handed.closer


async def test_a_flexible_pool_keeps_the_holder_who_is_free_and_moves_no_turn(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    before = await turns(flexible)
    row = await book(flexible.env, lead_id, tomorrow(flexible), actor=SETTER)
    assert row.rep_key == handed.closer
    assert await turns(flexible) == before


async def test_where_the_holder_is_not_free_the_lead_goes_to_who_is_with_the_turn(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder, start = handed.closer or "", tomorrow(flexible)
    busy(flexible, holder, start)
    row = await book(flexible.env, lead_id, start, actor=SETTER)
    assert row.rep_key in others(holder)
    assert await holder_of(flexible, lead_id) == row.rep_key
    assert await turns(flexible) == Counter({row.rep_key: 1})
    assert (await verify_ledger(flexible.env, POOL)).agrees
    candidates = {c["rep"]: c["code"] for c in await candidates_of(flexible, row)}
    assert candidates[holder] == "not-free"


async def test_the_decision_for_a_time_replays_to_the_same_rep(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    start = tomorrow(flexible)
    busy(flexible, handed.closer or "", start)
    row = await book(flexible.env, lead_id, start, actor=SETTER)
    decision_id = await flexible.world.value("select decision_id from assignments where id = :id", id=row.assignment_id)
    replayed = await replay_decision(flexible.env, decision_id)
    assert replayed.same
    inputs = await flexible.world.value("select inputs from decisions where id = :id", id=decision_id)
    assert inputs["asked"]["start"] == start.isoformat()


async def test_when_nobody_is_free_nothing_changes_and_nobody_is_named(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    start = tomorrow(flexible)
    for rep in ("anna", "ben", "clara"):
        busy(flexible, rep, start)
    before = await turns(flexible)
    with pytest.raises(SlotTaken) as caught:
        await book(flexible.env, lead_id, start, actor=SETTER)
    assert str(caught.value) == "No rep who may take this lead can be booked then. Choose another slot."
    assert (await holder_of(flexible, lead_id), await turns(flexible)) == (handed.closer, before)


async def test_a_time_that_was_never_on_offer_is_told_apart_from_one_that_is_gone(flexible: Floor) -> None:
    lead_id, _ = await flexible.ready()
    with pytest.raises(Conflict) as caught:
        await book(flexible.env, lead_id, tomorrow(flexible, 2), actor=SETTER)
    assert caught.value.code == "slot-not-offered"
    with pytest.raises(Conflict) as caught:
        await book(flexible.env, lead_id, flexible.env.clock() + timedelta(minutes=5), actor=SETTER)
    assert caught.value.extra["reason"] == "too-soon"


async def test_an_unreadable_calendar_keeps_its_owner_out_and_nobody_else(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder = handed.closer or ""
    flexible.vendor.faults[f"{holder}-cal"] = VendorRetryableError("down")
    flexible.world.clock.advance(timedelta(minutes=2))  # so that no fresh reading is left
    row = await book(flexible.env, lead_id, tomorrow(flexible), actor=SETTER)
    assert row.rep_key in others(holder)
    for rep in ("anna", "ben", "clara"):
        flexible.vendor.faults[f"{rep}-cal"] = VendorRetryableError("down")
    flexible.world.clock.advance(timedelta(minutes=2))
    second = await flexible.lead()
    await flexible.world.pass_gate(second)
    with pytest.raises(PointsmanError):
        await book(flexible.env, second, tomorrow(flexible), actor=SETTER)
    with pytest.raises(Unavailable):
        await asked(flexible, lead_id, tomorrow(flexible, 12))


async def test_a_past_holder_does_not_get_the_lead_back_for_being_free(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder = handed.closer or ""
    await flexible.world.rows(
        "update assignments set ended_at = now(), end_reason = 'rejected' where lead_id = :id and ended_at is null",
        id=lead_id,
    )
    calendars = await states(flexible)
    routed = await flexible.world.route(
        lead_id, purpose=Work.CLOSING, calendars=calendars, past_holders=frozenset({holder})
    )
    assert routed.rep is not None
    now = routed.rep.key
    third = next(key for key in ("anna", "ben", "clara") if key not in (holder, now))
    start = tomorrow(flexible)
    busy(flexible, now, start)
    assert (await asked(flexible, lead_id, start)).context.rep.key == third
    busy(flexible, third, start)
    with pytest.raises(SlotTaken):
        await asked(flexible, lead_id, start)


async def test_balanced_shares_appointments_out_evenly_whichever_rep_held_the_leads(balanced: Floor) -> None:
    leads = [(await balanced.ready())[0] for _ in range(9)]
    booked = Counter[str]()
    for number, lead_id in enumerate(leads):
        row = await book(balanced.env, lead_id, tomorrow(balanced, 9 + number // 3, 30 * (number % 2)), actor=SETTER)
        booked[row.rep_key] += 1
    assert max(booked.values()) - min(booked.values()) <= 1
    assert sum((await turns(balanced)).values()) == 9
    assert (await verify_ledger(balanced.env, POOL)).agrees


async def test_balanced_bookings_at_once_stay_balanced(balanced: Floor) -> None:
    leads = [(await balanced.ready())[0] for _ in range(6)]
    starts = [tomorrow(balanced, 9 + number) for number in range(6)]
    rows = await asyncio.gather(
        *(book(balanced.env, lead, start, actor=SETTER) for lead, start in zip(leads, starts, strict=True)),
        return_exceptions=True,
    )
    booked = Counter(row.rep_key for row in rows if isinstance(row, AppointmentRow))
    refused = [row for row in rows if not isinstance(row, AppointmentRow)]
    assert not refused, refused
    assert sum(booked.values()) == 6
    assert (await verify_ledger(balanced.env, POOL)).agrees


async def test_as_many_as_are_free_can_have_the_same_time(flexible: Floor) -> None:
    leads = [(await flexible.ready())[0] for _ in range(5)]
    start = tomorrow(flexible)
    rows = await asyncio.gather(
        *(book(flexible.env, lead, start, actor=SETTER) for lead in leads), return_exceptions=True
    )
    booked = [row.rep_key for row in rows if isinstance(row, AppointmentRow)]
    assert sorted(booked) == ["anna", "ben", "clara"]
    assert all(isinstance(row, SlotTaken) for row in rows if not isinstance(row, AppointmentRow))
    assert (await verify_ledger(flexible.env, POOL)).agrees


async def test_a_moved_appointment_does_not_stand_in_its_own_way_nor_does_its_event(floor: Floor) -> None:
    lead_id, _ = await floor.ready()
    start = tomorrow(floor)
    row = await book(floor.env, lead_id, start, actor=SETTER)
    await floor.work_out()  # its own event stands in the calendar
    later = start + timedelta(minutes=15)
    assert (await asked(floor, lead_id, later, moving_id=row.id, whole_pool=True)).context.rep.key == row.rep_key
    with pytest.raises(SlotTaken):
        await asked(floor, lead_id, later, holder_only=True)
    busy(floor, row.rep_key, later + timedelta(minutes=15))  # something else, right after it
    other = await asked(floor, lead_id, later, moving_id=row.id, whole_pool=True)
    assert other.context.rep.key in others(row.rep_key)
    with pytest.raises(SlotTaken):
        await asked(floor, lead_id, later, moving_id=row.id, holder_only=True)


async def test_another_rep_is_never_the_holder(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    party = await asked(floor, lead_id, tomorrow(floor), exclude_holder=True, whole_pool=True)
    assert party.context.rep.key in others(handed.closer or "")


# Companions

SOLUTIONS = ("tom", "uwe")


@asynccontextmanager
async def group_floor(database_url: str, offer: str = "strict", **pool: Any) -> AsyncIterator[Floor]:
    policy = offering(offer, booking={"companion_pools": ["solutions"]})
    policy["pools"]["solutions"] = {"work": "solution_design", "members": list(SOLUTIONS), **pool}
    always = tuple(replace(block, weekday=day) for day in range(7) for block in rep_given("x").working_hours[:1])
    more = [rep_given(key, "Solution designer", working_hours=always) for key in SOLUTIONS]
    async with open_floor(database_url, policy=None) as floor:
        given = floor_given()
        roles = (*given.roles, RoleInput(name="Solution designer", works=frozenset({Work.SOLUTION_DESIGN})))
        reps = tuple(replace(rep, working_hours=always) for rep in (*given.reps, *more))
        await put_roster(floor.env, replace(given, roles=roles, reps=reps), actor=SETTER)
        for key in SOLUTIONS:
            await bind_calendars(
                floor.env,
                key,
                [CalendarBindingInput(connection="cal", calendar=f"{key}-cal", writes=True)],
                actor=SETTER,
            )
        await floor.world.publish(policy)
        yield floor


async def test_a_solution_designer_comes_along_and_the_reason_is_kept(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        lead_id, handed = await floor.ready()
        busy(floor, "tom", tomorrow(floor))
        row = await book(floor.env, lead_id, tomorrow(floor), actor=SETTER)
        assert (row.rep_key, [c.rep_key for c in row.companions]) == (handed.closer, ["uwe"])
        assert english_of(row.companions[0].reason) == "Uwe is the only one of solutions who is free then"
        assert row.companions[0].work == "solution_design"
        assert sorted(await turns(floor)) == [handed.closer], "companions have no turn"
        times = await floor.world.value(
            "select count(*) from reservations where active and appointment_id = :id", id=row.id
        )
        assert times == 2
        await floor.work()
        invited = {event.calendar: bool(event.guests) for event in floor.vendor.events()}
        assert invited == {f"{handed.closer}-cal": True, "uwe-cal": False}, "the prospect is invited once"


async def test_all_participants_are_booked_or_none(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        lead_id, _ = await floor.ready()
        for key in SOLUTIONS:
            busy(floor, key, tomorrow(floor))
        with pytest.raises(Conflict) as caught:
            await book(floor.env, lead_id, tomorrow(floor), actor=SETTER)
        assert caught.value.extra["reason"] == "no-companion"
        assert await floor.world.value("select count(*) from reservations where active") == 0


async def test_companions_are_shared_out_evenly_too(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        came = []
        for number in range(4):
            lead_id, _ = await floor.ready()
            row = await book(floor.env, lead_id, tomorrow(floor, 9 + number), actor=SETTER)
            came.append(row.companions[0].rep_key)
        assert Counter(came) == {"tom": 2, "uwe": 2}


async def test_groups_at_the_same_time_never_share_anybody(database_url: str) -> None:
    async with group_floor(database_url, "flexible") as floor:
        leads = [(await floor.ready())[0] for _ in range(4)]
        rows = await asyncio.gather(
            *(book(floor.env, lead, tomorrow(floor), actor=SETTER) for lead in leads), return_exceptions=True
        )
        booked = [row for row in rows if isinstance(row, AppointmentRow)]
        assert len(booked) == 2, rows
        everybody = [key for row in booked for key in (row.rep_key, row.companions[0].rep_key)]
        assert len(everybody) == len(set(everybody))


async def candidates_of(floor: Floor, row: AppointmentRow) -> list[dict[str, Any]]:
    record = await floor.world.value(
        "select d.record from decisions d join assignments a on a.decision_id = d.id where a.id = :id",
        id=row.assignment_id,
    )
    return list(record["candidates"])


async def states(floor: Floor) -> Mapping[str, CalendarState]:
    return await read_closer_calendars(floor.env)


async def test_choosing_is_undone_with_the_transaction(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    start = tomorrow(flexible)
    busy(flexible, handed.closer or "", start)
    async with flexible.env.uow() as tx:
        lead = await tx.leads.get(lead_id)
        assert lead is not None
        what = await load_booking_context(flexible.env, tx, lead, now=flexible.env.clock())
    readings = await read_participant_calendars(flexible.env, what, max_age=MAX_AGE_FOR_BOOKING)
    asking = SlotRequest(time=Interval(start, start + HALF_AN_HOUR), readings=readings)

    async def work(tx: Tx) -> None:
        locked = await tx.leads.get(lead_id, lock=True)
        assert locked is not None
        party = await choose_participants(flexible.env, tx, what, asking, trigger="test", actor=SETTER)
        assert party.context.assignment.rep_key != handed.closer
        raise Conflict("something else went wrong")

    with pytest.raises(Conflict):
        await run_in_transaction(flexible.env, work)
    assert await holder_of(flexible, lead_id) == handed.closer
