"""A server's answers, read: pure functions from bytes to JSON values, which run in a reader process of the host.

Nothing but the SDK's readers is imported here, so that such a process starts fast.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_caldav.objects import master
from pointsman_caldav.series import first_time, is_series
from pointsman_caldav.uids import key_of, may_be_ours
from pointsman_caldav.zone_names import zone_named
from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.busy_times import Span, joined, span_of, spans_of_free_busy
from pointsman_sdk.readers.calendar_times import Zones
from pointsman_sdk.readers.calendar_zones import zones_of
from pointsman_sdk.readers.icalendar import Property, parse_icalendar
from pointsman_sdk.readers.multistatus import DAV, Resource, parse_multistatus
from pointsman_sdk.readers.plain_xml import parse_xml
from pointsman_sdk.readers.recurrence.occurrences import StepCount
from pointsman_sdk.readers.series import busy_instances

CALDAV = "{urn:ietf:params:xml:ns:caldav}"
SEQUENCE = "X-POINTSMAN-SEQUENCE"
HIDDEN = (
    "the CalDAV server does not let this login see what is here: at most busy times can be read, and nothing written"
)
_REFUSED = (401, 403)
_TOO_MANY = 507
_NO_CALENDAR = "this is no calendar, but another collection or a folder of calendars"
_WRITING = {f"{DAV}all", f"{DAV}write", f"{DAV}write-content", f"{DAV}bind"}
_CTAG = "{http://calendarserver.org/ns/}getctag"
TEXT_MARK = "X-POINTSMAN-TEXT"
_LONGEST_URL = 2_000
_DATA, _ETAG = f"{CALDAV}calendar-data", f"{DAV}getetag"
_TITLE_LENGTH = 500
_LONGEST_ETAG = 500
_MOST_OURS = 5_000
_LATEST = 7_258_118_400  # the year 2200: what lies beyond is nothing that our sums of dates could take


def busy_by_report(body: bytes, *, within: Sequence[int]) -> list[Span]:
    """The busy times of a free-busy answer."""
    return spans_of_free_busy(body, within=within)


def busy_by_events(body: bytes, *, within: Sequence[int], zone: str, owner: str = "") -> dict[str, Any]:
    """The busy times of a multistatus of events as they were written; series are worked out here.

    `others` are joined; `own`, with one of our UIDs each, stand by themselves: start, end, key.
    """
    home, spend = ZoneInfo(zone), StepCount()
    others: list[Span] = []
    own: set[tuple[int, int, str]] = set()
    for text, _ in _objects(body):
        for calendar in parse_icalendar(text.encode()):
            spans = busy_instances(calendar, within=within, zone=home, otherwise=zone_named, spend=spend, owner=owner)
            key = (
                key_of(next((event.text("UID") for event in calendar.walk("VEVENT")), ""))
                if may_be_ours(text)
                else None
            )
            if key is None:
                others.extend(spans)
            else:
                own.update((start, end, key) for start, end in joined(spans, within=within))
    if len(own) > _MOST_OURS:
        raise Unreadable(Reason.TOO_LARGE, f"The calendar has more than {_MOST_OURS} of our own events.")
    return {"others": joined(others, within=within), "own": sorted(own)}


def our_events(body: bytes, *, within: Sequence[int], zone: str) -> list[dict[str, Any]]:
    """Those events of a multistatus that have one of our UIDs, stand, and reach into `within`, by start.

    Events of others are not read: they may be broken, and hide none of ours.
    """
    ours = []
    for text, etag in _objects(body):
        if may_be_ours(text):
            event = one_event(text.encode(), zone=zone)
            stands = event["key"] is not None and not event["cancelled"]
            if stands and event["start"] < within[1] and within[0] < event["end"]:
                ours.append({**event, "etag": etag})
    if len(ours) > _MOST_OURS:
        raise Unreadable(Reason.TOO_LARGE, f"The calendar has more than {_MOST_OURS} of our own events.")
    return sorted(ours, key=lambda event: event["start"])


def name_of_key(body: bytes, *, key: str) -> str:
    """Of a multistatus, how the resource of our event with this key is named in its calendar; empty where none has it."""
    for resource in parse_multistatus(body):
        text = resource.text(_DATA)
        if may_be_ours(text) and one_event(text.encode(), zone="UTC")["key"] == key:
            return resource.href.rpartition("/")[2]
    return ""


def one_event(body: bytes, *, zone: str) -> dict[str, Any]:
    """The event in a calendar object; of a series that was made of it, the first time that is left, and `broken` where that is
    another one than where it begins. It is cancelled where none is left.

    It is not `certain` when a time of it names no zone, or one that is not known: it is then read in `zone`.
    """
    calendar, event = master(body)
    home, zones = ZoneInfo(zone), zones_of(calendar, zone_named)
    start, end = span_of(event, zone=home, zones=lambda name: zones(name) or home)
    times = [found for name in ("DTSTART", "DTEND") if (found := event.get(name)) is not None]
    if not 0 <= start < end <= _LATEST:
        raise Unreadable(Reason.MALFORMED, "The event lies in another century.")
    own, repeats, status = (start, end), is_series(event), event.text("STATUS").upper()
    first = first_time(calendar, own, zone=home) if repeats else own
    start, end = first or own
    return {
        "key": key_of(event.text("UID")),
        "start": start,
        "end": end,
        "certain": all(_names_a_zone(found, zones) for found in times),
        "title": event.text("SUMMARY")[:_TITLE_LENGTH],
        "text": text_mark(event.text("SUMMARY"), event.text("DESCRIPTION")),
        "wrote": event.text(TEXT_MARK),
        "url": event.text("URL")[:_LONGEST_URL],
        "sequence": _number(event.text("SEQUENCE")) or 0,
        "generation": _number(event.text(SEQUENCE)),
        "cancelled": status == "CANCELLED" or first is None,
        "repeats": repeats,
        "broken": first != own,
        "tentative": status == "TENTATIVE",
    }


def _names_a_zone(time: Property, zones: Zones) -> bool:
    name = time.parameters.get("TZID", "")
    return time.value.strip().upper().endswith("Z") or (name != "" and zones(name) is not None)


def is_signed_in(body: bytes) -> bool:
    """Whether the answer to the question for the principal names somebody."""
    name = f"{DAV}current-user-principal"
    principals = [one.found[name] for one in parse_multistatus(body) if name in one.found]
    return all(principal.find(f"{DAV}unauthenticated") is None for principal in principals)


def described_calendar(body: bytes) -> dict[str, str]:
    """Of a collection by its PROPFIND's answer: `fault`, why it is no calendar of events (RFC 4791, sections 4.2 and 5.2.3),
    empty for one, `HIDDEN` where the server refuses to say; and `zone`, the IANA name of its own, empty where it says none.
    """
    described = parse_multistatus(body)
    if len(described) != 1:
        return {"fault": _NO_CALENDAR, "zone": ""}
    one = described[0]
    if f"{DAV}resourcetype" not in one.found and (one.refused or one.status in _REFUSED):
        return {"fault": HIDDEN, "zone": ""}
    return {"fault": _fault_of(one), "zone": _zone_of(one)}


def home_of(body: bytes) -> dict[str, str]:
    """Of a principal (RFC 4791, section 6.2.1): `home`, where its calendars lie, and `email`; empty where it says none."""
    found = {"home": "", "email": ""}
    for resource in parse_multistatus(body):
        home = resource.found.get(f"{CALDAV}calendar-home-set")
        addresses = resource.found.get(f"{CALDAV}calendar-user-address-set")
        found["home"] = found["home"] or ("" if home is None else _href(home))
        for one in [] if addresses is None else addresses.findall(f"{DAV}href"):
            text = (one.text or "").strip()
            if text.lower().startswith("mailto:") and not found["email"]:
                found["email"] = text[len("mailto:") :]
    return found


def principal_of(body: bytes) -> str:
    """Where the principal is (RFC 5397); empty where the server names none."""
    for resource in parse_multistatus(body):
        principal = resource.found.get(f"{DAV}current-user-principal")
        if principal is not None and (href := _href(principal)):
            return href
    return ""


def listed_calendars(body: bytes) -> list[dict[str, Any]]:
    """The calendars of events in a home: path, name, zone, and whether this login may write there (RFC 3744, section 5.5)."""
    found = []
    for resource in parse_multistatus(body):
        if f"{DAV}resourcetype" in resource.found and not _fault_of(resource):
            rights = resource.found.get(f"{DAV}current-user-privilege-set")
            granted = {one.tag for right in rights for one in right} if rights is not None else None
            found.append(
                {
                    "path": resource.href,
                    "name": resource.text(f"{DAV}displayname")[:_TITLE_LENGTH],
                    "zone": _zone_of(resource),
                    "writable": granted is None or bool(granted & _WRITING),
                }
            )
    return found


def state_of_collection(body: bytes) -> dict[str, str]:
    """By what its changes can be told: `token` (RFC 6578) and `ctag`; empty where the server has none."""
    found = {"token": "", "ctag": ""}
    for resource in parse_multistatus(body):
        found["token"] = found["token"] or resource.text(f"{DAV}sync-token")
        found["ctag"] = found["ctag"] or resource.text(_CTAG)
    return found


def changed_resources(body: bytes) -> dict[str, Any]:
    """Of a sync-collection's answer: the paths that changed or went, the next token, and whether there is `more` (507)."""
    resources = parse_multistatus(body)
    root = parse_xml(body)
    token = root.find(f"{DAV}sync-token")
    return {
        "paths": [one.href for one in resources if one.status != _TOO_MANY],
        "token": "" if token is None else (token.text or "").strip(),
        "more": any(one.status == _TOO_MANY for one in resources),
    }


def _fault_of(described: Resource) -> str:
    types = described.found.get(f"{DAV}resourcetype")
    if types is None or types.find(f"{CALDAV}calendar") is None:
        return _NO_CALENDAR
    kept = described.found.get(f"{CALDAV}supported-calendar-component-set")
    takes_events = kept is None or any(one.get("name", "").upper() == "VEVENT" for one in kept)
    return "" if takes_events else "this calendar takes no events, as a list of tasks does"


def _zone_of(described: Resource) -> str:
    """RFC 4791, section 5.2.2; RFC 7809."""
    names = [described.text(f"{CALDAV}calendar-timezone-id")]
    try:
        written = parse_icalendar(described.text(f"{CALDAV}calendar-timezone").encode())
    except Unreadable:
        written = []
    names += [zone.text("TZID") for calendar in written for zone in calendar.walk("VTIMEZONE")]
    for zone in (zone_named(name) for name in names if name):
        if isinstance(zone, ZoneInfo) and zone.key:
            return zone.key
    return ""


def _href(parent: Any) -> str:
    href = parent.find(f"{DAV}href")
    return "" if href is None else (href.text or "").strip()


def precondition(body: bytes) -> str:
    """The name of the precondition that failed, or nothing: servers differ in whether they say."""
    try:
        root = parse_xml(body)
    except Unreadable:
        return ""
    name = root[0].tag.rpartition("}")[2] if root.tag == f"{DAV}error" and len(root) else ""
    return name[:100]


def _objects(body: bytes) -> Iterator[tuple[str, str]]:
    """Every calendar object and its ETag. Unreadable when the server left one out: what is hidden may be busy."""
    for resource in parse_multistatus(body):
        if resource.status not in (None, 200):
            raise Unreadable(Reason.MALFORMED, "The server did not return every event that it found.")
        if _DATA in resource.refused:
            raise Unreadable(Reason.MALFORMED, "The server keeps the content of an event to itself.")
        if _DATA in resource.found:
            yield resource.text(_DATA), usable_etag(resource.text(_ETAG))
        elif not resource.href.endswith("/"):  # as a collection's does
            raise Unreadable(Reason.MALFORMED, "The server names an event without its content.")


def usable_etag(etag: str) -> str:
    """An ETag by which a change can be noticed; empty for a weak one, which no server compares when it is told to.

    And for one that no header of ours can say: RFC 9110 lets it have letters beyond ASCII.
    """
    can_be_sent = etag.isascii() and etag.isprintable() and len(etag) <= _LONGEST_ETAG
    return etag if can_be_sent and etag.strip()[:2] not in ("W/", "w/") else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def moment(seconds: int) -> datetime:
    """What a reader's number of seconds stands for."""
    return datetime.fromtimestamp(seconds, UTC)


def text_mark(title: str, description: str) -> str:
    """By what it is seen whether title and description are still as the host wrote them."""
    return hashlib.sha256(f"{title}\0{description}".encode()).hexdigest()[:32]
