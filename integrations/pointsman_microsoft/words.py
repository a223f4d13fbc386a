"""The texts of an event: written as plain text, and read back from what Exchange and its owner made of it."""

import hashlib
import re
from html import escape

from pointsman_sdk import Appointment, Invites

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINK = re.compile(r"<https?://[^<>\s]{1,2000}>")  # which Exchange writes behind an address, when HTML becomes text
MEETING_LINE = "_" * 20  # begins what Teams adds to a body
_LINES = re.compile(f"{MEETING_LINE}_*")
_LONGEST_TITLE = 255  # of PidTagSubject in Exchange
_DIGITS = 12


def title_of(thing: Appointment) -> str:
    """One line, as long as Exchange keeps."""
    return " ".join(_CONTROL.sub(" ", thing.title).split())[:_LONGEST_TITLE]


def text_of(thing: Appointment, *, shown: bool) -> str:
    """What stands in the event: of the private text nothing where it is `shown` to attendees, who read the same body.

    A line of underscores is shortened, or what stands below it would be taken for Teams' part, and kept.
    """
    link = thing.meeting if thing.meeting and "://" in thing.meeting else None
    parts = [thing.shared, None if shown else thing.private]
    if link is not None and link not in thing.shared:
        parts.insert(0, link)
    plain = _CONTROL.sub("", "\n\n".join(part for part in parts if part)).strip()
    return _LINES.sub(MEETING_LINE[1:], plain)


def guests_of(thing: Appointment) -> dict[str, str]:
    """The guests that stand in the event, by address: Graph writes to every one of them, so none where the host does."""
    if thing.invites is not Invites.VENDOR:
        return {}
    return {one.email: " ".join(_CONTROL.sub(" ", one.name).split())[:_LONGEST_TITLE] for one in thing.guests}


def as_html(text: str) -> str:
    """Plain text for a body that is HTML."""
    return "<br>".join(escape(line) for line in text.splitlines())


def before_meeting(text: str, body: str, join_url: str | None) -> str | None:
    """`text` in the place of what stands above Teams' part of an HTML body; None where that part cannot be told.

    The line above the last link begins it: an owner's own text may have such lines, and the link, too. Without its part the
    meeting is disabled (Graph, "update event").
    """
    link = body.rfind(escape(join_url)) if join_url else -1
    line = body.find(MEETING_LINE) if link < 0 else body.rfind(MEETING_LINE, 0, link)
    cut = body.rfind("<div", 0, max(line, 0))
    return None if cut < 0 else f"<div>{as_html(text)}</div><br>{body[cut:]}"


def mark(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def letters(text: str) -> str:
    """A text without what Exchange changes in it: spaces, line ends, and the links that it adds."""
    return "".join(_LINK.sub("", text).split())
