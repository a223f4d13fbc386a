"""Guests: they stand in the event where Google is to write to them, and there alone."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pointsman_google.words import line
from pointsman_sdk import Appointment, Contact, Invites

_LONGEST_NAME = 200
_PROPERTY, _MOST = "pointsman_guests", 100  # marks in one of them: its value holds 1,024 characters
#: What a client may write of an attendee; the rest is Google's to say.
_WRITABLE = ("email", "displayName", "optional", "resource", "responseStatus", "comment", "additionalGuests")


def invited(thing: Appointment) -> tuple[Contact, ...]:
    """Those who stand in the event.

    `sendUpdates=none` is no promise ("some emails might still be sent", the API's description), so that where the host writes to
    the guests, or they are not written to at all, none stand there.
    """
    return thing.guests if thing.invites is Invites.VENDOR else ()


def marks(guests: Sequence[Contact]) -> dict[str, str]:
    """The properties that say which guests are ours, since others may add theirs. There is one, which may be empty."""
    found = [_mark(guest.email) for guest in guests]
    starts = range(0, max(len(found), 1), _MOST)
    return {_property(number): ",".join(found[start : start + _MOST]) for number, start in enumerate(starts)}


def is_of_guests(name: str) -> bool:
    """Whether a property is one of `marks`."""
    return name == _PROPERTY or name.startswith(f"{_PROPERTY}_")


def attendees(present: Sequence[Mapping[str, Any]], thing: Appointment, own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attendees of the event: those that others added as they are, ours as the state says, with what they answered.

    `own` are our properties, with the marks of those that we wrote last.
    """
    wanted = {guest.email.casefold(): guest for guest in invited(thing)}
    former = {mark for name, marks in own.items() if is_of_guests(name) for mark in str(marks).split(",")}
    kept = []
    for one in present:
        email = str(one.get("email", ""))
        if wanted.pop(email.casefold(), None) is not None or _mark(email) not in former:
            kept.append({name: one[name] for name in _WRITABLE if name in one})
    return kept + [_written(guest) for guest in wanted.values()]


def has_guests(present: Sequence[Mapping[str, Any]]) -> bool:
    """Whether anybody beside the calendar's owner stands in the event, and so reads it."""
    return any(not (one.get("self") or one.get("resource")) for one in present)


def _property(number: int) -> str:
    return f"{_PROPERTY}_{number + 1}" if number else _PROPERTY


def _written(guest: Contact) -> dict[str, Any]:
    name = line(guest.name, _LONGEST_NAME)
    return {"email": guest.email, **({"displayName": name} if name else {})}


def _mark(email: str) -> str:
    return hashlib.sha256(email.casefold().encode("utf-8", "replace")).hexdigest()[:8]
