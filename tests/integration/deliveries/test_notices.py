"""Mail to the buyer through a whole life of an appointment, whatever the mail server answers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.services.appointments.actions import cancel, reject
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries import run
from pointsman.services.deliveries.enqueue import resume_connection
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.ports import (
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorUnansweredError,
)
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import POLICY
from support.mail_floor import MAILBOX, MailFloor, StandsStill, invitation_in, mailing, open_mail_floor
from support.wording import english

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


async def test_a_booking_is_confirmed_by_one_mail_with_its_file(line: MailFloor) -> None:
    row = await line.booked()
    assert line.mail.arrived == []  # nobody waits for a mail server while booking
    await line.floor.work()
    (mail,), (owed,) = line.mail.arrived, await line.notices(row)
    event = invitation_in(mail)
    assert (event["METHOD"], event["SEQUENCE"], event["UID"]) == ("REQUEST", "0", f"pm-{row.id}@pointsman")
    assert event["ORGANIZER"].removeprefix("mailto:") == MAILBOX
    assert (mail.key, mail.reply_to) == (f"pm-{row.id}-invitation-0", f"{row.rep_key}@example.com")
    assert (owed.status, owed.attempts, owed.unsure, owed.calendar, owed.maybe_twice) == ("done", 1, 0, "", False)


async def test_one_organizer_and_one_uid_through_a_whole_life(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    moved = await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await line.floor.work()
    await line.reassigned(moved)
    await line.floor.work()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    events = [invitation_in(mail) for mail in line.mail.arrived]
    assert [event["METHOD"] for event in events] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2, 3]
    assert len({event["UID"] for event in events}) == len({event["ORGANIZER"] for event in events}) == 1
    assert len({mail.key for mail in line.mail.arrived}) == 4
    assert len({mail.thread for mail in line.mail.arrived}) == 1


async def test_what_the_buyer_knows_is_not_sent_again(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await reschedule(line.env, row.id, row.starts_at, reason="test", actor=SETTER)
    await line.floor.work()
    assert len(line.mail.arrived) == 1


async def test_a_buyer_who_was_never_told_hears_of_no_cancellation(line: MailFloor) -> None:
    row = await line.booked()
    await reject(line.env, row.id, code=RejectCode.NOT_QUALIFIED, reason="test", actor=SETTER)
    await line.floor.work()
    assert line.mail.arrived == []
    assert [item.status for item in await line.notices(row)] == ["superseded"]


async def test_after_a_cut_the_mail_goes_again_with_its_key_and_says_so(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorUnansweredError("cut after DATA")]
    await line.floor.work_out()
    first, second = line.mail.arrived
    assert first.key == second.key
    (owed,) = await line.notices(row)
    assert (owed.status, owed.attempts, owed.maybe_twice) == ("done", 2, True)


async def test_what_surely_did_not_go_out_is_not_called_twice(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorRetryableError("greylisted")]
    await line.floor.work_out()
    (owed,) = await line.notices(row)
    assert (owed.attempts, owed.maybe_twice, len(line.mail.arrived)) == (2, False, 1)


async def test_a_mailbox_that_is_not_there_is_a_dead_letter(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorRejectedError("no such mailbox")]
    await line.floor.work()
    assert [(item.status, item.unsure) for item in await line.notices(row)] == [("dead", 0)]
    (alert,) = await line.floor.world.rows(
        "select message #>> '{args,effect,key}' as effect from alerts where code = 'delivery-dead'"
    )
    assert alert.effect == "alerts.effect-mail-confirmation"


async def test_mail_goes_over_the_connection_that_the_first_went_over(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await save_connection(line.env, "new", connector="memory", config={"url": "y"}, active=True, actor=SETTER)
    await line.floor.world.publish(mailing(connection="new"))
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert len({item.connection_id for item in await line.notices(row)}) == 1
    assert len(line.mail.arrived) == 2


async def test_without_invitations_nothing_is_owed(line: MailFloor) -> None:
    await line.floor.world.publish(POLICY)
    assert await line.notices(await line.booked()) == []


async def test_what_is_booked_without_mail_stays_without(line: MailFloor) -> None:
    await line.floor.world.publish(POLICY)
    row = await line.booked()
    await line.floor.world.publish(mailing())
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    assert (row.invited_by, await line.notices(row)) == ("nobody", [])


async def test_a_reminder_waits_for_its_time_also_where_its_connection_comes_back(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        line.mail.cues = [VendorReauthError("refused")]
        await line.floor.work()
        async with line.env.uow() as tx:
            post = await tx.connections.get("post")
            assert post is not None
            await tx.connections.set_fault(post.id, None)
            await resume_connection(line.env, tx, post.id)
        await line.floor.work()
        assert len(line.mail.arrived) == 1
        reminder = next(item for item in await line.notices(row) if "-reminder-" in item.key)
        assert reminder.next_attempt_at == row.starts_at - timedelta(minutes=10)
        line.floor.world.clock.advance(row.starts_at - timedelta(minutes=9) - line.env.clock())
        await line.floor.work()
        assert [mail.invitation is None for mail in line.mail.arrived] == [False, True]


async def test_where_the_vendor_invites_its_event_has_the_buyer_and_no_mail_goes(database_url: str) -> None:
    async with open_mail_floor(database_url, by="calendar") as line:
        line.floor.vendor.invites = True
        row = await line.booked()
        await line.floor.work()
        (event,) = [event for events in line.floor.vendor.live.values() for event in events]
        assert (row.invited_by, event.invites, line.mail.arrived) == ("calendar", True, [])
        assert event.title.text.startswith("Meeting with ")  # what for and with whom, as in the mailed file
        assert f"with {row.rep_key.title()}" in event.title.text


async def test_mail_takes_over_from_a_vendor_that_cannot(database_url: str) -> None:
    async with open_mail_floor(database_url, by="calendar") as line:
        moved = await line.led_by_one_who_cannot_invite()
        assert moved.invited_by == "mail"
        assert [invitation_in(mail)["METHOD"] for mail in line.mail.arrived] == ["REQUEST"]


async def test_mail_under_way_goes_once_where_its_connection_leads_elsewhere_meanwhile(line: MailFloor) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)

    async def led_elsewhere() -> None:
        await save_connection(line.env, "post", connector="memory", config={"url": "y"}, active=True, actor=SETTER)
        await line.floor.work()

    line.mail.before_arrival = led_elsewhere
    await run.run_delivery(line.env, owed.id)
    await line.floor.work_out()
    (told,) = await line.notices(row)
    assert (len(line.mail.arrived), told.status, told.maybe_twice) == (1, "done", False)


async def test_a_worker_that_stood_still_after_its_claim_sends_no_old_mail_behind_a_newer(line: MailFloor) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)

    async def stands_still() -> None:
        line.floor.world.clock.advance(run.LEASE)
        await line.floor.world.rows("update deliveries set lease_until = now()")
        await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
        await line.floor.work()

    await run.run_delivery(replace(line.env, uow=StandsStill(line.env.uow, stands_still)), owed.id)
    await line.floor.work_out()
    assert [invitation_in(mail)["SEQUENCE"] for mail in line.mail.arrived] == ["1"]


@pytest.mark.parametrize("off", [False, True], ids=["server down", "switched off"])
async def test_what_a_buyer_never_heard_before_it_was_over_is_a_dead_letter(line: MailFloor, *, off: bool) -> None:
    row = await line.booked()
    line.mail.cues = [VendorRetryableError("down")]
    if off:
        await line.floor.world.rows("update connections set active = false where key = 'post'")
    await line.floor.work()
    line.floor.world.clock.advance(row.ends_at - line.env.clock())
    await line.floor.work()
    assert ([item.status for item in await line.notices(row)], line.mail.arrived) == (["dead"], [])
    assert await line.floor.world.value("select count(*) from alerts where code = 'delivery-dead'") == 1


async def test_what_a_buyer_knows_when_it_is_over_is_no_dead_letter(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await reschedule(line.env, row.id, row.starts_at, reason="test", actor=SETTER)
    line.floor.world.clock.advance(row.ends_at - line.env.clock())
    await line.floor.work()
    assert [item.status for item in await line.notices(row)] == ["done", "superseded"]


async def told_of_mail(line: MailFloor, lead_id: UUID) -> list[str]:
    told = (await load_journey(line.env, lead_id, actor=SETTER)).entries
    return [english(one.text) for one in told if one.details.get("what") in ("notice-put", "reminder-put")]


async def test_the_journey_tells_a_reminder_from_the_invitation(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        await line.floor.work()
        line.floor.world.clock.advance(row.starts_at - timedelta(minutes=10) - line.env.clock())
        await line.floor.work()
        assert await told_of_mail(line, row.lead_id) == [
            "the buyer was mailed the confirmation of the appointment",
            "the buyer was reminded of the appointment by mail",
        ]


async def test_the_journey_and_the_audit_say_which_mail_the_buyer_got(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    line.mail.cues = [VendorUnansweredError("cut after DATA")]
    await line.floor.work_out()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert await told_of_mail(line, row.lead_id) == [
        "the buyer was mailed the confirmation of the appointment",
        "the buyer was mailed the change of the appointment, maybe twice: the answer to an earlier attempt is missing",
        "the buyer was mailed the cancellation of the appointment",
    ]
    audited = await line.floor.world.rows(
        "select after->>'said' as said, after->>'maybe_twice' as twice from audit"
        f" where action = 'appointment.mailed' and subject = 'appointment:{row.id}' order by at, id"
    )
    assert [tuple(one) for one in audited] == [("confirmation", "false"), ("change", "true"), ("cancellation", "false")]


async def test_the_journey_says_which_mail_failed_and_that_it_may_have_arrived(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    line.mail.cues = [VendorUnansweredError("cut after DATA"), VendorRejectedError("no such mailbox")]
    await line.floor.work_out()
    assert (await told_of_mail(line, row.lead_id))[-1] == (
        "the cancellation to the buyer failed, and somebody has to look at it; "
        "it may have arrived all the same: the answer to an attempt is missing"
    )


async def test_the_journey_says_that_nothing_was_mailed_where_there_was_nothing_to_say(line: MailFloor) -> None:
    row = await line.booked()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert await told_of_mail(line, row.lead_id) == [
        "no mail went out: the buyer knew how the appointment stands, was never invited, or something newer was owed"
    ]
