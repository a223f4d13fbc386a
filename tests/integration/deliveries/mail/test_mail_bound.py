"""However often an appointment is changed, and by whom: a mailbox gets so much mail a day, and the last state in the end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.deliveries.enqueue import enqueue_link
from pointsman.services.deliveries.mail.bound import MOST_A_DAY, MOST_URGENT_A_DAY
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.ports import VendorRetryableError
from pointsman.services.ports.booking.appointments import AppointmentRow
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, invitation_in, open_mail_floor
from support.wording import english_of

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
#: All leads there are show one address, as they do where others said it of them.
OF_ONE_MAILBOX = "update leads set email = 'Ada@lead.example', email_key = null, shown_email_key = null"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


async def moved_often(line: MailFloor, row: AppointmentRow, times: int) -> AppointmentRow:
    """There and back, with a worker awake, so that each move is mailed."""
    for turn in range(times):
        row = await reschedule(line.env, row.id, row.starts_at + DAY * (-1) ** turn, reason="test", actor=SETTER)
        line.floor.world.clock.advance(MINUTE)
        await line.floor.work()
    return row


async def linked(line: MailFloor, row: AppointmentRow, url: str) -> None:
    """The vendor tells a link, which is mailed."""
    async with line.env.uow() as tx:
        now = await tx.appointments.get(row.id, lock=True)
        assert now is not None
        other = replace(now, join_url=url, sequence=now.sequence + 1)
        await tx.appointments.save(other)
        await enqueue_link(line.env, tx, other)
    await line.floor.work()


async def far_ahead(line: MailFloor, number: int = 0) -> AppointmentRow:
    """An appointment that mail can wait for; of more than three each has a `number`, since there are three closers."""
    row = await line.booked()
    there = line.env.clock().replace(hour=9, minute=0, second=0, microsecond=0) + 3 * DAY
    return await reschedule(line.env, row.id, there + timedelta(hours=number // 3), reason="test", actor=SETTER)


async def alerts(line: MailFloor) -> list[tuple[str, str]]:
    rows = await line.floor.world.rows(
        "select subject, message from alerts where resolved_at is null and code = 'mail-bound'"
    )
    return [(row.subject, english_of(row.message)) for row in rows]


async def test_what_is_over_the_bound_waits_and_then_says_how_it_stands(line: MailFloor) -> None:
    row = await moved_often(line, await far_ahead(line), 15)
    assert len(line.mail.arrived) == MOST_A_DAY
    waiting = [one for one in await line.notices(row) if one.status == "pending"]
    assert [(one.error_code, one.attempts, one.unsure) for one in waiting] == [("mail-bound", 0, 0)]
    assert await alert_late_deliveries(line.env) == 1
    ((subject, text),) = await alerts(line)
    assert subject == f"lead:{row.lead_id}"
    assert "1 mail to the buyer" in text
    line.floor.world.clock.advance(waiting[0].next_attempt_at - line.env.clock())
    await line.floor.work()
    last = invitation_in(line.mail.arrived[-1])
    assert (len(line.mail.arrived), last["SEQUENCE"]) == (MOST_A_DAY + 1, str(row.sequence))
    await alert_late_deliveries(line.env)
    assert await alerts(line) == []


async def test_of_very_many_leads_whose_mail_waits_one_alert_counts_those_that_have_none_of_their_own(
    line: MailFloor,
) -> None:
    leads = {f"lead:{(await line.booked()).lead_id}" for _ in range(3)}
    await line.floor.world.rows("update deliveries set error_code = 'mail-bound' where kind = 'notice'")
    assert await alert_late_deliveries(line.env, most=1) == 2
    said = dict(await alerts(line))
    assert said.pop("leads:others").startswith("mail to the buyers of 2 more leads waits")
    assert len(said.keys() & leads) == 1
    await alert_late_deliveries(line.env)
    assert dict(await alerts(line)).keys() == leads


async def test_a_mailbox_is_counted_and_not_a_lead(line: MailFloor) -> None:
    rows = [await far_ahead(line) for _ in range(3)]
    await line.floor.world.rows(OF_ONE_MAILBOX)
    for row in rows:
        await moved_often(line, row, 4)
    assert len(line.mail.arrived) == MOST_A_DAY
    other = await line.booked()
    await line.floor.work()
    assert line.mail.arrived[-1].to == f"{other.lead_id}@lead.example"


@pytest.mark.parametrize(
    "addresses",
    [
        ("ada@lead.example", "Ada+1@lead.example", "ada+two@LEAD.example"),
        ("ada@lead.example", "a.da+3@lead.example", "ad.a@lead.example"),
        ("ada@m\u00fcnchen.example", "ada@xn--mnchen-3ya.example", "ADA+x@M\u00dcNCHEN.example."),
    ],
)
async def test_addresses_that_may_lead_to_one_mailbox_are_counted_together(
    line: MailFloor, addresses: tuple[str, ...]
) -> None:
    rows = [await far_ahead(line) for _ in addresses]
    for row, address in zip(rows, addresses, strict=True):
        await line.floor.world.rows(OF_ONE_MAILBOX + " where id = :id", id=row.lead_id)
        await line.floor.world.rows("update leads set email = :address where id = :id", address=address, id=row.lead_id)
    for row in rows:
        await moved_often(line, row, 5)
    assert len(line.mail.arrived) == MOST_A_DAY
    assert {mail.to for mail in line.mail.arrived} <= set(addresses)


async def test_nobody_fills_a_mailbox_so_that_its_owner_goes_to_a_meeting_that_is_off(line: MailFloor) -> None:
    row, other = await line.booked(), await line.booked()  # for the same day; another's acts fill the mailbox
    await line.floor.world.rows(OF_ONE_MAILBOX)
    await line.floor.work()
    for turn in range(MOST_URGENT_A_DAY):
        await linked(line, other, f"https://meet.example/{turn}")
    assert len(line.mail.arrived) == MOST_URGENT_A_DAY
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    last = line.mail.arrived[-1]
    assert (invitation_in(last)["METHOD"], last.thread) == ("CANCEL", f"pm-{row.id}")


async def test_a_cancellation_does_not_wait_behind_moves(line: MailFloor) -> None:
    row = await moved_often(line, await far_ahead(line), 12)
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert [invitation_in(mail)["METHOD"] for mail in line.mail.arrived[MOST_A_DAY:]] == ["CANCEL"]


async def test_what_would_come_after_the_appointment_began_goes_at_once_and_that_has_a_bound_too(
    line: MailFloor,
) -> None:
    row = await line.booked()  # for the same day
    await line.floor.work()
    for turn in range(MOST_URGENT_A_DAY + 3):
        await linked(line, row, f"https://meet.example/{turn}")
    assert len(line.mail.arrived) == MOST_URGENT_A_DAY


async def test_what_surely_did_not_go_out_is_not_counted(line: MailFloor) -> None:
    row = await far_ahead(line)
    line.mail.cues = [VendorRetryableError("greylisted")] * (MOST_A_DAY + 2)
    row = await moved_often(line, row, MOST_A_DAY + 2)
    assert line.mail.arrived == []
    line.floor.world.clock.advance(timedelta(hours=1))
    await line.floor.work()
    assert [invitation_in(mail)["SEQUENCE"] for mail in line.mail.arrived] == [str(row.sequence)]


async def test_two_workers_at_once_send_no_more_than_one(line: MailFloor) -> None:
    rows = [await far_ahead(line, number) for number in range(MOST_A_DAY + 4)]
    await line.floor.world.rows(OF_ONE_MAILBOX)
    owed = [one for row in rows for one in await line.notices(row)]
    await asyncio.gather(*(run_delivery(line.env, one.id) for one in owed))
    assert len(line.mail.arrived) == MOST_A_DAY
