"""Reading calendars: fresh enough, few calls, and never a guess."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.errors import Conflict, Invalid, PointsmanError
from pointsman.domain.messages.message import as_written, message_from_json
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.readings import read_calendar_states, read_calendars
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports import VendorError, VendorReauthError, VendorRejectedError, VendorRetryableError
from pointsman.services.ports.vendors.calendars import CalendarOwner
from pointsman.services.roster.change_roster import put_roster
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.faulty_calendars import AT_ONCE, FaultyCalendars
from support.floors.use_case_env import floor_given, make_env
from support.waiting import PATIENCE_S, until
from support.wording import english

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)


async def states(floor: Floor, *reps: str, max_age: timedelta = MINUTE) -> dict[str, bool]:
    now = floor.env.clock()
    found = await read_calendar_states(
        floor.env, reps, now, now + WEEK, max_age=max_age, deadline=timedelta(seconds=PATIENCE_S)
    )
    return {rep: state.readable for rep, state in found.items()}


async def open_alerts(floor: Floor) -> set[tuple[str, str]]:
    rows = await floor.world.rows("select code, subject from alerts where resolved_at is null")
    return {(row.code, row.subject) for row in rows}


async def test_a_fresh_reading_is_used_and_an_old_one_is_made_again(floor: Floor) -> None:
    before = floor.vendor.reads
    await states(floor, "anna")
    assert floor.vendor.reads == before  # read when it was bound
    floor.world.clock.advance(2 * MINUTE)
    await states(floor, "anna")
    await states(floor, "anna")
    assert floor.vendor.reads == before + 1


async def test_a_longer_window_than_the_last_one_is_read_again(floor: Floor) -> None:
    before = floor.vendor.reads
    now = floor.env.clock()
    far = now + timedelta(days=60)
    await read_calendar_states(floor.env, ["anna"], now, far, max_age=MINUTE, deadline=timedelta(seconds=PATIENCE_S))
    assert floor.vendor.reads == before + 1


async def test_a_calendar_is_read_for_its_owner_when_it_is_bound_and_later(floor: Floor) -> None:
    (anna,) = await floor.world.rows("select time_zone, email from reps where key = 'anna'")
    floor.world.clock.advance(2 * MINUTE)
    await states(floor, "anna")
    owner = CalendarOwner(zone=anna.time_zone, email=anna.email)
    assert [one for one in floor.vendor.asked_for if one == owner]
    assert floor.vendor.asked_for[-1] == owner


class BusyTimesAlone(FaultyCalendars):
    """The calendar `shared` tells its busy times, and shows no event."""

    async def our_events(self, connection: Any, calendar: str, *args: Any, **kwargs: Any) -> Any:
        if calendar == "shared":
            raise VendorRejectedError("no events for you")
        return await super().our_events(connection, calendar, *args, **kwargs)


async def test_a_calendar_that_shows_its_busy_times_alone_is_read_and_never_the_one_to_write_to(floor: Floor) -> None:
    env = replace(floor.env, calendars=BusyTimesAlone())

    async def bind(**writes: bool) -> list[tuple[str, str]]:
        given = [CalendarBindingInput(connection="cal", calendar=name, writes=on) for name, on in writes.items()]
        try:
            await bind_calendars(env, "anna", given, actor=SETTER)
        except Invalid as refused:
            return [(fault.path, fault.code) for fault in refused.faults]
        return []

    refused = [("body.calendars[1].writes", "events-unreadable")]
    assert await bind(work=False, shared=True) == refused
    assert await bind(work=True, shared=False) == []
    assert await states(floor, "anna") == {"anna": True}
    assert await bind(work=False, shared=True) == refused  # though it is bound by now


async def test_a_rep_without_a_calendar_is_unreadable_and_nobody_else_is(database_url: str) -> None:
    async with open_floor(database_url, closers=("anna",)) as floor:
        assert await states(floor, "anna", "ben", "ghost") == {"anna": True, "ben": False, "ghost": False}


async def test_every_calendar_counts_and_one_unreadable_makes_the_rep_unreadable(floor: Floor) -> None:
    now = floor.env.clock()
    floor.vendor.busy = {
        "work": [(now + timedelta(hours=1), now + timedelta(hours=2))],
        "private": [(now + timedelta(hours=3), now + timedelta(hours=4))],
    }
    both = [
        CalendarBindingInput(connection="cal", calendar="work", writes=True),
        CalendarBindingInput(connection="cal", calendar="private", writes=False),
    ]
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    found = await read_calendars(
        floor.env, ["anna"], now, now + WEEK, max_age=MINUTE, deadline=timedelta(seconds=PATIENCE_S)
    )
    assert len(found["anna"].busy) == 2
    floor.vendor.faults["private"] = VendorRetryableError("down")
    assert await states(floor, "anna", max_age=timedelta(0)) == {"anna": False}


async def test_a_vendor_that_is_down_is_asked_once_in_a_while_and_not_by_every_request(floor: Floor) -> None:
    floor.vendor.faults["anna-cal"] = VendorRetryableError("down")
    floor.world.clock.advance(2 * MINUTE)
    before = floor.vendor.reads
    for _ in range(4):
        assert await states(floor, "anna") == {"anna": False}
    assert floor.vendor.reads == before + 1
    floor.world.clock.advance(timedelta(seconds=11))
    await states(floor, "anna")
    assert floor.vendor.reads == before + 2


async def test_the_poll_alerts_and_resolves_by_itself(floor: Floor) -> None:
    assert await poll_calendars(floor.env) == 0
    floor.vendor.faults["anna-cal"] = VendorRetryableError("down")
    floor.world.clock.advance(6 * MINUTE)
    assert await poll_calendars(floor.env) == 3
    assert await open_alerts(floor) == {("calendar-unreadable", "rep:anna")}
    del floor.vendor.faults["anna-cal"]
    assert await poll_calendars(floor.env) == 1
    assert await open_alerts(floor) == set()


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_calendars_that_cannot_be_read_the_alert_names_both_and_then_the_one_that_is_left(
    floor: Floor, *, together: bool
) -> None:
    both = [
        CalendarBindingInput(connection="cal", calendar=name, writes=name == "work") for name in ("work", "private")
    ]
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    faults = {"work": VendorRetryableError("down"), "private": VendorRejectedError("no such calendar")}
    for name, fault in faults.items():
        floor.vendor.faults[name] = fault
        if not together or name == "private":
            floor.world.clock.advance(6 * MINUTE)
            await poll_calendars(floor.env)
    both_told = "private at cal: no such calendar; work at cal: down. Anna cannot be booked"
    assert await alerts_of(floor, "rep:anna") == [f"the calendars of Anna cannot be read: {both_told}"]
    del floor.vendor.faults["work"]
    await poll_calendars(floor.env)
    left = "the calendar of Anna at cal cannot be read: no such calendar. Anna cannot be booked"
    assert await alerts_of(floor, "rep:anna") == [left]
    del floor.vendor.faults["private"]
    await poll_calendars(floor.env)
    assert await alerts_of(floor, "rep:anna") == []


async def test_of_two_calendars_whose_connections_are_switched_off_the_poll_names_both(floor: Floor) -> None:
    both = [
        CalendarBindingInput(connection="cal", calendar=name, writes=name == "work") for name in ("work", "private")
    ]
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    await save_connection(floor.env, "cal", connector="memory", config={}, active=False, actor=SETTER)
    await poll_calendars(floor.env)
    (told,) = await alerts_of(floor, "rep:anna")
    assert ("private at cal: " in told, "work at cal: " in told, "switched off" in told) == (True, True, True)


async def alerts_of(floor: Floor, subject: str) -> list[str]:
    """What the open alerts about this say."""
    rows = await floor.world.rows("select subject, message from alerts where resolved_at is null")
    return [english(message_from_json(row.message)) for row in rows if row.subject == subject]


async def test_the_poll_tells_of_closers_without_a_calendar(database_url: str) -> None:
    async with open_floor(database_url, closers=("anna",)) as floor:
        await poll_calendars(floor.env)
        await poll_calendars(floor.env)
        assert await open_alerts(floor) == {("calendar-unreadable", "rep:ben"), ("calendar-unreadable", "rep:clara")}
        assert await floor.world.value("select max(count) from alerts") == 1
        await bind_calendars(
            floor.env, "ben", [CalendarBindingInput(connection="cal", calendar="ben-cal", writes=True)], actor=SETTER
        )
        assert await open_alerts(floor) == {("calendar-unreadable", "rep:clara")}


async def test_refused_credentials_stop_the_connection_until_it_is_saved_again(floor: Floor) -> None:
    floor.vendor.faults["anna-cal"] = VendorReauthError("401")
    floor.world.clock.advance(6 * MINUTE)
    await states(floor, "anna")
    assert await open_alerts(floor) == {("calendar-unreadable", "rep:anna"), ("connection-reauth", "connection:cal")}
    reads = floor.vendor.reads
    assert await states(floor, "anna", "ben") == {"anna": False, "ben": False}
    assert await poll_calendars(floor.env) == 0
    assert floor.vendor.reads == reads
    del floor.vendor.faults["anna-cal"]
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await poll_calendars(floor.env)
    assert await states(floor, "anna", "ben") == {"anna": True, "ben": True}
    assert await open_alerts(floor) == set()


async def test_a_connection_that_is_switched_off_is_not_asked(floor: Floor) -> None:
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=False, actor=SETTER)
    reads = floor.vendor.reads
    assert await states(floor, "anna") == {"anna": False}
    assert floor.vendor.reads == reads


@pytest.mark.parametrize("fault", [VendorReauthError("401"), VendorRetryableError("away")])
async def test_a_connection_is_switched_off_though_its_vendor_is_away_and_on_only_when_it_answers(
    floor: Floor, fault: VendorError
) -> None:
    async def save(*, active: bool, connector: str = "memory") -> bool:
        row, _ = await save_connection(
            floor.env, "cal", connector=connector, config={"url": "x"}, active=active, actor=SETTER
        )
        return row.active

    floor.vendor.faults["check"] = fault
    assert await save(active=False) is False
    with pytest.raises(PointsmanError, match="The vendor"):
        await save(active=True)
    with pytest.raises(Conflict, match="is a connection of memory"):
        await save(active=True, connector="caldav")
    del floor.vendor.faults["check"]
    assert await save(active=True) is True


async def test_a_connection_whose_connector_is_gone_is_switched_off_and_keeps_what_it_was(floor: Floor) -> None:
    async def save(*, active: bool, key: str = "cal") -> None:
        config = {"url": "anything"}
        await save_connection(floor.env, key, connector="memory", config=config, active=active, actor=SETTER)

    before = await floor.world.rows("select config, sealed, pending from connections where key = 'cal'")
    floor.vendor.unsealable = Invalid("There is no such connector.", code="unknown-connector")
    with pytest.raises(Invalid):
        await save(active=True)
    with pytest.raises(Invalid):
        await save(active=False, key="another")
    await save(active=False)
    assert await floor.world.rows("select config, sealed, pending from connections where key = 'cal'") == before
    assert await floor.world.value("select active from connections where key = 'cal'") is False


async def test_a_late_reading_does_not_replace_a_newer_one(floor: Floor) -> None:
    async with floor.env.uow() as tx:
        ((_, read),) = await tx.calendars.bindings(["anna"])
        assert read is not None
        newer = read.read_at
        await tx.calendars.store_readings([replace(read, read_at=newer - MINUTE, error=as_written("old news"))])
        ((_, after),) = await tx.calendars.bindings(["anna"])
    assert after == read


async def test_a_rep_can_be_connected_before_any_policy_is_published(database_url: str) -> None:
    vendor = FaultyCalendars()
    bare, engine = make_env(database_url)
    env = replace(bare, calendars=vendor)
    try:
        await put_roster(env, floor_given(), actor=SETTER)
        await save_connection(env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
        bound = await bind_calendars(
            env, "anna", [CalendarBindingInput(connection="cal", calendar="anna-cal", writes=True)], actor=SETTER
        )
    finally:
        await engine.dispose()
    assert [binding.calendar for binding in bound] == ["anna-cal"]


async def test_a_question_about_many_calendars_waits_so_long_and_no_longer_and_takes_those_named_first(
    floor: Floor,
) -> None:
    reps = ["clara", "anna", "ben"]
    for rep in reps:
        bound = [CalendarBindingInput(connection="cal", calendar=f"{rep}-{n}", writes=n == 0) for n in range(8)]
        await bind_calendars(floor.env, rep, bound, actor=SETTER)
    floor.vendor.answers, floor.vendor.reads = 4, 0
    now = floor.env.clock()
    short = timedelta(milliseconds=90)  # twice as long for all: time for some calendars, four at once
    readings = await read_calendars(floor.env, reps, now, now + WEEK, max_age=timedelta(0), deadline=short)
    await until(lambda: not floor.vendor.hanging)
    assert floor.vendor.reads <= 4 + 3 * AT_ONCE  # those that hang until 90 ms, until 180 ms, and no more
    assert not readings["ben"].state.readable
    assert "asked for at once" in english(readings["ben"].state.reason)
    unreadable = "select subject from alerts where code = 'calendar-unreadable'"
    assert "rep:ben" not in [row.subject for row in await floor.world.rows(unreadable)]
    floor.vendor.answers = None

    async def all_are_read() -> bool:  # the last ones that hung may be about to say so
        patient = timedelta(seconds=PATIENCE_S)
        again = await read_calendars(floor.env, reps, now, now + WEEK, max_age=timedelta(0), deadline=patient)
        return all(reading.state.readable for reading in again.values())

    await until(all_are_read)


async def test_calendars_of_one_connection_are_read_together_and_one_that_fails_is_alone_unreadable(
    floor: Floor,
) -> None:
    floor.vendor.batch = 2
    floor.vendor.batches.clear()
    floor.vendor.faults["anna-cal"] = VendorRetryableError("down")
    floor.world.clock.advance(6 * MINUTE)
    assert await poll_calendars(floor.env) == 3
    assert sorted(map(len, floor.vendor.batches)) == [1, 2]
    assert await open_alerts(floor) == {("calendar-unreadable", "rep:anna")}


async def test_a_batch_that_is_refused_over_one_calendar_is_asked_one_by_one_and_the_next_one_at_once(
    floor: Floor,
) -> None:
    floor.vendor.batch = 3
    floor.vendor.batches.clear()
    floor.vendor.spoils = {"anna-cal"}
    floor.vendor.faults["anna-cal"] = VendorRejectedError("no such calendar")
    floor.world.clock.advance(6 * MINUTE)
    assert await poll_calendars(floor.env) == 3
    assert sorted(map(len, floor.vendor.batches)) == [1, 1, 1, 3]
    assert await open_alerts(floor) == {("calendar-unreadable", "rep:anna")}
    floor.vendor.batches.clear()
    floor.world.clock.advance(6 * MINUTE)
    assert await poll_calendars(floor.env) == 3
    assert sorted(map(len, floor.vendor.batches)) == [1, 2]
    assert await open_alerts(floor) == {("calendar-unreadable", "rep:anna")}


async def test_a_batch_that_fails_for_a_moment_is_not_asked_one_by_one(floor: Floor) -> None:
    floor.vendor.batch = 3
    floor.vendor.batches.clear()
    floor.vendor.faults["all"] = VendorRetryableError("503")
    floor.world.clock.advance(6 * MINUTE)
    assert await poll_calendars(floor.env) == 3
    assert list(map(len, floor.vendor.batches)) == [3]
    assert await states(floor, "anna", "ben", "clara") == {"anna": False, "ben": False, "clara": False}
