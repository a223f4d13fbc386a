"""Which of two values of a mapped field stands: a pure function of both, and of what was seen before.

Only a change is ever carried over, and each change once: what was seen is remembered on both sides, so that a value which
comes back is no change. Writes to the CRM follow from our own changes alone, never from reading it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pointsman.domain.field_mapping.mapped import MappedField, Winner

#: A field that others change more often in a day is no human's doing: two programs write against each other.
MOST_TAKEN_A_DAY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The marks of both values when they were last compared. `stands`: others' value stands in the CRM against ours.

    `at` is when that came to be, as `sortable_timestamp` writes it; `taken` counts what was taken in on `day`.
    """

    ours: str = ""
    theirs: str = ""
    stands: bool = False
    at: str = ""
    taken: int = 0
    day: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored; what says nothing is left out."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side's value: its mark ("" for none), and since when it is so, as `sortable_timestamp` writes it."""

    mark: str
    at: str
    is_usable: bool = True  # it can be said on the other side


class Act(StrEnum):
    """What is to be done about a field."""

    NOTHING = "nothing"
    WRITE = "write"
    TAKE = "take"


class Why(StrEnum):
    """The reason of an act, as a preview tells it."""

    SAME = "same"
    NO_CHANGE = "no-change"
    OURS_CHANGED = "ours-changed"
    THEIRS_CHANGED = "theirs-changed"
    CRM_WINS = "crm-wins"
    POINTSMAN_WINS = "pointsman-wins"
    CRM_NEWER = "crm-newer"
    OURS_NEWER = "ours-newer"
    ONE_WAY = "one-way"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    UNSAYABLE = "unsayable"
    TOO_OFTEN = "too-often"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """What to do, why, and what is remembered once it is done."""

    act: Act
    why: Why
    seen: Seen


def is_to_write(row: MappedField, ours: Side, seen: Seen | None) -> bool:
    """Whether our value may have to go out: it changed since it was last compared."""
    return row.goes_out and ours.mark != "" and (seen is None or seen.ours != ours.mark)


def choose(row: MappedField, ours: Side, theirs: Side, seen: Seen | None) -> FieldChoice:
    """What becomes of a field that has these values now. Level times go to the CRM: a human's word stands."""
    before = seen or Seen()
    both = replace(before, ours=ours.mark, theirs=theirs.mark, stands=False, at="")
    if ours.mark == theirs.mark:
        return FieldChoice(act=Act.NOTHING, why=Why.SAME, seen=both)
    ours_changed = ours.mark not in ("", before.ours)
    theirs_changed = before.theirs != theirs.mark or before.stands
    # What stood there already is as old as when it was first seen.
    since = before.at if before.stands and before.theirs == theirs.mark else theirs.at
    if not ours_changed and not theirs_changed:
        return FieldChoice(act=Act.NOTHING, why=Why.NO_CHANGE, seen=before)
    crm_wins, why = _winner(row, ours, since, ours_changed=ours_changed, theirs_changed=theirs_changed)
    if crm_wins:
        return _theirs_stand(row, theirs, replace(both, at=since), why)
    if not row.goes_out:
        return FieldChoice(act=Act.NOTHING, why=why, seen=replace(before, theirs=theirs.mark))
    if not ours.is_usable:
        return FieldChoice(act=Act.NOTHING, why=Why.UNSAYABLE, seen=both)
    return FieldChoice(act=Act.WRITE, why=why, seen=replace(both, theirs=ours.mark))


def taken(choice: FieldChoice, *, day: str) -> FieldChoice:
    """The choice where it takes a value in on this day: not more often than a human would change it."""
    if choice.act is not Act.TAKE:
        return choice
    count = choice.seen.taken + 1 if choice.seen.day == day else 1
    if count > MOST_TAKEN_A_DAY:
        return replace(choice, act=Act.NOTHING, why=Why.TOO_OFTEN)
    return replace(choice, seen=replace(choice.seen, taken=count, day=day))


def seen_from_json(stored: Mapping[str, Any]) -> Seen:
    """What `Seen.as_json` wrote."""
    return Seen(**stored)


def _winner(row: MappedField, ours: Side, since: str, *, ours_changed: bool, theirs_changed: bool) -> tuple[bool, Why]:
    """(whether the CRM's value stands, why)."""
    if not theirs_changed:
        return False, Why.OURS_CHANGED
    if not ours_changed:
        return True, Why.THEIRS_CHANGED
    match row.wins:
        case Winner.CRM:
            return True, Why.CRM_WINS
        case Winner.POINTSMAN:
            return False, Why.POINTSMAN_WINS
        case Winner.NEWER:
            return since >= ours.at, Why.CRM_NEWER if since >= ours.at else Why.OURS_NEWER


def _theirs_stand(row: MappedField, theirs: Side, both: Seen, why: Why) -> FieldChoice:
    if not row.goes_in:
        return FieldChoice(
            act=Act.NOTHING, why=Why.ONE_WAY if why is Why.THEIRS_CHANGED else why, seen=replace(both, stands=True)
        )
    settled = replace(both, at="")
    if not theirs.mark:
        return FieldChoice(act=Act.NOTHING, why=Why.EMPTY, seen=settled)
    if not theirs.is_usable:
        return FieldChoice(act=Act.NOTHING, why=Why.UNREADABLE, seen=settled)
    return FieldChoice(act=Act.TAKE, why=why, seen=settled)
