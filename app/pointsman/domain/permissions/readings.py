"""The parts of answers that some callers do not read."""

from enum import StrEnum

from pointsman.domain.permissions.callers import CallerKind


class Reading(StrEnum):
    """A part of an answer that not every caller who may ask gets to read."""

    REASONS = "reasons"
    COLLEAGUES = "colleagues"


#: What each part holds, in the words of docs/security.md.
READING_WORDS = {
    Reading.REASONS: "rules, candidates, balances, and data of other leads and accounts",
    Reading.COLLEAGUES: "other reps, by key or by name, what they found out and what the gate said to it, words between "
    "colleagues, and what connected systems said",
}

_HOUSE = frozenset({CallerKind.ADMIN, CallerKind.SERVICE, CallerKind.HOUSE})
READERS = {Reading.REASONS: _HOUSE, Reading.COLLEAGUES: _HOUSE | {CallerKind.REP}}


def may_read(kind: CallerKind, reading: Reading) -> bool:
    """Whether a caller of this kind reads this part of what it is answered."""
    return kind in READERS[reading]
