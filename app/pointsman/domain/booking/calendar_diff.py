"""What a calendar says of our appointments, set against what we agreed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from pointsman.domain.booking.availability import Interval
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import Message, message_from_json, say

#: So many may be deleted between two looks; more, and nothing of ours left, looks like a calendar that lost its content.
MAX_DELETIONS = 2
#: Where calendars of one connection lose so many at once, and at least this share of all of ours, it is another account by
#: now, or one that was restored from a backup: a human does not empty several calendars in the same minutes.
LOST_SHARE = 0.1
LOST_WITHIN = timedelta(minutes=5)
#: An event counts as gone when two looks, so far apart, did not find it: a server may answer once with nothing.
BETWEEN_LOOKS = timedelta(minutes=1)

#: What a calendar says otherwise than an appointment, by the key of its rep (`Message.as_json`).
Conflict: TypeAlias = Mapping[str, Any]
#: Sums with times outside could lie before or after all that can be written down.
_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_SHORTEST = timedelta(minutes=1)
#: What a conflict says of a calendar that looks emptied.
CALENDAR_EMPTIED = say("calendar.emptied")
#: What a conflict says of a calendar that did not take our event, since something else stands at its time.
TIME_REFUSED = say("calendar.time-refused")


class EventState(StrEnum):
    """What has become of one event."""

    UNCHANGED = "agrees"
    MOVED = "moved"
    PUT_BACK = "put back"  # moved to where it stood before, along with others: a backup knows it so
    UNCERTAIN = "uncertain"  # it was rewritten so that it may be another instant, or not
    SERIES = "series"  # its owner made a series of it, whose first time is another one, or none: only they know what they meant
    CALLED_OFF = "called off"  # it is there, and its owner marked it as cancelled
    DELETED = "gone"
    CALENDAR_EMPTIED = "emptied"  # gone, along with everything of ours: a human does not delete a whole week one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEvent:
    """An event of ours as it should stand; `emptied`: it is on record as gone from a calendar that looked emptied."""

    key: str
    time: Interval
    zone: str = "UTC"  # of the rep whose calendar it is
    was_emptied: bool = False


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event as the calendar has it; not `certain`: without a zone, so that it may be another instant.

    `repeats`: it is a series by now. `time` is the first of its times that is left; where none is, it is called off.
    """

    time: Interval
    certain: bool = True
    called_off: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventComparison:
    """`moved_to` is where a moved event stands now; of one that is not certain, where it may stand; of a series its first."""

    key: str
    state: EventState
    moved_to: Interval | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """An event of ours that a calendar of a connection did not have any more, since the look at `since`."""

    calendar: str
    since: datetime


def within_the_ages(time: Interval) -> Interval:
    """When an event counts as seen: one in the year 1 or 9999 stands at an end of the ages that are reckoned with."""
    if time.start >= _EARLIEST and time.end <= _LATEST:
        return time
    start = min(max(time.start, _EARLIEST), _LATEST)
    return Interval(start, min(max(time.end, start + _SHORTEST), _LATEST + _SHORTEST))


def is_accident(losses: Collection[Loss], *, expected: int, now: datetime) -> bool:
    """Whether calendars of one connection, in which we expect so many events in all, lost too many of them together."""
    lately = [loss for loss in losses if now - loss.since <= LOST_WITHIN]
    several = len({loss.calendar for loss in lately}) > 1
    return several and len(lately) > MAX_DELETIONS and len(lately) >= LOST_SHARE * expected


def compare_events(
    expected: Sequence[ExpectedEvent], seen: Mapping[str, Sequence[SeenEvent]], *, is_empty: bool = False
) -> list[EventComparison]:
    """What became of each; `seen` are all events of ours that the calendar has, those not expected as well.

    `is_empty`: it has nothing else either, or its whole connection lost its events (`is_accident`), so that nobody can tell a
    deletion from an accident.
    """
    gone = [item for item in expected if not seen.get(item.key)]
    emptied = is_empty or (len(gone) > MAX_DELETIONS and not has_any(seen))
    return [_compared(item, seen.get(item.key, ()), emptied=emptied) for item in expected]


def has_any(seen: Mapping[str, Sequence[SeenEvent]]) -> bool:
    """Whether any event of ours stands there."""
    return any(not event.called_off for events in seen.values() for event in events)


def _compared(item: ExpectedEvent, events: Sequence[SeenEvent], *, emptied: bool) -> EventComparison:
    standing = [event for event in events if not event.called_off]
    if not standing and any(event.repeats for event in events):
        return EventComparison(key=item.key, state=EventState.SERIES)
    if not standing:
        # Once it was taken for an accident, it stays one until a human says otherwise, even when few events are left.
        gone = EventState.CALENDAR_EMPTIED if emptied or item.was_emptied else EventState.DELETED
        return EventComparison(key=item.key, state=EventState.CALLED_OFF if events else gone)
    if any(_same(item.time, event.time) or _is_same_wall_clock(item, event) for event in standing):
        return EventComparison(key=item.key, state=EventState.UNCHANGED)
    moved = min(standing, key=lambda event: event.time)
    state = EventState.MOVED if all(event.certain for event in standing) else EventState.UNCERTAIN
    if any(event.repeats for event in standing):
        state = EventState.SERIES
    return EventComparison(key=item.key, state=state, moved_to=moved.time)


def _is_same_wall_clock(item: ExpectedEvent, event: SeenEvent) -> bool:
    """Programs that drop the zone keep the clock: it was read as UTC, and is the one on the owner's wall."""
    return not (event.certain or event.repeats) and _clocks(item.time, item.zone) == _clocks(event.time, "UTC")


def _clocks(time: Interval, zone: str) -> list[str]:
    return [f"{to_local_time(at, zone):%Y-%m-%d %H:%M:%S}" for at in (time.start, time.end)]


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


def is_time_refused(conflict: Conflict | None) -> bool:
    """Whether a calendar did not take the appointment, so that another time has to be found for it."""
    return any(message_from_json(what).key == TIME_REFUSED.key for what in said_by_rep(conflict).values())
