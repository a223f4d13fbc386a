"""What a buyer knows of an appointment by what was sent, and is not sent again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.services.deliveries.told import (
    invitation_key,
    knows,
    may_have_heard,
    reminder_key,
    reminder_span,
    told_state,
)
from pointsman.services.ports.booking.appointments import Companion
from pointsman.services.ports.booking.deliveries import DeliveryRow
from support.mail_lines import ROW, notice

THIS = UUID(int=99)


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


def done(told: str, unsure: int = 0) -> DeliveryRow:
    return notice(status="done", told=told, unsure=unsure)


@pytest.mark.parametrize(
    ("owed", "known", "heard"),
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
    owed: list[DeliveryRow], *, known: bool, heard: bool
) -> None:
    assert (knows(owed, "a"), may_have_heard(owed)) == (known, heard)


def test_the_attempt_under_way_has_told_nothing_yet_and_one_before_it_may_have() -> None:
    under_way = notice(id=THIS, unsure=1)
    assert knows([done("a"), under_way], "a", besides=THIS)
    assert not knows([done("a"), replace(under_way, unsure=2)], "a", besides=THIS)
    assert not may_have_heard([replace(under_way, unsure=2)], besides=THIS)  # it says the same again


def test_only_mail_that_is_done_may_have_gone_out_twice() -> None:
    assert done("a", unsure=1).maybe_twice
    assert not done("a").maybe_twice
    assert not notice(unsure=1).maybe_twice


@pytest.mark.parametrize("minutes", [10, 60, 1_440, 20_160])
def test_a_reminder_is_called_by_how_long_before_it_goes_out(minutes: int) -> None:
    span = timedelta(minutes=minutes)
    assert reminder_span(reminder_key(ROW.id, span)) == span
    assert reminder_span(invitation_key(ROW.id)) is None
