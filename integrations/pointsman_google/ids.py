"""Names at Google: the ids of our events and of their conferences, made from the host's key."""

import base64
import hashlib

GENERATIONS = 3
"""An id stays reserved once its event was deleted. Where that event cannot be brought back, the next id is taken."""


def event_id(place: str, key: str, generation: int = 0) -> str:
    """The event's id: of the letters a to v and digits, unique in the calendar (the API's description of `Event.id`).

    The calendar goes into it. An event has its id in the guests' calendars, too, and a meeting that another closer takes over is
    another event there.
    """
    source = "\0".join([place, key, *([str(generation)] if generation else [])])
    digest = hashlib.sha256(source.encode("utf-8", "replace")).digest()
    return base64.b32hexencode(digest).decode("ascii").rstrip("=").lower()


def event_ids(place: str, key: str) -> tuple[str, ...]:
    """Every id that the event may have."""
    return tuple(event_id(place, key, generation) for generation in range(GENERATIONS))


def has_our_form(name: object) -> bool:
    """Whether an event's id could be one of ours. Google's own have 26 letters, and more for what repeats."""
    return isinstance(name, str) and len(name) == len(event_id("", ""))


def conference_request(name: str, sequence: int | None) -> str:
    """The name of the request for a meeting, or how those of all states begin.

    A name that repeats is ignored (the API's description of `requestId`), so that a newer state may ask again.
    """
    return f"{name[:32]}-{'' if sequence is None else sequence}"
