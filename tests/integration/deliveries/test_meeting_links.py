"""The link to a video conference that the vendor of a calendar makes: one for a buyer, wherever they read it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.services.appointments.actions import cancel, confirm
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.deliveries.kinds.meeting_link import ASK_FOR, ask_for_links
from pointsman.services.deliveries.notices import LINK_WAIT
from pointsman.services.lead_pages.journey import load_journey
from support.floors.booking_floor import SETTER
from support.floors.faulty_calendars import Cue
from support.mail_floor import MailFloor, invitation_in, mailing, open_mail_floor
from support.wording import english_of

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    """Meetings are made in the closers' calendars."""
    async with open_mail_floor(database_url, conference="create") as line:
        line.floor.vendor.meets = True
        yield line


async def pass_time(line: MailFloor, span: timedelta = LINK_WAIT) -> None:
    line.floor.world.clock.advance(span)
    await line.floor.work()


async def test_one_mail_says_the_link_that_the_calendar_made(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await line.floor.work()
    link = (await line.floor.appointment(row.id)).join_url
    assert link == f"https://meet.example/{row.rep_key}-cal/{row.rep_id.hex[-8:]}"
    await pass_time(line)
    (mail,) = line.mail.arrived
    assert link in mail.text
    assert link in invitation_in(mail)["DESCRIPTION"]
    journey = await load_journey(line.env, row.lead_id, actor=SETTER)
    told = [entry.details for entry in journey.entries if entry.details.get("act") == "meeting_link"]
    assert [details["join_url"] for details in told] == [link]


async def test_a_link_that_is_pending_is_asked_for_again_and_the_mail_waits_for_it(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    assert await ask_for_links(line.env) == 1
    assert ((await line.floor.appointment(row.id)).join_url, line.mail.arrived) == (None, [])
    line.floor.vendor.meeting_pends = False
    assert await ask_for_links(line.env) == 1
    assert await ask_for_links(line.env) == 0
    await line.floor.work()
    await pass_time(line)
    link = (await line.floor.appointment(row.id)).join_url
    assert link is not None
    assert [link in mail.text for mail in line.mail.arrived] == [True]


async def test_a_link_that_comes_late_is_a_change_for_the_buyer(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    await pass_time(line)
    line.floor.vendor.meeting_pends = False
    await ask_for_links(line.env)
    await line.floor.work()
    link = (await line.floor.appointment(row.id)).join_url or "none"
    assert [link in mail.text for mail in line.mail.arrived] == [False, True]
    assert [int(invitation_in(mail)["SEQUENCE"]) for mail in line.mail.arrived] == [0, 1]


async def test_a_link_that_never_comes_is_not_asked_for_for_ever(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    await line.booked()
    await line.floor.work()
    line.floor.world.clock.advance(ASK_FOR + MINUTE)
    assert await ask_for_links(line.env) == 0
    await line.floor.work()
    assert len(line.mail.arrived) == 1


async def alerts(line: MailFloor) -> list[tuple[str, str]]:
    await alert_late_deliveries(line.env)
    return await open_alerts(line)


async def open_alerts(line: MailFloor) -> list[tuple[str, str]]:
    rows = await line.floor.world.rows(
        "select subject, message from alerts where resolved_at is null and code = 'meeting-link-missing'"
    )
    return [(row.subject, english_of(row.message)) for row in rows]


async def test_a_link_that_never_comes_is_told_until_it_does(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    assert await alerts(line) == []
    line.floor.world.clock.advance(ASK_FOR)
    await line.floor.work()
    ((subject, text),) = await alerts(line)
    assert subject == f"appointment:{row.id}"
    assert f"the appointment of {row.rep_key.capitalize()} on " in text
    assert f"/v1/appointments/{row.id}/reassign" in text
    line.floor.vendor.meeting_pends = False
    line.floor.world.clock.advance(ASK_FOR)
    assert await ask_for_links(line.env) == 1  # seldom by now, and yet
    assert await alerts(line) == []


async def test_of_very_many_missing_links_one_alert_counts_those_that_have_none_of_their_own(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    rows = [await line.booked() for _ in range(3)]
    await line.floor.work()
    line.floor.world.clock.advance(ASK_FOR)
    await alert_late_deliveries(line.env, most=1)
    said = dict(await open_alerts(line))
    assert {"appointments:others"} < said.keys()
    assert said.pop("appointments:others").startswith("2 later appointments have no link")
    (own,) = said
    await alert_late_deliveries(line.env, most=1)
    assert await line.floor.world.value("select max(count) from alerts where resolved_at is null") == 1
    await cancel(line.env, UUID(own.partition(":")[2]), reason="test", actor=SETTER)
    await alert_late_deliveries(line.env, most=1)
    assert dict(await open_alerts(line))["appointments:others"].startswith("1 later appointment has no link")
    await alert_late_deliveries(line.env)
    assert sorted(dict(await open_alerts(line))) == sorted(
        f"appointment:{row.id}" for row in rows if own != f"appointment:{row.id}"
    )


@pytest.mark.parametrize("end", ["called off", "over"])
async def test_a_missing_link_is_told_no_longer_than_anybody_needs_it(line: MailFloor, end: str) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    line.floor.world.clock.advance(ASK_FOR)
    assert len(await alerts(line)) == 1
    if end == "over":
        line.floor.world.clock.advance(row.ends_at - line.env.clock())
    else:
        await cancel(line.env, row.id, reason="test", actor=SETTER)
    assert await alerts(line) == []


async def test_a_connection_out_of_use_is_not_asked_and_a_vendor_that_fails_is_asked_again(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    await line.floor.world.rows("update connections set active = false where key = 'cal'")
    assert await ask_for_links(line.env) == 0
    await line.floor.world.rows("update connections set active = true")
    line.floor.vendor.meeting_pends, line.floor.vendor.blind = False, True
    assert await ask_for_links(line.env) == 1
    line.floor.vendor.blind = False
    assert await ask_for_links(line.env) == 1
    assert (await line.floor.appointment(row.id)).join_url is not None


async def test_mail_waits_for_no_link_where_the_vendor_makes_none(line: MailFloor) -> None:
    line.floor.vendor.meets = False
    row = await line.booked()
    await line.floor.work()
    await line.floor.work()
    assert len(line.mail.arrived) == 1
    after = await line.floor.appointment(row.id)
    assert (after.join_url, after.vendor_meeting, after.sequence) == (None, False, 0)
    await pass_time(line)
    assert len(line.mail.arrived) == 1


@pytest.mark.parametrize("end", ["called off", "over", "handed on"])
async def test_a_vendor_that_makes_no_meeting_is_told_at_once_and_until_it_matters_no_more(
    line: MailFloor, end: str
) -> None:
    line.floor.vendor.meets = False
    row = await line.booked()
    await line.floor.work()
    for _ in range(2):
        ((subject, text),) = await alerts(line)
    assert subject == f"appointment:{row.id}"
    assert f"for the appointment of {row.rep_key.capitalize()} on " in text
    assert "the vendor did not answer in time" in text  # the reason, in the words of whoever refused
    assert f"/v1/appointments/{row.id}/reassign" in text
    if end == "over":
        line.floor.world.clock.advance(row.ends_at - line.env.clock())
    elif end == "called off":
        await cancel(line.env, row.id, reason="test", actor=SETTER)
    else:
        line.floor.vendor.meets = True
        await line.reassigned(row)
        await line.floor.work()
    assert await alerts(line) == []


async def test_an_answer_that_is_lost_makes_no_second_link(line: MailFloor) -> None:
    line.floor.vendor.cues = [Cue.LOST, Cue.BROKEN]
    row = await line.booked()
    await line.floor.work_out()
    await pass_time(line)
    assert (await line.floor.appointment(row.id)).sequence == 1
    assert (
        len([mail for mail in line.mail.arrived if (await line.floor.appointment(row.id)).join_url in mail.text]) == 1
    )


async def test_a_move_keeps_the_link(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    link = (await line.floor.appointment(row.id)).join_url
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await line.floor.work()
    await line.floor.work()
    assert (await line.floor.appointment(row.id)).join_url == link
    assert all((link or "none") in mail.text for mail in line.mail.arrived)


async def test_another_rep_has_a_link_of_their_own_and_the_buyer_reads_that_alone(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await line.floor.work()
    moved = await line.reassigned(row)
    assert (moved.join_url, moved.vendor_meeting) == (None, True)
    await line.floor.work()
    await line.floor.work()
    link = (await line.floor.appointment(row.id)).join_url or "none"
    assert f"/{moved.rep_key}-cal/" in link
    first, second = line.mail.arrived
    assert (link in first.text, link in second.text, f"/{row.rep_key}-cal/" in second.text) == (False, True, False)


async def test_a_room_of_the_house_stays_whoever_leads(database_url: str) -> None:
    room = "https://meet.example/room"
    async with open_mail_floor(database_url, conference=room) as line:
        row = await line.booked()
        moved = await line.reassigned(row)
        await line.floor.work()
        (event,) = line.floor.vendor.events()
        assert (row.join_url, moved.join_url, event.meeting) == (room, room, room)
        assert all(room in mail.text for mail in line.mail.arrived)


async def test_a_link_that_comes_after_the_appointment_was_called_off_is_nothing(line: MailFloor) -> None:
    line.floor.vendor.meeting_pends = True
    row = await line.booked()
    await line.floor.work()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    line.floor.vendor.meeting_pends = False
    assert await ask_for_links(line.env) == 0
    await line.floor.work_out()
    assert ((await line.floor.appointment(row.id)).join_url, line.mail.arrived) == (None, [])


async def test_a_request_sends_nothing_until_it_is_confirmed(database_url: str) -> None:
    policy = mailing(conference="create")
    policy["pools"]["closers-mid-market"]["booking"]["confirmation"] = "rep"
    async with open_mail_floor(database_url) as line:
        line.floor.vendor.meets = True
        await line.floor.world.publish(policy)
        row = await line.booked()
        await line.floor.work_out()
        await pass_time(line)
        assert (row.status, line.mail.arrived) == ("requested", [])
        await confirm(line.env, row.id, actor=SETTER)
        await line.floor.work()
        (mail,) = line.mail.arrived
        assert ((await line.floor.appointment(row.id)).join_url or "none") in mail.text
