"""When a sender wants an appointment: so soon, or between times that its event gives."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pointsman.domain.booking.availability import Interval, interval_or_none
from pointsman.domain.leads.coercion import parse_instant
from pointsman.services.intake.mapping.mapping_model import WindowMapping

_FIRST, _LAST = 2000, 2200
_FARTHEST = timedelta(days=366)  # no pool's horizon reaches further


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingWindow:
    """The window of one event; `start` None is the moment at which it is worked off."""

    start: datetime | None = None
    end: datetime | None = None
    within: timedelta | None = None

    def interval_from(self, now: datetime) -> Interval | None:
        """None when nothing is left of it."""
        begin = max(self.start or now, now)
        latest = (self.start or now) + (_FARTHEST if self.within is None else self.within)
        return interval_or_none(begin, min(self.end or latest, latest))


def parse_booking_window(wanted: WindowMapping, search: Callable[[str, str], Any]) -> BookingWindow:
    """The window that an event gives; `search` finds what an expression says, for a path. ValueError for no time."""
    start = _time(search(wanted.from_, "window.from")) if wanted.from_ else None
    end = _time(search(wanted.to, "window.to")) if wanted.to else None
    if start is not None and end is not None and end <= start:
        raise ValueError("ends before it starts")
    return BookingWindow(start=start, end=end, within=wanted.within)


def _time(raw: Any) -> datetime | None:
    if raw is None or raw == "":
        return None
    found = parse_instant(raw)
    if not _FIRST <= found.year < _LAST:
        raise ValueError("is not a time near enough to compute with")
    return found
