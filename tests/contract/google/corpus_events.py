"""The calendar corpus as events of Google's, as far as Google can express it.

Google has no floating times, no zones but those of IANA, and no event without an end; a changed instance is an event of its own.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pointsman_sdk.readers.calendar_times import read_length
from pointsman_sdk.readers.icalendar import Component, Property, parse_icalendar
from support.corpus.notation import OWNER, Case

_SAID = frozenset(
    {"UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP", "STATUS"}
    | {"ATTENDEE"}
)
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "TRANSP", "STATUS")


class CannotSay(Exception):
    """Google has no words for it."""


def events_of(one: Case) -> list[dict[str, Any]] | None:
    """The events, masters before their instances; None for a case that Google cannot express."""
    if one.unreadable:
        return None
    (calendar,) = parse_icalendar(one.text.encode())
    if list(calendar.walk("VTIMEZONE")):
        return None
    try:
        found = list(_events(list(calendar.walk("VEVENT"))))
    except (CannotSay, ValueError, KeyError):
        return None
    return sorted(found, key=lambda event: "recurringEventId" in event)


def _events(written: list[Component]) -> Iterator[dict[str, Any]]:
    masters = {one.text("UID"): _name(one) for one in written if one.get("RECURRENCE-ID") is None}
    if len({(one.text("UID"), _was(one)) for one in written}) < len(written):
        raise CannotSay
    for component in written:
        names = [one.name for one in component.properties]
        if not set(names) <= _SAID or any(names.count(name) > 1 for name in _ONCE):
            raise CannotSay
        start = _time(component.get("DTSTART"))
        event = {"id": _name(component), "start": start, "end": _end(component, start), **_answers(component)}
        lines = [_line(one) for one in component.all("RRULE", "RDATE", "EXDATE")]
        if lines and "date" not in start and "timeZone" not in start:
            zone = {"timeZone": "UTC"}  # a series needs a zone
            event |= {"start": {**start, **zone}, "end": {**event["end"], **zone}}
        length = component.get("DURATION")
        if lines and length is not None and timedelta(hours=4) < read_length(length.value) < timedelta(days=1):
            raise CannotSay  # hours of a night: Google keeps the end's wall clock, whatever the clocks do
        if lines:
            event["recurrence"] = lines
        if (was := component.get("RECURRENCE-ID")) is not None:
            if was.parameters.keys() & {"RANGE"}:
                raise CannotSay
            event |= {"recurringEventId": masters[component.text("UID")], "originalStartTime": _time(was)}
        yield event


def _name(component: Component) -> str:
    text = f"{component.text('UID')}{_was(component)}".casefold()
    return "corpus" + "".join(format(byte, "x") for byte in text.encode())


def _was(component: Component) -> str:
    found = component.get("RECURRENCE-ID")
    return "" if found is None else found.line


def _answers(component: Component) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if component.text("TRANSP").upper() == "TRANSPARENT":
        told["transparency"] = "transparent"
    status = component.text("STATUS").lower()
    if status in ("tentative", "cancelled"):
        told["status"] = status
    for attendee in component.all("ATTENDEE"):
        if "EMAIL" in attendee.parameters or "@" not in attendee.value:
            raise CannotSay
        address, answer = attendee.value.casefold().removeprefix("mailto:"), attendee.parameters.get("PARTSTAT", "")
        known = {"DECLINED": "declined", "TENTATIVE": "tentative", "ACCEPTED": "accepted", "": "needsAction"}
        row = {"email": address, "self": address == OWNER, "responseStatus": known.get(answer.upper(), "needsAction")}
        told.setdefault("attendees", []).append(row)
    if len({row["email"] for row in told.get("attendees", [])}) < len(told.get("attendees", [])):
        raise CannotSay
    return told


def _time(found: Property | None) -> dict[str, str]:
    if found is None:
        raise CannotSay
    text, name = found.value.strip().upper(), found.parameters.get("TZID")
    if len(text) == 8:
        return {"date": date.fromisoformat(text).isoformat()}
    if text.endswith("Z"):
        return {"dateTime": datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()}
    if name not in available_timezones():
        raise CannotSay
    wall = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(name))
    if wall.astimezone(UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise CannotSay  # an hour that no clock has
    return {"dateTime": wall.isoformat(), "timeZone": name}


def _end(component: Component, start: dict[str, str]) -> dict[str, str]:
    """Where it ends; a length is written out, and a day without an end is one day."""
    last, length = component.get("DTEND"), component.get("DURATION")
    if "date" in start:
        first = date.fromisoformat(start["date"])
        days = read_length(length.value) if length is not None else timedelta(days=1)
        end = _time(last) if last is not None else {"date": (first + days).isoformat()}
        if not end.get("date") or end["date"] <= start["date"]:
            raise CannotSay
        return end
    begun = datetime.fromisoformat(start["dateTime"])
    if length is not None and not length.value.upper().startswith("PT"):
        raise CannotSay
    if last is not None:
        end = _time(last)
    elif length is not None:
        zone = ZoneInfo(start.get("timeZone", "UTC"))
        end = {**start, "dateTime": (begun.astimezone(UTC) + read_length(length.value)).astimezone(zone).isoformat()}
    else:
        raise CannotSay
    if "date" in end or datetime.fromisoformat(end["dateTime"]) <= begun:
        raise CannotSay
    return end


def _line(found: Property) -> str:
    """A line of a recurrence, whose times name a zone."""
    name, text = found.parameters.get("TZID"), found.value.upper()
    if name is not None and name not in available_timezones():
        raise CannotSay
    if found.name != "RRULE" and name is None and "T" in text and not text.endswith("Z"):
        raise CannotSay
    return found.line
