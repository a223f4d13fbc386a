"""Caps: what a rep or a supplier has received, against what they may receive."""

from dataclasses import dataclass

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.pools import CapacityStep
from pointsman.domain.roster.reps import Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class RepLoad:
    """What a rep (or all of a supplier) has: open now, and received in the current hour, day and week."""

    open: int = 0
    hour: int = 0
    day: int = 0
    week: int = 0


def reached_cap(caps: Caps, load: RepLoad) -> tuple[str, Message] | None:
    """The first cap that is reached, as its name and told ("per_day", "2 of 2 today"); None when there is room."""
    if caps.per_hour is not None and load.hour >= caps.per_hour:
        return "per_hour", say("eligibility.used-hour", used=load.hour, cap=caps.per_hour)
    if caps.per_day is not None and load.day >= caps.per_day:
        return "per_day", say("eligibility.used-day", used=load.day, cap=caps.per_day)
    if caps.per_week is not None and load.week >= caps.per_week:
        return "per_week", say("eligibility.used-week", used=load.week, cap=caps.per_week)
    if caps.open_load is not None and load.open >= caps.open_load:
        return "open_load", say("eligibility.used-open", used=load.open, cap=caps.open_load)
    return None


def reached_supplier_limit(step: CapacityStep, load: RepLoad) -> Message | None:
    """The first limit of a supplier that is reached; None when there is room."""
    caps = Caps(per_day=step.per_day, per_week=step.per_week, open_load=step.open_load)
    found = reached_cap(caps, load)
    return found[1] if found else None
