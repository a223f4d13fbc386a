"""What is sent to Graph: a new event, and of a change no more than is the host's to say."""

from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from pointsman_microsoft.events import State, Stored, address_of, attendee, link_of, properties
from pointsman_microsoft.graph.times import written, zone_named
from pointsman_microsoft.words import guests_of, mark, text_of, title_of
from pointsman_sdk import CREATE_MEETING, Appointment, Standing

_ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The body of a request, empty where there is nothing to change, and our state of the event after it."""

    body: dict[str, Any]
    state: State


def is_shown(thing: Appointment, present: Stored | None = None) -> bool:
    """Whether attendees read the event: the host's guests where Graph invites, and those that its owner asked."""
    return bool(guests_of(thing)) or (present is not None and bool(present.others()))


def created(thing: Appointment) -> Write:
    """A creation. Attendees stand in it only where Graph is to write to them: it always does."""
    guests = [attendee(email, name) for email, name in guests_of(thing).items()]
    state, link = State.of(thing, shown=is_shown(thing)), link_of(thing)
    body = {
        **_times(thing),
        "subject": title_of(thing),
        "body": plain_body(thing, shown=is_shown(thing)),
        "showAs": _shown_as(thing),
        "singleValueExtendedProperties": properties(state, link, key=thing.key),
        **({"attendees": guests} if guests else {}),
        **(_ONLINE if thing.meeting == CREATE_MEETING else {}),
        **({"location": {"displayName": link}} if link else {}),
    }
    return Write(body=body, state=state)


def plain_body(thing: Appointment, *, shown: bool) -> dict[str, str]:
    return {"contentType": "text", "content": text_of(thing, shown=shown)}


def rewrites_body(present: Stored, thing: Appointment) -> bool:
    """Whether the text is to be written anew. What its owner reworded stays, unless attendees would read the private text."""
    shown = is_shown(thing, present)
    if shown and present.state.private:
        return True
    wanted = State.of(thing, shown=shown)
    is_other = (wanted.length, wanted.text) != (present.state.length, present.state.text)
    return is_other and present.state.has_text(present.body, online=present.online)


def changed(present: Stored, thing: Appointment, body: dict[str, str] | None) -> Write:
    """A change: with `body` where the text is written anew. What its owner wrote beside it stays."""
    wanted, link, changes = State.of(thing, shown=is_shown(thing, present)), link_of(thing), dict[str, Any]()
    alone = present.broken or _leaves_series(present, thing)
    if present.slot != thing.slot or not present.certain or alone:
        clock = None if alone else present.clock  # in UTC the later times of a series would go by another clock
        changes |= _times(thing, clock) | ({} if present.certain else {"isAllDay": False})
    if alone:  # the event stands by itself again
        changes["recurrence"] = None
    if present.tentative != (thing.standing is Standing.TENTATIVE):
        changes["showAs"] = _shown_as(thing)
    if wanted.title != present.state.title and mark(present.title) == present.state.title:
        changes["subject"] = title_of(thing)
    if wanted.guests != present.state.guests:
        changes["attendees"] = _attendees(present, thing)
    if thing.meeting == CREATE_MEETING and not present.online:
        changes |= _ONLINE
    if link != present.link and present.location in ("", present.link):  # else its owner named another place
        changes["location"] = {"displayName": link or ""}
    if body is None:
        wanted = replace(wanted, private=present.state.private)  # as it stands there
    else:
        changes["body"] = body
    if changes or wanted != present.state or link != present.link:
        changes["singleValueExtendedProperties"] = properties(wanted, link, before=present.link)
    return Write(body=changes, state=wanted)


def _attendees(present: Stored, thing: Appointment) -> list[Any]:
    """Those that its owner asked, as far as Graph takes them again, which it does by their address, and our guests."""
    guests = guests_of(thing)
    ours = {"", *(email.casefold() for email in guests)}
    others = [one for one in present.others() if address_of(one) not in ours]
    return [*others, *(attendee(email, name) for email, name in guests.items())]


def _leaves_series(present: Stored, thing: Appointment) -> bool:
    """Whether it is a series whose first time goes to another day: its range begins on that day (Graph, "recurrenceRange")."""
    zone = zone_named(present.clock or "UTC") or UTC
    was, will = (slot.start.astimezone(zone).date() for slot in (present.slot, thing.slot))
    return present.series is not None and was != will


def _times(thing: Appointment, clock: str | None = None) -> dict[str, Any]:
    return {"start": written(thing.slot.start, clock), "end": written(thing.slot.end, clock)}


def _shown_as(thing: Appointment) -> str:
    return "tentative" if thing.standing is Standing.TENTATIVE else "busy"
