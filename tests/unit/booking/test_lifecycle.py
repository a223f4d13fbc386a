"""The table of the life of an appointment: whole, without contradictions, and the same in the docs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.lifecycle import (
    ACTIVE_STATUSES,
    TRANSITIONS,
    AppointmentAction,
    AppointmentState,
    AppointmentStatus,
    CalendarOp,
    CreditEffect,
    LeadFollowUp,
    MeetingOutcome,
    RejectCode,
    Transition,
    allowed_actions,
    transition_for,
)
from pointsman.domain.permissions.sides import ActorRole

START = datetime(2026, 12, 1, 10, tzinfo=UTC)
DOC = Path(__file__).parents[3] / "docs" / "booking.md"

FREED = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED, AppointmentStatus.NO_SHOW})


@st.composite
def standings(draw: st.DrawFn) -> AppointmentState:
    status = draw(st.sampled_from(AppointmentStatus))
    return AppointmentState(
        status=status,
        starts_at=START,
        ends_at=START + timedelta(minutes=30),
        accepted=draw(st.booleans()) and status is not AppointmentStatus.REQUESTED,
        outcome=draw(st.none() | st.sampled_from(MeetingOutcome)) if status is AppointmentStatus.ATTENDED else None,
    )


moments = st.timedeltas(timedelta(days=-30), timedelta(days=30)).map(lambda off: START + off)


@given(standings(), moments)
def test_what_is_allowed_is_listed_once_and_in_order(appointment: AppointmentState, now: datetime) -> None:
    order = list(AppointmentAction)
    assert all(order.index(a) < order.index(b) for a, b in pairwise(allowed_actions(appointment, now)))
    assert not {AppointmentAction.BOOK, AppointmentAction.LAPSE} & set(allowed_actions(appointment, now))


@given(standings(), moments)
def test_nothing_is_said_about_a_meeting_before_it_begins(appointment: AppointmentState, now: datetime) -> None:
    assert now >= appointment.starts_at or not {AppointmentAction.ATTENDED, AppointmentAction.NO_SHOW} & set(
        allowed_actions(appointment, now)
    )


@given(standings(), moments)
def test_a_meeting_that_has_begun_is_neither_moved_nor_confirmed_any_more(
    appointment: AppointmentState, now: datetime
) -> None:
    assert now < appointment.starts_at or not {
        AppointmentAction.RESCHEDULE,
        AppointmentAction.REASSIGN,
        AppointmentAction.CONFIRM,
    } & set(allowed_actions(appointment, now))


@given(standings(), moments)
def test_whatever_stands_can_be_called_off_and_nothing_else_can(appointment: AppointmentState, now: datetime) -> None:
    assert (AppointmentAction.CANCEL in allowed_actions(appointment, now)) == (appointment.status in ACTIVE_STATUSES)


@given(standings(), moments)
def test_whatever_began_and_stands_can_be_given_its_result(appointment: AppointmentState, now: datetime) -> None:
    may = {AppointmentAction.ATTENDED, AppointmentAction.NO_SHOW} <= set(allowed_actions(appointment, now))
    assert may == (appointment.status in ACTIVE_STATUSES and now >= appointment.starts_at)


@given(standings(), moments)
def test_what_was_accepted_is_never_rejected(appointment: AppointmentState, now: datetime) -> None:
    assert not appointment.accepted or not {AppointmentAction.ACCEPT, AppointmentAction.REJECT} & set(
        allowed_actions(appointment, now)
    )


@given(standings(), moments)
def test_only_an_attended_meeting_has_an_outcome_and_only_later_is_followed_by_another(
    appointment: AppointmentState, now: datetime
) -> None:
    open_to_it = appointment.status is AppointmentStatus.ATTENDED and appointment.outcome in (
        None,
        MeetingOutcome.LATER,
    )
    assert (AppointmentAction.OUTCOME in allowed_actions(appointment, now)) == open_to_it


@given(standings(), moments)
def test_what_is_over_for_good_allows_nothing(appointment: AppointmentState, now: datetime) -> None:
    assert appointment.status not in FREED or allowed_actions(appointment, now) == ()


@pytest.mark.parametrize("act", sorted(set(AppointmentAction) - {AppointmentAction.BOOK, AppointmentAction.LAPSE}))
def test_every_act_is_allowed_somewhere(act: AppointmentAction) -> None:
    found = any(act in allowed_actions(one, now) for one in every_standing() for now in (START - timedelta(1), START))
    assert found


def test_every_act_has_its_rows_and_every_row_its_own_case() -> None:
    assert {row.action for row in TRANSITIONS} == set(AppointmentAction)
    cases = [(row.action, str(row.case)) for row in TRANSITIONS]
    assert len(cases) == len(set(cases))
    assert {row.case for row in TRANSITIONS if row.action is AppointmentAction.REJECT} == set(RejectCode)
    assert {row.case for row in TRANSITIONS if row.action is AppointmentAction.OUTCOME} == set(MeetingOutcome)
    assert {row.case for row in TRANSITIONS if row.action is AppointmentAction.CANCEL} == set(ActorRole) - {
        ActorRole.SYSTEM
    }
    assert all(transition_for(row.action, row.case) is row for row in TRANSITIONS)


def test_whatever_frees_its_time_takes_the_event_away_if_it_lies_ahead() -> None:
    for row in TRANSITIONS:
        if row.status in FREED and row.action is not AppointmentAction.NO_SHOW:  # which nobody can be before the start
            assert row.calendar_op is CalendarOp.CANCEL, row


def test_a_lead_that_leaves_its_closer_on_a_rejection_takes_the_turn_with_it() -> None:
    for row in TRANSITIONS:
        if row.follow_up in (LeadFollowUp.ANOTHER_CLOSER, LeadFollowUp.QUALIFICATION, LeadFollowUp.CLOSED):
            assert row.credit is CreditEffect.GIVEN_BACK, row


def test_the_docs_show_the_table_as_it_is() -> None:
    shown = list(rows_in_the_docs())
    assert shown == [cells(row) for row in TRANSITIONS]


def every_standing() -> Iterator[AppointmentState]:
    for status in AppointmentStatus:
        for outcome in (None, *MeetingOutcome) if status is AppointmentStatus.ATTENDED else (None,):
            yield AppointmentState(
                status=status, starts_at=START, ends_at=START + timedelta(minutes=30), accepted=False, outcome=outcome
            )


def cells(row: Transition) -> tuple[str, ...]:
    status = row.status or "as it was"
    return tuple(
        str(value) for value in (row.action, row.case, status, row.credit, row.gate, row.follow_up, row.calendar_op)
    )


def rows_in_the_docs() -> Iterator[tuple[str, ...]]:
    section = DOC.read_text().split("## The life of an appointment\n", 1)[1].split("\n## ", 1)[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    for line in table[2:]:  # after the head and the rule below it
        yield tuple(cell.strip().strip("`") for cell in line.strip().strip("|").split("|"))
