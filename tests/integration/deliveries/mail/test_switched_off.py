"""A connection that an admin switched off: mail takes the other way that the policy names, and what waits is told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar

from pointsman.domain.messages.message import say
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.alerts.late import LATE_AFTER, alert_late_deliveries
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.enqueue import SWEEP_BATCH_SIZE
from pointsman.services.deliveries.run import SWEEP_GRACE, run_delivery, sweep_deliveries
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.ports import VendorReauthError, VendorRetryableError, VendorUnansweredError, VendorWaitError
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.vendors.notices import BuyerNotice
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN
from support.mail_floor import MAILBOX, MailFloor, StandsStill, invitation_in, mailing, open_mail_floor, tell_address
from support.wording import english, english_of

pytestmark = pytest.mark.anyio

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


async def switch(line: MailFloor, key: str, *, on: bool, **config: str) -> None:
    await save_connection(line.env, key, connector="memory", config={"url": "x"} | config, active=on, actor=SETTER)


async def name_another(line: MailFloor, *, sender: str = MAILBOX, **rules: object) -> None:
    """The policy's mail goes over a connection that works."""
    await switch(line, "new", on=True, sender=sender)
    await line.floor.world.publish(mailing(connection="new", **rules))


async def ways(line: MailFloor, row: AppointmentRow) -> list[tuple[str, str]]:
    """(connection, status) of each notice."""
    found = await line.floor.world.rows(
        "select k.key, d.status from deliveries d join connections k on k.id = d.connection_id"
        " where d.appointment_id = :id and d.kind = 'notice' order by d.sequence, d.created_at",
        id=row.id,
    )
    return [(one.key, one.status) for one in found]


async def alerts(line: MailFloor) -> list[tuple[str, str]]:
    rows = await line.floor.world.rows(
        "select subject, message from alerts where resolved_at is null and code = 'deliveries-switched-off'"
    )
    return [(row.subject, english_of(row.message)) for row in rows]


async def test_mail_that_waits_goes_over_the_connection_that_the_policy_names_now(line: MailFloor) -> None:
    row = await line.booked()
    await switch(line, "post", on=False)
    await line.floor.work()
    await name_another(line)
    await line.floor.work_out()
    assert len(line.mail.arrived) == 1
    assert await ways(line, row) == [("post", "superseded"), ("new", "done")]
    await switch(line, "post", on=True)
    await line.floor.work_out()
    assert len(line.mail.arrived) == 1


@pytest.mark.parametrize("ending", [VendorUnansweredError("no answer"), VendorRetryableError("451 later")])
async def test_what_may_have_gone_out_before_is_counted_when_it_takes_another_way(
    line: MailFloor, ending: VendorRetryableError
) -> None:
    row = await line.booked()
    line.mail.cues = [ending]
    await line.floor.work()
    await switch(line, "post", on=False)
    await name_another(line)
    line.floor.world.clock.advance(MINUTE)
    await line.floor.work_out()
    is_unsure = isinstance(ending, VendorUnansweredError)
    assert len(line.mail.arrived) == 1 + is_unsure
    assert await ways(line, row) == [("post", "superseded"), ("new", "done")]
    assert [item.maybe_twice for item in await line.notices(row)] == [False, is_unsure]
    told = await line.floor.world.rows("select after -> 'maybe_twice' from audit where action = 'appointment.mailed'")
    assert [counted for (counted,) in told] == [is_unsure]


async def test_what_is_owed_later_goes_there_too_and_is_told_as_news_of_the_same_appointment(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await switch(line, "post", on=False)
    await name_another(line)
    row = await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await line.floor.work()
    await switch(line, "post", on=True)
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert [(invitation_in(mail)["METHOD"], int(invitation_in(mail)["SEQUENCE"])) for mail in line.mail.arrived] == [
        ("REQUEST", 0),
        ("REQUEST", 1),
        ("CANCEL", 2),
    ]
    assert "Changed" in line.mail.arrived[1].subject
    assert await ways(line, row) == [("post", "done"), ("new", "done"), ("new", "done")]


async def test_no_mail_overtakes_one_that_is_under_way_over_the_connection_of_before(line: MailFloor) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)

    async def takes_the_other_way() -> None:
        await switch(line, "post", on=False)
        await name_another(line)
        await cancel(line.env, row.id, reason="test", actor=SETTER)
        await line.floor.work()

    line.mail.before_arrival = takes_the_other_way
    await run_delivery(line.env, owed.id)
    line.floor.world.clock.advance(SWEEP_GRACE)
    await line.floor.work_out()
    assert [invitation_in(mail)["METHOD"] for mail in line.mail.arrived] == ["REQUEST", "CANCEL"]
    assert await ways(line, row) == [("post", "done"), ("new", "done")]


async def test_a_reminder_takes_the_other_way_too(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        await line.floor.work()
        await switch(line, "post", on=False)
        await name_another(line, reminders=["10m"])
        line.floor.world.clock.advance(row.starts_at - 10 * MINUTE - line.env.clock())
        await line.floor.work()
        await line.floor.work()
        assert [mail.invitation is None for mail in line.mail.arrived] == [False, True]


async def test_mail_that_no_other_way_is_named_for_is_told_after_an_hour_and_no_longer_than_it_waits(
    line: MailFloor,
) -> None:
    row = await line.booked()
    await line.floor.work()
    await switch(line, "post", on=False)
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work()
    assert await alert_late_deliveries(line.env) == 0
    line.floor.world.clock.advance(LATE_AFTER + MINUTE)
    assert [await alert_late_deliveries(line.env) for _ in range(2)] == [1, 0]
    ((subject, text),) = await alerts(line)
    assert subject == "connection:post"
    assert "post is switched off, and 1 delivery waits" in text
    await switch(line, "post", on=True)
    await line.floor.work_out()
    await alert_late_deliveries(line.env)
    assert (await alerts(line), len(line.mail.arrived)) == ([], 2)


@pytest.mark.parametrize("is_refused", [False, True], ids=["switched off", "out of use"])
async def test_what_was_claimed_just_before_its_connection_is_back_in_use_goes_out_at_once(
    line: MailFloor, *, is_refused: bool
) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)
    if is_refused:
        async with line.env.uow() as tx:
            post = await tx.connections.get("post")
            assert post is not None
            assert await put_out_of_use(line.env, tx, post, say("vendor.said", said="wrong password"))
    else:
        await switch(line, "post", on=False)

    async def back() -> None:
        await switch(line, "post", on=True)

    await run_delivery(replace(line.env, uow=StandsStill(line.env.uow, back)), owed.id)
    async with line.env.uow() as tx:
        post = await tx.connections.get("post")
    assert post is not None
    assert (post.active, post.fault) == (True, None)
    line.floor.world.clock.advance(2 * SECOND)
    await line.floor.work()
    assert len(line.mail.arrived) == 1


async def test_however_much_waits_it_is_due_when_the_connection_is_back(line: MailFloor) -> None:
    row = await line.booked()
    await switch(line, "post", on=False)
    await line.floor.work()
    (waiting,) = await line.notices(row)
    await line.floor.world.rows(
        "insert into deliveries select (jsonb_populate_record(d, jsonb_build_object("
        " 'id', gen_random_uuid(), 'key', d.key || n, 'created_at', d.created_at - interval '1 minute'))).*"
        " from deliveries d, generate_series(1, :count) n where d.id = :id returning id",
        id=waiting.id,
        count=SWEEP_BATCH_SIZE,
    )
    await switch(line, "post", on=True)
    later = await line.floor.world.rows(
        "select key from deliveries where kind = 'notice' and status = 'pending' and next_attempt_at > :now",
        now=line.env.clock(),
    )
    assert later == []
    line.floor.world.clock.advance(SWEEP_GRACE)
    assert await sweep_deliveries(line.env) == SWEEP_BATCH_SIZE
    assert await sweep_deliveries(line.env) == 1


async def test_an_event_that_a_calendar_has_yet_to_hear_of_is_told_too_until_it_is_over(line: MailFloor) -> None:
    row = await line.booked()
    await switch(line, "cal", on=False)
    await line.floor.work()
    line.floor.world.clock.advance(LATE_AFTER)
    await alert_late_deliveries(line.env)
    assert [subject for subject, _ in await alerts(line)] == ["connection:cal"]
    line.floor.world.clock.advance(row.ends_at - line.env.clock())
    await alert_late_deliveries(line.env)
    assert await alerts(line) == []


async def test_what_a_crm_has_yet_to_hear_waits_in_silence(line: MailFloor) -> None:
    await line.booked()
    await switch(line, "cal", on=False)
    await line.floor.work()
    await line.floor.world.rows("update deliveries set kind = 'activity', calendar = '' where kind = 'appointment'")
    line.floor.world.clock.advance(LATE_AFTER)
    await alert_late_deliveries(line.env)
    assert await alerts(line) == []


async def test_mail_that_may_have_arrived_stays_the_same_message_over_another_connection(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorUnansweredError("cut after the data")]
    await line.floor.work()
    await switch(line, "post", on=False)
    await name_another(line, sender="house@other.example")
    line.mail.cues = [VendorUnansweredError("cut again")]
    await line.floor.work_out()
    first, *again = line.mail.arrived
    assert [(mail.key, mail.subject, mail.named_by) for mail in again] == [(first.key, first.subject, MAILBOX)] * 2
    sent = {(event["UID"], event["SEQUENCE"], event["ORGANIZER"]) for event in map(invitation_in, line.mail.arrived)}
    assert len(sent) == 1
    twice = "select key, status, unsure from deliveries where kind = 'notice' and status = 'done'"
    assert [tuple(one) for one in await line.floor.world.rows(twice)] == [(f"pm-{row.id}-invitation", "done", 2)]
    page = "select after->>'maybe_twice' from audit where action = 'appointment.mailed'"
    assert [one[0] for one in await line.floor.world.rows(page)] == ["true"]


async def test_mail_that_did_not_arrive_is_another_message_over_another_connection(line: MailFloor) -> None:
    await line.booked()
    line.mail.cues = [VendorRetryableError("busy")]
    await line.floor.work()
    await switch(line, "post", on=False)
    await name_another(line, sender="house@other.example")
    await line.floor.work_out()
    (mail,) = line.mail.arrived
    assert (mail.named_by, invitation_in(mail)["ORGANIZER"]) == (None, "mailto:house@other.example")
    assert await line.floor.world.value("select max(unsure) from deliveries") == 0


async def test_the_first_sender_stays_the_organizer_and_the_next_one_sends_for_it(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await switch(line, "post", on=False)
    await name_another(line, sender="house@other.example", reply_to="desk@house.example")
    await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
    await line.floor.work()
    await switch(line, "new", on=False)
    await switch(line, "third", on=True, sender="third@other.example")
    await line.floor.world.publish(mailing(connection="third"))
    await tell_address(line, row.lead_id, "ada@lead.example")
    await line.floor.work_out()
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work_out()
    assert {event["ORGANIZER"] for event in map(invitation_in, line.mail.arrived)} == {f"mailto:{MAILBOX}"}
    assert [sent_by(mail) for mail in line.mail.arrived] == [
        None,
        "mailto:house@other.example",
        *["mailto:third@other.example"] * 3,
    ]
    assert line.mail.arrived[1].reply_to == "desk@house.example"


def sent_by(mail: BuyerNotice) -> str | None:
    assert mail.invitation is not None
    (event,) = Calendar.from_ical(mail.invitation).walk("VEVENT")
    found = event["ORGANIZER"].params.get("SENT-BY")
    return None if found is None else str(found)


def slowly(line: MailFloor) -> VendorWaitError:
    wait = timedelta(seconds=5)
    return VendorWaitError("slowly", until=line.env.clock() + wait, retry_after=wait)


async def said(line: MailFloor, row: AppointmentRow) -> list[str | None]:
    """Which message each notice was, as far as one was attempted."""
    return [one.said for one in await line.notices(row)]


@pytest.mark.parametrize("waits", ["switched off", "out of use", "has to wait"])
async def test_what_waits_does_not_say_that_it_was_attempted(line: MailFloor, waits: str) -> None:
    row = await line.booked()
    if waits == "switched off":
        await switch(line, "post", on=False)
    else:
        reauth = VendorReauthError("sign in")
        line.mail.cues = [reauth if waits == "out of use" else slowly(line)]
    await line.floor.work()
    assert await said(line, row) == [None]
    journey = await load_journey(line.env, row.lead_id, actor=ADMIN)
    mails = [one for one in journey.entries if one.kind == "delivery" and "mail" in english(one.text)]
    assert [one.details.get("said") for one in mails] == [None]


async def test_what_waits_after_an_attempt_says_what_that_was(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorUnansweredError("cut"), slowly(line)]
    await line.floor.work_out()
    assert await said(line, row) == ["confirmation"]
    assert len(line.mail.arrived) == 2
