"""Where mail decides about times, clocks change, days are missing and years leap: what the buyer reads, and when it goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import anyio
import pytest

from pointsman.domain.messages.message import say
from pointsman.domain.policy.invitations import BuyerMessage, InvitationRules, Inviter, TextLanguage
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.deliveries.kinds.notice import which_message
from pointsman.services.deliveries.kinds.notice_message import build_notice
from pointsman.services.deliveries.mail.bound import DAY, MOST_A_DAY, take_turn
from pointsman.services.deliveries.notices import LINK_WAIT, owe_notices
from pointsman.services.deliveries.told import MailHistory, invitation_key, mailbox_of, reminder_key
from pointsman.services.deliveries.vendor_error_text import PutOffError
from pointsman.services.ports.booking.buyer_mail import Mailbox
from support.mail_lines import ROW, MailLines, notice

HALF_AN_HOUR = timedelta(minutes=30)
WHEN = {"subject": "x", "body": "{{ day }}, {{ time }} {{ time_zone }}, {{ duration }}"}
SAYS_WHEN = InvitationRules.model_validate(
    {"by": "mail", "connection": "post", "texts": {message: {"en": WHEN, "de": WHEN} for message in BuyerMessage}}
)
BUYER = Mailbox("ada@example.com", "ada@example.com")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read_by_buyer(
    start: datetime, zone: str, *, language: TextLanguage = "en", length: timedelta = HALF_AN_HOUR, now: datetime
) -> str:
    line = MailLines(rules=SAYS_WHEN, row=replace(ROW, starts_at=start, ends_at=start + length), now=now)
    facts = {"lead.time_zone": zone, "lead.language": language}
    line.lead = SimpleNamespace(id=ROW.lead_id, email="ada@example.com", first_name=None, last_name=None, facts=facts)
    line.config.policy.policy.pools["closers"].booking = BookingRules()
    line.config.roster = SimpleNamespace(reps={})
    line.env.organisation = ""
    claimed = line.claimed(notice())
    return build_notice(claimed, BuyerMessage.CONFIRMATION, to="ada@example.com", url=None, invitation=None).text


@pytest.mark.parametrize(
    ("start", "zone", "told"),
    [
        # The hour that comes twice has two names.
        ("2026-10-25 00:30", "Europe/Berlin", "Sunday, 25 October 2026, 02:30 CEST"),
        ("2026-10-25 01:30", "Europe/Berlin", "Sunday, 25 October 2026, 02:30 CET"),
        ("2026-11-01 05:30", "America/New_York", "Sunday, 1 November 2026, 01:30 EDT"),
        ("2026-11-01 06:30", "America/New_York", "Sunday, 1 November 2026, 01:30 EST"),
        # The hour that is left out is never said.
        ("2027-03-28 00:30", "Europe/Berlin", "Sunday, 28 March 2027, 01:30 CET"),
        ("2027-03-28 01:30", "Europe/Berlin", "Sunday, 28 March 2027, 03:30 CEST"),
        # Clocks that go on by half an hour, and at midnight.
        ("2026-10-03 15:30", "Australia/Lord_Howe", "Sunday, 4 October 2026, 02:30"),
        ("2026-04-23 21:59", "Africa/Cairo", "Thursday, 23 April 2026, 23:59"),
        ("2026-04-23 22:00", "Africa/Cairo", "Friday, 24 April 2026, 01:00"),
        # Midnight, and the day that the buyer has while the rep has another.
        ("2026-11-30 23:00", "Europe/Berlin", "Tuesday, 1 December 2026, 00:00 CET"),
        ("2026-11-30 22:59", "Europe/Berlin", "Monday, 30 November 2026, 23:59 CET"),
        ("2026-12-31 10:00", "Pacific/Kiritimati", "Friday, 1 January 2027, 00:00"),
        ("2027-01-01 07:30", "America/Los_Angeles", "Thursday, 31 December 2026, 23:30 PST"),
        # The leap day, from both sides.
        ("2028-02-28 23:30", "Europe/Berlin", "Tuesday, 29 February 2028, 00:30 CET"),
        ("2028-03-01 00:30", "America/New_York", "Tuesday, 29 February 2028, 19:30 EST"),
        ("2027-02-28 23:30", "Europe/Berlin", "Monday, 1 March 2027, 00:30 CET"),
    ],
)
def test_a_buyer_reads_the_day_and_the_time_that_their_own_clock_will_show(start: str, zone: str, told: str) -> None:
    begins = utc(start)
    # Long before, when the clock is another, and just before.
    assert {read_by_buyer(begins, zone, now=begins - ahead)[: len(told)] for ahead in (200 * DAY, HALF_AN_HOUR)} == {
        told
    }


def test_a_buyer_reads_it_in_german_on_the_same_clock() -> None:
    begins = utc("2028-02-28 23:30")
    told = read_by_buyer(begins, "Europe/Berlin", language="de", now=begins - DAY)
    assert told == "Dienstag, 29. Februar 2028, 00:30 Uhr MEZ, 30 Minuten"


def test_an_appointment_takes_as_long_as_it_takes_when_the_clock_goes_back_meanwhile() -> None:
    begins = utc("2026-10-25 00:30")
    told = read_by_buyer(begins, "Europe/Berlin", length=timedelta(hours=1), now=begins - DAY)
    assert told == "Sunday, 25 October 2026, 02:30 CEST, 1 hour"


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        (
            "2026-10-25 09:00",
            "1d",
            "2026-10-24 09:00",
        ),  # a day of 25 hours in Berlin: 24 before, at 11:00 and not 10:00
        ("2027-03-28 08:00", "1d", "2027-03-27 08:00"),
        ("2028-03-01 09:00", "1d", "2028-02-29 09:00"),
        ("2027-03-01 09:00", "1d", "2027-02-28 09:00"),
        ("2028-03-14 09:00", "2w", "2028-02-29 09:00"),
        ("2027-01-01 00:00", "10m", "2026-12-31 23:50"),
    ],
)
def test_a_reminder_goes_its_span_before_whatever_clocks_and_calendars_do_between(
    start: str, span: str, due: str
) -> None:
    begins, at = utc(start), utc(due)
    rules = InvitationRules.model_validate({"by": "mail", "connection": "post", "reminders": [span]})
    row = replace(ROW, starts_at=begins, ends_at=begins + HALF_AN_HOUR, created_at=at - DAY)
    line = MailLines(rules=rules, row=row, now=at - DAY)
    anyio.run(lambda: owe_notices(line.env, line.tx, row, [], rules, moved=False))
    (owed,) = line.thing(reminder_key(ROW.id, begins - at))
    assert owed.next_attempt_at == at
    said = []
    for now in (at - timedelta(seconds=1), at, begins - timedelta(seconds=1), begins):
        line.now = now
        said.append(which_message(line.claimed(owed), MailHistory.of(ROW.id, line.owed), mailbox_of("ada@example.com")))
    assert said == [None, BuyerMessage.REMINDER, BuyerMessage.REMINDER, None]


def test_mail_waits_for_its_link_as_long_when_the_clock_goes_back_meanwhile() -> None:
    now = utc("2026-10-25 00:59:30")
    rules = InvitationRules(by=Inviter.MAIL, connection="post")
    row = replace(ROW, vendor_meeting=True, starts_at=now + DAY, ends_at=now + DAY + HALF_AN_HOUR)
    line = MailLines(rules=rules, row=row, now=now)
    anyio.run(lambda: owe_notices(line.env, line.tx, row, [], rules, moved=False))
    (owed,) = line.thing(invitation_key(ROW.id))
    assert owed.next_attempt_at == now + LINK_WAIT


class _Sent:
    """Implements what `take_turn` asks of the books of mailboxes: these times."""

    def __init__(self, times: list[datetime]) -> None:
        self._times, self.addressed = times, list[UUID]()

    async def lock(self, _mailbox: Mailbox) -> None: ...

    async def sent(self, _mailbox: Mailbox, *, since: datetime, besides: UUID) -> list[datetime]:
        return [at for at in self._times if at > since]

    async def address(self, delivery_id: UUID, **_given: Any) -> None:
        self.addressed.append(delivery_id)


@pytest.mark.parametrize("first", ["2026-10-24 22:30", "2027-03-27 22:30", "2028-02-28 23:30", "2026-12-31 23:59:59"])
def test_a_mailbox_s_day_is_24_hours_long_on_every_day_of_the_year(first: str) -> None:
    began = utc(first)
    sent = _Sent([began + number * timedelta(minutes=1) for number in range(MOST_A_DAY)])
    row = replace(ROW, starts_at=began + 30 * DAY, ends_at=began + 30 * DAY + HALF_AN_HOUR)
    line = MailLines(rules=InvitationRules(by=Inviter.MAIL, connection="post"), row=row)
    line.tx.buyer_mail = sent
    claimed = line.claimed(notice())
    claimed.lease = UUID(int=9)
    line.now = began + DAY - timedelta(seconds=1)
    turn = partial(take_turn, sender=None)
    with pytest.raises(PutOffError) as put_off:
        anyio.run(turn, claimed, BuyerMessage.CHANGE, BUYER)
    assert put_off.value.until == began + DAY
    assert put_off.value.told == say("vendor.mail-bound", count=MOST_A_DAY)
    line.now = began + DAY
    anyio.run(turn, claimed, BuyerMessage.CHANGE, BUYER)
    assert sent.addressed == [notice().id]
