"""Caps: what a rep or a supplier has received, against what they may receive."""

from dataclasses import dataclass

from pointsman.domain.pool_document import CapacityStep
from pointsman.domain.reps import Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class RepLoad:
    """What a rep (or all of a supplier) has: open now, and received in the current hour, day and week."""

    open: int = 0
    hour: int = 0
    day: int = 0
    week: int = 0


def reached(caps: Caps, load: RepLoad) -> tuple[str, str] | None:
    """The first cap that is reached, as its name and in words ("per_day", "2 of 2 today"); None when there is room."""
    for name, cap, count, words in (
        ("per_hour", caps.per_hour, load.hour, "this hour"),
        ("per_day", caps.per_day, load.day, "today"),
        ("per_week", caps.per_week, load.week, "this week"),
        ("open_load", caps.open_load, load.open, "open"),
    ):
        if cap is not None and count >= cap:
            return name, f"{count} of {cap} {words}"
    return None


def at_capacity(step: CapacityStep, load: RepLoad) -> str | None:
    """The first limit of a supplier that is reached, in words; None when there is room."""
    caps = Caps(per_day=step.per_day, per_week=step.per_week, open_load=step.open)
    found = reached(caps, load)
    return found[1] if found else None
