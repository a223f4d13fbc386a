"""Where a rep takes over whose calendar cannot invite and no mail goes out, a human hears of it until the buyer is told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.domain.messages.message import as_written
from pointsman.services.appointments.actions import cancel
from pointsman.services.appointments.untold import tell_untold_buyers
from pointsman.services.deliveries.mail.change_link import change_link_id
from pointsman.services.deliveries.mail.new_address import follow_address
from pointsman.services.deliveries.told import mailbox_of
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.policies.checking import check_document
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.leads.journeys import JourneyKind
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.sweeps import ItemsFailed
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN, POLICY
from support.mail_floor import MailFloor, StandsStill, invitation_in, mailing, open_mail_floor, tell_address
from support.wording import english

pytestmark = pytest.mark.anyio

OPEN = "select count(*) from alerts where code = 'buyer-untold' and resolved_at is null"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url, by="calendar", connection=None) as line:
        yield line


async def left_alone(line: MailFloor) -> AppointmentRow:
    """An appointment whose buyer the first rep's calendar invited, and the next one's cannot."""
    moved = await line.led_by_one_who_cannot_invite()
    assert (moved.invited_by, line.mail.arrived) == ("nobody", [])
    return moved


async def test_a_human_hears_that_nobody_tells_the_buyer_and_what_to_do(line: MailFloor) -> None:
    row = await left_alone(line)
    assert await tell_untold_buyers(line.env) == 0
    (alert,) = await line.floor.world.rows(
        "select subject, message->>'key' as said from alerts where resolved_at is null"
    )
    assert tuple(alert) == (f"appointment:{row.id}", "alerts.buyer-untold")


async def test_the_buyer_is_mailed_once_the_pool_names_a_connection(line: MailFloor) -> None:
    row = await left_alone(line)
    await line.floor.world.publish(mailing(by="calendar"))
    assert [await tell_untold_buyers(line.env), await tell_untold_buyers(line.env)] == [1, 0]
    await line.floor.work()
    assert [invitation_in(mail)["UID"] for mail in line.mail.arrived] == [f"pm-{row.id}@pointsman"]
    assert await line.floor.world.value(OPEN) == 0


async def test_the_calendar_invites_again_once_it_can(line: MailFloor) -> None:
    await left_alone(line)
    line.floor.vendor.invites = True
    assert await tell_untold_buyers(line.env) == 1
    await line.floor.work()
    (event,) = [event for events in line.floor.vendor.live.values() for event in events]
    assert (event.invites, line.mail.arrived) == (True, [])
    assert await line.floor.world.value(OPEN) == 0


async def test_a_worker_that_stood_still_invites_nobody_whom_another_has_invited(line: MailFloor) -> None:
    await left_alone(line)
    await line.floor.world.publish(mailing(by="calendar"))
    told: list[int] = []

    async def another_worker() -> None:
        told.append(await tell_untold_buyers(line.env))
        await line.floor.work()
        line.floor.vendor.invites = True  # by now this way would be chosen

    slow = replace(line.env, uow=StandsStill(line.env.uow, another_worker))
    assert (await tell_untold_buyers(slow), told) == (0, [1])
    await line.floor.work()
    assert len(line.mail.arrived) == 1
    assert not any(event.invites for events in line.floor.vendor.live.values() for event in events)


async def test_one_that_cannot_be_told_keeps_no_other_waiting(line: MailFloor) -> None:
    told = await left_alone(line)
    await line.floor.world.publish(mailing(by="calendar"))
    async with line.env.uow() as tx:
        await tx.alerts.put(
            id=line.env.new_id(),
            at=line.env.clock(),
            code=AlertCode.BUYER_UNTOLD,
            subject=f"appointment:{line.env.new_id()}",
            message=as_written("of an appointment that is gone"),
        )
    with pytest.raises(ItemsFailed, match="1 of 2 failed"):
        await tell_untold_buyers(line.env)
    await line.floor.work()
    assert [mail.to for mail in line.mail.arrived] == [f"{told.lead_id}@lead.example"]


@pytest.mark.parametrize("ends", ["called off", "over"])
async def test_the_alert_ends_with_the_appointment(line: MailFloor, ends: str) -> None:
    row = await left_alone(line)
    if ends == "over":
        line.floor.world.clock.advance(row.ends_at + timedelta(minutes=1) - line.env.clock())
    else:
        await cancel(line.env, row.id, reason="test", actor=SETTER)
    assert await tell_untold_buyers(line.env) == 0
    assert await line.floor.world.value(OPEN) == 0


async def test_where_mail_takes_over_nobody_is_alarmed(line: MailFloor) -> None:
    line.floor.vendor.invites = True
    row = await line.booked()
    await line.floor.world.publish(mailing(by="calendar"))
    line.floor.vendor.invites = False
    await line.reassigned(row)
    assert await line.floor.world.value(OPEN) == 0


async def test_the_check_of_a_policy_names_who_cannot_invite_by_the_calendars_that_are_bound(line: MailFloor) -> None:
    policy = mailing(by="calendar", connection=None, conference="create")
    found = {one.code: english(one.message) for one in await check_document(line.env, policy)}
    assert found["invitations-without-fallback"].startswith("the calendars of Anna, Ben and Clara invite no guests")
    assert found["conference-without-meeting"].startswith("the calendars of Anna, Ben and Clara make no meetings")
    line.floor.vendor.invites = line.floor.vendor.meets = True
    able = {one.code for one in await check_document(line.env, policy)}
    assert able.isdisjoint({"invitations-without-fallback", "conference-without-meeting"})


async def test_a_human_hears_of_a_first_booking_that_no_way_leads_to_the_buyer_of(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    assert (row.invited_by, await said(line)) == ("nobody", [(f"appointment:{row.id}", "alerts.buyer-uninvited")])
    journey = await load_journey(line.env, row.lead_id, actor=ADMIN)
    (told,) = [english(entry.text) for entry in journey.entries if entry.kind == JourneyKind.UNTOLD]
    assert told.startswith("nobody invites or tells the buyer of the appointment with ")
    await line.floor.world.publish(mailing(by="calendar"))
    assert (await tell_untold_buyers(line.env), await said(line)) == (1, [])
    await line.floor.work()
    assert [mail.to for mail in line.mail.arrived] == [f"{row.lead_id}@lead.example"]


async def test_where_the_policy_has_nobody_invited_nobody_is_missed(line: MailFloor) -> None:
    await line.floor.world.publish(POLICY)
    row = await line.booked()
    assert (row.invited_by, await line.floor.world.value(OPEN)) == ("nobody", 0)


async def said(line: MailFloor) -> list[tuple[str, str]]:
    rows = await line.floor.world.rows("select subject, message->>'key' as said from alerts where resolved_at is null")
    return [(row.subject, row.said) for row in rows]


async def emptied(line: MailFloor, row: AppointmentRow) -> None:
    """The lead's address is taken out, as by hand or where a person's data are erased."""
    await line.floor.world.rows("update leads set email = null, email_key = null where id = :id", id=row.lead_id)
    async with line.env.uow() as tx:
        before = await tx.leads.get(row.lead_id, lock=True)
        assert before is not None
        await follow_address(line.env, tx, replace(before, email=f"{row.lead_id}@lead.example"), before)


@pytest.mark.parametrize("mail", ["arrived", "is under way"])
async def test_a_buyer_without_an_address_any_more_is_somebody_s_to_tell(line: MailFloor, mail: str) -> None:
    await line.floor.world.publish(mailing(reminders=["10m"]))
    row = await line.booked()
    if mail == "arrived":
        await line.floor.work()
    await emptied(line, row)
    await line.floor.work_out()
    assert len(line.mail.arrived) == (mail == "arrived")
    assert (await tell_untold_buyers(line.env), await said(line)) == (
        0,
        [(f"appointment:{row.id}", "alerts.buyer-no-address")],
    )
    link = change_link_id(row.id, mailbox_of(f"{row.lead_id}@lead.example") or Mailbox("", ""))
    assert (
        await line.floor.world.value("select expires_at from booking_links where id = :id", id=link) <= line.env.clock()
    )
    line.floor.world.clock.advance(row.starts_at - timedelta(minutes=10) - line.env.clock())
    await line.floor.work_out()
    assert len(line.mail.arrived) == (mail == "arrived")
    await tell_address(line, row.lead_id, "ada@lead.example")
    await line.floor.work_out()
    assert (await tell_untold_buyers(line.env), await said(line)) == (0, [])
    assert "ada@lead.example" in [mail.to for mail in line.mail.arrived]
