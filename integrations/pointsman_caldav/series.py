"""Series that owners made of our events: which of their times is the first that still stands.

A time that was deleted is left out by an EXDATE, one that was moved stands beside the series (RECURRENCE-ID), which goes on to
begin where it did. As in `reading`, nothing but the SDK's readers is imported here.
"""

from datetime import tzinfo

from pointsman_caldav.zone_names import zone_named
from pointsman_sdk.readers.busy_times import Span
from pointsman_sdk.readers.icalendar import Component
from pointsman_sdk.readers.recurrence.occurrences import StepCount
from pointsman_sdk.readers.series import standing_instances

_AHEAD = 400 * 86_400
"""How far, in seconds, the first time is looked for: a series of every year has another one by then."""
_RULES = ("RRULE", "RDATE")
ALONE = frozenset({*_RULES, "EXRULE", "EXDATE"})
"""What an event by itself has none of."""


def is_series(event: Component) -> bool:
    return bool(event.all(*_RULES))


def first_time(calendar: Component, own: Span, *, zone: tzinfo) -> Span | None:
    """Of the one series in a calendar object, which begins at `own`; None where no time of it is left.

    Unreadable for one that cannot be worked out.
    """
    spend = StepCount()
    for within in (own, (own[0], own[0] + _AHEAD)):
        times = standing_instances(calendar, within=within, zone=zone, otherwise=zone_named, spend=spend)
        there = {(start, end) for start, end in times if start < within[1] and within[0] < end}
        if own in there:
            return own
        if there:
            return min(there)
    return None


def make_single(calendar: Component, event: Component) -> None:
    """Leave of a series the event alone."""
    calendar.components = [one for one in calendar.components if one.get("RECURRENCE-ID") is None]
    event.replace(ALONE, ())
