"""What a calendar says of our appointments, set against what we agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pointsman.domain.booking.availability import Interval

#: So many may be deleted between two looks; more, and nothing of ours left, looks like a calendar that lost its content.
MOST_AT_ONCE = 2


class Finding(StrEnum):
    """What has become of one event."""

    AGREES = "agrees"
    MOVED = "moved"
    GONE = "gone"
    EMPTIED = "emptied"  # gone, along with everything of ours: nobody deletes a whole week one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An event of ours as it should stand; `emptied`: it is on record as gone from a calendar that looked emptied."""

    key: str
    time: Interval
    emptied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`to` is where a moved event stands now."""

    key: str
    finding: Finding
    to: Interval | None = None


def compare(expected: Sequence[Expected], seen: Mapping[str, Sequence[Interval]]) -> list[Compared]:
    """What became of each; `seen` are all events of ours that the calendar has, those not expected as well."""
    gone = [item for item in expected if not seen.get(item.key)]
    emptied = len(gone) > MOST_AT_ONCE and not any(seen.values())
    return [_compared(item, seen.get(item.key, ()), emptied=emptied) for item in expected]


def _compared(item: Expected, times: Sequence[Interval], *, emptied: bool) -> Compared:
    if not times:
        # Once it was taken for an accident, it stays one until somebody says otherwise, however few there are by then.
        return Compared(key=item.key, finding=Finding.EMPTIED if emptied or item.emptied else Finding.GONE)
    if any(_same(item.time, time) for time in times):
        return Compared(key=item.key, finding=Finding.AGREES)
    return Compared(key=item.key, finding=Finding.MOVED, to=min(times))


def _same(ours: Interval, theirs: Interval) -> bool:
    """Calendars keep whole seconds."""
    return _second(ours.start) == _second(theirs.start) and _second(ours.end) == _second(theirs.end)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def restated(conflict: str | None, rep: str, sentence: str | None) -> str | None:
    """An appointment's conflict with what this rep's calendar says put in place of what it said before.

    A conflict has one line for each calendar that says otherwise.
    """
    others = [line for line in (conflict or "").splitlines() if not line.startswith(f"{rep}: ")]
    mine = [f"{rep}: {' '.join(sentence.split())}"] if sentence else []
    return "\n".join(sorted([*others, *mine])) or None


def says(conflict: str | None, rep: str, sentence: str) -> bool:
    """Whether this is what the rep's calendar is on record for."""
    return f"{rep}: {sentence}" in (conflict or "").splitlines()
