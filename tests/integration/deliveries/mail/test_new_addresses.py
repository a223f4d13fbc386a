"""A buyer whose address is corrected: where they were invited it is called off, and the new mailbox is invited."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.deliveries.ics_invitation import build_invitation
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.do_not_contact import end_contact
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.ports import VendorRejectedError, VendorRetryableError, VendorUnansweredError
from pointsman.services.ports.booking.appointments import Companion
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN
from support.mail_floor import MailFloor, invitation_in, open_mail_floor, tell_address
from support.wording import english

pytestmark = pytest.mark.anyio

NEW, NEWER = "ada@lead.example", "weber@lead.example"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


def told(line: MailFloor) -> list[tuple[str, str, int, str]]:
    """(address, method, SEQUENCE, attendee) of each mail that arrived."""
    found = [(mail, invitation_in(mail)) for mail in line.mail.arrived]
    return [
        (mail.to, event["METHOD"], int(event["SEQUENCE"]), event["ATTENDEE"].removeprefix("mailto:"))
        for mail, event in found
    ]


async def test_the_old_mailbox_is_told_once_that_it_is_off_and_the_new_one_is_invited(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    old = line.mail.arrived[0].to
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert sorted(told(line), key=lambda one: one[2]) == [
        (old, "REQUEST", 0, old),
        (old, "CANCEL", 1, old),
        (NEW, "REQUEST", 2, NEW),
    ]
    by_address = {mail.to: mail for mail in line.mail.arrived}
    assert "Cancelled" in by_address[old].subject
    assert "/book/" not in by_address[old].text
    assert "Changed" not in by_address[NEW].subject
    assert len({invitation_in(mail)["UID"] for mail in line.mail.arrived}) == 1
    assert len({mail.key for mail in line.mail.arrived}) == 3
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work_out()
    assert told(line)[3:] == [(NEW, "CANCEL", 3, NEW)]


def entry(files: Iterable[dict[str, str]]) -> str:
    """What a calendar makes of the files in the order in which they come: the newer one counts (RFC 5546, 2.1.5)."""
    held: dict[str, str] = {}
    for event in files:
        if not held or (int(event["SEQUENCE"]), event["DTSTAMP"]) >= (int(held["SEQUENCE"]), held["DTSTAMP"]):
            held = event
    return held["METHOD"]


@pytest.mark.parametrize("happens", ["nothing", "the farewell is late", "moved"])
async def test_one_mailbox_behind_both_addresses_keeps_the_appointment(line: MailFloor, happens: str) -> None:
    """As where a company has another domain, and the old address stays as an alias."""
    row = await line.booked()
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    if happens != "nothing":
        line.mail.cues = [None, VendorRetryableError("greylisted")]
        await line.floor.work()
        assert [one[1] for one in told(line)] == ["REQUEST", "REQUEST"]
    if happens == "moved":
        await line.floor.world.rows("update appointments set sequence = sequence + 3 where id = :id", id=row.id)
    await line.floor.work_out()
    files = [invitation_in(mail) for mail in line.mail.arrived]
    assert sorted(event["METHOD"] for event in files) == ["CANCEL", "REQUEST", "REQUEST"]
    assert {entry(order) for order in permutations(files)} == {"REQUEST"}


async def test_a_farewell_names_nobody_else_who_comes(line: MailFloor) -> None:
    """Whom a CANCEL names is left out (RFC 5546, 3.2.5)."""
    row = await line.booked()
    work, pool = "solution_design", "solutions"
    beside = Companion(rep_id=row.rep_id, rep_key=row.rep_key, work=work, pool=pool, reason={})
    row = replace(row, companions=(beside,))
    async with line.env.uow() as tx:
        left = await build_invitation(line.env, tx, row, to=NEW, calls_off=True, sequence=1)
        all_of_it = await build_invitation(line.env, tx, row, to=NEW, calls_off=True)
    assert [file.count(b"ATTENDEE;") for file in (left, all_of_it)] == [1, 2]


async def test_the_journey_and_the_audit_tell_a_farewell_from_a_cancellation(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    entries = (await load_journey(line.env, row.lead_id, actor=SETTER)).entries
    texts = [english(one.text) for one in entries if one.kind == "delivery" and "said" in one.details]
    assert sorted(texts) == [
        "the address that the buyer had before was mailed that the appointment is called off there",
        "the buyer was mailed the confirmation of the appointment",
        "the buyer was mailed the confirmation of the appointment",
    ]
    audited = await line.floor.world.rows(
        "select after->>'said' as said, after->>'to_old_address' as old from audit where action = 'appointment.mailed'"
    )
    assert sorted(map(tuple, audited)) == [
        ("cancellation", "true"),
        ("confirmation", "false"),
        ("confirmation", "false"),
    ]


async def test_another_spelling_is_no_other_address(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await tell_address(line, row.lead_id, line.mail.arrived[0].to.upper())
    await line.floor.work_out()
    assert len(line.mail.arrived) == 1


async def test_a_mailbox_that_was_told_nothing_is_told_nothing(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorRetryableError("down")]
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert [one[:2] for one in told(line)] == [(NEW, "REQUEST")]


async def test_what_no_mailbox_took_goes_to_the_corrected_address_by_itself(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorRejectedError("no such mailbox")]
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert [one[:2] for one in told(line)] == [(NEW, "REQUEST")]


async def test_a_mailbox_that_may_have_been_told_is_told_that_it_is_off(line: MailFloor) -> None:
    row = await line.booked()
    line.mail.cues = [VendorUnansweredError("cut after DATA")]
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert [one[1] for one in told(line)] == ["REQUEST", "REQUEST", "CANCEL"]


async def test_mail_under_way_to_the_old_mailbox_is_called_off_too(line: MailFloor) -> None:
    row = await line.booked()
    (owed,) = await line.notices(row)
    line.mail.before_arrival = lambda: tell_address(line, row.lead_id, NEW)
    await run_delivery(line.env, owed.id)
    await line.floor.work_out()
    old = line.mail.arrived[0].to
    assert [one[:3] for one in told(line)] == [(old, "REQUEST", 0), (NEW, "REQUEST", 2), (old, "CANCEL", 1)]


async def test_there_and_back_before_a_mail_went_out_is_no_news(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await tell_address(line, row.lead_id, NEW)
    await tell_address(line, row.lead_id, line.mail.arrived[0].to)
    await line.floor.work_out()
    assert len(line.mail.arrived) == 1


async def test_the_buyer_s_mailbox_again_is_invited_again(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    old = line.mail.arrived[0].to
    for email in (NEW, old, NEWER):
        await tell_address(line, row.lead_id, email)
        await line.floor.work_out()
    by_address = {
        address: [(method, sequence) for to, method, sequence, _ in told(line) if to == address]
        for address in (old, NEW, NEWER)
    }
    assert by_address == {
        old: [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 4), ("CANCEL", 5)],
        NEW: [("REQUEST", 2), ("CANCEL", 3)],
        NEWER: [("REQUEST", 6)],
    }


async def test_a_cancellation_goes_to_who_was_invited(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    old = line.mail.arrived[0].to
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert [one[:2] for one in told(line)] == [(old, "REQUEST"), (old, "CANCEL")]


async def test_called_off_before_the_new_mailbox_was_invited_the_old_one_hears_it_alone(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    old = line.mail.arrived[0].to
    await tell_address(line, row.lead_id, NEW)
    await cancel(line.env, row.id, reason="test", actor=SETTER)
    await line.floor.work_out()
    assert [one[:2] for one in told(line)] == [(old, "REQUEST"), (old, "CANCEL")]


async def test_who_is_not_to_be_contacted_is_told_since_it_is_their_own_appointment(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    await end_contact(line.env, row.lead_id, reason=None, actor=ADMIN)
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert sorted(one[1] for one in told(line)) == ["CANCEL", "REQUEST", "REQUEST"]


async def test_once_the_appointment_is_over_nobody_is_told(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    line.floor.world.clock.advance(row.ends_at - line.env.clock() + timedelta(minutes=1))
    await tell_address(line, row.lead_id, NEW)
    await line.floor.work_out()
    assert len(line.mail.arrived) == 1


async def test_where_the_vendor_invites_its_event_has_the_new_guest_and_no_mail_goes(database_url: str) -> None:
    async with open_mail_floor(database_url, by="calendar") as line:
        line.floor.vendor.invites = True
        row = await line.booked()
        await line.floor.work()
        await tell_address(line, row.lead_id, NEW)
        await line.floor.work_out()
        (event,) = line.floor.vendor.events()
        assert ([guest.email for guest in event.guests], event.sequence, line.mail.arrived) == ([NEW], 2, [])


async def test_a_lead_that_gets_its_address_by_a_merge_is_invited(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.world.rows("update leads set email = null, email_key = null where id = :id", id=row.lead_id)
    await line.floor.work()
    assert line.mail.arrived == []
    other = await line.floor.lead()
    await merge_leads(line.env, other, into=row.lead_id, reason="one person", actor=ADMIN)
    await line.floor.work_out()
    assert [one[:2] for one in told(line)] == [(f"{other}@lead.example", "REQUEST")]


async def test_the_address_is_kept_and_told_by_no_log(line: MailFloor) -> None:
    row = await line.booked()
    await line.floor.work()
    (owed,) = await line.notices(row)
    assert owed.mailed_to == line.mail.arrived[0].to
    assert owed.mailed_to not in repr(owed)
