"""Calendars that are gone, or are shared no more: nothing is called off, and the alert says of whom, and what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.appointment import reassign_appointment
from pointsman.services.reassignment.bulk import BulkRequest, reassign_rep
from pointsman.services.roster.change_roster import deactivate_rep
from pointsman_sdk import Slot
from support.floors.booking_floor import SETTER
from support.vendors.owners import CalendarProgram
from support.vendors.two_vendors import AT, TwoVendors, calendar_of, open_two_vendors
from support.wording import english

pytestmark = pytest.mark.anyio
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GONE = {
    "anna": "Google knows no such calendar",
    "ben": "there is no such mailbox or calendar, or the app may not use it",
}
TEAM = "c_team@group.calendar.google.com"


async def alerts(here: TwoVendors) -> dict[str, str]:
    """What is open, by its subject, but for reps who have no calendar here."""
    async with here.env.uow() as tx:
        told = {row["subject"]: english(row["message"]) for row in await tx.alerts.list_open()}
    return {subject: said for subject, said in told.items() if "no calendar is connected" not in said}


async def booked(here: TwoVendors) -> AppointmentRow:
    lead, handed = await here.floor.ready()
    row = await book(here.env, lead, handed.slots[4].start, actor=SETTER)
    await here.floor.work_out()
    return row


async def some_time(here: TwoVendors, *, rounds: int = 4) -> None:
    for _ in range(rounds):
        await here.poll(after=2 * MINUTE)
        await here.look()
        await here.renew()
        await here.floor.work_out()
        await here.work()


@asynccontextmanager
async def deleted(here: TwoVendors, rep: str) -> AsyncIterator[None]:
    """While the rep has no mailbox at the vendor."""
    if rep == "anna":
        kept = here.google.calendars.pop(calendar_of(rep))
        here.google.accounts.tokens.clear()
        yield
        here.google.calendars[calendar_of(rep)] = kept
    else:
        mailbox = here.graph.directory.mailbox(calendar_of(rep))
        mailbox.fault = (404, "ErrorInvalidUser")
        yield
        mailbox.fault = None


async def test_a_mailbox_that_was_deleted_calls_nothing_off_and_its_rep_cannot_be_booked(here: TwoVendors) -> None:
    row, subject = await booked(here), f"rep:{here.rep}"
    async with deleted(here, here.rep):
        await some_time(here)
        found = await here.floor.appointment(row.id)
        assert (found.status, found.conflict) == ("confirmed", None)
        told = await alerts(here)
        assert told.keys() == {subject}
        assert told[subject].startswith(f"the calendar of {here.rep.capitalize()} at {here.vendor} cannot be read")
        assert GONE[here.rep] in told[subject]
        assert (await here.floor.hand_over(await here.floor.lead())).closer is None
    await some_time(here)
    assert await alerts(here) == {}
    assert (await here.floor.ready())[1].closer == here.rep
    assert (await here.floor.appointment(row.id)).status == "confirmed"


@pytest.mark.parametrize("rep", ["anna", "ben"])
async def test_an_appointment_leaves_a_mailbox_that_was_deleted(database_url: str, rep: str) -> None:
    async with open_two_vendors(database_url, reps=["anna", "ben"]) as here:
        row, other = await booked(here), {"anna": "ben", "ben": "anna"}[rep]
        if row.rep_key != rep:
            await reassign_appointment(here.env, row.id, to=rep, reason="asks", actor=SETTER)
            await here.floor.work_out()
        async with deleted(here, rep):
            await some_time(here, rounds=2)
            after = await reassign_appointment(here.env, row.id, to=other, reason="left", actor=SETTER)
            await some_time(here, rounds=2)
            ((_, slot),) = CalendarProgram(here, other).ours()
            assert (after.rep_key, slot.utc().start, after.status) == (other, row.starts_at, "confirmed")
            told = await alerts(here)
        assert GONE[rep] in told.pop(f"rep:{rep}")
        ((subject, said),) = told.items()  # the event that stands in a calendar that nobody can look at
        assert subject.startswith("delivery:")
        assert said.startswith(f"taking out an appointment at {AT[rep]} failed for good")


async def test_a_mailbox_that_is_taken_out_of_the_apps_scope_is_named(graph: TwoVendors) -> None:
    row = await booked(graph)
    graph.graph.scope = {"somebody@example.com"}
    await some_time(graph)
    assert (await graph.floor.appointment(row.id)).status == "confirmed"
    told = await alerts(graph)
    assert "the app may not use it" in told["rep:ben"]
    graph.graph.scope = None
    await some_time(graph)
    assert await alerts(graph) == {}


@pytest.mark.parametrize("shares_busy", [True, False])
async def test_a_google_calendar_that_is_shared_no_more_is_named(google: TwoVendors, *, shares_busy: bool) -> None:
    shared = google.google.calendar(TEAM, owner="boss@example.com")
    shared.roles, shared.shares_busy = {calendar_of("anna"): "writer"}, shares_busy
    await google.bind("anna", TEAM)
    row = await booked(google)
    shared.roles = {}
    await some_time(google)
    assert (await google.floor.appointment(row.id)).status == "confirmed"
    told = await alerts(google)
    if shares_busy:  # when its owner is busy is seen all the same
        (said,) = told.values()
        assert said.startswith("our appointments of Anna in a calendar at google cannot be read back")
        assert "share it" in said
    else:
        assert told.keys() == {"rep:anna"}
        assert "share it" in told["rep:anna"]
    shared.roles = {calendar_of("anna"): "writer"}
    await some_time(google)
    assert await alerts(google) == {}


@pytest.mark.parametrize("rep", ["anna", "ben"])
async def test_a_rep_is_there_from_the_first_calendar_to_the_last_day(database_url: str, rep: str) -> None:
    async with open_two_vendors(database_url, reps=[rep]) as here:
        program, other = CalendarProgram(here, rep), {"anna": "ben", "ben": "anna"}[rep]
        row = await booked(here)
        row = await reschedule(here.env, row.id, row.starts_at + 4 * HOUR, reason="asks", actor=SETTER)
        await some_time(here, rounds=1)
        ((event, slot),) = program.ours()
        assert slot.utc().start == row.starts_at
        await program.drag(event, Slot(slot.start - HOUR, slot.end - HOUR))
        await some_time(here, rounds=1)
        assert (await here.floor.appointment(row.id)).starts_at == row.starts_at - HOUR
        await here.connect(other)
        await reassign_rep(here.env, rep, BulkRequest(reason="leaves"), actor=SETTER)
        await deactivate_rep(here.env, rep, actor=SETTER)
        await some_time(here)
        ((_, moved),) = CalendarProgram(here, other).ours()
        assert moved.utc().start == row.starts_at - HOUR
        assert (program.ours(), here.watching(rep), len(here.watching(other))) == ([], [], 1)
        assert await alerts(here) == {}
        _, last = await here.calendar(rep)
        await here.block(rep, here.ahead(4))
        await some_time(here)
        assert (await here.calendar(rep))[1] == last, "what is private to a rep who left is not read"
