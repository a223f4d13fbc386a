"""Mail is owed with each act, sent once, and says what stands as it goes out."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.policy.invitations import BuyerMessage, InvitationRules, Inviter
from pointsman.services.deliveries.kinds.notice import addressee, take_leave, which_message
from pointsman.services.deliveries.notices import choose_inviter, inviter_after, owe_notices
from pointsman.services.deliveries.told import (
    CALLED_OFF,
    MailHistory,
    invitation_key,
    is_farewell,
    reminder_key,
    told_state,
)
from support.mail_lines import NOON, ROW, MailLines

MAIL = InvitationRules(by=Inviter.MAIL, connection="post")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INVITATION = invitation_key(ROW.id)


@dataclass
class Buyer:
    """A line of mail, and its ends: (key, message, state) of each mail that arrived, and the mailbox of each."""

    line: MailLines
    inbox: list[tuple[str, BuyerMessage, str]] = field(default_factory=list)
    mailboxes: list[str] = field(default_factory=list)

    def address_is(self, email: str) -> None:
        """As `follow_address` owes it."""
        was, self.line.lead.email = self.line.lead.email, email
        if was != email and self.line.row.status not in CALLED_OFF:
            self.act()

    def act(self, *, moved: bool = False, **change: Any) -> None:
        """An act on the appointment, with what its transaction owes."""
        self.line.row = replace(self.line.row, sequence=self.line.row.sequence + 1, **change)
        self.owe(moved=moved)

    def owe(self, *, moved: bool = False) -> None:
        anyio.run(self._owe, moved)

    async def _owe(self, moved: bool) -> None:  # anyio passes it by place
        line = self.line
        await owe_notices(line.env, line.tx, line.row, list(line.owed), line.rules, moved=moved)

    def send(self, ending: str = "answered", key: str = INVITATION) -> bool:
        """Try what is owed once; False where there is nothing to try."""
        delivery = self.line.claim(key)
        if delivery is None:
            return False
        claimed = self.line.claimed(delivery)
        heard = MailHistory.of(ROW.id, self.line.owed, besides=delivery.id)
        to = addressee(claimed, heard)
        message = which_message(claimed, heard, to)
        anyio.run(take_leave, claimed, heard, to)
        known = {"unsure": delivery.unsure - 1}
        if message is None:
            self.line.put(replace(delivery, status="superseded", attempts=delivery.attempts - 1, **known))
            return True
        state = told_state(self.line.row)
        delivery = replace(delivery, mailed_to=to.address if to else None, mailed_key=to.key if to else None)
        self.line.put(delivery)
        if ending in ("answered", "sent-unanswered"):
            self.inbox.append((f"{delivery.key}-{delivery.sequence}", message, state))
            self.mailboxes.append(to.key if to else "")
        match ending:
            case "answered":
                self.line.put(replace(delivery, status="done", told=state, **known))
            case "refused-for-now":
                self.line.put(replace(delivery, **known))
            case _:
                pass  # nobody knows, as after a crash: the lease runs out
        return True

    def work_out(self) -> None:
        while any(self.send(key=key) for key in sorted({item.key for item in self.line.owed})):
            pass


def booked(rules: InvitationRules = MAIL, **over: Any) -> Buyer:
    buyer = Buyer(MailLines(rules=rules, **over))
    buyer.owe()
    return buyer


acts = st.sampled_from(
    [
        ("move", {"starts_at": ROW.starts_at + DAY, "ends_at": ROW.ends_at + DAY}),
        ("move", {"starts_at": ROW.starts_at, "ends_at": ROW.ends_at}),
        ("reassign", {"rep_key": "ben"}),
        ("reassign", {"rep_key": "anna"}),
        ("accept", {"accepted_at": NOON}),
        ("cancel", {"status": "cancelled"}),
    ]
)
sends = st.sampled_from(["answered", "refused-for-now", "sent-unanswered", "lost-unanswered"]).map(
    lambda end: ("send", end)
)


@given(st.lists(acts | sends, max_size=14))
def test_whatever_happens_the_buyer_hears_the_last_state_once(steps: Sequence[tuple[str, Any]]) -> None:
    buyer = booked()
    for name, what in steps:
        if name == "send":
            buyer.send(what)
        elif buyer.line.row.status != "cancelled":
            buyer.act(moved=name == "move", **what)
    buyer.work_out()
    states = [state for _, _, state in buyer.inbox]
    stands = buyer.line.row.status not in CALLED_OFF
    assert not (stands and not states)
    if states:
        assert states[-1] == told_state(buyer.line.row)
    said = [message for _, message, _ in buyer.inbox]
    assert BuyerMessage.CONFIRMATION not in [
        m for m, key in zip(said, buyer.inbox, strict=True) if key[0] != buyer.inbox[0][0]
    ]
    if not any("unanswered" in str(what) for _, what in steps):
        assert all(a != b for a, b in itertools.pairwise(states))  # nothing that is known is said again
        assert len({key for key, _, _ in buyer.inbox}) == len(buyer.inbox)  # no message has another's key
        assert said[:1] in ([], [BuyerMessage.CONFIRMATION])


moves = st.sampled_from(["ada@lead.example", "Ada@new.example", "weber@lead.example"]).map(lambda to: ("address", to))
goodbyes = st.tuples(st.just("farewell"), st.sampled_from(["answered", "refused-for-now", "sent-unanswered"]))


@given(st.lists(acts | sends | moves | goodbyes, max_size=18))
def test_whatever_happens_each_mailbox_hears_last_what_holds_for_it(steps: Sequence[tuple[str, Any]]) -> None:
    buyer = booked()
    for name, what in steps:
        match name:
            case "send":
                buyer.send(what)
            case "farewell":
                for key in sorted({item.key for item in buyer.line.owed if is_farewell(item.key)}):
                    buyer.send(what, key)
            case "address":
                buyer.address_is(what)
            case _ if buyer.line.row.status not in CALLED_OFF:
                buyer.act(moved=name == "move", **what)
    buyer.work_out()
    last = {to: (message, state) for to, (_, message, state) in zip(buyer.mailboxes, buyer.inbox, strict=True)}
    own, stands = buyer.line.lead.email.casefold(), buyer.line.row.status not in CALLED_OFF
    if stands:
        message, state = last.pop(own)
        assert (message is not BuyerMessage.CANCELLATION, state) == (True, told_state(buyer.line.row))
    assert {message for message, _ in last.values()} <= {BuyerMessage.CANCELLATION}
    if not any("unanswered" in str(what) for _, what in steps):
        assert len({key for key, _, _ in buyer.inbox}) == len(buyer.inbox)


def test_a_change_goes_after_a_confirmation_and_a_cancellation_after_both() -> None:
    buyer = booked()
    buyer.send()
    buyer.act(moved=True, starts_at=ROW.starts_at + DAY, ends_at=ROW.ends_at + DAY)
    buyer.send()
    buyer.act(status="cancelled")
    buyer.send()
    assert [message.value for _, message, _ in buyer.inbox] == ["confirmation", "change", "cancellation"]
    assert [key for key, _, _ in buyer.inbox] == [f"{INVITATION}-{n}" for n in range(3)]


def test_moved_there_and_back_before_a_mail_went_out_is_no_news() -> None:
    buyer = booked()
    buyer.send()
    buyer.act(moved=True, starts_at=ROW.starts_at + DAY, ends_at=ROW.ends_at + DAY)
    buyer.act(moved=True, starts_at=ROW.starts_at, ends_at=ROW.ends_at)
    buyer.work_out()
    assert len(buyer.inbox) == 1


def test_one_who_was_never_invited_is_not_told_of_the_cancellation() -> None:
    buyer = booked()
    buyer.act(status="cancelled")
    buyer.work_out()
    assert buyer.inbox == []
    assert [item.status for item in buyer.line.owed] == ["superseded"]


def test_one_who_may_have_been_invited_is_told() -> None:
    buyer = booked()
    buyer.send("sent-unanswered")
    buyer.act(status="cancelled")
    buyer.work_out()
    assert [message for _, message, _ in buyer.inbox] == [BuyerMessage.CONFIRMATION, BuyerMessage.CANCELLATION]


def test_after_a_cut_the_same_message_goes_again_and_says_so() -> None:
    buyer = booked()
    buyer.send("sent-unanswered")
    buyer.work_out()
    (first, second), (done,) = buyer.inbox, buyer.line.owed
    assert first == second
    assert done.maybe_twice


def test_what_was_surely_not_sent_is_not_called_twice() -> None:
    buyer = booked()
    buyer.send("refused-for-now")
    buyer.work_out()
    assert [item.maybe_twice for item in buyer.line.owed] == [False]
    assert len(buyer.inbox) == 1


def test_a_request_that_waits_for_its_rep_is_no_invitation_yet() -> None:
    buyer = booked(row=replace(ROW, status="requested"))
    assert buyer.line.owed == []
    buyer.act(status="confirmed")
    buyer.send()
    assert [message for _, message, _ in buyer.inbox] == [BuyerMessage.CONFIRMATION]


def test_where_the_vendor_invites_no_mail_does() -> None:
    assert booked(row=replace(ROW, invited_by=Inviter.CALENDAR.value)).line.owed == []


def test_once_it_is_over_nothing_is_sent() -> None:
    buyer = booked()
    buyer.line.now = ROW.ends_at
    buyer.work_out()
    assert buyer.inbox == []


REMINDERS = MAIL.model_copy(update={"reminders": (DAY, HOUR)})


def reminders(buyer: Buyer) -> list[Any]:
    return [item for item in buyer.line.owed if "-reminder-" in item.key]


@pytest.mark.parametrize("by", [Inviter.MAIL, Inviter.CALENDAR])
def test_reminders_are_due_so_long_before(by: Inviter) -> None:
    buyer = booked(REMINDERS, row=replace(ROW, invited_by=by.value))
    assert [item.next_attempt_at for item in reminders(buyer)] == [ROW.starts_at - DAY, ROW.starts_at - HOUR]
    key = reminder_key(ROW.id, DAY)
    assert not buyer.send(key=key)
    buyer.line.now = ROW.starts_at - DAY
    assert buyer.send(key=key)
    assert not buyer.send(key=key)
    assert [message for _, message, _ in buyer.inbox] == [BuyerMessage.REMINDER]


def test_a_reminder_that_is_due_already_when_it_is_booked_does_not_go() -> None:
    buyer = booked(REMINDERS, now=ROW.starts_at - 2 * HOUR)
    assert [item.key for item in reminders(buyer)] == [reminder_key(ROW.id, HOUR)]


def test_a_reminder_follows_the_appointment() -> None:
    buyer, later, key = booked(REMINDERS), ROW.starts_at + DAY, reminder_key(ROW.id, DAY)
    buyer.act(moved=True, starts_at=later, ends_at=later + HOUR)
    buyer.line.now = ROW.starts_at - DAY  # of the old time
    assert not buyer.send(key=key)
    buyer.line.now = later - DAY
    assert buyer.send(key=key)
    assert len(buyer.inbox) == 1


def test_moved_too_near_for_it_a_reminder_does_not_go_at_its_old_time() -> None:
    buyer, key = booked(REMINDERS), reminder_key(ROW.id, DAY)
    buyer.line.now = ROW.starts_at - 36 * HOUR
    near = buyer.line.now + 20 * HOUR
    buyer.act(moved=True, starts_at=near, ends_at=near + HOUR)
    buyer.line.now += timedelta(minutes=1)
    buyer.send(key=key)
    buyer.line.now = ROW.starts_at - DAY
    buyer.send(key=key)
    assert buyer.inbox == []


@pytest.mark.parametrize("change", [{"status": "cancelled"}, {"rep_key": "ben"}], ids=["called-off", "another-rep"])
def test_a_reminder_is_for_what_stands_then(change: dict[str, str]) -> None:
    buyer, key = booked(REMINDERS), reminder_key(ROW.id, DAY)
    buyer.act(**change)
    buyer.line.now = ROW.starts_at - DAY
    buyer.send(key=key)
    assert len(buyer.inbox) == ("status" not in change)


def test_a_lead_who_is_not_to_be_contacted_hears_of_the_appointment_and_is_not_reminded() -> None:
    buyer = booked(REMINDERS)
    buyer.line.lead.do_not_contact = True
    buyer.send()
    buyer.line.now = ROW.starts_at - DAY
    buyer.send(key=reminder_key(ROW.id, DAY))
    assert [message for _, message, _ in buyer.inbox] == [BuyerMessage.CONFIRMATION]


def test_an_appointment_that_has_begun_is_not_reminded_of() -> None:
    buyer, key = booked(REMINDERS), reminder_key(ROW.id, HOUR)
    buyer.line.now = ROW.starts_at  # the connection was out of use until then
    buyer.send(key=key)
    assert buyer.inbox == []


@pytest.mark.parametrize(
    ("by", "connection", "can_invite", "expected"),
    [
        (Inviter.NOBODY, "post", True, Inviter.NOBODY),
        (Inviter.MAIL, "post", True, Inviter.MAIL),
        (Inviter.CALENDAR, "post", True, Inviter.CALENDAR),
        (Inviter.CALENDAR, None, True, Inviter.CALENDAR),
        (Inviter.CALENDAR, "post", False, Inviter.MAIL),
        (Inviter.CALENDAR, None, False, Inviter.NOBODY),
    ],
)
def test_one_side_invites(by: Inviter, connection: str | None, *, can_invite: bool, expected: Inviter) -> None:
    rules = InvitationRules(by=by, connection=connection)
    line = MailLines(rules=rules, can_invite=can_invite)
    assert anyio.run(choose_inviter, line.env, line.tx, rules, by, ROW.rep_id) is expected


@pytest.mark.parametrize(
    ("was", "same_rep", "can_invite", "expected"),
    [
        (Inviter.CALENDAR, False, False, Inviter.MAIL),
        (Inviter.CALENDAR, False, True, Inviter.CALENDAR),
        (Inviter.CALENDAR, True, False, Inviter.CALENDAR),
        (Inviter.MAIL, False, True, Inviter.MAIL),
        (Inviter.NOBODY, False, True, Inviter.NOBODY),
    ],
)
def test_the_side_stays_and_mail_takes_over_where_the_next_vendor_cannot(
    was: Inviter, *, same_rep: bool, can_invite: bool, expected: Inviter
) -> None:
    line, row = MailLines(rules=MAIL, can_invite=can_invite), replace(ROW, invited_by=was.value)
    rep = ROW.rep_id if same_rep else ROW.lead_id
    assert anyio.run(inviter_after, line.env, line.tx, row, MAIL, rep) == expected
