"""A floor on which appointments are moved: what is asked there again and again, and the promises that hold whatever moves."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.roster.roles import Work
from pointsman.services.booking.book import book
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.explain.replays import replay_decision
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.roster.change_roster import RoleInput, put_roster
from pointsman.services.routing.ledger_audit import verify_all_ledgers
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY, floor_given, rep_given

CLOSERS_POOL = "closers-mid-market"
HALF_AN_HOUR = timedelta(minutes=30)
SOLUTIONS = ("tom", "uwe")


def offering(offer: str, **booking: Any) -> dict[str, Any]:
    pool = {**POLICY["pools"][CLOSERS_POOL], "booking": {"offer": offer, **booking}}
    return {**POLICY, "pools": {**POLICY["pools"], CLOSERS_POOL: pool}}


@asynccontextmanager
async def group_floor(database_url: str, **booking: Any) -> AsyncIterator[Floor]:
    """Every appointment of a closer takes a solution designer along."""
    policy = offering("strict", companion_pools=["solutions"], **booking)
    policy["pools"]["solutions"] = {"work": "solution_design", "members": list(SOLUTIONS)}
    always = tuple(replace(block, weekday=day) for day in range(7) for block in rep_given("x").working_hours[:1])
    more = [rep_given(key, "Solution designer", working_hours=always) for key in SOLUTIONS]
    async with open_floor(database_url) as floor:
        given = floor_given()
        roles = (*given.roles, RoleInput(name="Solution designer", works=frozenset({Work.SOLUTION_DESIGN})))
        reps = tuple(replace(rep, working_hours=always) for rep in (*given.reps, *more))
        await put_roster(floor.env, replace(given, roles=roles, reps=reps), actor=SETTER)
        for key in SOLUTIONS:
            bound = [CalendarBindingInput(connection="cal", calendar=f"{key}-cal", writes=True)]
            await bind_calendars(floor.env, key, bound, actor=SETTER)
        await floor.world.publish(policy)
        yield floor


def at(floor: Floor, hour: int = 10, minute: int = 0, days: int = 2) -> datetime:
    """A time at which everybody works, in UTC; they are in Berlin from nine to five."""
    day = (floor.env.clock() + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


async def booked(floor: Floor, start: datetime | None = None) -> AppointmentRow:
    lead_id, _ = await floor.ready()
    return await book(floor.env, lead_id, start or at(floor), actor=SETTER)


def busy(floor: Floor, rep: str, start: datetime, length: timedelta = HALF_AN_HOUR) -> None:
    """Something else in the calendar, late enough for the next request to read it."""
    floor.world.clock.advance(timedelta(seconds=30))
    floor.vendor.busy.setdefault(f"{rep}-cal", []).append((start, start + length))


def others(holder: str) -> list[str]:
    return [key for key in ("anna", "ben", "clara") if key != holder]


async def appointment(floor: Floor, appointment_id: UUID) -> AppointmentRow:
    async with floor.env.uow() as tx:
        row = await tx.appointments.get(appointment_id)
    assert row is not None
    return row


async def turns(floor: Floor) -> Counter[str]:
    """How many turns of the closers' pool each has now."""
    rows = await floor.world.rows(
        "select r.key, sum(case e.kind when 'credit' then -1 else 1 end) as n from ledger_entries e"
        " join reps r on r.id = e.rep_id where e.pool = :pool and e.kind in ('assign','credit','restore') group by 1",
        pool=CLOSERS_POOL,
    )
    return Counter({row.key: int(row.n) for row in rows if row.n})


async def events(floor: Floor) -> list[tuple[str, datetime]]:
    """What really stands in the calendars."""
    return sorted((event.calendar, event.start) for event in floor.vendor.events())


async def everything(floor: Floor) -> list[str]:
    """All that an act on an appointment may change."""
    tables = (
        "appointments",
        "appointment_companions",
        "appointment_events",
        "assignments",
        "reservations",
        "deliveries",
    )
    found: list[str] = []
    for table in (*tables, "leads", "decisions", "ledger_entries", "slot_holds", "audit"):
        found += sorted(row[0] for row in await floor.world.rows(f"select t::text from {table} t"))
    return found


async def all_is_well(floor: Floor) -> None:
    """Nobody is double-booked, the lead and its appointment have the same rep, ledgers and decisions can be taken again."""
    overlaps = await floor.world.value(
        "select count(*) from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id and a.active"
        " and b.active and a.during && b.during"
    )
    assert overlaps == 0
    astray = await floor.world.value(
        "select count(*) from appointments a where a.status in ('requested','confirmed') and not exists (select 1 from"
        " assignments x where x.id = a.assignment_id and x.ended_at is null and x.rep_id = a.rep_id"
        " and x.gate_check_id is not distinct from a.gate_check_id)"
    )
    assert astray == 0
    found = await verify_all_ledgers(floor.env)
    assert all(one.agrees for one in found), found
    for row in await floor.world.rows("select id from decisions"):
        assert (await replay_decision(floor.env, row.id)).same
