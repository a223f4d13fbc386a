"""Our own events as a calendar shows them: known by their keys, and compared with the appointments as they now stand."""

from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.booking.availability import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvent:
    """An event that we put into a calendar: `time` is where it should stand now, None for nowhere.

    `settled_at` is when the last of it was carried out there; None while that is owed.
    """

    time: Interval | None
    settled_at: datetime | None


def counts_as_busy(shown: Interval, event: OwnEvent | None, *, read_at: datetime) -> bool:
    """Whether an event with a key of ours, shown at this time by a reading that began at `read_at`, keeps its owner busy.

    Not one that was called off, nor one that we moved and the reading may show where it was. One of another house, which is
    None here, does; and so does one that its owner moved, until the appointment follows.
    """
    if event is None:
        return True
    if event.time is None:
        return False
    return shown == event.time or (event.settled_at is not None and event.settled_at < read_at)
