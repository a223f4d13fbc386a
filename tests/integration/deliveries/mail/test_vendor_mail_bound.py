"""What the vendor of a calendar writes to a buyer is mail, too: however often an event is moved, a mailbox gets so much a day."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.appointments.untold import ASK_AGAIN, tell_untold_buyers
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.deliveries.mail.bound import MOST_A_DAY
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, invitation_in, open_mail_floor

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
UNTOLD = "select count(*) from alerts where code = 'buyer-untold' and resolved_at is null"
COUNTED = "select count(*) from deliveries where mailed_at is not null and (status = 'done' or unsure > 0)"


@pytest.fixture
async def mailed(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url, by="calendar") as line:
        line.floor.vendor.invites = True
        yield line


@pytest.fixture
async def unmailed(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url, by="calendar", connection=None) as line:
        line.floor.vendor.invites = True
        yield line


async def moved_often(line: MailFloor, row: AppointmentRow, times: int) -> int:
    """How often the vendor wrote to the buyer meanwhile: each event with them in it is another time."""
    wrote = 0
    for turn in range(times):
        row = await reschedule(line.env, row.id, row.starts_at + DAY * (-1) ** turn, reason="test", actor=SETTER)
        line.floor.world.clock.advance(MINUTE)
        await line.floor.work()
        (event,) = line.floor.vendor.events()
        assert event.start == row.starts_at, "the closer's calendar is right, whoever is told"
        wrote += event.invites
    return wrote


async def far_ahead(line: MailFloor) -> AppointmentRow:
    """An appointment that mail can wait for, of which the vendor has told the buyer."""
    row = await line.booked()
    there = line.env.clock().replace(hour=9, minute=0, second=0, microsecond=0) + 3 * DAY
    row = await reschedule(line.env, row.id, there, reason="test", actor=SETTER)
    await line.floor.work()
    return row


async def test_the_vendor_writes_so_often_and_mail_says_later_how_it_stands(mailed: MailFloor) -> None:
    row = await far_ahead(mailed)
    assert await moved_often(mailed, row, 15) == MOST_A_DAY - 1
    assert mailed.mail.arrived == []
    waiting = [one for one in await mailed.notices(row) if one.status == "pending"]
    assert [one.error_code for one in waiting] == ["mail-bound"]
    mailed.floor.world.clock.advance(DAY)
    await mailed.floor.work()
    (mail,) = mailed.mail.arrived
    async with mailed.env.uow() as tx:
        now = await tx.appointments.get(row.id)
    assert now is not None
    assert (invitation_in(mail)["SEQUENCE"], now.invited_by) == (str(now.sequence), "mail")


async def test_without_mail_a_human_hears_of_it_and_the_vendor_invites_again_once_there_is_room(
    unmailed: MailFloor,
) -> None:
    row = await far_ahead(unmailed)
    assert await moved_often(unmailed, row, 15) == MOST_A_DAY - 1
    assert await unmailed.floor.world.value(UNTOLD) == 1
    unmailed.floor.world.clock.advance(DAY)
    assert await tell_untold_buyers(unmailed.env) == 1
    await unmailed.floor.work()
    (event,) = unmailed.floor.vendor.events()
    assert event.invites
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.value(UNTOLD) == 0


async def test_what_the_buyer_knows_is_not_counted(mailed: MailFloor) -> None:
    row = await far_ahead(mailed)
    for _ in range(MOST_A_DAY + 2):
        await mailed.floor.world.rows(
            "update deliveries set status = 'pending', done_at = null where kind = 'appointment'"
        )
        await mailed.floor.work()
    assert await moved_often(mailed, row, 3) == 3


async def test_whom_the_appointment_goes_back_to_invites_anew_and_that_counts(mailed: MailFloor) -> None:
    row = await far_ahead(mailed)
    wrote = 0
    for _ in range(MOST_A_DAY + 4):
        row = await mailed.reassigned(row)
        mailed.floor.world.clock.advance(MINUTE)
        await mailed.floor.work_out()
        (event,) = mailed.floor.vendor.events()
        wrote += event.invites
    assert wrote <= MOST_A_DAY - 1


async def test_what_the_vendor_refused_to_write_is_not_counted_until_it_writes(unmailed: MailFloor) -> None:
    unmailed.floor.vendor.refuses_guests = True
    await unmailed.booked()
    await unmailed.floor.work_out()
    assert await unmailed.floor.world.value(COUNTED) == 0
    unmailed.floor.vendor.refuses_guests = False
    unmailed.floor.world.clock.advance(ASK_AGAIN)
    assert await tell_untold_buyers(unmailed.env) == 1
    await unmailed.floor.work_out()
    (event,) = unmailed.floor.vendor.events()
    assert event.invites
    assert await unmailed.floor.world.value(COUNTED) == 1


async def test_of_an_event_beyond_the_bound_that_is_called_off_mail_tells_at_once(mailed: MailFloor) -> None:
    """The vendor invited them to an earlier time, and says nothing to who does not stand in the event any more."""
    row = await far_ahead(mailed)
    await moved_often(mailed, row, 12)
    assert mailed.mail.arrived == []
    await cancel(mailed.env, row.id, reason="test", actor=SETTER)
    await mailed.floor.work()
    assert [invitation_in(mail)["METHOD"] for mail in mailed.mail.arrived] == ["CANCEL"]


async def test_without_mail_an_event_beyond_the_bound_that_is_called_off_is_a_human_s_to_tell(
    unmailed: MailFloor,
) -> None:
    row = await far_ahead(unmailed)
    await moved_often(unmailed, row, 12)
    await cancel(unmailed.env, row.id, reason="test", actor=SETTER)
    await unmailed.floor.work()
    assert unmailed.floor.vendor.events() == []
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.value(UNTOLD) == 1
    unmailed.floor.world.clock.advance(7 * DAY)
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.value(UNTOLD) == 0
