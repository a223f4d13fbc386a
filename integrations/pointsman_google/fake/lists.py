"""Lists of the fake: events in pages and since a sync token, calendars in pages, and busy times.

Sources: the API's description (`events.list`, `freebusy.query`), developers.google.com/calendar/api/guides/sync.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_google.fake.resources import READERS, Calendar, instance_id
from pointsman_google.fake.wire import Asked, Refused, not_found
from pointsman_sdk import Slot

_LONGEST_QUESTION = timedelta(days=90)
_MOST_CALENDARS = 50
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
_NOT_WITH_A_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
_PAGE, _SYNC = "page-", "sync-"


def events(asked: Asked, calendar: Calendar, page_size: int) -> dict[str, Any]:
    """Serve the list of a calendar's events."""
    calendar.check(asked.user, READERS)
    token = asked.one("syncToken")
    if token is not None:
        if any(name in asked.query for name in _NOT_WITH_A_TOKEN):
            raise Refused(400, "badRequest", "Sync token cannot be used with other query restrictions.")
        found = _since(calendar, _place(token, _SYNC, calendar), asked)
    else:
        found = _standing(calendar, asked)
    answer = {
        "kind": "calendar#events",
        "summary": calendar.summary or calendar.id,
        "timeZone": calendar.zone,
        "accessRole": calendar.role(asked.user),
    }
    size = min(asked.number("maxResults", 250), page_size, 2_500)
    return {**answer, **_paged(found, asked, size, last={"nextSyncToken": f"{_SYNC}{len(calendar.log)}"})}


def _since(calendar: Calendar, place: int, asked: Asked) -> list[dict[str, Any]]:
    """What changed, each once; the deleted as well, with no more than an id unless `showDeleted` is set."""
    changed = [calendar.events[name] for name in dict.fromkeys(calendar.log[place:]) if name in calendar.events]
    if asked.one("showDeleted") == "true":
        return changed
    return [one if one["status"] != "cancelled" else _tombstone(one) for one in changed]


def _tombstone(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("kind", "etag", "id", "status") if name in event}


def _standing(calendar: Calendar, asked: Asked) -> list[dict[str, Any]]:
    wanted = [pair.split("=", 1) for pair in asked.query.get("privateExtendedProperty", [])]
    if any(len(pair) != 2 for pair in wanted):
        raise Refused(400, "invalid", "Invalid value for: privateExtendedProperty")
    since, until = (
        datetime.fromisoformat(text) if (text := asked.one(name)) else None for name in ("timeMin", "timeMax")
    )
    if since and until and until <= since:
        raise Refused(400, "timeRangeEmpty", "The specified time range is empty.")
    found = []
    for event in calendar.events.values():
        is_deleted = event["status"] == "cancelled" and "recurringEventId" not in event  # those of a series are told
        if is_deleted and asked.one("showDeleted") != "true":
            continue
        own = event.get("extendedProperties", {}).get("private", {})
        if any(own.get(name) != value for name, value in wanted) or "start" not in event:
            continue
        if calendar.reaches(event, Slot(since or _FIRST, until or _LAST)):
            found.append(event)
    return found


def instances(asked: Asked, calendar: Calendar, name: str, page_size: int) -> dict[str, Any]:
    """Serve the times of a series; one that was deleted is none of them."""
    calendar.check(asked.user, READERS)
    series = calendar.events.get(name)
    if series is None:
        raise not_found()
    since, until = (
        datetime.fromisoformat(text) if (text := asked.one(at)) else end
        for at, end in (("timeMin", _FIRST), ("timeMax", _LAST))
    )
    own = {key: value for key, value in series.items() if key != "recurrence"}
    found = []
    for slot in calendar.times(series) if "recurrence" in series else [calendar.slot(series)]:
        start, end = ({"dateTime": moment.isoformat()} for moment in (slot.utc().start, slot.utc().end))
        written = {**own, "id": instance_id(name, slot), "recurringEventId": name, "originalStartTime": start}
        one = calendar.events.get(written["id"], {**written, "start": start, "end": end})
        if one["status"] != "cancelled" and calendar.slot(one).overlaps(Slot(since, until)):
            found.append(one)
    size = min(asked.number("maxResults", 250), page_size, 2_500)
    return {"kind": "calendar#events", **_paged(found, asked, size, last={"nextSyncToken": f"{_SYNC}0"})}


def calendars(asked: Asked, known: Sequence[Calendar], page_size: int) -> dict[str, Any]:
    """Serve the list of calendars: those that the user has put there, which are all that are shared with them by a role."""
    rows = []
    for one in known:
        if (role := one.role(asked.user)) == "none" or (role == "freeBusyReader" and asked.user not in one.roles):
            continue
        row = {
            "kind": "calendar#calendarListEntry",
            "id": one.id,
            "summary": one.summary or one.id,
            "timeZone": one.zone,
            "accessRole": role,
        }
        rows.append(row if one.id == one.owner else {**row, "dataOwner": one.owner})
    size = min(asked.number("maxResults", 100), page_size, 250)
    return {"kind": "calendar#calendarList", **_paged(rows, asked, size, last={"nextSyncToken": f"{_SYNC}0"})}


def busy(asked: Asked, known: Mapping[str, Calendar], broken: set[str]) -> dict[str, Any]:
    """Serve `/freeBusy`. What cannot be told of one calendar stands beside it, and the status is 200."""
    body = asked.body
    window = Slot(datetime.fromisoformat(body["timeMin"]), datetime.fromisoformat(body["timeMax"]))
    if window.length > _LONGEST_QUESTION:
        raise Refused(400, "timeRangeTooLong", "The requested time range is too long.")
    names, zone = [one["id"] for one in body["items"]], ZoneInfo(body.get("timeZone", "UTC"))
    found: dict[str, Any] = {}
    for name in names:
        calendar = known.get(name)
        if len(names) > _MOST_CALENDARS:
            found[name] = _fault("tooManyCalendarsRequested")
        elif calendar is None or calendar.role(asked.user) == "none":
            found[name] = _fault("notFound")
        elif name in broken:
            found[name] = _fault("internalError")
        else:
            told = calendar.busy(window)
            found[name] = {"busy": [{"start": _shown(one.start, zone), "end": _shown(one.end, zone)} for one in told]}
    return {
        "kind": "calendar#freeBusy",
        "timeMin": body["timeMin"],
        "timeMax": body["timeMax"],
        "calendars": found,
    }


def _fault(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    text = moment.astimezone(zone).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _paged(rows: Sequence[Any], asked: Asked, size: int, *, last: Mapping[str, str]) -> dict[str, Any]:
    token = asked.one("pageToken")
    start = 0 if token is None else _number(token, _PAGE)
    if start is None or start > len(rows):
        raise Refused(400, "invalid", "Invalid Value")
    following = start + size
    end = {"nextPageToken": f"{_PAGE}{following}"} if following < len(rows) else last
    return {"items": list(rows[start:following]), **end}


def _place(token: str, prefix: str, calendar: Calendar) -> int:
    found = _number(token, prefix)
    if found is None or found > len(calendar.log):
        raise Refused(400, "invalid", "Invalid sync token value.")
    if found < calendar.forgotten:
        raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    return found


def _number(token: str, prefix: str) -> int | None:
    digits = token.removeprefix(prefix)
    fits = token.startswith(prefix) and digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(digits) if fits else None
