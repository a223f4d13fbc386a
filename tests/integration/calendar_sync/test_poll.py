"""What somebody changes in a calendar itself becomes a reschedule, a cancellation or a conflict; what cannot be read, nothing."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pointsman.domain.booking.calendar_diff import BETWEEN_LOOKS, CALENDAR_EMPTIED
from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import message_from_json, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel, reject
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendar_sync.apply_findings import remove_orphan_events
from pointsman.services.calendar_sync.conflicts import dismiss_conflict
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.ports import CalendarEvent, VendorRejectedError, VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.roster.change_roster import RoleInput, put_roster
from pointsman.services.sweeps import ItemsFailed
from support.floors.booking_floor import SETTER, Floor, live_beside, look_twice, open_floor
from support.floors.faulty_calendars import Cue
from support.floors.use_case_env import POLICY, floor_given, office_hours, rep_given
from support.waiting import PATIENCE_S
from support.wording import english_of, german

pytestmark = pytest.mark.anyio

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ALONE = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": {"work": "closing", "members": ["anna"]}}}


async def booked(floor: Floor) -> tuple[AppointmentRow, CalendarEvent]:
    """A new appointment, and its event in the closer's calendar."""
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.work_out()
    event = event_of(floor, row)
    live_beside(floor, event.calendar)
    return row, event


def event_of(floor: Floor, row: AppointmentRow) -> CalendarEvent:
    (event,) = [event for event in floor.vendor.events() if str(row.id) in event.key]
    return event


async def alerts(floor: Floor, *codes: str) -> list[tuple[str, str]]:
    rows = await floor.world.rows("select code, subject from alerts where resolved_at is null order by code, subject")
    return [(row.code, row.subject) for row in rows if row.code in codes]


async def acts(floor: Floor, row: AppointmentRow) -> list[tuple[str, str]]:
    async with floor.env.uow() as tx:
        return [(line.act, line.by) for line in await tx.appointments.history(row.id)]


async def pending(floor: Floor, row: AppointmentRow) -> list[str]:
    return [item.wanted for item in await floor.deliveries(row.id) if item.status == "pending"]


def later(event: CalendarEvent, hours: int = 1) -> datetime:
    return event.start + hours * HOUR


async def test_a_calendar_that_agrees_changes_nothing(floor: Floor) -> None:
    row, _ = await booked(floor)
    before = await floor.world.value("select count(*) from audit")
    assert await sync_calendars(floor.env) == 1
    assert await floor.appointment(row.id) == row
    assert await floor.world.value("select count(*) from audit") == before


async def test_an_event_that_its_owner_moved_takes_the_appointment_along(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.drag(event, later(event))
    await sync_calendars(floor.env)
    after = await floor.appointment(row.id)
    assert (after.starts_at, after.ends_at) == (later(event), event.end + HOUR)
    assert (after.status, after.rep_key, after.conflict) == ("confirmed", row.rep_key, None)
    assert (await acts(floor, row))[-1] == ("reschedule", "calendar")
    assert await pending(floor, row) == []  # the calendar knows already
    assert await sync_calendars(floor.env) == 1
    assert (await floor.appointment(row.id)).sequence == after.sequence
    taken = await floor.world.rows("select lower(during) as at from reservations where active")
    assert [item.at for item in taken] == [later(event)]


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 15, tzinfo=UTC)])
async def test_an_event_at_an_end_of_all_time_is_a_conflict_and_keeps_no_other_from_being_read(
    floor: Floor, at: datetime
) -> None:
    (row, event), (other, gone) = await booked(floor), await booked(floor)
    floor.vendor.drag(event, at)
    floor.vendor.remove(gone)
    await look_twice(floor)
    said = (await floor.appointment(row.id)).conflict
    assert said is not None
    assert {what["key"] for what in said.values()} == {"calendar.moved"}
    assert (await floor.appointment(other.id)).status == "cancelled"


async def test_an_event_that_its_owner_deleted_calls_the_appointment_off(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    await look_twice(floor)
    after = await floor.appointment(row.id)
    assert (after.status, after.cancelled_by) == ("cancelled", "calendar")
    assert after.cancel_reason == say("reason.removed-from-calendar").as_json()
    assert await floor.world.value("select count(*) from reservations where active") == 0
    assert await floor.world.value("select stage from leads where id = :id", id=row.lead_id) == "closing"


async def test_what_is_gone_at_one_look_alone_is_not_called_off(floor: Floor) -> None:
    row, event = await booked(floor)
    for _ in range(3):
        floor.vendor.remove(event)
        await sync_calendars(floor.env)
        floor.world.clock.advance(BETWEEN_LOOKS - SECOND)
        await sync_calendars(floor.env)  # gone at two looks, but less than a minute apart
        assert await floor.appointment(row.id) == row
        floor.vendor.drag(event, event.start)
        floor.world.clock.advance(BETWEEN_LOOKS)
        await sync_calendars(floor.env)
        assert await floor.appointment(row.id) == row


async def test_the_second_look_may_be_that_of_another_process(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    await sync_calendars(floor.env)
    floor.world.clock.advance(BETWEEN_LOOKS)
    other = replace(floor.env, cache=ProcessCache())
    await sync_calendars(other)
    assert (await floor.appointment(row.id)).status == "cancelled"
    assert await floor.world.value("select count(*) from missing_events") == 1
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    await sync_calendars(floor.env)
    assert await floor.world.value("select count(*) from missing_events") == 0


async def test_what_was_put_back_between_two_looks_is_looked_for_anew(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    await sync_calendars(floor.env)
    floor.world.clock.advance(BETWEEN_LOOKS)
    other = await reschedule(floor.env, row.id, later(event), by=ActorRole.SETTER, reason="x", actor=SETTER)
    await floor.work_out()
    floor.vendor.remove(event_of(floor, row))
    floor.world.clock.advance(SECOND)
    await sync_calendars(floor.env)
    assert await floor.appointment(row.id) == other


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_a_calendar_that_is_wholly_empty_calls_nothing_off_whatever_the_number(
    database_url: str, count: int
) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        made = await several(floor, count)
        floor.vendor.busy.clear()
        for _, event in made:
            floor.vendor.remove(event)
        for _ in range(2):
            await look_twice(floor)
            rows = await floor.world.rows("select status, conflict from appointments")
            emptied = ("confirmed", {"anna": CALENDAR_EMPTIED.as_json()})
            assert [(row.status, row.conflict) for row in rows] == [emptied] * count
            assert await alerts(floor, "calendar-emptied") == [("calendar-emptied", "rep:anna")]


async def test_a_calendar_of_which_it_cannot_be_told_whether_it_is_empty_calls_nothing_off(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    floor.vendor.faults["all"] = VendorRetryableError("503")
    assert await look_twice(floor) == 0
    assert (await floor.appointment(row.id)).status == "confirmed"


async def test_an_event_rewritten_without_a_zone_is_a_conflict_unless_its_clock_is_the_owners(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.floating.add(event.key)
    floor.vendor.drag(event, later(event, 3))
    await sync_calendars(floor.env)
    after = await floor.appointment(row.id)
    assert (after.starts_at, after.status) == (row.starts_at, "confirmed")
    assert says(after, row.rep_key).startswith("the event was rewritten without a time zone: it may stand at ")
    assert await alerts(floor, "calendar-conflict") == [("calendar-conflict", f"appointment:{row.id}")]
    wall = row.starts_at.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=UTC)
    floor.vendor.drag(event, wall)  # 10:00 stays 10:00, and the server takes it for UTC
    await sync_calendars(floor.env)
    assert (await floor.appointment(row.id)).conflict is None
    assert await alerts(floor, "calendar-conflict") == []


async def test_an_event_marked_as_cancelled_calls_the_appointment_off_and_goes(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.called_off.add(event.key)
    await sync_calendars(floor.env)
    assert (await floor.appointment(row.id)).status == "cancelled"
    await floor.work_out()
    assert floor.vendor.events() == []


_AT = r"(?:Mo|Di|Mi|Do|Fr)\., \d{1,2}\. \w{3,4}\.? 20\d\d, 1\d:\d\d Uhr \((?:MEZ|MESZ)\)"
IN_CONFLICT = (
    rf"ein Kalender widerspricht dem Termin von Anna am {_AT}, der bestehen bleibt: im Kalender von Anna: der Eintrag wurde"
    rf" auf {_AT} bis 1\d:\d\d Uhr verschoben, und diese Zeit geht nicht: ein anderer Termin liegt zu dieser Zeit oder zu nahe"
    r" daran\. Verschieben Sie ihn, .*"
)


async def test_an_event_moved_into_another_appointment_is_a_conflict_until_the_calendar_agrees(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        first, _ = await booked(floor)
        second, event = await booked(floor)
        floor.vendor.drag(event, first.starts_at)
        for _ in range(2):
            await sync_calendars(floor.env)
            found = await floor.appointment(second.id)
            assert (found.starts_at, found.status) == (second.starts_at, "confirmed")
            assert says(found, "anna").startswith("the event was moved to ")
            assert await alerts(floor, "calendar-conflict") == [("calendar-conflict", f"appointment:{second.id}")]
        told = german(
            message_from_json(await floor.world.value("select message from alerts where resolved_at is null"))
        )
        assert re.fullmatch(IN_CONFLICT, told), told
        assert [act for act, _ in await acts(floor, second)] == ["book", "conflict"]  # said once
        floor.vendor.drag(event_of(floor, second), second.starts_at)
        await sync_calendars(floor.env)
        assert (await floor.appointment(second.id)).conflict is None
        assert await alerts(floor, "calendar-conflict") == []


@pytest.mark.parametrize("days", [-3, 300], ids=["the past", "beyond the horizon"])
async def test_an_event_moved_where_nothing_can_be_booked_is_a_conflict(floor: Floor, days: int) -> None:
    row, event = await booked(floor)
    floor.vendor.drag(event, event.start + timedelta(days=days))
    await sync_calendars(floor.env)
    after = await floor.appointment(row.id)
    assert (after.status, after.starts_at) == ("confirmed", row.starts_at)
    assert says(after, row.rep_key).startswith("the event was moved to ")


def says(row: AppointmentRow, rep: str) -> str:
    """What the rep's calendar says otherwise about the appointment."""
    return english_of((row.conflict or {})[rep])


async def in_conflict(floor: Floor) -> tuple[AppointmentRow, CalendarEvent]:
    first, _ = await booked(floor)
    second, event = await booked(floor)
    floor.vendor.drag(event, first.starts_at)
    await sync_calendars(floor.env)
    assert (await floor.appointment(second.id)).conflict is not None
    return second, event


async def test_a_conflict_is_settled_by_keeping_the_appointment(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row, event = await in_conflict(floor)
        kept = await dismiss_conflict(floor.env, row.id, actor=SETTER)
        assert (kept.conflict, kept.starts_at, kept.sequence) == (None, row.starts_at, row.sequence + 1)
        assert await alerts(floor, "calendar-conflict") == []
        await sync_calendars(floor.env)  # not yet told: the calendar's word does not count
        assert (await floor.appointment(row.id)).conflict is None
        await floor.work_out()
        assert event_of(floor, row).start == event.start
        assert (await dismiss_conflict(floor.env, row.id, actor=SETTER)).sequence == kept.sequence


async def test_a_conflict_is_settled_by_calling_the_appointment_off(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row, _ = await in_conflict(floor)
        await cancel(floor.env, row.id, by=ActorRole.CLOSER, reason="x", actor=SETTER)
        await sync_calendars(floor.env)
        assert await alerts(floor, "calendar-conflict") == []
        with pytest.raises(Conflict):
            await dismiss_conflict(floor.env, row.id, actor=SETTER)


async def test_a_conflict_is_settled_by_rescheduling_the_appointment(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        row, event = await in_conflict(floor)
        moved = await reschedule(floor.env, row.id, later(event, 3), by=ActorRole.SETTER, reason="x", actor=SETTER)
        assert moved.conflict is None
        await floor.work_out()
        await sync_calendars(floor.env)
        assert await alerts(floor, "calendar-conflict") == []
        assert event_of(floor, row).start == moved.starts_at


async def test_a_conflict_is_settled_by_the_time_becoming_free(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        first, _ = await booked(floor)
        second, event = await booked(floor)
        floor.vendor.drag(event, first.starts_at)
        await sync_calendars(floor.env)
        await cancel(floor.env, first.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        await floor.work_out()
        await sync_calendars(floor.env)
        after = await floor.appointment(second.id)
        assert (after.starts_at, after.conflict) == (first.starts_at, None)
        assert await alerts(floor, "calendar-conflict") == []


async def several(floor: Floor, count: int) -> Sequence[tuple[AppointmentRow, CalendarEvent]]:
    return [await booked(floor) for _ in range(count)]


async def test_two_deleted_at_once_are_called_off(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        for _, event in await several(floor, 2):
            floor.vendor.remove(event)
        await look_twice(floor)
        rows = await floor.world.rows("select status from appointments")
        assert [row.status for row in rows] == ["cancelled", "cancelled"]


async def test_a_calendar_that_looks_emptied_calls_nothing_off(database_url: str) -> None:
    async with open_floor(database_url, policy=ALONE) as floor:
        made = await several(floor, 3)
        for _, event in made:
            floor.vendor.remove(event)
        await look_twice(floor)
        rows = await floor.world.rows("select status, conflict from appointments")
        assert [(row.status, row.conflict) for row in rows] == [("confirmed", {"anna": CALENDAR_EMPTIED.as_json()})] * 3
        emptied = [("calendar-emptied", "rep:anna")]
        assert await alerts(floor, "calendar-emptied", "calendar-conflict") == emptied
        # Fewer are left by one that was called off by hand, and by one that came back: the last is no deletion for that.
        await cancel(floor.env, made[0][0].id, by=ActorRole.CLOSER, reason="yes, that one", actor=SETTER)
        floor.vendor.drag(made[1][1], made[1][1].start)
        await floor.work_out()
        await look_twice(floor)
        assert [(await floor.appointment(row.id)).status for row, _ in made] == ["cancelled", "confirmed", "confirmed"]
        assert (await floor.appointment(made[1][0].id)).conflict is None
        assert await alerts(floor, "calendar-emptied") == emptied
        await dismiss_conflict(floor.env, made[2][0].id, actor=SETTER)
        await floor.work_out()
        await sync_calendars(floor.env)
        assert await alerts(floor, "calendar-emptied", "calendar-conflict") == []
        assert len(floor.vendor.events()) == 2


async def test_what_cannot_be_read_says_nothing(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    floor.vendor.faults[event.calendar] = VendorRetryableError("503")
    assert await sync_calendars(floor.env) == 0
    assert (await floor.appointment(row.id)).status == "confirmed"
    assert await alerts(floor, "calendar-unreadable") == [("calendar-unreadable", f"rep:{row.rep_key}")]


async def test_a_look_up_that_fails_says_nothing(floor: Floor) -> None:
    row, event = await booked(floor)
    floor.vendor.remove(event)
    floor.vendor.blind = True
    assert await sync_calendars(floor.env) == 0
    floor.vendor.blind = False
    assert (await floor.appointment(row.id)).status == "confirmed"
    # The busy times can be read: the closer can be booked, and somebody hears that changes go unnoticed.
    assert await alerts(floor, "calendar-unreadable") == [("calendar-unreadable", f"calendar:cal:{event.calendar}")]
    floor.vendor.drag(event, event.start)
    assert await sync_calendars(floor.env) == 1
    assert await alerts(floor, "calendar-unreadable") == []


async def test_a_calendar_that_its_rep_uses_no_more_is_told_of_too_until_nothing_lies_ahead_there(floor: Floor) -> None:
    row, event = await booked(floor)
    elsewhere = [CalendarBindingInput(connection="cal", calendar="elsewhere", writes=True)]
    await bind_calendars(floor.env, row.rep_key, elsewhere, actor=SETTER)
    floor.vendor.faults[event.calendar] = VendorRetryableError("503")
    about = [("calendar-unreadable", f"calendar:cal:{event.calendar}")]
    await sync_calendars(floor.env)
    assert await alerts(floor, "calendar-unreadable") == about
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    await sync_calendars(floor.env)
    assert await alerts(floor, "calendar-unreadable") == []


async def test_one_calendar_that_is_read_back_does_not_hide_another_that_is_not(floor: Floor) -> None:
    row, event = await booked(floor)
    both = [
        CalendarBindingInput(connection="cal", calendar=event.calendar, writes=False),
        CalendarBindingInput(connection="cal", calendar="elsewhere", writes=True),
    ]
    await bind_calendars(floor.env, row.rep_key, both, actor=SETTER)
    while (other := (await booked(floor))[0]).rep_key != row.rep_key:
        pass
    assert event_of(floor, other).calendar == "elsewhere"
    floor.vendor.blind = True  # what is not found where it should be cannot be looked up
    floor.vendor.remove(event)
    for _ in range(2):
        await sync_calendars(floor.env)
        assert await alerts(floor, "calendar-unreadable") == [("calendar-unreadable", f"calendar:cal:{event.calendar}")]


async def test_a_calendar_that_we_fail_over_keeps_no_other_one_waiting(floor: Floor) -> None:
    row, event = await booked(floor)
    while (other := (await booked(floor))[0]).rep_key == row.rep_key:
        pass
    floor.vendor.remove(event)
    floor.vendor.remove(event_of(floor, other))

    async def fail() -> None:
        raise ZeroDivisionError

    await sync_calendars(floor.env)
    floor.world.clock.advance(BETWEEN_LOOKS)
    floor.vendor.after_reading = fail  # whichever is read first
    with pytest.raises(ItemsFailed):
        await sync_calendars(floor.env)
    statuses = [(await floor.appointment(one.id)).status for one in (row, other)]
    assert sorted(statuses) == ["cancelled", "confirmed"]


async def test_calendars_that_cannot_be_read_keep_no_other_one_of_their_server_waiting(floor: Floor) -> None:
    """Anybody may fill a rep's calendar with invitations; a server that is down is another matter."""
    calendars: list[str] = []
    for anew in ("first", "second", "third"):
        used: dict[str, str] = {}
        while len(used) < 3:
            row, event = await booked(floor)
            used[row.rep_key] = event.calendar
        calendars += used.values()
        for rep in used:
            bound = [CalendarBindingInput(connection="cal", calendar=f"{rep}-{anew}", writes=True)]
            await bind_calendars(floor.env, rep, bound, actor=SETTER)
    floor.vendor.faults.update({calendar: VendorRejectedError("too many events") for calendar in sorted(calendars)[:6]})
    assert await sync_calendars(floor.env) == 3


async def test_what_is_still_owed_to_a_calendar_is_not_compared(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    floor.vendor.cues = [Cue.RETRY]
    await floor.work()  # not there yet
    await sync_calendars(floor.env)
    assert (await floor.appointment(row.id)).status == "confirmed"


async def test_a_dead_letter_that_was_overtaken_hides_no_change_of_the_event_that_stands(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    floor.vendor.cues = [Cue.REJECTED]
    await floor.work()
    start = row.starts_at + HOUR
    await reschedule(floor.env, row.id, start, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()
    assert [item.status for item in await floor.deliveries(row.id)] == ["dead", "done"]
    event = event_of(floor, row)
    floor.vendor.drag(event, later(event))
    await sync_calendars(floor.env)
    assert (await floor.appointment(row.id)).starts_at == later(event)


async def test_what_was_carried_out_after_the_reading_began_is_not_compared(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    floor.vendor.after_reading = floor.work_out
    await sync_calendars(floor.env)
    assert (await floor.appointment(row.id)).status == "confirmed"


@pytest.mark.parametrize("moved", [True, False], ids=["moved", "deleted"])
async def test_a_change_between_the_reading_and_the_acting_wins(floor: Floor, moved: bool) -> None:
    row, event = await booked(floor)
    if moved:
        floor.vendor.drag(event, later(event))
    else:
        floor.vendor.remove(event)
    floor.vendor.after_reading = lambda: reschedule(
        floor.env, row.id, later(event, 2), by=ActorRole.SETTER, reason="x", actor=SETTER
    )
    await sync_calendars(floor.env)
    after = await floor.appointment(row.id)
    assert (after.status, after.starts_at, after.conflict) == ("confirmed", later(event, 2), None)
    await floor.work_out()
    await sync_calendars(floor.env)
    assert event_of(floor, row).start == after.starts_at


@pytest.mark.parametrize("ended", ["cancelled", "rejected"])
async def test_an_event_that_a_calendar_program_restores_after_a_cancellation_is_taken_out_again(
    floor: Floor, ended: str
) -> None:
    row, event = await booked(floor)
    if ended == "cancelled":
        await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    else:
        await reject(floor.env, row.id, code=RejectCode.NOT_QUALIFIED, reason="x", actor=SETTER)
    await floor.work_out()
    floor.vendor.drag(event, event.start)
    await sync_calendars(floor.env)
    await floor.work_out()
    assert floor.vendor.events() == []
    assert await alerts(floor, "calendar-orphan") == []


@pytest.mark.parametrize(
    ("status", "code", "known"),
    [("cancelled", None, False), ("rejected", "not_qualified", False), ("confirmed", None, True)],
)
async def test_an_event_left_of_an_appointment_that_has_ended_is_told_of(
    floor: Floor, status: str, code: str | None, known: bool
) -> None:
    row, event = await booked(floor)
    async with floor.env.uow() as tx:
        placed = (await tx.deliveries.of_appointment(row.id))[-1]
        connection = await tx.deliveries.connection(placed.connection_id)
    await ended_without_a_cancel(floor, row, status, code)
    await remove_orphan_events(floor.env, connection, event.calendar, [event.key], read_at=floor.env.clock())
    assert len(await alerts(floor, "calendar-orphan")) == (0 if known else 1)
    assert len(floor.vendor.events()) == 1


@pytest.mark.parametrize(("status", "code"), [("cancelled", None), ("rejected", "not_qualified")])
async def test_an_appointment_that_has_ended_is_not_looked_for_in_a_calendar_that_still_has_it(
    floor: Floor, status: str, code: str | None
) -> None:
    row, event = await booked(floor)
    while (await booked(floor))[1].calendar != event.calendar:  # so that there is something to look for
        pass
    await ended_without_a_cancel(floor, row, status, code)
    await sync_calendars(floor.env)
    after = await floor.appointment(row.id)
    assert (after.starts_at, after.conflict) == (row.starts_at, None)
    assert [found for found, _ in await alerts(floor, "calendar-orphan", "calendar-conflict")] == ["calendar-orphan"]


async def ended_without_a_cancel(floor: Floor, row: AppointmentRow, status: str, code: str | None) -> None:
    """No `cancel` was ever owed for its event, as after a restored backup."""
    await floor.world.owner_rows(
        "update appointments set status = :status, reject_code = :code where id = :id", past_guards=True,
        status=status, code=code, id=row.id,
    )  # fmt: skip


async def test_an_event_that_comes_back_to_a_rep_who_left_the_appointment_is_taken_out_again(floor: Floor) -> None:
    row, event = await booked(floor)
    after = await reassign_appointment(floor.env, row.id, reason="is ill", actor=SETTER)
    assert after.rep_key != row.rep_key
    await floor.work_out()
    floor.vendor.drag(event, event.start)
    await sync_calendars(floor.env)
    await floor.work_out()
    assert [found.calendar for found in floor.vendor.events()] == [f"{after.rep_key}-cal"]
    assert (await floor.appointment(row.id)).conflict is None


async def test_an_event_of_ours_that_nobody_knows_is_left_alone_and_told(floor: Floor) -> None:
    _, event = await booked(floor)
    stranger = replace(event, key=f"pm-{UUID(int=7)}-00000000")
    floor.vendor.live[event.calendar, stranger.key] = [stranger]
    await sync_calendars(floor.env)
    assert len(floor.vendor.events()) == 2
    assert [code for code, _ in await alerts(floor, "calendar-orphan")] == ["calendar-orphan"]
    floor.vendor.remove(stranger)
    await sync_calendars(floor.env)
    assert await alerts(floor, "calendar-orphan") == []


@asynccontextmanager
async def with_companion(database_url: str) -> AsyncIterator[Floor]:
    """Closers who are never alone: tom comes along."""
    solo = POLICY["pools"]["closers-mid-market"] | {"booking": {"companion_pools": ["solutions"]}}
    pools = POLICY["pools"] | {"closers-mid-market": solo, "solutions": {"work": "solution_design", "members": ["tom"]}}
    always = tuple(replace(block, weekday=day) for day in range(7) for block in office_hours()[:1])
    async with open_floor(database_url) as floor:
        given = floor_given()
        designers = RoleInput(name="Solution designer", works=frozenset({Work.SOLUTION_DESIGN}))
        reps = (*given.reps, rep_given("tom", "Solution designer"))
        reps = tuple(replace(rep, working_hours=always) for rep in reps)
        await put_roster(floor.env, replace(given, roles=(*given.roles, designers), reps=reps), actor=SETTER)
        bound = CalendarBindingInput(connection="cal", calendar="tom-cal", writes=True)
        await bind_calendars(floor.env, "tom", [bound], actor=SETTER)
        await floor.world.publish({**POLICY, "pools": pools})
        yield floor


async def booked_together(floor: Floor) -> tuple[AppointmentRow, dict[str, CalendarEvent]]:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await floor.work_out()
    return row, {event.calendar.removesuffix("-cal"): event for event in floor.vendor.events()}


@pytest.mark.parametrize("moved", [True, False], ids=["moved", "deleted"])
async def test_what_a_companion_does_with_the_event_is_a_conflict_and_moves_nobody(
    database_url: str, moved: bool
) -> None:
    async with with_companion(database_url) as floor:
        row, events = await booked_together(floor)
        if moved:
            floor.vendor.drag(events["tom"], later(events["tom"]))
        else:
            floor.vendor.remove(events["tom"])
            live_beside(floor, events["tom"].calendar)
        assert await look_twice(floor) == 2
        after = await floor.appointment(row.id)
        assert (after.starts_at, after.status) == (row.starts_at, "confirmed")
        assert says(after, "tom").startswith(f"the event was {'moved' if moved else 'deleted'}")
        await sync_calendars(floor.env)  # that the closer's calendar agrees does not settle it
        assert await alerts(floor, "calendar-conflict") == [("calendar-conflict", f"appointment:{row.id}")]
        await dismiss_conflict(floor.env, row.id, actor=SETTER)
        await floor.work_out()
        await sync_calendars(floor.env)
        assert (await floor.appointment(row.id)).conflict is None
        assert {event.start for event in floor.vendor.events()} == {row.starts_at}


async def test_an_event_that_the_closer_moved_is_moved_in_the_companions_calendar(database_url: str) -> None:
    async with with_companion(database_url) as floor:
        row, events = await booked_together(floor)
        leader = events[row.rep_key]
        floor.vendor.drag(leader, later(leader))
        await sync_calendars(floor.env)
        await floor.work_out()
        assert {event.start for event in floor.vendor.events()} == {later(leader)}
        await sync_calendars(floor.env)
        assert (await floor.appointment(row.id)).conflict is None


async def test_one_slow_calendar_does_not_keep_the_others_waiting(floor: Floor) -> None:
    rows = [await booked(floor) for _ in range(3)]
    floor.vendor.stuck.add(rows[0][1].calendar)
    for _, event in rows[1:]:
        floor.vendor.remove(event)
    async with asyncio.timeout(PATIENCE_S):
        assert await look_twice(floor, deadline=timedelta(seconds=1.5)) == 2
    assert [(await floor.appointment(row.id)).status for row, _ in rows] == ["confirmed", "cancelled", "cancelled"]
