"""What a calendar says of our appointments, set against what we agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pointsman.domain.booking.availability import Interval

#: So many may be deleted between two looks; more, and nothing of ours left, looks like a calendar that lost its content.
MAX_DELETIONS = 2


class EventState(StrEnum):
    """What has become of one event."""

    UNCHANGED = "agrees"
    MOVED = "moved"
    DELETED = "gone"
    CALENDAR_EMPTIED = "emptied"  # gone, along with everything of ours: a human does not delete a whole week one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEvent:
    """An event of ours as it should stand; `emptied`: it is on record as gone from a calendar that looked emptied."""

    key: str
    time: Interval
    was_emptied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventComparison:
    """`moved_to` is where a moved event stands now."""

    key: str
    state: EventState
    moved_to: Interval | None = None


def compare_events(expected: Sequence[ExpectedEvent], seen: Mapping[str, Sequence[Interval]]) -> list[EventComparison]:
    """What became of each; `seen` are all events of ours that the calendar has, those not expected as well."""
    gone = [item for item in expected if not seen.get(item.key)]
    emptied = len(gone) > MAX_DELETIONS and not any(seen.values())
    return [_compared(item, seen.get(item.key, ()), emptied=emptied) for item in expected]


def _compared(item: ExpectedEvent, times: Sequence[Interval], *, emptied: bool) -> EventComparison:
    if not times:
        # Once it was taken for an accident, it stays one until a human says otherwise, even when few events are left.
        return EventComparison(
            key=item.key, state=EventState.CALENDAR_EMPTIED if emptied or item.was_emptied else EventState.DELETED
        )
    if any(_same(item.time, time) for time in times):
        return EventComparison(key=item.key, state=EventState.UNCHANGED)
    return EventComparison(key=item.key, state=EventState.MOVED, moved_to=min(times))


def _same(ours: Interval, theirs: Interval) -> bool:
    """Calendars keep whole seconds."""
    return _second(ours.start) == _second(theirs.start) and _second(ours.end) == _second(theirs.end)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def update_conflict(conflict: str | None, rep: str, sentence: str | None) -> str | None:
    """An appointment's conflict with what this rep's calendar says put in place of what it said before.

    A conflict has one line for each calendar that says otherwise.
    """
    others = [line for line in (conflict or "").splitlines() if not line.startswith(f"{rep}: ")]
    mine = [f"{rep}: {' '.join(sentence.split())}"] if sentence else []
    return "\n".join(sorted([*others, *mine])) or None


def has_conflict(conflict: str | None, rep: str, sentence: str) -> bool:
    """Whether this is what the rep's calendar is on record for."""
    return f"{rep}: {sentence}" in (conflict or "").splitlines()
