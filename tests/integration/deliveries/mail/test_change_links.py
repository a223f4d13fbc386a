"""The link in a buyer's mail: it leads to the appointment for as long as that lies ahead, wherever it was moved."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking_links.buyer_view import load_buyer_view
from pointsman.services.booking_links.links import revoke_links
from pointsman.services.signed_links.tokens import LinkExpired, read_link
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, invitation_in, mailing, open_mail_floor, tell_address

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
_TOKEN = re.compile(r"/book/([\w=-]+)")


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    """Appointments may be agreed a year ahead."""
    policy = mailing()
    policy["pools"]["closers-mid-market"]["booking"] = {"horizon": "366d"}
    async with open_mail_floor(database_url) as line:
        await line.floor.world.publish(policy)
        yield line


async def address_is(line: MailFloor, lead_id: UUID, email: str) -> None:
    """A minute later the CRM says another address."""
    line.floor.world.clock.advance(MINUTE)
    await tell_address(line, lead_id, email)


async def opens(line: MailFloor, mail: int = 0) -> bool:
    """Whether the link in that mail leads to a standing appointment."""
    found = _TOKEN.search(line.mail.arrived[mail].text)
    assert found is not None
    link = read_link(line.env.secrets, found[1], now=line.env.clock())
    return (await load_buyer_view(line.env, link)).appointment is not None


async def test_it_lives_until_an_appointment_a_year_ahead_is_over(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    row = await reschedule(line.env, row.id, row.starts_at + 350 * DAY, reason="test", actor=SETTER)
    await line.floor.work()
    line.floor.world.clock.advance(row.starts_at - MINUTE - line.env.clock())
    assert [await opens(line, 0), await opens(line, 1)] == [True, True]
    line.floor.world.clock.advance(row.ends_at - line.env.clock())
    for mail in (0, 1):
        with pytest.raises(LinkExpired):
            await opens(line, mail)


async def test_booked_a_year_ahead_it_lives_as_long(line: MailFloor) -> None:
    lead_id = await line.floor.lead()
    handed = await line.floor.hand_over(lead_id)
    row = await book(line.env, lead_id, handed.slots[0].start + 350 * DAY, actor=SETTER)
    await line.floor.work()
    line.floor.world.clock.advance(row.starts_at - MINUTE - line.env.clock())
    assert await opens(line)


async def test_moved_nearer_it_ends_with_the_appointment(line: MailFloor) -> None:
    row = await line.booked()
    row = await reschedule(line.env, row.id, row.starts_at + 100 * DAY, reason="test", actor=SETTER)
    await line.floor.work()
    row = await reschedule(line.env, row.id, row.starts_at - 99 * DAY, reason="test", actor=SETTER)
    line.floor.world.clock.advance(row.ends_at - line.env.clock())
    with pytest.raises(LinkExpired):
        await opens(line)


async def test_revoked_it_stays_so_wherever_the_appointment_is_moved(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    assert await revoke_links(line.env, row.lead_id, actor=SETTER) == 1
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await line.floor.work()
    with pytest.raises(LinkExpired):
        await opens(line)
    assert _TOKEN.search(line.mail.arrived[1].text) is None


async def test_a_called_off_appointment_keeps_its_link_until_it_would_have_been_over(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    assert not await opens(line)


async def test_a_mailbox_that_is_not_the_buyer_s_any_more_has_no_way_to_the_appointment(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    old = line.mail.arrived[0].to
    await address_is(line, row.lead_id, "ada@lead.example")
    await line.floor.work_out()
    (new,) = [place for place, mail in enumerate(line.mail.arrived) if mail.to == "ada@lead.example"]
    with pytest.raises(LinkExpired):
        await opens(line)
    assert await opens(line, new)
    await address_is(line, row.lead_id, old)
    await line.floor.work_out()
    assert await opens(line)
    with pytest.raises(LinkExpired):
        await opens(line, new)
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    with pytest.raises(LinkExpired):
        await opens(line, new)


async def test_one_that_was_revoked_stays_so_when_its_mailbox_is_the_buyer_s_again(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await revoke_links(line.env, row.lead_id, actor=SETTER)
    for address in ("ada@lead.example", line.mail.arrived[0].to):
        await address_is(line, row.lead_id, address)
        await line.floor.work_out()
    with pytest.raises(LinkExpired):
        await opens(line)


async def test_one_that_was_revoked_is_not_made_up_for_by_another_address(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await revoke_links(line.env, row.lead_id, actor=SETTER)
    for address in ("ada@lead.example", "weber@lead.example"):
        await address_is(line, row.lead_id, address)
        await line.floor.work_out()
        told = [mail for mail in line.mail.arrived if mail.to == address]
        assert [(invitation_in(mail)["METHOD"], _TOKEN.search(mail.text)) for mail in told] == [("REQUEST", None)]


async def test_that_of_an_appointment_that_was_called_off_leads_a_mailbox_that_was_left_to_no_later_one(
    line: MailFloor,
) -> None:
    row = await line.booked()
    await line.floor.work()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await address_is(line, row.lead_id, "ada@lead.example")
    handed = await line.floor.hand_over(row.lead_id)
    await book(line.env, row.lead_id, handed.slots[0].start, actor=SETTER)
    await line.floor.work()
    assert line.mail.arrived[-1].to == "ada@lead.example"
    assert await opens(line, len(line.mail.arrived) - 1)
    with pytest.raises(LinkExpired):
        await opens(line)
