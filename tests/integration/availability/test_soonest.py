"""Pools of method `soonest`: the closer with the earliest bookable slot, by calendars, appointments and working hours."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pointsman.domain.roster.reps import Caps
from pointsman.services.booking.book import book
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.explain.explain import replay_decision
from pointsman.services.ports import VendorRetryableError
from pointsman.services.roster.change_roster import RosterInput, put_roster
from support.floors.booking_floor import CLOSERS, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY, office_hours, rep_given
from support.wording import english_of

pytestmark = pytest.mark.anyio

EVERY_DAY = tuple(replace(block, weekday=day) for day in range(7) for block in office_hours()[:1])
POOL = {"work": "closing", "members": [*CLOSERS], "method": "soonest", "time_zone": "Europe/Berlin"}
SOONEST: dict[str, Any] = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": POOL}}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=SOONEST) as floor:
        yield floor


async def busy(floor: Floor, rep: str, days: float) -> None:
    now = floor.env.clock()
    floor.vendor.busy[f"{rep}-cal"] = [(now - timedelta(days=1), now + timedelta(days=days))]
    await floor.world.rows("delete from calendar_reads")  # or the reading of a moment ago would do


async def test_the_closer_who_is_free_first_gets_the_lead_and_its_first_slot_is_offered(floor: Floor) -> None:
    for rep, days in (("anna", 6), ("ben", 3), ("clara", 5)):
        await busy(floor, rep, days)
    handed = await floor.hand_over(await floor.lead())
    assert handed.closer == "ben"
    assert handed.routing is not None
    inputs = await floor.world.value("select inputs from decisions where id = :id", id=handed.routing.decision_id)
    earliest = inputs["earliest"]["closers-mid-market"]
    assert sorted(earliest, key=earliest.__getitem__) == ["ben", "clara", "anna"]
    assert datetime.fromisoformat(earliest["ben"]) == handed.slots[0].start
    assert (await replay_decision(floor.env, handed.routing.decision_id)).same


async def test_what_was_booked_here_counts_before_any_calendar_shows_it(floor: Floor) -> None:
    await busy(floor, "clara", 6)
    got = []
    for _ in range(4):
        lead = await floor.lead()
        handed = await floor.hand_over(lead)
        slot = handed.slots[0]
        got.append((slot.start, handed.closer))
        await book(floor.env, lead, slot.start, actor=ADMIN)
    starts = [start for start, _ in got]
    assert starts == sorted(starts)
    assert {rep for _, rep in got} == {"anna", "ben"}
    assert starts[0] == starts[1] < starts[2] == starts[3]  # the first slot of each, then the second


async def test_a_day_that_is_full_by_cap_is_no_earliest_day(database_url: str) -> None:
    caps = Caps(appointments_per_day=1)
    async with open_floor(database_url, policy=SOONEST, closers=("anna",), caps=caps) as floor:
        days = []
        for _ in range(3):
            lead = await floor.lead()
            handed = await floor.hand_over(lead)
            slot = handed.slots[0]
            days.append(slot.start.date())
            await book(floor.env, lead, slot.start, actor=ADMIN)
        assert len(set(days)) == 3


async def test_a_calendar_that_cannot_be_read_has_no_earliest_slot(floor: Floor) -> None:
    await busy(floor, "anna", 3)
    await busy(floor, "clara", 5)
    floor.vendor.faults["ben-cal"] = VendorRetryableError("the vendor is down")
    handed = await floor.hand_over(await floor.lead())
    assert handed.closer == "anna"
    assert handed.routing is not None
    assert {c.rep: c.code for c in handed.routing.decision.candidates}["ben"] == "calendar-unreadable"


async def test_nobody_with_a_slot_before_the_horizon_is_a_hold_that_says_so(floor: Floor) -> None:
    for rep in CLOSERS:
        await busy(floor, rep, 400)
    handed = await floor.hand_over(await floor.lead())
    assert handed.routing is not None
    assert {c.code for c in handed.routing.decision.candidates} == {"no-slot"}


async def test_at_intake_calendars_count_as_last_read_and_an_old_reading_is_none(floor: Floor) -> None:
    given = (rep_given("anna", "Customer manager", working_hours=EVERY_DAY),)
    await put_roster(floor.env, RosterInput(reps=given), actor=ADMIN)
    care = {"work": "customer_service", "members": ["eva", "anna"], "method": "soonest"}
    closers = {**POOL, "members": ["ben", "clara"]}
    pools = {**POLICY["pools"], "customer-care": care, "closers-mid-market": closers}
    await floor.world.publish({**POLICY, "pools": pools})
    await floor.world.rows("delete from calendar_reads")
    unread = await floor.world.route(await floor.world.lead(account__status="customer"))
    assert unread.decision.hold_reason == "nobody-eligible"
    await poll_calendars(floor.env)
    alerts = await floor.world.rows("select message from alerts where subject = 'rep:eva' and resolved_at is null")
    assert [english_of(row.message) for row in alerts] == [
        "Eva is in a pool that books, but no calendar is connected. Eva cannot be booked"
    ]
    read = await floor.world.route(await floor.world.lead(account__status="customer"))
    assert read.decision.rep == "anna"
    await floor.world.rows("update calendar_reads set read_at = read_at - interval '11 minutes'")
    stale = await floor.world.route(await floor.world.lead(account__status="customer"))
    assert stale.decision.hold_reason == "nobody-eligible"
