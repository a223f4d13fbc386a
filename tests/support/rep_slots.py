"""The starts of one rep as slots, for tests that look at both ends."""

from collections.abc import Container, Sequence
from datetime import date, timedelta
from itertools import islice

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.slots import Slot, slot_starts


def slots_of_rep(
    rep: str,
    free: Sequence[Interval],
    duration: timedelta,
    grid: timedelta,
    zone: str,
    *,
    full_days: Container[date] = (),
    limit: int | None = None,
) -> list[Slot]:
    """The first `limit` slots of `rep`, by start."""
    chosen = islice(slot_starts(free, duration, grid, zone, full_days=full_days), limit)
    return [Slot(start=start, end=start + duration, rep=rep) for start in chosen]
