"""An event as Graph shows it: times in the zone that was asked for, a body of the type that was, and chosen fields."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from html import escape, unescape
from typing import Any

from pointsman_microsoft.fake.mailboxes import Calendar, Event, Mailbox
from pointsman_microsoft.fake.wire import Asked, Refused
from pointsman_microsoft.graph.times import zone_named
from pointsman_sdk import Slot

_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=(id eq '[^']+'(?: or id eq '[^']+')*)\)")
_FILTER = re.compile(r"singleValueExtendedProperties/Any\(ep: ep/id eq '([^']+)' and ep/value eq '([^']*)'\)")
_PROPERTY = re.compile(r"(?:String|Integer|Boolean) \{[0-9a-fA-F-]{36}\} Name .+")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>')


def zone_asked(asked: Asked, mailbox: Mailbox) -> tuple[str, tzinfo]:
    """The zone of an answer's times: the one preferred, else the mailbox's own, by Windows' name."""
    name = asked.prefer.get("outlook.timezone", mailbox.zone)
    zone = zone_named(name)
    if zone is None:
        raise Refused(400, "ErrorInvalidTimeZone", "The time zone is not known.")
    return name, zone


def shown_time(moment: datetime | date, name: str, zone: tzinfo) -> dict[str, str]:
    """A dateTimeTimeZone; whole days are midnights, whatever the zone."""
    wall = (
        moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if isinstance(moment, datetime) else f"{moment}T00:00:00"
    )
    return {"dateTime": f"{wall}.0000000", "timeZone": name}


def shown(event: Event, mailbox: Mailbox, asked: Asked, *, at: Slot | None = None, number: int = 0) -> dict[str, Any]:
    """The whole event, without its named properties; `at` and `number` are of an instance of a series."""
    name, zone = zone_asked(asked, mailbox)
    slot = at or event.slot
    start: datetime | date = slot.start
    end: datetime | date = slot.end
    if event.days is not None:
        start, end = event.days[0], event.days[1] + timedelta(days=1)
    event_id = (event.id if asked.immutable else event.regular) + (f"_{number}" if number else "")
    online = event.fields.get("isOnlineMeeting", False)
    return {
        "@odata.etag": f'W/"{event.change_key}"',
        "id": event_id,
        "changeKey": event.change_key,
        "createdDateTime": event.made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        "transactionId": event.transaction,
        "subject": event.fields.get("subject", ""),
        "body": body_as(event.fields.get("body"), asked.prefer.get("outlook.body-content-type", "html")),
        "showAs": event.fields.get("showAs", "busy"),
        "isAllDay": event.days is not None,
        "isCancelled": event.fields.get("isCancelled", False),
        "isOrganizer": event.organizer,
        "sensitivity": event.fields.get("sensitivity", "normal"),
        "type": _type(event, at, number),
        "seriesMasterId": (event.id if asked.immutable else event.regular) if event.weeks > 1 and at else None,
        "recurrence": _recurrence(event, mailbox) if at is None else None,
        "responseStatus": event.fields.get("responseStatus", {"response": "organizer", "time": "0001-01-01T00:00:00Z"}),
        "attendees": event.fields.get("attendees", []),
        "location": event.fields.get("location", {"displayName": ""}),
        "categories": event.fields.get("categories", []),
        "isOnlineMeeting": online,
        "onlineMeeting": event.fields.get("onlineMeeting") if online else None,
        "webLink": f"https://outlook.office365.com/owa/?itemid={event.regular}&path=/calendar/item",
        "start": shown_time(start, name, zone),
        "end": shown_time(end, name, zone),
    }


def _recurrence(event: Event, mailbox: Mailbox) -> dict[str, Any] | None:
    if event.weeks == 1:
        return None
    clock = event.clock or mailbox.zone
    day = f"{event.slot.start.astimezone(zone_named(clock)):%Y-%m-%d}"
    within = {"type": "numbered", "startDate": day, "recurrenceTimeZone": clock, "numberOfOccurrences": event.weeks}
    return {"pattern": {"type": "weekly", "interval": 1}, "range": within}


def _type(event: Event, at: Slot | None, number: int) -> str:
    if event.weeks == 1:
        return "singleInstance"
    if at is None:
        return "seriesMaster"
    return "exception" if number in event.moved else "occurrence"


def chosen(row: dict[str, Any], event: Event, asked: Asked, *, cut: int | None = None) -> dict[str, Any]:
    """The fields that $select names, and the properties that $expand does: of texts `cut` characters."""
    found = dict(row)
    if "$select" in asked.query:
        found = {name: row[name] for name in ("@odata.etag", "id", *asked.query["$select"].split(","))}
    if ids := expanded(asked):
        properties = [{"id": name, "value": value[:cut]} for name, value in event.properties.items() if name in ids]
        found |= {"singleValueExtendedProperties": properties} if properties else {}
    return found


def expanded(asked: Asked) -> list[str]:
    """The ids of the properties that $expand names."""
    if "$expand" not in asked.query:
        return []
    found = _EXPAND.fullmatch(asked.query["$expand"])
    if found is None:
        raise Refused(400, "ErrorInvalidUrlQuery", "The $expand cannot be read.")
    return [property_id(one) for one in re.findall(r"id eq '([^']+)'", found[1])]


def filter_of(asked: Asked) -> Callable[[Event], bool]:
    """Which events the $filter takes: values of properties are compared without regard to capitals."""
    if "$filter" not in asked.query:
        return lambda _: True
    found = _FILTER.fullmatch(asked.query["$filter"])
    if found is None:
        raise Refused(400, "ErrorInvalidUrlQueryFilter", "The $filter cannot be read.")
    name, value = property_id(found[1]), found[2].casefold()
    return lambda event: event.properties.get(name, "\0").casefold() == value


def property_id(text: str) -> str:
    if not _PROPERTY.fullmatch(text):
        raise Refused(400, "ErrorInvalidProperty", "The id of a property is of no known form.")
    return text


def body_as(body: Mapping[str, str] | None, kind: str) -> dict[str, str]:
    """A body in the type that was asked for, as Exchange turns one into the other."""
    stored, content = (body or {}).get("contentType", "html"), (body or {}).get("content", "")
    if kind == "text" and stored == "html":
        content = re.sub(r"<br[^>]*>|</div>|</p>", "\r\n", _LINK.sub(r"\2<\1>", content))
        content = unescape(re.sub(r"</?(?:html|head|body|meta|div|span|p)\b[^>]*>", "", content))
    elif kind == "html" and stored == "text":
        content = f"<html><body><div>{escape(content).replace(chr(10), '<br>')}</div></body></html>"
    elif kind == "text":
        content = content.replace("\r\n", "\n").replace("\n", "\r\n")
    return {"contentType": kind, "content": content}


def calendar_row(mailbox: Mailbox, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "owner": {"name": mailbox.name, "address": mailbox.address},
        "canEdit": calendar.editable,
        "isDefaultCalendar": calendar is mailbox.default,
    }


def chosen_calendar(row: dict[str, Any], asked: Asked) -> dict[str, Any]:
    wanted = asked.query["$select"].split(",") if "$select" in asked.query else list(row)
    if strange := set(wanted) - set(row):
        raise Refused(400, "BadRequest", f"Could not find a property named {sorted(strange)}")
    return {name: row[name] for name in wanted}
