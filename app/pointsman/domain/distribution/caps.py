"""Caps: what a rep or a supplier has received, against what they may receive."""

from dataclasses import dataclass

from pointsman.domain.policy.pools import CapacityStep
from pointsman.domain.roster.reps import Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class RepLoad:
    """What a rep (or all of a supplier) has: open now, and received in the current hour, day and week."""

    open: int = 0
    hour: int = 0
    day: int = 0
    week: int = 0


def reached_cap(caps: Caps, load: RepLoad) -> tuple[str, str] | None:
    """The first cap that is reached, as its name and in words ("per_day", "2 of 2 today"); None when there is room."""
    if caps.per_hour is not None and load.hour >= caps.per_hour:
        return "per_hour", f"{load.hour} of {caps.per_hour} this hour"
    if caps.per_day is not None and load.day >= caps.per_day:
        return "per_day", f"{load.day} of {caps.per_day} today"
    if caps.per_week is not None and load.week >= caps.per_week:
        return "per_week", f"{load.week} of {caps.per_week} this week"
    if caps.open_load is not None and load.open >= caps.open_load:
        return "open_load", f"{load.open} of {caps.open_load} open"
    return None


def reached_supplier_limit(step: CapacityStep, load: RepLoad) -> str | None:
    """The first limit of a supplier that is reached, in words; None when there is room."""
    caps = Caps(per_day=step.per_day, per_week=step.per_week, open_load=step.open_load)
    found = reached_cap(caps, load)
    return found[1] if found else None
