"""Series that owners made of our events: which of their times is the first that still stands.

A time that was deleted is left out by an EXDATE, one that was moved stands beside the series (RECURRENCE-ID), which goes on to
begin where it did. As in `reading`, nothing but the SDK's readers is imported here.
"""

from datetime import UTC, datetime, tzinfo

from pointsman_caldav.zone_names import zone_named
from pointsman_sdk.readers.busy_times import Span
from pointsman_sdk.readers.calendar_times import read_moment, read_time
from pointsman_sdk.readers.calendar_zones import zones_of
from pointsman_sdk.readers.icalendar import Component, Property
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


def clock_of(calendar: Component, event: Component) -> tzinfo | None:
    """The clock by which a series keeps its hour in summer and winter; None where its start names no zone that is known."""
    began = event.get("DTSTART")
    name = "" if began is None else began.parameters.get("TZID", "")
    return zones_of(calendar, zone_named)(name) if name else None


def stays_on_its_day(event: Component, start: str, clock: tzinfo | None) -> bool:
    """Whether a series that begins at `start`, in UTC, begins on the day on which it did: its rule is about that day."""
    zone, began = clock or UTC, event.get("DTSTART")
    if began is None:
        return False
    first = read_time(began, zones=lambda _: zone, default=zone)
    day = first.astimezone(zone).date() if isinstance(first, datetime) else first
    return day == read_moment(start, UTC).astimezone(zone).date()


def on_clock(written: Property, began: Property, clock: tzinfo) -> Property:
    """A time that was written in UTC, as the series wrote its own: in UTC its later times would go by another clock.

    It stays in UTC where the clock shows it twice.
    """
    moment = read_moment(written.value, UTC)
    value = f"{moment.astimezone(clock):%Y%m%dT%H%M%S}"
    if read_moment(value, clock) != moment:
        return written
    return Property(written.name, began.raw_parameters, value, f"{written.name}{began.raw_parameters}:{value}")
