"""Which of two values of a mapped field stands."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.field_mapping.choosing import (
    MOST_TAKEN_A_DAY,
    Act,
    FieldChoice,
    Seen,
    Side,
    Why,
    choose,
    is_to_write,
    seen_from_json,
    taken,
)
from pointsman.domain.field_mapping.mapped import Direction, MappedField, Winner

BEFORE = Seen(ours="a", theirs="a")


def row(direction: str = "both", wins: str = "crm") -> MappedField:
    return MappedField(fact="custom.x", field="x", direction=Direction(direction), wins=Winner(wins))


def at(mark: str, time: str = "", *, usable: bool = True) -> Side:
    return Side(mark=mark, at=time, is_usable=usable and mark != "")


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("wins", Winner)
def test_what_nobody_changed_stays(direction: str, wins: str) -> None:
    seen = Seen(ours="a", theirs="b")
    found = choose(row(direction, wins), at("a"), at("b"), seen)
    assert (found.act, found.why, found.seen) == (Act.NOTHING, Why.NO_CHANGE, seen)


@pytest.mark.parametrize(
    ("direction", "ours", "theirs", "act"),
    [
        ("both", "b", "a", Act.WRITE),
        ("out", "b", "a", Act.WRITE),
        ("in", "b", "a", Act.NOTHING),
        ("both", "a", "b", Act.TAKE),
        ("in", "a", "b", Act.TAKE),
        ("out", "a", "b", Act.NOTHING),
        ("both", "a", "", Act.NOTHING),  # an emptied field says nothing of the fact
        ("both", "b", "b", Act.NOTHING),
    ],
)
@pytest.mark.parametrize("wins", Winner)
def test_one_change_goes_where_it_may(direction: str, ours: str, theirs: str, act: Act, wins: str) -> None:
    assert choose(row(direction, wins), at(ours), at(theirs), BEFORE).act is act


@pytest.mark.parametrize(
    ("direction", "wins", "ours_at", "theirs_at", "act", "why"),
    [
        ("both", "crm", "2", "1", Act.TAKE, Why.CRM_WINS),
        ("in", "crm", "2", "1", Act.TAKE, Why.CRM_WINS),
        ("out", "crm", "2", "1", Act.NOTHING, Why.CRM_WINS),
        ("both", "pointsman", "1", "2", Act.WRITE, Why.POINTSMAN_WINS),
        ("out", "pointsman", "1", "2", Act.WRITE, Why.POINTSMAN_WINS),
        ("in", "pointsman", "1", "2", Act.NOTHING, Why.POINTSMAN_WINS),
        ("both", "newer", "1", "2", Act.TAKE, Why.CRM_NEWER),
        ("both", "newer", "2", "1", Act.WRITE, Why.OURS_NEWER),
        ("both", "newer", "1", "1", Act.TAKE, Why.CRM_NEWER),  # level: a human's word stands
        ("out", "newer", "1", "2", Act.NOTHING, Why.CRM_NEWER),
        ("in", "newer", "2", "1", Act.NOTHING, Why.OURS_NEWER),
    ],
)
def test_of_two_changes_the_winner_stands(  # a row of the table each
    direction: str, wins: str, ours_at: str, theirs_at: str, act: Act, why: Why
) -> None:
    found = choose(row(direction, wins), at("b", ours_at), at("c", theirs_at), BEFORE)
    assert (found.act, found.why) == (act, why)


def test_the_first_look_at_two_different_values_is_a_change_of_both() -> None:
    assert choose(row(wins="crm"), at("b"), at("c"), None).act is Act.TAKE
    assert choose(row(wins="pointsman"), at("b"), at("c"), None).act is Act.WRITE
    assert choose(row(wins="crm"), at("b"), at(""), None).act is Act.WRITE
    assert choose(row(wins="pointsman"), at(""), at("c"), None).act is Act.TAKE


def test_a_humans_value_stands_against_later_changes_of_ours_where_the_crm_wins() -> None:
    one = row("out", "crm")
    seen = choose(one, at("a"), at("human"), BEFORE).seen
    for mark in ("b", "c"):
        assert is_to_write(one, at(mark), seen)
        found = choose(one, at(mark), at("human"), seen)
        assert found.act is Act.NOTHING
        seen = found.seen
        assert not is_to_write(one, at(mark), seen)


def test_a_humans_value_is_as_old_as_when_it_was_first_seen() -> None:
    one = row("out", "newer")
    seen = choose(one, at("a", "1"), at("human", "2"), BEFORE).seen
    assert choose(one, at("b", "3"), at("human", "9"), seen).act is Act.WRITE
    assert choose(one, at("b", "2"), at("human", "9"), seen).act is Act.NOTHING


def test_what_cannot_be_read_or_said_is_left_and_is_no_news_again() -> None:
    unread = choose(row(), at("a"), at("?", usable=False), BEFORE)
    assert (unread.act, unread.why) == (Act.NOTHING, Why.UNREADABLE)
    assert choose(row(), at("a"), at("?", usable=False), unread.seen).why is Why.NO_CHANGE
    unsaid = choose(row(), at("?", usable=False), at("a"), BEFORE)
    assert (unsaid.act, unsaid.why) == (Act.NOTHING, Why.UNSAYABLE)
    assert not is_to_write(row(), at("?", usable=False), unsaid.seen)


def test_two_programs_that_change_a_field_in_turn_end_for_the_day() -> None:
    seen, acts = BEFORE, []
    for number in range(MOST_TAKEN_A_DAY + 5):
        found = taken(choose(row(), at(seen.ours), at(f"v{number}"), seen), day="2026-11-25")
        seen = found.seen
        acts.append(found.act)
    assert acts == [Act.TAKE] * MOST_TAKEN_A_DAY + [Act.NOTHING] * 5
    assert taken(choose(row(), at(seen.ours), at("next"), seen), day="2026-11-26").act is Act.TAKE


@given(st.builds(Seen, ours=st.text(), theirs=st.text(), stands=st.booleans(), at=st.text(), taken=st.integers(0)))
def test_what_was_seen_is_stored_and_read_again(seen: Seen) -> None:
    assert seen_from_json(seen.as_json()) == seen


@dataclass
class TwoSides:
    """A fact here and a field there, which people change, and looks from time to time; every look compares both."""

    row: MappedField
    ours: Side = field(default_factory=lambda: at("start", "000"))
    theirs: Side = field(default_factory=lambda: at("start", "000"))
    seen: Seen | None = None
    writes: int = 0
    clock: "count[int]" = field(default_factory=lambda: count(1))
    last: str = "level"  # who changed last since both were compared, for the model
    changed: frozenset[str] = frozenset()

    def edit(self, side: str, value: str) -> None:
        stamp = f"{next(self.clock):03}"
        setattr(self, side, at(value, stamp))

    def look(self) -> FieldChoice:
        found = choose(self.row, self.ours, self.theirs, self.seen)
        self.seen = found.seen
        if found.act is Act.WRITE:
            self.theirs, self.writes = self.ours, self.writes + 1
        elif found.act is Act.TAKE:
            self.ours = self.theirs
            self.seen = Seen(ours=self.ours.mark, theirs=self.theirs.mark)
        return found


_EDITS = st.lists(
    st.one_of(st.tuples(st.sampled_from(["ours", "theirs"]), st.sampled_from(["a", "b", "c"])), st.just(("look", ""))),
    max_size=40,
)


@given(st.sampled_from(Winner), _EDITS)
def test_both_ways_they_end_equal_as_the_winner_has_it_and_writes_are_fewer_than_changes(
    wins: Winner, edits: list[tuple[str, str]]
) -> None:
    """The model: between two looks each side has its last value; where both differ from what was agreed, the winner's stands."""
    it = TwoSides(row=row("both", wins))
    it.look()
    agreed = "start"
    ours_edits = 0
    for side, value in [*edits, ("look", "")]:
        if side != "look":
            it.edit(side, value)
            ours_edits += side == "ours"
            continue
        ours, theirs = it.ours, it.theirs
        both = agreed not in (ours.mark, theirs.mark)
        crm = theirs if theirs.mark != agreed else ours
        if both:
            crm = {
                Winner.CRM: theirs,
                Winner.POINTSMAN: ours,
                Winner.NEWER: theirs if theirs.at >= ours.at else ours,
            }[wins]
        it.look()
        agreed = crm.mark
        assert (it.ours.mark, it.theirs.mark) == (agreed, agreed)
        assert it.look().act is Act.NOTHING  # to look again changes nothing
    assert it.writes <= ours_edits
