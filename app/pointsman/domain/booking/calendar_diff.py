"""What a calendar says of our appointments, set against what we agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from pointsman.domain.booking.availability import Interval
from pointsman.domain.messages.message import Message, message_from_json, say

#: So many may be deleted between two looks; more, and nothing of ours left, looks like a calendar that lost its content.
MAX_DELETIONS = 2

#: What a calendar says otherwise than an appointment, by the key of its rep (`Message.as_json`).
Conflict: TypeAlias = Mapping[str, Any]
#: What a conflict says of a calendar that looks emptied.
CALENDAR_EMPTIED = say("calendar.emptied")


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


def said_by_rep(conflict: Any) -> Conflict:
    """What was kept of an appointment's conflict, by rep; of what is no such thing, as a hand may leave it, nothing."""
    return conflict if isinstance(conflict, Mapping) else {}


def update_conflict(conflict: Conflict | None, rep: str, said: Message | None) -> Conflict | None:
    """An appointment's conflict with what this rep's calendar says put in place of what it said before; None for none left."""
    others = {other: what for other, what in said_by_rep(conflict).items() if other != rep}
    return others | ({rep: said.as_json()} if said else {}) or None


def has_emptied(conflict: Conflict | None, rep: str) -> bool:
    """Whether the rep's calendar is on record as one that looked emptied."""
    return says_emptied(said_by_rep(conflict).get(rep))


def says_emptied(what: Any) -> bool:
    """Whether what is kept of one calendar says that it looks emptied: by its key, as another release may say more beside it."""
    return message_from_json(what).key == CALENDAR_EMPTIED.key
