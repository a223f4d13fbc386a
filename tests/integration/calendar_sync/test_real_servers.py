"""Calendar truth on two real servers: what the service writes there, and what a calendar program of the owner's changes there."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import Invalid, SlotTaken, Unavailable
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel, confirm
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.calendar_sync.conflicts import dismiss_conflict
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman_sdk.testing.bench import reader_processes
from support.floors.booking_floor import CLOSERS, SETTER, Floor, WatchedUow, look_twice, open_floor
from support.floors.use_case_env import POLICY
from support.programs.calendar_servers import (
    ADDRESS_BOOK,
    SERVERS,
    Phone,
    RealServer,
    moved_in_berlin,
    moved_to,
    with_line,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
_CLOSERS = POLICY["pools"]["closers-mid-market"]
ALONE = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": {**_CLOSERS, "members": ["anna"]}}}
BY_REP = {
    **POLICY,
    "pools": {**POLICY["pools"], "closers-mid-market": {**_CLOSERS, "booking": {"confirmation": "rep"}}},
}


@pytest.fixture(scope="module", params=SERVERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    kind: Callable[[Path], RealServer] = request.param
    server = kind(tmp_path_factory.mktemp("calendars"))
    server.start()
    yield server
    server.stop()


@dataclass(slots=True, kw_only=True)
class Town:
    """The floor, with its closers' calendars on a real server, and the telephones on which they look at them."""

    floor: Floor
    server: RealServer
    phones: dict[str, Phone]

    async def booked(self) -> tuple[AppointmentRow, Phone]:
        lead_id, handed = await self.floor.ready()
        row = await book(self.floor.env, lead_id, handed.slots[0].start, actor=SETTER)
        await self.floor.work_out()
        self.later(SECOND)
        return row, self.phones[row.rep_key]

    def later(self, by: timedelta) -> None:
        self.floor.world.clock.advance(by)

    async def now_is(self, row: AppointmentRow) -> AppointmentRow:
        return await self.floor.appointment(row.id)

    async def alerts(self, code: str) -> list[str]:
        rows = await self.floor.world.rows(
            "select subject from alerts where resolved_at is null and code = :code order by subject", code=code
        )
        return [row.subject for row in rows]


@pytest.fixture
def policy() -> dict[str, object]:
    return POLICY


@pytest.fixture
async def town(server: RealServer, database_url: str, policy: dict[str, object]) -> AsyncIterator[Town]:
    contexts = ContextFactory(
        clock=lambda: datetime.now(UTC), allowed=[ip_network("127.0.0.0/8")], readers=reader_processes()
    )
    gateway = ConnectorGateway(registry=ConnectorRegistry.discover(), vault=Vault([new_key()]), contexts=contexts)
    names = {rep: server.make_calendar(f"{rep}-{uuid4().hex[:8]}") for rep in CLOSERS}
    async with open_floor(database_url, closers=(), policy=policy) as floor:
        floor.env = replace(floor.world.env, calendars=gateway, uow=WatchedUow(floor.world.env.uow))
        await save_connection(floor.env, "town", connector="caldav", config=server.config, active=True, actor=SETTER)
        for rep, name in names.items():
            bound = CalendarBindingInput(connection="town", calendar=name, writes=True)
            await bind_calendars(floor.env, rep, [bound], actor=SETTER)
        phones = {rep: Phone(server=server, calendar=name) for rep, name in names.items()}
        yield Town(floor=floor, server=server, phones=phones)
    await gateway.aclose()


def utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


async def test_what_the_service_does_stands_in_the_calendar_as_one_event(town: Town) -> None:
    row, phone = await town.booked()
    first = phone.ours(row.id)
    assert first is not None
    assert f"DTSTART:{utc(row.starts_at)}" in first[1]
    assert "STATUS:CONFIRMED" in first[1]
    moved = await reschedule(
        town.floor.env, row.id, row.starts_at + HOUR, by=ActorRole.PROSPECT, reason="x", actor=SETTER
    )
    await town.floor.work_out()
    there = town.phones[moved.rep_key].ours(row.id)
    assert there is not None
    assert f"DTSTART:{utc(row.starts_at + HOUR)}" in there[1]
    assert f"SEQUENCE:{moved.sequence}" in there[1]
    await cancel(town.floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await town.floor.work_out()
    assert [phone.events() for phone in town.phones.values()] == [{}, {}, {}]


@pytest.mark.parametrize("policy", [BY_REP], ids=["the rep confirms"])
async def test_an_appointment_that_waits_for_the_closer_is_tentative_until_confirmed(town: Town) -> None:
    row, phone = await town.booked()
    event = phone.ours(row.id)
    assert row.status == "requested"
    assert event is not None
    assert "STATUS:TENTATIVE" in event[1]
    await confirm(town.floor.env, row.id, actor=SETTER)
    await town.floor.work_out()
    event = phone.ours(row.id)
    assert event is not None
    assert "STATUS:CONFIRMED" in event[1]
    assert "STATUS:TENTATIVE" not in event[1]
    town.later(SECOND)
    assert await sync_calendars(town.floor.env) == 1
    assert (await town.now_is(row)).status == "confirmed"


@pytest.mark.parametrize("sequence", [None, 9], ids=["SEQUENCE untouched", "SEQUENCE bumped"])
async def test_a_move_on_the_phone_is_noticed_at_the_next_look(town: Town, sequence: int | None) -> None:
    row, phone = await town.booked()
    start, end = row.starts_at + HOUR, row.ends_at + HOUR
    phone.edit(row.id, moved_to(start, end, sequence=sequence))
    assert await sync_calendars(town.floor.env) == 1
    after = await town.now_is(row)
    assert (after.starts_at, after.ends_at, after.status, after.conflict) == (start, end, "confirmed", None)
    # What we do next is not late in the eyes of the calendar, whatever the phone counted.
    again = await reschedule(town.floor.env, row.id, start + HOUR, by=ActorRole.SETTER, reason="x", actor=SETTER)
    await town.floor.work_out()
    event = town.phones[again.rep_key].ours(row.id)
    assert event is not None
    assert f"DTSTART:{utc(start + HOUR)}" in event[1]


async def test_a_deletion_on_the_phone_calls_the_appointment_off(town: Town) -> None:
    row, phone = await town.booked()
    phone.block("dentist", f"DTSTART:{utc(row.ends_at + HOUR)}", f"DTEND:{utc(row.ends_at + 2 * HOUR)}")
    phone.delete(row.id)
    assert await look_twice(town.floor) == 1
    after = await town.now_is(row)
    assert (after.status, after.cancelled_by) == ("cancelled", "calendar")
    await town.floor.work_out()
    again = await book(town.floor.env, row.lead_id, row.starts_at, actor=SETTER)
    await town.floor.work_out()
    assert town.phones[again.rep_key].ours(again.id) is not None


async def test_an_event_marked_as_cancelled_on_the_phone_calls_the_appointment_off(town: Town) -> None:
    row, phone = await town.booked()
    phone.edit(row.id, with_line("STATUS", "STATUS:CANCELLED"))
    assert await sync_calendars(town.floor.env) == 1
    assert (await town.now_is(row)).status == "cancelled"
    await town.floor.work_out()
    assert phone.ours(row.id) is None


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_a_move_on_the_phone_into_another_appointment_is_a_conflict_and_can_be_undone(town: Town) -> None:
    first, _ = await town.booked()
    second, phone = await town.booked()
    phone.edit(second.id, moved_to(first.starts_at, first.ends_at))
    assert await sync_calendars(town.floor.env) == 1
    after = await town.now_is(second)
    assert (after.starts_at, after.status) == (second.starts_at, "confirmed")
    assert after.conflict is not None
    assert await town.alerts("calendar-conflict") == [f"appointment:{second.id}"]
    await dismiss_conflict(town.floor.env, second.id, actor=SETTER)
    await town.floor.work_out()
    event = phone.ours(second.id)
    assert event is not None
    assert f"DTSTART:{utc(second.starts_at)}" in event[1]
    town.later(SECOND)
    await sync_calendars(town.floor.env)
    assert await town.alerts("calendar-conflict") == []


async def test_what_the_owner_writes_into_the_event_or_over_it_is_the_owners_business(town: Town) -> None:
    row, phone = await town.booked()
    phone.edit(row.id, with_line("SUMMARY", "SUMMARY:Call (prepare!)"))
    phone.edit(row.id, with_line("DESCRIPTION", "DESCRIPTION:mine"))
    phone.block("dentist", f"DTSTART:{utc(row.starts_at)}", f"DTEND:{utc(row.ends_at)}")
    assert await sync_calendars(town.floor.env) == 1
    assert await town.now_is(row) == row
    moved = await reschedule(town.floor.env, row.id, row.ends_at + HOUR, by=ActorRole.SETTER, reason="x", actor=SETTER)
    await town.floor.work_out()
    event = town.phones[moved.rep_key].ours(row.id)
    assert event is not None
    assert "SUMMARY:Call (prepare!)" in event[1]


async def test_an_event_that_the_phone_puts_back_after_a_cancellation_is_taken_out_again(town: Town) -> None:
    row, phone = await town.booked()
    event = phone.ours(row.id)
    assert event is not None
    await cancel(town.floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await town.floor.work_out()
    phone.put(*event)
    town.later(SECOND)
    await sync_calendars(town.floor.env)
    await town.floor.work_out()
    assert phone.ours(row.id) is None


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_a_calendar_that_lost_its_events_or_itself_calls_nothing_off(town: Town) -> None:
    rows = [(await town.booked())[0] for _ in range(3)]
    phone = town.phones["anna"]
    for row in rows:
        phone.delete(row.id)
    assert await sync_calendars(town.floor.env) == 1
    assert [(await town.now_is(row)).status for row in rows] == ["confirmed"] * 3
    assert await town.alerts("calendar-emptied") == ["rep:anna"]
    town.server.ask("DELETE", phone.calendar).raise_for_status()
    assert await sync_calendars(town.floor.env) == 0
    assert [(await town.now_is(row)).status for row in rows] == ["confirmed"] * 3
    assert await town.alerts("calendar-unreadable") == ["rep:anna"]


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_another_collection_in_the_place_of_a_calendar_is_unreadable_and_calls_nothing_off(town: Town) -> None:
    row, phone = await town.booked()
    town.server.make("MKCOL", phone.calendar.strip("/").rpartition("/")[2], ADDRESS_BOOK)
    assert await sync_calendars(town.floor.env) == 0
    assert (await town.now_is(row)).status == "confirmed"
    town.later(HOUR)
    await poll_calendars(town.floor.env)
    assert await town.alerts("calendar-unreadable") == ["rep:anna"]
    folder = CalendarBindingInput(connection="town", calendar=town.server.home, writes=True)
    with pytest.raises(Invalid) as refused:
        await bind_calendars(town.floor.env, "ben", [folder], actor=SETTER)
    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("body.calendars[0].calendar", "unknown-calendar")
    ]


async def test_a_server_killed_for_a_minute_makes_unbookable_alerts_and_recovers_by_itself(town: Town) -> None:
    """An unreachable calendar that makes its owner fully busy, with nobody told, is a known fault elsewhere."""
    row, phone = await town.booked()
    lead_id, handed = await town.floor.ready()
    start = handed.slots[0].start
    town.server.kill()
    try:
        for _ in range(6):  # a minute, looked at as the worker does
            town.later(timedelta(seconds=10))
            await poll_calendars(town.floor.env)
            assert await sync_calendars(town.floor.env) == 0
            with pytest.raises(Unavailable):
                await book(town.floor.env, lead_id, start, actor=SETTER)
        assert (await town.now_is(row)).status == "confirmed"
        assert f"rep:{row.rep_key}" in await town.alerts("calendar-unreadable")
        assert f"rep:{handed.closer}" in await town.alerts("calendar-unreadable")
    finally:
        town.server.start()
    town.later(timedelta(seconds=30))
    await poll_calendars(town.floor.env)
    assert await sync_calendars(town.floor.env) == 1
    assert await town.alerts("calendar-unreadable") == []
    made = await book(town.floor.env, lead_id, start, actor=SETTER)
    await town.floor.work_out()
    assert town.phones[made.rep_key].ours(made.id) is not None
    assert phone.ours(row.id) is not None


# ── faults that users of other products report ─────────────────────────────────────────────────


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_two_guests_a_second_apart_do_not_both_get_the_time_that_a_fresh_reading_shows_free(town: Town) -> None:
    """A cache of busy times double-booked two guests (cal.com PR 22401)."""
    first, handed = await town.floor.ready()
    second, _ = await town.floor.ready()
    start = handed.slots[0].start
    await book(town.floor.env, first, start, actor=SETTER)  # not in the calendar yet, nor in any reading of it
    town.later(SECOND)
    with pytest.raises(SlotTaken):
        await book(town.floor.env, second, start, actor=SETTER)
    assert start not in {slot.start for slot in (await slots_for_lead(town.floor.env, second)).slots}


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_an_overlap_with_the_calendar_is_checked_for_every_kind_of_event(town: Town) -> None:
    """Overlaps with the connected calendar went unchecked (cal.com 7153)."""
    lead_id, handed = await town.floor.ready()
    slots = handed.slots
    phone = town.phones["anna"]
    day = slots[0].start.date()
    phone.block("call", f"DTSTART:{utc(slots[0].start)}", "DURATION:PT10M", "STATUS:TENTATIVE")
    phone.block("weekly", f"DTSTART:{utc(slots[0].start - timedelta(days=70))}", "DURATION:PT30M", "RRULE:FREQ=WEEKLY")
    phone.block("holiday", f"DTSTART;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}")
    phone.block("free", f"DTSTART:{utc(slots[-1].start)}", "DURATION:PT30M", "TRANSP:TRANSPARENT")
    town.later(timedelta(seconds=61))
    offered = {slot.start for slot in (await slots_for_lead(town.floor.env, lead_id, limit=100)).slots}
    assert slots[0].start not in offered
    assert not [start for start in offered if start.date() == day + timedelta(days=1)]
    with pytest.raises(SlotTaken):
        await book(town.floor.env, lead_id, slots[0].start, actor=SETTER)


async def test_an_appointment_that_goes_to_another_closer_and_back_stands_in_one_calendar_each_time(
    town: Town,
) -> None:
    """Events stayed with the old host, stood with both, or were lost on the way back (cal.com 11547, 12098, 24357)."""
    row, phone = await town.booked()
    when = row.ends_at + 2 * HOUR
    phone.block("dentist", f"DTSTART:{utc(when)}", f"DTEND:{utc(when + HOUR)}")
    town.later(timedelta(seconds=11))
    away = await reschedule(town.floor.env, row.id, when, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await town.floor.work_out()
    assert away.rep_key != row.rep_key
    holding = [rep for rep, other in town.phones.items() if other.ours(row.id)]
    assert holding == [away.rep_key]
    town.phones[away.rep_key].block("ill", f"DTSTART:{utc(row.starts_at)}", f"DTEND:{utc(row.ends_at)}")
    third = next(rep for rep in CLOSERS if rep not in (row.rep_key, away.rep_key))
    town.phones[third].block("away", f"DTSTART:{utc(row.starts_at)}", f"DTEND:{utc(row.ends_at)}")
    town.later(timedelta(seconds=11))
    back = await reschedule(town.floor.env, row.id, row.starts_at, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await town.floor.work_out()
    assert back.rep_key == row.rep_key
    assert [rep for rep, other in town.phones.items() if other.ours(row.id)] == [row.rep_key]
    town.later(SECOND)
    await sync_calendars(town.floor.env)
    assert await town.now_is(row) == back


#: The Friday before the clocks of Europe go forward, in a year ahead of every test run.
FRIDAY = datetime(2032, 3, 26, 6, tzinfo=UTC)


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
@pytest.mark.parametrize(("day", "hour"), [(27, 10), (29, 9)], ids=["before", "after"])
async def test_a_move_on_the_phone_in_wall_clock_time_is_right_on_both_sides_of_a_clock_change(
    town: Town, day: int, hour: int
) -> None:
    """CalDAV times with a zone were an hour off after a change of the clocks (cal.com 8398)."""
    town.later(FRIDAY - town.floor.env.clock())
    row, phone = await town.booked()
    phone.edit(row.id, moved_in_berlin(f"203203{day}T110000", f"203203{day}T113000"))
    assert await sync_calendars(town.floor.env) == 1
    after = await town.now_is(row)
    assert (after.starts_at, after.conflict) == (datetime(2032, 3, day, hour, tzinfo=UTC), None)


@pytest.mark.parametrize("policy", [ALONE], ids=["one closer"])
async def test_a_weekly_event_in_wall_clock_time_blocks_the_right_hour_on_both_sides_of_a_clock_change(
    town: Town,
) -> None:
    """An offset of one hour led to double bookings (cal.com 5570)."""
    town.later(FRIDAY - town.floor.env.clock())
    lead_id, _ = await town.floor.ready()
    berlin = "TZID=Europe/Berlin"
    lines = [f"DTSTART;{berlin}:20320301T110000", f"DTEND;{berlin}:20320301T120000", "RRULE:FREQ=DAILY"]
    town.phones["anna"].block("lunch", *lines)
    town.later(timedelta(seconds=61))
    offered = {slot.start for slot in (await slots_for_lead(town.floor.env, lead_id, limit=100)).slots}
    for day, blocked in ((27, 10), (29, 9)):
        assert datetime(2032, 3, day, blocked, tzinfo=UTC) not in offered
        assert datetime(2032, 3, day, blocked - 1, tzinfo=UTC) in offered
        assert datetime(2032, 3, day, blocked + 1, tzinfo=UTC) in offered
