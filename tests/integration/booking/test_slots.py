"""Slots over HTTP and behind it: whose, on whose clock, why none, and what other products get wrong here."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from integration.availability.test_participants import (
    POOL,
    SOLUTIONS,
    busy,
    group_floor,
    holder_of,
    offering,
    others,
    tomorrow,
)
from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import Conflict
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind
from pointsman.domain.roster.reps import Caps
from pointsman.services.booking.book import book
from pointsman.services.booking.slot_holds import hold_slot
from pointsman.services.booking.slots import SlotList, slots_for_lead
from pointsman.services.ports import Actor, VendorRetryableError
from pointsman.services.roster.change_roster import put_roster
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import absence, floor_given, rep_given
from support.http.service import caller_of, serve_floor
from support.wording import english_sentence

pytestmark = pytest.mark.anyio

EVERYBODY = ("anna", "ben", "clara")
DAY = timedelta(days=1)


@pytest.fixture
async def flexible(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=offering("flexible")) as floor:
        yield floor


@pytest.fixture
async def client(flexible: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(flexible.env) as app:
        async with caller_of(app, "booking") as opened:
            yield opened


async def shown(floor: Floor, lead_id: UUID, **over: Any) -> SlotList:
    return await slots_for_lead(floor.env, lead_id, **{"limit": 2_000, **over})


def day_of(floor: Floor, days: int = 2) -> Interval:
    start = tomorrow(floor, 0, days=days)
    return Interval(start, start + DAY)


async def test_a_flexible_pool_shows_the_slots_of_everybody_and_names_who_would_be_booked(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder, start = handed.closer or "", tomorrow(flexible)
    busy(flexible, holder, start)
    found = {slot.start: slot.rep for slot in (await shown(flexible, lead_id, window=day_of(flexible))).slots}
    assert found[start] in others(holder)
    assert {rep for at, rep in found.items() if at < start - timedelta(minutes=30)} == {holder}
    row = await book(flexible.env, lead_id, start, actor=SETTER)
    assert row.rep_key in others(holder)  # those are level, and are drawn for when it is booked


async def test_every_slot_that_is_shown_can_be_booked_and_no_other_on_the_grid(flexible: Floor) -> None:
    for number, rep in enumerate(EVERYBODY):
        busy(flexible, rep, tomorrow(flexible, 9), timedelta(hours=3))
        busy(flexible, rep, tomorrow(flexible, 13 + number), timedelta(minutes=50))
    lead_id, _ = await flexible.ready()
    span = Interval(tomorrow(flexible, 11), tomorrow(flexible, 15))
    offered = {slot.start for slot in (await shown(flexible, lead_id, window=span)).slots}
    every = [span.start + number * timedelta(minutes=15) for number in range(15)]
    for start in every:
        try:
            await hold_slot(flexible.env, lead_id, start, actor=SETTER)
            can = True
        except Conflict:
            can = False
        assert can is (start in offered), start


async def test_an_answer_says_how_old_the_oldest_calendar_behind_it_is(
    flexible: Floor, client: httpx.AsyncClient
) -> None:
    lead_id, _ = await flexible.ready()
    flexible.world.clock.advance(timedelta(minutes=2))
    before = flexible.env.clock()
    read_at = (await shown(flexible, lead_id)).read_at
    assert read_at is not None
    assert before <= read_at <= flexible.env.clock()
    flexible.world.clock.advance(timedelta(seconds=40))
    answer = (await client.get(f"/v1/leads/{lead_id}/slots")).json()
    assert datetime.fromisoformat(answer["read_at"]) == read_at
    for rep in EVERYBODY:
        flexible.vendor.faults[f"{rep}-cal"] = VendorRetryableError("down")
    flexible.world.clock.advance(timedelta(minutes=2))
    answer = (await client.get(f"/v1/leads/{lead_id}/slots")).json()
    assert (answer["slots"], answer["read_at"]) == ([], None)


async def test_a_leads_own_slot_hold_does_not_hide_its_slots(flexible: Floor) -> None:
    lead_id, _ = await flexible.ready()
    before = (await shown(flexible, lead_id, window=day_of(flexible))).slots
    await hold_slot(flexible.env, lead_id, before[3].start, actor=SETTER)
    assert (await shown(flexible, lead_id, window=day_of(flexible))).slots == before


async def test_a_group_is_offered_only_where_everybody_is_free(database_url: str) -> None:
    async with group_floor(database_url) as floor:
        lead_id, _ = await floor.ready()
        start = tomorrow(floor)
        for key in SOLUTIONS:
            busy(floor, key, start, timedelta(hours=1))
        found = {slot.start for slot in (await shown(floor, lead_id, window=day_of(floor))).slots}
        assert found
        assert not any(start - timedelta(minutes=30) < at < start + timedelta(hours=1) for at in found)
        for key in SOLUTIONS:
            busy(floor, key, day_of(floor).start, DAY)
        answer = await shown(floor, lead_id, window=day_of(floor))
        assert answer.slots == ()
        assert [(left.rep, left.code) for left in answer.dropped] == [("solutions", "no-companion")]
        assert answer.next_free is not None
        assert answer.next_free >= day_of(floor).end


async def test_an_empty_list_says_who_was_dropped_and_when_somebody_is_free_next(flexible: Floor) -> None:
    window = day_of(flexible)
    lead_id, handed = await flexible.ready()
    holder = handed.closer or ""
    second, third = others(holder)
    given = floor_given()
    always = tuple(replace(block, weekday=day) for day in range(7) for block in rep_given("x").working_hours[:1])
    reps = [replace(rep, working_hours=always) for rep in given.reps]
    reps = [
        replace(rep, time_off=(absence(window.start - 3 * DAY, window.end + 4 * DAY),)) if rep.key == second else rep
        for rep in reps
    ]
    await put_roster(flexible.env, replace(given, reps=tuple(reps)), actor=SETTER)
    busy(flexible, holder, window.start, DAY)
    flexible.vendor.faults[f"{third}-cal"] = VendorRetryableError("down")
    flexible.world.clock.advance(timedelta(minutes=2))
    answer = await shown(flexible, lead_id, window=window)
    assert answer.slots == ()
    assert answer.why_empty is not None
    assert {left.rep: left.code for left in answer.dropped} == {
        holder: "nothing-free", second: "time-off", third: "calendar-unreadable"
    }  # fmt: skip
    assert answer.next_free is not None
    assert window.end <= answer.next_free < window.end + DAY


async def test_the_next_free_time_is_looked_for_beyond_the_horizon(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    busy(floor, handed.closer or "", floor.env.clock() - DAY, 21 * DAY)
    answer = await shown(floor, lead_id)
    assert answer.slots == ()
    assert answer.next_free is not None
    assert floor.env.clock() + 19 * DAY < answer.next_free < floor.env.clock() + 22 * DAY


async def test_times_are_told_in_the_prospects_zone_and_language(flexible: Floor, client: httpx.AsyncClient) -> None:
    lead_id, _ = await flexible.ready()
    start = tomorrow(flexible)
    params = {"start": start.isoformat(), "limit": "1"}
    plain = (await client.get(f"/v1/leads/{lead_id}/slots", params=params)).json()
    assert (plain["zone"], plain["zone_of"], plain["language"]) == ("Europe/Berlin", "lead", "en")
    german = {"Accept-Language": "de-CH, en;q=0.5"}
    told = await client.get(f"/v1/leads/{lead_id}/slots", params={**params, "zone": "America/New_York"}, headers=german)
    slot = told.json()["slots"][0]
    assert (told.json()["zone"], told.json()["language"]) == ("America/New_York", "de-CH")
    assert datetime.fromisoformat(slot["local_start"]) == datetime.fromisoformat(slot["start"]) == start
    assert datetime.fromisoformat(slot["local_start"]).utcoffset() in (timedelta(hours=-5), timedelta(hours=-4))
    assert slot["text"].endswith(("(EST)", "(EDT)"))
    assert (told.json()["decided_at_booking"], told.json()["zone_of"]) == (True, "asked")
    await flexible.world.rows(
        """update leads set facts = facts || '{"lead.time_zone": "Asia/Tokyo"}' where id = :id""", id=lead_id
    )
    own = (await client.get(f"/v1/leads/{lead_id}/slots", params={**params, "language": "de"})).json()
    assert (own["zone"], own["zone_of"], own["language"]) == ("Asia/Tokyo", "lead", "de")


@pytest.mark.parametrize(
    ("country", "zone", "of"),
    [("CH", "Europe/Zurich", "lead"), ("US", "Europe/Berlin", "rep"), (None, "Europe/Berlin", "rep")],
)
async def test_without_a_zone_the_lead_is_where_its_country_has_one_clock(
    flexible: Floor, client: httpx.AsyncClient, country: str | None, zone: str, of: str
) -> None:
    lead_id, _ = await flexible.ready()
    facts = f'{{"lead.country": {json.dumps(country)}}}'
    await flexible.world.rows("update leads set facts = facts || cast(:f as jsonb) where id = :id", f=facts, id=lead_id)
    told = (await client.get(f"/v1/leads/{lead_id}/slots", params={"limit": "1"})).json()
    assert (told["zone"], told["zone_of"]) == (zone, of)


@pytest.mark.parametrize(
    "params",
    [
        {"zone": "Mars/Olympus"},
        {"language": "tlh"},
        {"start": "2026-11-25T10:00:00"},
        {"start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"},
        {"limit": "0"},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    flexible: Floor, client: httpx.AsyncClient, params: dict[str, str]
) -> None:
    lead_id, _ = await flexible.ready()
    assert (await client.get(f"/v1/leads/{lead_id}/slots", params=params)).status_code == 422


async def test_a_partner_reads_no_reason_about_others(flexible: Floor) -> None:
    window = day_of(flexible)
    lead_id, _ = await flexible.ready()
    for rep in EVERYBODY:
        busy(flexible, rep, window.start, DAY)
    mia = await flexible.world.value("select id from reps where key = 'mia'")
    await flexible.world.rows(
        "insert into assignments (id, lead_id, rep_id, work, pool, assigned_at, ended_at, end_reason)"
        " values (:id, :lead, :rep, 'prospecting', 'partner-outbound', now() - interval '1 day', now(), 'test')",
        id=flexible.env.new_id(), lead=lead_id, rep=mia,
    )  # fmt: skip
    told = await shown(
        flexible,
        lead_id,
        window=window,
        actor=Actor(name="key:p", kind=CallerKind.PARTNER, supplier="callwerk", scopes=SCOPES_FOR_WORK),
    )
    assert told.slots == ()
    assert told.dropped == ()
    assert english_sentence(told.why_empty) == "No rep who may take this lead can be booked in that time."
    assert all(name not in (english_sentence(told.why_empty) or "") for name in ("Anna", "Ben", "Clara"))


# What users of other products complain about


async def test_fault_1_no_one_is_booked_twice_while_another_is_ignored(flexible: Floor) -> None:
    start, booked = tomorrow(flexible), Counter[str]()
    for _ in EVERYBODY:
        lead_id, _ = await flexible.ready()
        booked[(await book(flexible.env, lead_id, start, actor=SETTER)).rep_key] += 1
    assert booked == Counter(EVERYBODY)


async def test_fault_7_one_slot_hold_locks_the_time_of_one_rep_and_of_nobody_else(flexible: Floor) -> None:
    start = tomorrow(flexible)
    for free in (2, 1, 0):
        lead_id, _ = await flexible.ready()
        await hold_slot(flexible.env, lead_id, start, actor=SETTER)
        other, _ = await flexible.ready()
        found = {slot.start for slot in (await shown(flexible, other, window=day_of(flexible))).slots}
        assert (start in found) is (free > 0)


async def test_fault_8_what_is_free_for_anybody_is_no_conflict_for_who_books_it(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    start = tomorrow(flexible)
    busy(flexible, handed.closer or "", start)
    assert start in {slot.start for slot in (await shown(flexible, lead_id, window=day_of(flexible))).slots}
    assert (await book(flexible.env, lead_id, start, actor=SETTER)).starts_at == start


async def test_fault_9_a_group_spreads_and_is_never_bookable_without_its_fixed_part(database_url: str) -> None:
    async with group_floor(database_url, "balanced") as floor:
        leaders, came = Counter[str](), Counter[str]()
        for number in range(6):
            lead_id, _ = await floor.ready()
            row = await book(floor.env, lead_id, tomorrow(floor, 9 + number), actor=SETTER)
            leaders[row.rep_key] += 1
            came[row.companions[0].rep_key] += 1
        assert set(leaders.values()) == {2}
        assert set(came.values()) == {3}
        for key in SOLUTIONS:
            busy(floor, key, day_of(floor, 4).start, DAY)
        lead_id, _ = await floor.ready()
        assert (await shown(floor, lead_id, window=day_of(floor, 4))).slots == ()


async def test_fault_13_who_is_full_is_hidden_and_it_is_said_why(database_url: str) -> None:
    async with open_floor(database_url, policy=offering("strict"), caps=Caps(appointments_per_day=1)) as floor:
        lead_id, handed = await floor.ready()
        await book(floor.env, lead_id, tomorrow(floor), actor=SETTER)
        second, again = await floor.ready()
        while again.closer != handed.closer:
            second, again = await floor.ready()
        berlin = Interval(tomorrow(floor, 5), tomorrow(floor, 18))
        answer = await shown(floor, second, window=berlin)
        assert answer.slots == ()
        assert [left.code for left in answer.dropped] == ["full"]
        assert answer.next_free is not None
        assert answer.next_free.date() == (berlin.start + DAY).date()


async def test_fault_18_who_has_left_is_put_on_no_meeting(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder = handed.closer or ""
    gone = others(holder)[0]
    await flexible.world.rows("update reps set active = false where key = :key", key=gone)
    given = floor_given()
    always = tuple(replace(block, weekday=day) for day in range(7) for block in rep_given("x").working_hours[:1])
    reps = tuple(replace(rep, working_hours=always, active=rep.key != gone) for rep in given.reps)
    await put_roster(flexible.env, replace(given, reps=reps), actor=SETTER)
    busy(flexible, holder, tomorrow(flexible))
    found = {slot.start: slot.rep for slot in (await shown(flexible, lead_id, window=day_of(flexible))).slots}
    assert gone not in found.values()
    assert (await book(flexible.env, lead_id, tomorrow(flexible), actor=SETTER)).rep_key == others(holder)[1]


async def test_fault_27_who_is_next_but_not_free_loses_no_place_in_the_queue(flexible: Floor) -> None:
    start = tomorrow(flexible)
    away = "anna"
    busy(flexible, away, start - timedelta(hours=2), timedelta(hours=6))
    for number in range(6):
        lead_id, _ = await flexible.ready()
        row = await book(flexible.env, lead_id, start + (number // 2) * timedelta(minutes=30), actor=SETTER)
        assert row.rep_key != away
    balances = await flexible.world.value("select ledger from pool_ledgers where pool = :pool", pool=POOL)
    owed = {rep: int(parts) / int(balances["denominator"]) for rep, parts in balances["balances"].items()}
    assert owed.get(away, 0) >= 0
    lead_id, handed = await flexible.ready()
    assert await holder_of(flexible, lead_id) == handed.closer == away


async def test_fault_30_an_empty_calendar_gets_no_more_than_its_share(database_url: str) -> None:
    async with open_floor(database_url, policy=offering("balanced")) as floor:
        busy(floor, "anna", tomorrow(floor, 9), timedelta(hours=2))
        busy(floor, "ben", tomorrow(floor, 12))
        booked = Counter[str]()
        for number in range(9):
            lead_id, _ = await floor.ready()
            start = tomorrow(floor, 9) + number * timedelta(minutes=30)
            booked[(await book(floor.env, lead_id, start, actor=SETTER)).rep_key] += 1
        assert booked == Counter({"anna": 3, "ben": 3, "clara": 3})


async def test_fault_32_nobody_waits_for_the_next_in_line_while_somebody_else_is_free(flexible: Floor) -> None:
    lead_id, handed = await flexible.ready()
    holder = handed.closer or ""
    busy(flexible, holder, flexible.env.clock() - DAY, 5 * DAY)
    first = (await shown(flexible, lead_id, limit=1)).slots[0]
    assert first.rep in others(holder)
    assert first.start < flexible.env.clock() + 2 * DAY
    assert first.start.tzinfo is UTC
