"""The part of Graph that is used, described: paths, query options, and bodies with the types of their fields.

Written from Graph's reference pages of each operation (v1.0). What it does not name is refused, as Graph refuses what it does
not know, so that a connector cannot lean upon something that only this fake takes.
"""

import re
from collections.abc import Mapping
from typing import Any

from pointsman_microsoft.fake.wire import Refused

TEXT, FLAG, NUMBER = "text", "flag", "number"
_NAMED = {TEXT: str, FLAG: bool, NUMBER: int}
_TIME = {"dateTime": TEXT, "timeZone": TEXT}
SHOWN = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")
_ADDRESS = {"address": TEXT, "name": TEXT}
_STATUS = {"response": TEXT, "time": TEXT}
EVENT: Mapping[str, Any] = {
    "subject": TEXT,
    "body": {"contentType": ("text", "html"), "content": TEXT},
    "start": _TIME,
    "end": _TIME,
    "isAllDay": FLAG,
    "showAs": SHOWN,
    "attendees": [{"emailAddress": _ADDRESS, "type": ("required", "optional", "resource"), "status": _STATUS}],
    "location": {"displayName": TEXT},
    "isOnlineMeeting": FLAG,
    "onlineMeetingProvider": ("teamsForBusiness", "skypeForBusiness", "skypeForConsumer"),
    "singleValueExtendedProperties": [{"id": TEXT, "value": TEXT}],
    "recurrence": (None,),  # which makes a single event of a series
}
#: What an event is read with.
READ = (frozenset(EVENT) - {"singleValueExtendedProperties", "onlineMeetingProvider"}) | {
    *(
        "id",
        "seriesMasterId",
        "changeKey",
        "createdDateTime",
        "transactionId",
        "isCancelled",
        "isOrganizer",
        "sensitivity",
        "type",
    ),
    *("responseStatus", "categories", "onlineMeeting", "webLink"),
}
_SUBSCRIPTION = {
    "changeType": TEXT,
    "notificationUrl": TEXT,
    "lifecycleNotificationUrl": TEXT,
    "resource": TEXT,
    "expirationDateTime": TEXT,
    "clientState": TEXT,
}
_SCHEDULE = {"schedules": [TEXT], "startTime": _TIME, "endTime": _TIME, "availabilityViewInterval": NUMBER}
_LIST = frozenset({"$select", "$top", "$skip"})
_VIEW = frozenset({"startDateTime", "endDateTime"})
_USER = "/(?:me|users/[^/]+)"
_CALENDAR = f"{_USER}/(?:calendar|calendars/[^/]+)"
_EVENT = f"{_USER}/events/[^/]+"
_DELTA = f"{_USER}(?:/calendars/[^/]+)?/calendarView/delta"
#: A method and a path, the query options that are known there, and the body: None where there is none.
OPERATIONS: tuple[tuple[str, str, frozenset[str], Mapping[str, Any] | None, frozenset[str]], ...] = (
    ("GET", r"/users", _LIST, None, frozenset()),
    ("GET", f"{_USER}/calendars", _LIST, None, frozenset()),
    ("GET", _CALENDAR, frozenset({"$select"}), None, frozenset()),
    ("GET", f"{_CALENDAR}/events", _LIST | {"$filter", "$expand"}, None, frozenset()),
    ("POST", f"{_CALENDAR}/events", frozenset(), {**EVENT, "transactionId": TEXT}, frozenset({"start", "end"})),
    ("GET", f"{_CALENDAR}/calendarView", _LIST | _VIEW | {"$expand"}, None, _VIEW),
    ("GET", _DELTA, _VIEW | {"$deltatoken", "$skiptoken"}, None, frozenset()),
    ("POST", f"{_USER}/calendar/getSchedule", frozenset(), _SCHEDULE, frozenset({"schedules", "startTime", "endTime"})),
    ("GET", _EVENT, frozenset({"$select", "$expand"}), None, frozenset()),
    ("GET", f"{_EVENT}/instances", _LIST | _VIEW, None, _VIEW),
    ("PATCH", _EVENT, frozenset(), EVENT, frozenset()),
    ("DELETE", _EVENT, frozenset(), None, frozenset()),
    ("POST", f"{_EVENT}/cancel", frozenset(), {"comment": TEXT}, frozenset()),
    ("GET", r"/subscriptions", frozenset(), None, frozenset()),
    ("POST", r"/subscriptions", frozenset(), _SUBSCRIPTION, frozenset(_SUBSCRIPTION)),
    ("PATCH", r"/subscriptions/[^/]+", frozenset(), {"expirationDateTime": TEXT}, frozenset({"expirationDateTime"})),
    ("DELETE", r"/subscriptions/[^/]+", frozenset(), None, frozenset()),
)  # fmt: skip


def check(method: str, path: str, query: Mapping[str, str], body: Any) -> None:
    """Raises Refused for a request that the description does not know."""
    known = [row for row in OPERATIONS if re.fullmatch(row[1], path)]
    if not known:
        raise Refused(400, "BadRequest", f"Resource not found for the segment in {path}")
    found = next((row for row in known if row[0] == method), None)
    if found is None:
        raise Refused(405, "MethodNotAllowed")
    _, _, options, fields, needed = found
    if strange := set(query) - options:
        raise Refused(400, "ErrorInvalidUrlQuery", f"not known here: {sorted(strange)}")
    if re.search("/events|/calendarView", path) and (strange := set(query.get("$select", "id").split(",")) - READ):
        raise Refused(400, "BadRequest", f"Could not find a property named {sorted(strange)}")
    if fields is None:
        missing = needed - set(query)
    else:
        _check_value(body, fields, "body")
        missing = needed - set(body)
    if missing:
        raise Refused(400, "ErrorPropertyValidationFailure", f"missing: {sorted(missing)}")


def _check_value(value: Any, known: Any, where: str) -> None:
    if isinstance(known, tuple):
        _require(value in known, where)
    elif isinstance(known, list):
        _require(isinstance(value, list), where)
        for one in value:
            _check_value(one, known[0], where)
    elif isinstance(known, Mapping):
        _require(isinstance(value, dict) and set(value) <= set(known), where)
        for name, one in value.items():
            _check_value(one, known[name], f"{where}.{name}")
    else:
        _require(type(value) is _NAMED[known], where)


def _require(holds: bool, where: str) -> None:  # noqa: FBT001  # as assert
    if not holds:
        raise Refused(400, "RequestBodyRead", f"{where} is of a type that Graph does not know there")
