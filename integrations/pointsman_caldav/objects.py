"""A calendar object: the event in it, and the same rewritten. As in `reading`, the SDK's readers alone are imported here."""

from collections.abc import Sequence

from pointsman_caldav.series import make_single
from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.icalendar import Component, parse_icalendar, write_icalendar


def master(body: bytes) -> tuple[Component, Component]:
    """The object and its event, which of a series is the one that recurs. Unreadable where there is none."""
    calendar = parse_icalendar(body)[0]
    event = next((one for one in calendar.walk("VEVENT") if one.get("RECURRENCE-ID") is None), None)
    if event is None:
        raise Unreadable(Reason.MALFORMED, "The calendar object holds no event.")
    return calendar, event


def rewritten(body: bytes, *, values: Sequence[Sequence[str]], alone: bool = False) -> str:
    """The calendar object with these properties, name and value each, in the place of the event's own; all else is kept.

    `alone`: but for what makes a series of it.
    """
    calendar, event = master(body)
    if alone:
        make_single(calendar, event)
    gone = {"DTSTART", "DTEND", "DURATION", *(name for name, _ in values)}
    event.replace(gone, values)
    return write_icalendar(calendar)
