"""What a buyer knows of an appointment by what was sent, and is not sent again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.services.deliveries.told import (
    MailHistory,
    farewell_key,
    invitation_key,
    mailbox_of,
    reminder_key,
    reminder_span,
    told_state,
)
from pointsman.services.ports.booking.appointments import Companion
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryRow
from support.mail_lines import ROW, notice

THIS = UUID(int=99)
ADA, NEW = Mailbox("Ada@Lead.example", "ada@lead.example"), Mailbox("ada@new.example", "ada@new.example")


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": ROW.starts_at + timedelta(minutes=15)},
        {"ends_at": ROW.ends_at + timedelta(minutes=15)},
        {"rep_key": "ben"},
        {"join_url": "https://meet.example/room"},
        {"companions": (Companion(rep_id=THIS, rep_key="dora", work="solution_design", pool="p", reason={}),)},
        {"status": AppointmentStatus.CANCELLED.value},
        {"status": AppointmentStatus.REJECTED.value},
    ],
    ids="-".join,
)
def test_what_counts_for_the_buyer_makes_another_state(change: dict[str, object]) -> None:
    assert told_state(replace(ROW, **change)) != told_state(ROW)  # type: ignore[arg-type]  # columns by name


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 9},
        {"accepted_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"status": AppointmentStatus.ATTENDED.value},
        {"pool": "other", "category": "x", "company": "Acme"},
    ],
    ids="-".join,
)
def test_what_is_the_house_s_own_makes_none(change: dict[str, object]) -> None:
    assert told_state(replace(ROW, **change)) == told_state(ROW)  # type: ignore[arg-type]  # columns by name


def heard(*owed: DeliveryRow, besides: UUID | None = None) -> MailHistory:
    """What the mailboxes know; what says no other went to Ada's."""
    sent = [replace(one, mailed_to=one.mailed_to or ADA.address, mailed_key=one.mailed_key or ADA.key) for one in owed]
    return MailHistory.of(ROW.id, sent, besides=besides)


def done(told: str, unsure: int = 0) -> DeliveryRow:
    return notice(status="done", told=told, unsure=unsure)


@pytest.mark.parametrize(
    ("owed", "known", "told"),
    [
        ([], False, False),
        ([notice()], False, False),
        ([done("a")], True, True),
        ([done("b")], False, True),
        ([done("a"), done("b")], False, True),
        ([done("b"), done("a")], True, True),
        ([done("a"), notice(status="superseded")], True, True),  # never tried
        ([done("a"), notice()], True, True),
        ([done("a"), notice(status="superseded", unsure=1)], False, True),  # it may have said something else
        ([done("a"), notice(status="dead", unsure=1)], False, True),
        ([done("a"), notice(unsure=1)], False, True),
        ([notice(status="superseded", unsure=1)], False, True),
        ([done("b"), done("a", unsure=2)], True, True),  # twice, and the same
    ],
)
def test_a_buyer_knows_what_was_told_last_unless_that_cannot_be_known(
    owed: list[DeliveryRow], *, known: bool, told: bool
) -> None:
    there = heard(*owed)
    assert (there.knows(ADA, "a"), there.has_heard(ADA), there.mailboxes()) == (known, told, [ADA] * told)


def test_the_attempt_under_way_has_told_nothing_yet_and_one_before_it_may_have() -> None:
    under_way = notice(id=THIS, unsure=1)
    twice = replace(under_way, unsure=2)
    assert heard(done("a"), under_way, besides=THIS).knows(ADA, "a")
    assert not heard(done("a"), twice, besides=THIS).knows(ADA, "a")
    assert not heard(twice, besides=THIS).has_heard(ADA)  # it says the same again


def test_only_mail_that_is_done_may_have_gone_out_twice() -> None:
    assert done("a", unsure=1).maybe_twice
    assert not done("a").maybe_twice
    assert not notice(unsure=1).maybe_twice


@pytest.mark.parametrize("minutes", [10, 60, 1_440, 20_160])
def test_a_reminder_is_called_by_how_long_before_it_goes_out(minutes: int) -> None:
    span = timedelta(minutes=minutes)
    assert reminder_span(reminder_key(ROW.id, span)) == span
    assert reminder_span(invitation_key(ROW.id)) is None


def to_new(**over: object) -> DeliveryRow:
    return notice(**{"mailed_to": NEW.address, "mailed_key": NEW.key, "sequence": 1, **over})


def farewell(**over: object) -> DeliveryRow:
    return notice(**{"key": farewell_key(ROW.id, 0, sequence=1), "sequence": 1, **over})


def test_each_mailbox_knows_what_it_was_told_itself() -> None:
    there = heard(done("a"), to_new(status="done", told="b"))
    assert (there.knows(ADA, "a"), there.knows(NEW, "b"), there.knows(NEW, "a")) == (True, True, False)
    assert there.mailboxes() == [NEW, ADA]
    assert not heard(done("a")).has_heard(NEW)


@pytest.mark.parametrize(
    ("end", "is_owed", "holds"),
    [
        ({}, True, True),
        ({"unsure": 1}, True, False),
        ({"status": "done", "told": "x"}, True, False),
        ({"status": "dead"}, True, True),
        ({"status": "superseded"}, False, True),
    ],
    ids=str,
)
def test_a_farewell_is_owed_once_and_ends_what_a_mailbox_knows_once_it_may_have_come(
    end: dict[str, object], *, is_owed: bool, holds: bool
) -> None:
    there = heard(done("a"), farewell(**end))
    assert (ADA not in there.mailboxes(), there.has_heard(ADA), there.knows(ADA, "a")) == (is_owed, holds, holds)


def test_a_mailbox_that_is_the_buyer_s_again_is_told_anew_and_may_be_left_anew() -> None:
    back = notice(status="done", told="a", sequence=2)
    there = heard(done("a"), farewell(status="done", told="a"), to_new(status="done", told="a"), back)
    assert (there.knows(ADA, "a"), there.mailboxes()) == (True, [ADA, NEW])


def test_a_mailbox_has_one_name_in_every_spelling() -> None:
    assert mailbox_of(" Ada@LEAD.example ") == Mailbox(" Ada@LEAD.example ", "ada@lead.example")
    assert mailbox_of("not an address") == Mailbox("not an address", "not an address")
    assert mailbox_of(None) is None
