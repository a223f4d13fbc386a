"""The table of the life of an appointment: whole, without contradictions, and the same in the docs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.booking.lifecycle import (
    EFFECTS,
    STANDING,
    Act,
    By,
    Credit,
    Effect,
    Next,
    Outcome,
    RejectCode,
    Standing,
    Status,
    Told,
    effect_of,
    legal,
)

START = datetime(2026, 12, 1, 10, tzinfo=UTC)
DOC = Path(__file__).parents[3] / "docs" / "booking.md"

FREED = frozenset({Status.CANCELLED, Status.REJECTED, Status.NO_SHOW})


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    status = draw(st.sampled_from(Status))
    return Standing(
        status=status,
        starts_at=START,
        ends_at=START + timedelta(minutes=30),
        accepted=draw(st.booleans()) and status is not Status.REQUESTED,
        outcome=draw(st.none() | st.sampled_from(Outcome)) if status is Status.HELD else None,
    )


moments = st.timedeltas(timedelta(days=-30), timedelta(days=30)).map(lambda off: START + off)


@given(standings(), moments)
def test_what_is_legal_is_listed_once_and_in_order(appointment: Standing, now: datetime) -> None:
    order = list(Act)
    assert all(order.index(a) < order.index(b) for a, b in pairwise(legal(appointment, now)))
    assert not {Act.BOOK, Act.LAPSE} & set(legal(appointment, now))


@given(standings(), moments)
def test_nothing_is_said_about_a_meeting_before_it_begins(appointment: Standing, now: datetime) -> None:
    assert now >= appointment.starts_at or not {Act.HELD, Act.NO_SHOW} & set(legal(appointment, now))


@given(standings(), moments)
def test_a_meeting_that_has_begun_is_neither_moved_nor_confirmed_any_more(appointment: Standing, now: datetime) -> None:
    assert now < appointment.starts_at or not {Act.RESCHEDULE, Act.REASSIGN, Act.CONFIRM} & set(legal(appointment, now))


@given(standings(), moments)
def test_whatever_stands_can_be_called_off_and_nothing_else_can(appointment: Standing, now: datetime) -> None:
    assert (Act.CANCEL in legal(appointment, now)) == (appointment.status in STANDING)


@given(standings(), moments)
def test_whatever_began_and_stands_can_be_given_its_result(appointment: Standing, now: datetime) -> None:
    may = {Act.HELD, Act.NO_SHOW} <= set(legal(appointment, now))
    assert may == (appointment.status in STANDING and now >= appointment.starts_at)


@given(standings(), moments)
def test_what_was_accepted_is_never_rejected(appointment: Standing, now: datetime) -> None:
    assert not appointment.accepted or not {Act.ACCEPT, Act.REJECT} & set(legal(appointment, now))


@given(standings(), moments)
def test_only_a_held_meeting_has_an_outcome_and_only_later_is_followed_by_another(
    appointment: Standing, now: datetime
) -> None:
    open_to_it = appointment.status is Status.HELD and appointment.outcome in (None, Outcome.LATER)
    assert (Act.OUTCOME in legal(appointment, now)) == open_to_it


@given(standings(), moments)
def test_what_is_over_for_good_allows_nothing(appointment: Standing, now: datetime) -> None:
    assert appointment.status not in FREED or legal(appointment, now) == ()


@pytest.mark.parametrize("act", sorted(set(Act) - {Act.BOOK, Act.LAPSE}))
def test_every_act_is_legal_somewhere(act: Act) -> None:
    found = any(act in legal(one, now) for one in every_standing() for now in (START - timedelta(1), START))
    assert found


def test_every_act_has_its_rows_and_every_row_its_own_case() -> None:
    assert {row.act for row in EFFECTS} == set(Act)
    cases = [(row.act, str(row.case)) for row in EFFECTS]
    assert len(cases) == len(set(cases))
    assert {row.case for row in EFFECTS if row.act is Act.REJECT} == set(RejectCode)
    assert {row.case for row in EFFECTS if row.act is Act.OUTCOME} == set(Outcome)
    assert {row.case for row in EFFECTS if row.act is Act.CANCEL} == set(By) - {By.SYSTEM}
    assert all(effect_of(row.act, row.case) is row for row in EFFECTS)


def test_whatever_frees_its_time_takes_the_event_away_if_it_lies_ahead() -> None:
    for row in EFFECTS:
        if row.status in FREED and row.act is not Act.NO_SHOW:  # which nobody can be before the start
            assert row.told is Told.CANCEL, row


def test_a_lead_that_leaves_its_closer_on_a_rejection_takes_the_turn_with_it() -> None:
    for row in EFFECTS:
        if row.lead in (Next.ANOTHER_CLOSER, Next.QUALIFICATION, Next.CLOSED):
            assert row.credit is Credit.GIVEN_BACK, row


def test_the_docs_show_the_table_as_it_is() -> None:
    shown = list(rows_in_the_docs())
    assert shown == [cells(row) for row in EFFECTS]


def every_standing() -> Iterator[Standing]:
    for status in Status:
        for outcome in (None, *Outcome) if status is Status.HELD else (None,):
            yield Standing(
                status=status, starts_at=START, ends_at=START + timedelta(minutes=30), accepted=False, outcome=outcome
            )


def cells(row: Effect) -> tuple[str, ...]:
    status = row.status or "as it was"
    return tuple(str(value) for value in (row.act, row.case, status, row.credit, row.gate, row.lead, row.told))


def rows_in_the_docs() -> Iterator[tuple[str, ...]]:
    section = DOC.read_text().split("## The life of an appointment\n", 1)[1].split("\n## ", 1)[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    for line in table[2:]:  # after the head and the rule below it
        yield tuple(cell.strip().strip("`") for cell in line.strip().strip("|").split("|"))
