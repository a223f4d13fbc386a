"""Events: what a state says of one, as the changes that bring a present event there, and what is read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pointsman_google.guests import attendees, has_guests, invited, is_of_guests, marks
from pointsman_google.ids import conference_request
from pointsman_google.shape import instant, text
from pointsman_google.words import location_of, mark, words_of
from pointsman_sdk import CREATE_MEETING, Appointment, Invites, RemoteRecord, Slot, Standing
from pointsman_sdk.readers.calendar_times import iana_zone

KEY, SEQUENCE = "pointsman_key", "pointsman_sequence"
_TITLE, _TEXT, _LOCATION = "pointsman_title", "pointsman_text", "pointsman_location"
_SHARED = "shared-"  # before the mark of a text that was written for guests, too
OURS = ("pointsman", "1")
"""The property by which our events are listed. Private ones are seen in this copy of the event alone, and not by guests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What to write, and whether Google is to tell the guests."""

    body: Mapping[str, Any]
    tells_guests: bool


def private(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Our own properties of an event."""
    found = (event.get("extendedProperties") or {}).get("private") or {}
    return found if isinstance(found, dict) else {}


def sequence_of(event: Mapping[str, Any]) -> int | None:
    said = private(event).get(SEQUENCE)
    return int(said) if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 10 else None


def is_newer(thing: Appointment, event: Mapping[str, Any]) -> bool:
    """Whether the event is in a newer state than the one that is put."""
    stands = sequence_of(event)
    return stands is not None and stands > thing.sequence


def is_deleted(event: Mapping[str, Any]) -> bool:
    """A deleted event is a cancelled one to Google, which can be brought back."""
    return event.get("status") == "cancelled"


def is_series(event: Mapping[str, Any]) -> bool:
    """Whether its owner made a series of it."""
    return bool(event.get("recurrence"))


def leaves_series(thing: Appointment, event: Mapping[str, Any]) -> bool:
    """Whether it is a series whose first time goes to another day, on which its rule has none (BYDAY, UNTIL)."""
    if not is_series(event):
        return False
    zone = iana_zone(str(event["start"].get("timeZone", ""))) or UTC
    return slot_of(event).start.astimezone(zone).date() != thing.slot.start.astimezone(zone).date()


def writing(thing: Appointment, name: str, event: Mapping[str, Any], *, alone: bool = False) -> Writing | None:
    """The fields that have to change, so that `event` is in the state; None where none has. An empty event is a new one.

    What its owner reworded, moved elsewhere or added stays. What others must not read goes, reworded or not. `alone`: the series
    that was made of it lacks its first time, or its first time leaves it, so that the event is to stand by itself again.
    """
    standing = "tentative" if thing.standing is Standing.TENTATIVE else "confirmed"
    present: Sequence[Mapping[str, Any]] = event.get("attendees") or []
    people = attendees(present, thing, private(event))
    body: dict[str, Any] = {**_times(thing, event), **_worded(thing, event, people), **_conference(thing, name, event)}
    if event.get("status") != standing:
        body["status"] = standing
    if alone:
        body["recurrence"] = None
    if [one.get("email") for one in people] != [one.get("email") for one in present]:
        body["attendees"] = [one for one in people if "email" in one]  # which Google tells "if available", and demands
    seen = bool(body)
    own: dict[str, str | None] = {name: None for name in private(event) if is_of_guests(name)}  # null takes one away
    own |= {OURS[0]: OURS[1], KEY: thing.key, SEQUENCE: str(thing.sequence)}
    own |= {**marks(invited(thing)), **_marks(thing, event, people)}
    changed = {name: value for name, value in own.items() if private(event).get(name) != value}
    if changed:
        body["extendedProperties"] = {"private": changed}
    if not body:
        return None
    concerned = has_guests(people) or has_guests(present)
    return Writing(body=body, tells_guests=seen and thing.invites is Invites.VENDOR and concerned)


def _times(thing: Appointment, event: Mapping[str, Any]) -> dict[str, Any]:
    """In UTC: Google shows and mails them in the zone of the calendar, or of who reads them."""
    utc = thing.slot.utc()
    found: dict[str, Any] = {}
    for name, exact in (("start", utc.start), ("end", utc.end)):
        moment = exact.replace(microsecond=0)  # Google keeps whole seconds
        there: Mapping[str, Any] = event.get(name) or {}
        if _moment(there)[0] != moment or "date" in there:
            whole_day = {"date": None} if "date" in there else {}
            found[name] = {"dateTime": moment.isoformat(), **whole_day}
    return found


def _worded(thing: Appointment, event: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What others reworded stays, unless somebody reads it by now who may not read `private`, which could be in it."""
    own, shown = private(event), _is_shown(event, people)
    wanted = {**words_of(thing, shown_to_guests=shown), "location": location_of(thing)}
    written = str(own.get(_TEXT, mark("")))
    newly_read = shown and not written.startswith(_SHARED)
    ours = {
        "summary": own.get(_TITLE, mark("")) == mark(event.get("summary")),
        "description": newly_read or written.removeprefix(_SHARED) == mark(event.get("description")),
        "location": own.get(_LOCATION, mark("")) == mark(event.get("location")),
    }
    return {name: text for name, text in wanted.items() if ours[name] and mark(event.get(name)) != mark(text)}


def _is_shown(event: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> bool:
    """Whether guests read the event: once they did, they may be told of its later states, also when they are taken out."""
    return has_guests(people) or str(private(event).get(_TEXT, "")).startswith(_SHARED)


def _marks(thing: Appointment, event: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    shown = _is_shown(event, people)
    words = words_of(thing, shown_to_guests=shown)
    return {
        _TITLE: mark(words["summary"]),
        _TEXT: (_SHARED if shown else "") + mark(words["description"]),
        _LOCATION: mark(location_of(thing)),
    }


def _conference(thing: Appointment, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """A Meet meeting where one is wanted and none is there; ours is taken away where it is not wanted any more."""
    there = event.get("conferenceData")
    request = (there or {}).get("createRequest") or {}
    asked = conference_request(name, thing.sequence)
    is_ours = str(request.get("requestId", "")).startswith(conference_request(name, None))
    if thing.meeting == CREATE_MEETING:
        failed = conference_status(event) == "failure" and request.get("requestId") != asked
        if there and not failed:
            return {}
        key = {"type": "hangoutsMeet"}
        return {"conferenceData": {"createRequest": {"requestId": asked, "conferenceSolutionKey": key}}}
    return {"conferenceData": None} if there and is_ours else {}


def conference_status(event: Mapping[str, Any]) -> str:
    """Google makes a meeting after it has answered: `pending`, `success` or `failure`; empty where none was asked for."""
    request = (event.get("conferenceData") or {}).get("createRequest") or {}
    return str((request.get("status") or {}).get("statusCode", ""))


def record(place: str, event: Mapping[str, Any], key: str | None = None) -> RemoteRecord:
    """An event as the vendor's; `key` is its own where it has lost it. ValueError, KeyError, TypeError and AttributeError
    for another shape.
    """
    slot, certain = _slot(event)
    return RemoteRecord(
        key=key or text(private(event)[KEY]),
        place=place,
        id=text(event["id"]),
        version=text(event["etag"]),
        sequence=sequence_of(event),
        slot=slot,
        certain=certain,
        repeats=is_series(event),
        standing=_standing(event),
        title=str(event.get("summary") or ""),
        join_url=_join_url(event),
        url=event.get("htmlLink") if isinstance(event.get("htmlLink"), str) else None,
    )


def slot_of(event: Mapping[str, Any]) -> Slot:
    """When it is; of a series where it began. The same errors as `record`."""
    return _slot(event)[0]


def _slot(event: Mapping[str, Any]) -> tuple[Slot, bool]:
    (start, certain), (end, ends_certain) = _moment(event["start"]), _moment(event["end"])
    if start is None or end is None:
        raise ValueError("an event without times")
    return Slot(start, max(end, start + timedelta(minutes=1))), certain and ends_certain and end > start


def _moment(when: Mapping[str, Any]) -> tuple[datetime | None, bool]:
    """The instant, and whether it is certain: a whole day that its owner made of it begins at midnight in some zone."""
    if "dateTime" in when:
        return instant(when["dateTime"]).astimezone(UTC), True
    if "date" in when:
        zone = iana_zone(text(when.get("timeZone", "UTC")))
        if zone is None:
            raise ValueError("an unknown time zone")
        return datetime.combine(date.fromisoformat(text(when["date"])), time(), zone).astimezone(UTC), False
    return None, False


def _standing(event: Mapping[str, Any]) -> Standing:
    """An owner calls an appointment off by deleting it, or by answering "no" to it."""
    declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in event.get("attendees") or [])
    if declined or is_deleted(event):
        return Standing.CANCELLED
    return Standing.TENTATIVE if event.get("status") == "tentative" else Standing.CONFIRMED


def _join_url(event: Mapping[str, Any]) -> str | None:
    entries = (event.get("conferenceData") or {}).get("entryPoints") or []
    videos = [one.get("uri") for one in entries if one.get("entryPointType") == "video"]
    place = event.get("location")
    ours = place if private(event).get(_LOCATION) == mark(place) else None
    for found in (*videos, event.get("hangoutLink"), ours):
        if isinstance(found, str) and found.startswith(("https://", "http://")):
            return found
    return None
