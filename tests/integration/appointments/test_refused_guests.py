"""Where the vendor of a calendar takes no more guests for now, the event stands, and the buyer is told another way."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.appointments.untold import ASK_AGAIN, tell_untold_buyers
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.ports import CalendarEvent, VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, invitation_in, mailing, open_mail_floor
from support.wording import english_of

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ALERTS = "select subject, message, count from alerts where code = 'buyer-untold' and resolved_at is null"


@pytest.fixture
async def mailed(database_url: str) -> AsyncIterator[MailFloor]:
    """The pool names a connection that sends mail."""
    async with open_mail_floor(database_url, by="calendar") as line:
        line.floor.vendor.invites = line.floor.vendor.refuses_guests = True
        yield line


@pytest.fixture
async def unmailed(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url, by="calendar", connection=None) as line:
        line.floor.vendor.invites = line.floor.vendor.refuses_guests = True
        yield line


async def now(line: MailFloor, row: AppointmentRow) -> AppointmentRow:
    async with line.env.uow() as tx:
        found = await tx.appointments.get(row.id)
    assert found is not None
    return found


def event(line: MailFloor) -> CalendarEvent:
    (found,) = line.floor.vendor.events()
    return found


async def test_the_event_stands_at_once_and_mail_invites(mailed: MailFloor) -> None:
    row = await mailed.booked()
    await mailed.floor.work_out()
    assert (event(mailed).start, event(mailed).invites) == (row.starts_at, False)
    assert [invitation_in(mail)["UID"] for mail in mailed.mail.arrived] == [f"pm-{row.id}@pointsman"]
    assert (await now(mailed, row)).invited_by == "mail"
    assert await mailed.floor.world.rows(ALERTS) == []


async def test_mail_goes_on_once_the_limit_is_over_so_that_nobody_is_invited_twice(mailed: MailFloor) -> None:
    row = await mailed.booked()
    await mailed.floor.work_out()
    mailed.floor.vendor.refuses_guests = False
    await reschedule(mailed.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await mailed.floor.work_out()
    assert (event(mailed).start, event(mailed).invites) == (row.starts_at + DAY, False)
    assert len(mailed.mail.arrived) == 2


async def test_a_buyer_whom_the_vendor_invited_hears_of_a_move_by_mail(mailed: MailFloor) -> None:
    mailed.floor.vendor.refuses_guests = False
    row = await mailed.booked()
    await mailed.floor.work_out()
    assert (event(mailed).invites, mailed.mail.arrived) == (True, [])
    mailed.floor.vendor.refuses_guests = True
    await reschedule(mailed.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await mailed.floor.work_out()
    assert (event(mailed).start, event(mailed).invites) == (row.starts_at + DAY, False)
    assert [invitation_in(mail)["SEQUENCE"] for mail in mailed.mail.arrived] == ["1"]
    assert await mailed.floor.world.value("select said from deliveries where kind = 'notice'") == "change"


async def test_who_was_taken_out_of_the_event_hears_by_mail_that_it_is_off_also_where_the_move_never_reached_them(
    mailed: MailFloor,
) -> None:
    mailed.floor.vendor.refuses_guests = False
    row = await mailed.booked()
    await mailed.floor.work_out()
    mailed.floor.vendor.refuses_guests, mailed.mail.cues = True, [VendorRetryableError("451 later")]
    await reschedule(mailed.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await mailed.floor.work()
    assert (event(mailed).invites, mailed.mail.arrived) == (False, [])
    await cancel(mailed.env, row.id, reason="test", actor=SETTER)
    await mailed.floor.work_out()
    assert [invitation_in(mail)["METHOD"] for mail in mailed.mail.arrived] == ["CANCEL"]


async def test_who_was_never_invited_hears_of_no_end(mailed: MailFloor) -> None:
    mailed.mail.cues = [VendorRetryableError("451 later")]
    row = await mailed.booked()
    await mailed.floor.work()
    await cancel(mailed.env, row.id, reason="test", actor=SETTER)
    await mailed.floor.work_out()
    assert mailed.mail.arrived == []


async def test_a_refused_invitation_counts_for_no_mailbox(mailed: MailFloor) -> None:
    await mailed.booked()
    await mailed.floor.work_out()
    counted = await mailed.floor.world.rows("select kind from deliveries where mailed_at is not null")
    assert ([one.kind for one in counted], len(mailed.mail.arrived)) == (["notice"], 1)


async def test_without_mail_a_human_hears_of_it_and_the_guest_is_added_once_the_limit_is_over(
    unmailed: MailFloor,
) -> None:
    row = await unmailed.booked()
    await unmailed.floor.work_out()
    assert (event(unmailed).start, event(unmailed).invites) == (row.starts_at, False)
    ((subject, message, _),) = await unmailed.floor.world.rows(ALERTS)
    assert subject == f"appointment:{row.id}"
    assert "put the event without guests (the vendor did not answer in time)" in english_of(message)
    assert await tell_untold_buyers(unmailed.env) == 0, "it was asked a moment ago"
    for times in (2, 3):
        unmailed.floor.world.clock.advance(ASK_AGAIN)
        assert await tell_untold_buyers(unmailed.env) == 1
        assert await tell_untold_buyers(unmailed.env) == 0
        await unmailed.floor.work_out()
        assert [alert.count for alert in await unmailed.floor.world.rows(ALERTS)] == [times], "one alert all the while"
    unmailed.floor.vendor.refuses_guests = False
    unmailed.floor.world.clock.advance(ASK_AGAIN)
    assert await tell_untold_buyers(unmailed.env) == 1
    await unmailed.floor.work_out()
    assert event(unmailed).invites
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.rows(ALERTS) == []
    assert (await now(unmailed, row)).invited_by == "calendar"


async def test_mail_takes_over_at_once_where_the_pool_names_a_connection_later(unmailed: MailFloor) -> None:
    row = await unmailed.booked()
    await unmailed.floor.work_out()
    await unmailed.floor.world.publish(mailing(by="calendar"))
    assert await tell_untold_buyers(unmailed.env) == 1
    await unmailed.floor.work_out()
    assert len(unmailed.mail.arrived) == 1
    assert (await now(unmailed, row)).invited_by == "mail"
    assert await unmailed.floor.world.rows(ALERTS) == []


async def test_the_alert_stays_where_the_vendor_refuses_the_event_when_it_is_asked_again(unmailed: MailFloor) -> None:
    row = await unmailed.booked()
    await unmailed.floor.work_out()
    unmailed.floor.world.clock.advance(ASK_AGAIN)
    assert await tell_untold_buyers(unmailed.env) == 1
    await unmailed.floor.world.rows(
        "update deliveries set status = 'dead', done_at = now() where kind = 'appointment' and status = 'pending'"
    )
    assert await tell_untold_buyers(unmailed.env) == 0
    assert len(await unmailed.floor.world.rows(ALERTS)) == 1
    await cancel(unmailed.env, row.id, reason="test", actor=SETTER)
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.rows(ALERTS) == []


@pytest.mark.parametrize("end", ["called off", "over"])
async def test_the_alert_ends_with_the_appointment(unmailed: MailFloor, end: str) -> None:
    row = await unmailed.booked()
    await unmailed.floor.work_out()
    if end == "over":
        unmailed.floor.world.clock.advance(row.ends_at + MINUTE - unmailed.env.clock())
    else:
        await cancel(unmailed.env, row.id, reason="test", actor=SETTER)
    assert await tell_untold_buyers(unmailed.env) == 0
    assert await unmailed.floor.world.rows(ALERTS) == []
