"""A calendar object: the event in it, and the same rewritten. As in `reading`, the SDK's readers alone are imported here."""

from collections.abc import Sequence

from pointsman_caldav.series import clock_of, is_series, make_single, on_clock, stays_on_its_day
from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.icalendar import Component, parse_icalendar, write_icalendar

_TIMES = ("DTSTART", "DTEND")


def master(body: bytes) -> tuple[Component, Component]:
    """The object and its event, which of a series is the one that recurs. Unreadable where there is none."""
    calendar = parse_icalendar(body)[0]
    event = next((one for one in calendar.walk("VEVENT") if one.get("RECURRENCE-ID") is None), None)
    if event is None:
        raise Unreadable(Reason.MALFORMED, "The calendar object holds no event.")
    return calendar, event


def rewritten(body: bytes, *, values: Sequence[Sequence[str]], alone: bool = False) -> str:
    """The calendar object with these properties, name and value each, in the place of the event's own; all else is kept.

    `alone`: but for what makes a series of it, as also where it goes to another day. A series keeps its clock.
    """
    calendar, event = master(body)
    began, clock = event.get("DTSTART"), clock_of(calendar, event)
    start = next(value for name, value in values if name == "DTSTART")
    if is_series(event) and (alone or not stays_on_its_day(event, start, clock)):
        make_single(calendar, event)
    event.replace({*_TIMES, "DURATION", *(name for name, _ in values)}, values)
    if is_series(event) and began is not None and clock is not None:
        event.properties = [on_clock(one, began, clock) if one.name in _TIMES else one for one in event.properties]
    return write_icalendar(calendar)
