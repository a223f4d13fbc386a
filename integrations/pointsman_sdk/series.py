"""Series that owners make of the host's events: which of their times is the first that still stands.

A vendor's series goes on to say that it begins where it did, also once its first time was deleted or moved.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from pointsman_sdk.slots import Slot

_AHEAD = timedelta(days=400)
"""How far the first time is looked for: a series of every year has another one by then."""
_LATEST = datetime.max.replace(tzinfo=UTC)


async def first_time(own: Slot, times: Callable[[Slot], Awaitable[Sequence[Slot]]]) -> Slot | None:
    """The first time of the series that begins at `own`, and where none is left, None.

    `times` asks for those that stand in a window. The series' own first is asked for alone at first: mostly it stands there.
    """
    start = own.utc().start
    ahead = start + _AHEAD if start <= _LATEST - _AHEAD else _LATEST
    for window in (own, Slot(start, ahead)):
        found = await times(window)
        if own in found:
            return own
        if found:
            return min(found, key=lambda slot: slot.utc().start)
    return None
