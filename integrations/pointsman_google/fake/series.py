"""Events written out to the times at which they are: the SDK works out series, as it does for calendars in iCalendar."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_sdk import Slot
from pointsman_sdk.readers.busy_times import joined
from pointsman_sdk.readers.calendar_times import iana_zone
from pointsman_sdk.readers.icalendar import parse_icalendar
from pointsman_sdk.readers.recurrence.occurrences import StepCount
from pointsman_sdk.readers.series import busy_instances

_ENDS = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Google Inc//Google Calendar 70.9054//EN"), ("END:VCALENDAR", "")


def blocks(events: Iterable[tuple[Mapping[str, Any], bool]], *, window: Slot, zone: str) -> list[Slot]:
    """When the events are that count (True), joined and cut to the window; those that do not take an instance of a series away.

    Unreadable for a series that cannot be worked out.
    """
    lines = [line for event, counts in events for line in _event(event, counts=counts, zone=zone)]
    text = "\r\n".join([*_ENDS[0], *lines, *_ENDS[1]])
    (calendar,) = parse_icalendar(text.encode())
    utc = window.utc()
    within = [int(utc.start.timestamp()), int(utc.end.timestamp())]
    spans = busy_instances(calendar, within=within, zone=ZoneInfo(zone), otherwise=iana_zone, spend=StepCount())
    cut = [(max(start, within[0]), min(end, within[1])) for start, end in joined(spans, within=within)]
    return [Slot(*(datetime.fromtimestamp(second, UTC) for second in span)) for span in cut if span[0] < span[1]]


def _event(event: Mapping[str, Any], *, counts: bool, zone: str) -> list[str]:
    """An instance that was changed names its series and the time at which it was."""
    was, repeats = event.get("originalStartTime"), "recurrence" in event
    return [
        "BEGIN:VEVENT",
        f"UID:{event.get('recurringEventId', event['id'])}",
        *([_time("RECURRENCE-ID", was, zone, repeats=False)] if was else []),
        _time("DTSTART", event["start"], zone, repeats=repeats),
        _time("DTEND", event["end"], zone, repeats=repeats),
        *event.get("recurrence", []),
        f"TRANSP:{'OPAQUE' if counts else 'TRANSPARENT'}",
        "END:VEVENT",
    ]


def _time(name: str, when: Mapping[str, Any], zone: str, *, repeats: bool) -> str:
    """A series keeps the wall clock of the zone that it names, for which Google demands a name; all else is an instant."""
    if when.get("date"):
        return f"{name};VALUE=DATE:{date.fromisoformat(when['date']):%Y%m%d}"
    found, named = datetime.fromisoformat(when["dateTime"]), when.get("timeZone") or zone
    if found.tzinfo is not None and not repeats:
        return f"{name}:{found.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    wall = found if found.tzinfo is None else found.astimezone(ZoneInfo(named))
    return f"{name};TZID={named}:{wall:%Y%m%dT%H%M%S}"
