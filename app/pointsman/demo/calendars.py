"""The reps' calendars as their owners see them: read with their own login, past everything that Pointsman does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from icalendar import Calendar, Event

from pointsman.local.calendar_server import CalendarServer
from pointsman.local.plain_http import NO_AUTHORITIES

CALENDAR_NAME = "work"
PRIVATE_EVENT_UID = "demo-private"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCalendarEntry:
    """One event in a rep's calendar."""

    owner: str
    uid: str
    start: datetime
    end: datetime
    title: str
    description: str


def read_entries(server: CalendarServer, owners: Sequence[str]) -> list[DemoCalendarEntry]:
    """What stands in the owners' calendars, earliest first."""
    found: list[DemoCalendarEntry] = []
    for owner in owners:
        with _as_owner(server, owner) as client:
            answer = client.get(f"{server.url}{owner}/{CALENDAR_NAME}/")
            answer.raise_for_status()
        found += [_entry(owner, event) for event in Calendar.from_ical(answer.text).walk("VEVENT")]
    return sorted(found, key=lambda entry: entry.start)


def block_a_morning(server: CalendarServer, owner: str, *, zone: str, now: datetime) -> None:
    """A private event in the owner's own calendar on the next working day, so that there is something to avoid.

    One that stands there from an earlier start stays where it is: appointments were booked around it.
    """
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    event = Event()
    event.add("uid", PRIVATE_EVENT_UID)
    event.add("dtstamp", now)
    event.add("summary", "Dentist")
    event.add("dtstart", datetime.combine(day, time(9), ZoneInfo(zone)).astimezone(UTC))
    event.add("dtend", datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC))
    calendar = Calendar()
    calendar.add("prodid", "-//demo//")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    with _as_owner(server, owner) as client:
        url = f"{server.url}{owner}/{CALENDAR_NAME}/{PRIVATE_EVENT_UID}.ics"
        headers = {"Content-Type": "text/calendar", "If-None-Match": "*"}
        answer = client.put(url, content=calendar.to_ical(), headers=headers)
        if answer.status_code != httpx.codes.PRECONDITION_FAILED:
            answer.raise_for_status()


def _entry(owner: str, event: Any) -> DemoCalendarEntry:
    return DemoCalendarEntry(
        owner=owner,
        uid=str(event["UID"]),
        start=_moment(event.start),
        end=_moment(event.end),
        title=str(event.get("SUMMARY", "")),
        description=str(event.get("DESCRIPTION", "")),
    )


def _moment(given: date) -> datetime:
    """An all-day event begins at midnight; a floating time is taken as UTC."""
    moment = given if isinstance(given, datetime) else datetime.combine(given, time())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_owner(server: CalendarServer, owner: str) -> httpx.Client:
    return httpx.Client(auth=(owner, server.password(owner)), timeout=10, trust_env=False, verify=NO_AUTHORITIES)
