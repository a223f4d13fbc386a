"""The events of the fake: insert, get, patch and delete, with what Google does beside it.

Sources: the API's description (`Event`), developers.google.com/calendar/api/guides/version-resources, and for ids that stay
reserved googleapis/google-api-ruby-client#1811 and googleapis/google-api-python-client#210.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pointsman_google.fake.resources import READERS, WRITERS, Calendar, Numbers, instance_id, stamp
from pointsman_google.fake.wire import Asked, Refused, not_found
from pointsman_sdk import Slot
from pointsman_sdk.readers import Unreadable

_BLOCK = re.compile(r"-::~:~::[:~]*-.*?-::~:~::[:~]*-", re.DOTALL)  # which a client's text loses (keeper.sh issue 749)
_ID = re.compile(r"[a-v0-9]{5,1024}")
_SEEN = ("summary", "description", "location", "start", "end", "attendees", "status", "conferenceData", "hangoutLink")
_MOST_PROPERTY = 1_024  # characters of the value of an extended property


@dataclass(slots=True, kw_only=True)
class Events:
    """What is done to events. `heard` is told of each change; `mailed` are a guest, and all that they were shown.

    A meeting is made after the answer: it is there at the reading after so many as `meets_after`.
    """

    clock: Callable[[], datetime]
    numbers: Numbers
    heard: Callable[[Calendar], None]
    meets_after: int = 1
    meeting_fails: bool = False
    mailed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    readings: dict[str, int] = field(default_factory=dict)  # of meetings that are not there yet, by their request

    def answer(self, asked: Asked, calendar: Calendar, name: str | None) -> dict[str, Any] | None:
        """Serve `/calendars/{id}/events/{id}`, and the insert above it."""
        if asked.method == "GET":
            calendar.check(asked.user, READERS)
            return self._get(calendar, str(name))
        calendar.check(asked.user, WRITERS)
        match asked.method:
            case "POST":
                return self.insert(calendar, asked.body, asked)
            case "PATCH":
                return self._patch(calendar, str(name), asked)
            case "DELETE":
                self._delete(calendar, str(name), asked)
                return None
            case _:
                raise not_found()

    def insert(self, calendar: Calendar, given: Mapping[str, Any], asked: Asked | None = None) -> dict[str, Any]:
        """A new event. Its id is the client's, unless it has none; one that was ever given out is taken."""
        name = given.get("id") or self.numbers.id("g")
        if not _ID.fullmatch(name):
            raise Refused(400, "invalid", "Invalid resource id value.")
        if name in calendar.events or name in calendar.purged:
            raise Refused(409, "duplicate", "The requested identifier already exists.")
        event = {
            "kind": "calendar#event",
            "id": name,
            "status": "confirmed",
            "created": stamp(self.clock()),
            "iCalUID": f"{name}@google.com",
            "htmlLink": f"https://www.google.com/calendar/event?eid={name}",
            "organizer": {"email": calendar.owner, "self": True},
            "creator": {"email": asked.user if asked else calendar.owner},
            "reminders": {"useDefault": True},
            "sequence": 0,
        }
        _merge(event, {key: value for key, value in given.items() if value is not None})
        self._check(calendar, event)
        _limit(calendar, given, event, asked)
        calendar.events[name] = event
        self._changed(calendar, event, asked)
        return event

    def change(
        self, calendar: Calendar, name: str, values: Mapping[str, Any], asked: Asked | None = None
    ) -> dict[str, Any]:
        """What a client, or the owner in Google's own pages, writes into an event; `null` takes a field away."""
        event = calendar.events[name]
        was_there = event["status"] != "cancelled"
        if not was_there and values.get("status") not in ("confirmed", "tentative"):
            raise Refused(403, "forbidden", "Forbidden")
        new: dict[str, Any] = _copy(event)
        if _asks_anew(values, event):
            new.pop("conferenceData", None)
        _merge(new, values)
        self._check(calendar, new)
        if new == event:
            return event
        _limit(calendar, values, new, asked)
        if any(new.get(part) != event.get(part) for part in ("start", "end", "status")):
            new["sequence"] = new.get("sequence", 0) + 1
        calendar.events[name] = new
        if "recurrence" in event and "recurrence" not in new:
            for one in [one for one in calendar.events.values() if one.get("recurringEventId") == name]:
                del calendar.events[one["id"]]  # a single event has no other times
        self._changed(calendar, new, asked, former=event)
        return new

    def remove(self, calendar: Calendar, name: str, asked: Asked | None = None) -> None:
        """A deleted event is a cancelled one, whose id stays reserved."""
        event = calendar.events[name]
        if event["status"] == "cancelled":
            raise Refused(410, "deleted", "Resource has been deleted")
        gone = {**_copy(event), "status": "cancelled"}
        if calendar.bare:
            gone = {name: gone[name] for name in ("kind", "id", "status")}
        calendar.events[name] = gone
        self._changed(calendar, gone, asked, former=event)

    def remove_instance(self, calendar: Calendar, name: str, number: int) -> None:
        """One time of a series is deleted by an event of its own, that is cancelled (the API's guide "recurring events")."""
        series = calendar.events[name]
        slot = calendar.times(series)[number].utc()
        start, end = ({"dateTime": moment.isoformat()} for moment in (slot.start, slot.end))
        instance = instance_id(name, slot)
        gone: dict[str, Any] = {
            "kind": "calendar#event",
            "id": instance,
            "status": "cancelled",
            "recurringEventId": name,
            "originalStartTime": start,
            "start": start,
            "end": end,
        }
        calendar.events[instance] = gone
        self._changed(calendar, gone, None)

    def move_instance(self, calendar: Calendar, name: str, number: int, to: Slot) -> None:
        """One time of a series is moved by an event of its own, which has all that the series has."""
        series, utc = calendar.events[name], to.utc()
        slot = calendar.times(series)[number].utc()
        moved: dict[str, Any] = {
            **{key: value for key, value in _copy(series).items() if key != "recurrence"},
            "id": instance_id(name, slot),
            "recurringEventId": name,
            "originalStartTime": {"dateTime": slot.start.isoformat()},
            "start": {"dateTime": utc.start.isoformat()},
            "end": {"dateTime": utc.end.isoformat()},
        }
        calendar.events[moved["id"]] = moved
        self._changed(calendar, moved, None)

    def purge(self, calendar: Calendar, name: str) -> None:
        """Deleted events "will eventually disappear" (the API's description), and their ids do not come back."""
        del calendar.events[name]
        calendar.purged.add(name)

    def seen_by_guests(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """All that a guest can see of it. Of the extended properties they are given those that are shared."""
        shared = event.get("extendedProperties", {}).get("shared", {})
        return {**{name: event[name] for name in _SEEN if name in event}, "shared": shared}

    def _get(self, calendar: Calendar, name: str) -> dict[str, Any]:
        if name not in calendar.events:
            raise not_found()
        self._make_meeting(calendar, name)
        return calendar.events[name]

    def _patch(self, calendar: Calendar, name: str, asked: Asked) -> dict[str, Any]:
        self._compare(calendar, name, asked)
        values = dict(asked.body)
        if asked.one("conferenceDataVersion") != "1":
            values.pop("conferenceData", None)
        return self.change(calendar, name, values, asked)

    def _delete(self, calendar: Calendar, name: str, asked: Asked) -> None:
        self._compare(calendar, name, asked)
        self.remove(calendar, name, asked)

    def _compare(self, calendar: Calendar, name: str, asked: Asked) -> None:
        if name in calendar.purged:
            raise Refused(410, "deleted", "Resource has been deleted")
        if name not in calendar.events:
            raise not_found()
        condition = asked.headers.get("if-match")
        if condition not in (None, "*", calendar.events[name].get("etag")):
            raise Refused(412, "conditionNotMet", "Precondition Failed")

    def _check(self, calendar: Calendar, event: dict[str, Any]) -> None:
        if event["status"] == "cancelled":
            return
        if not event.get("start") or not event.get("end"):
            raise Refused(400, "required", "Missing end time.")
        try:
            calendar.reaches(event, calendar.slot(event))
        except ValueError:
            raise Refused(400, "timeRangeEmpty", "The specified time range is empty.") from None
        except Unreadable:
            raise Refused(400, "invalid", "Invalid recurrence rule.") from None
        if "description" in event:
            event["description"] = _BLOCK.sub("", event["description"])
        own = event.get("extendedProperties", {}).get("private", {})
        if any(len(value) > _MOST_PROPERTY for value in own.values()):
            raise Refused(400, "invalid", "Invalid value.")
        if not calendar.meets and (event.get("conferenceData") or {}).get("createRequest"):
            raise Refused(400, "invalid", "Invalid conference type value.")

    def _changed(
        self,
        calendar: Calendar,
        event: dict[str, Any],
        asked: Asked | None,
        *,
        former: Mapping[str, Any] | None = None,
    ) -> None:
        event["etag"], event["updated"] = self.numbers.etag(), stamp(self.clock())
        request = (event.get("conferenceData") or {}).get("createRequest")
        if request is not None and "status" not in request:
            request["status"] = {"statusCode": "pending"}
        calendar.log.append(event["id"])
        self._mail(event, former or {}, asked)
        self.heard(calendar)

    def _mail(self, event: Mapping[str, Any], former: Mapping[str, Any], asked: Asked | None) -> None:
        if asked is None or asked.one("sendUpdates") != "all":
            return
        both = [*event.get("attendees", []), *former.get("attendees", [])]
        people = {one["email"] for one in both if "email" in one}
        self.mailed += [(email, self.seen_by_guests(event)) for email in sorted(people)]

    def _make_meeting(self, calendar: Calendar, name: str) -> None:
        event = calendar.events[name]
        request = (event.get("conferenceData") or {}).get("createRequest") or {}
        if request.get("status", {}).get("statusCode") != "pending":
            return
        asked = request["requestId"]
        self.readings[asked] = self.readings.get(asked, 0) + 1
        if self.readings[asked] < self.meets_after:
            return
        new = _copy(event)
        if self.meeting_fails:
            new["conferenceData"]["createRequest"]["status"] = {"statusCode": "failure"}
        else:
            code = self.numbers.id("meet-")[-10:]
            link = f"https://meet.google.com/{code[:3]}-{code[3:7]}-{code[7:]}"
            new["hangoutLink"] = link
            new["conferenceData"] |= {
                "createRequest": {**request, "status": {"statusCode": "success"}},
                "entryPoints": [{"entryPointType": "video", "uri": link, "label": link.removeprefix("https://")}],
                "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
            }
        calendar.events[name] = new
        self._changed(calendar, new, None, former=event)


def _limit(calendar: Calendar, values: Mapping[str, Any], event: Mapping[str, Any], asked: Asked | None) -> None:
    """Guests count where they are written in, also when they are not told, and where they are told."""
    tells = asked is not None and asked.one("sendUpdates") == "all"
    if asked is not None and not calendar.invites and (values.get("attendees") or (tells and event.get("attendees"))):
        raise Refused(403, "quotaExceeded", "Calendar usage limits exceeded.", domain="usageLimits")


def _asks_anew(values: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether it asks for another meeting: a request of the same name is ignored (the API's description)."""
    asked, there = (((one.get("conferenceData") or {}).get("createRequest") or {}) for one in (values, event))
    return bool(asked) and asked.get("requestId") != there.get("requestId")


def _copy(value: Any) -> Any:
    match value:
        case dict():
            return {name: _copy(one) for name, one in value.items()}
        case list():
            return [_copy(one) for one in value]
        case _:
            return value


def _merge(event: dict[str, Any], values: Mapping[str, Any]) -> None:
    """The semantics of a patch: fields of objects are merged, lists are replaced, `null` takes away."""
    for name, value in values.items():
        if value is None:
            event.pop(name, None)
            if name == "conferenceData":
                event.pop("hangoutLink", None)
        elif isinstance(value, dict) and isinstance(event.get(name), dict):
            _merge(event[name], value)
        else:
            event[name] = _copy(value)
