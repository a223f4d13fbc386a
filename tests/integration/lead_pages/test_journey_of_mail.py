"""What the journey of a lead says of what its buyer is sent: enough to explain it to a closer."""

from datetime import timedelta

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.appointments.untold import ASK_AGAIN, tell_untold_buyers
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.lead_pages.journey import JourneyEntry, load_journey
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, open_mail_floor
from support.wording import english

_HOUR = timedelta(hours=1)


async def moved_by_an_hour(line: MailFloor, row: AppointmentRow) -> AppointmentRow:
    return await reschedule(line.env, row.id, row.starts_at + _HOUR, reason="test", actor=SETTER)


async def entries(line: MailFloor, row: AppointmentRow) -> tuple[JourneyEntry, ...]:
    return (await load_journey(line.env, row.lead_id, actor=SETTER)).entries


async def test_a_reminder_is_told_once_and_last_at_the_time_when_it_is_due(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        await line.floor.work()
        moved = await moved_by_an_hour(line, row)
        await line.floor.work()
        told = await entries(line, row)
    waits = [one for one in told if one.details.get("what") == "reminder-put"]
    assert [(english(one.text), one.at) for one in waits] == [
        ("the reminder to the buyer is still to be done", moved.starts_at - timedelta(minutes=10))
    ]
    assert told[-1] == waits[0]


async def test_no_reminder_is_told_of_what_was_called_off(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        await line.floor.work()
        await cancel(line.env, row.id, reason="test", actor=SETTER)
        assert [one for one in await entries(line, row) if one.details.get("what") == "reminder-put"] == []


async def test_mail_that_was_overtaken_before_anybody_tried_to_send_it_is_not_told(database_url: str) -> None:
    async with open_mail_floor(database_url) as line:
        row = await line.booked()
        await moved_by_an_hour(line, row)
        await line.floor.work()
        told = [english(one.text) for one in await entries(line, row) if one.details.get("what") == "notice-put"]
    assert told == ["the buyer was mailed the confirmation of the appointment"]


@pytest.mark.parametrize("invites", [True, False])
async def test_an_event_whose_vendor_invites_the_buyer_is_told_as_such(database_url: str, *, invites: bool) -> None:
    async with open_mail_floor(database_url, by="calendar") as line:
        line.floor.vendor.invites = invites
        row = await line.booked()
        await line.floor.work()
        (event,) = [one.text for one in await entries(line, row) if one.details.get("what") == "appointment-put"]
    assert english(event).endswith("; that calendar's vendor invites the buyer") is invites


async def test_an_event_that_was_put_without_the_buyer_is_not_told_as_one_that_invites(database_url: str) -> None:
    async with open_mail_floor(database_url, by="calendar", connection=None) as line:
        line.floor.vendor.invites = line.floor.vendor.refuses_guests = True
        row = await line.booked()
        await line.floor.work_out()
        line.floor.vendor.refuses_guests = False
        line.floor.world.clock.advance(ASK_AGAIN)
        assert await tell_untold_buyers(line.env) == 1
        await line.floor.work_out()
        told = [english(one.text) for one in await entries(line, row) if one.details.get("what") == "appointment-put"]
    assert [text.endswith("; that calendar's vendor invites the buyer") for text in told] == [False, True]
