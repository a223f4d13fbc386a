"""Title, description and location: as they are written, and the marks by which an edit of the owner's is seen."""

import hashlib
import html
import re
import unicodedata

from pointsman_sdk import CREATE_MEETING, Appointment

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLOCK_EDGE = re.compile(r"-::~:~::[:~]*-")
"""Of the block by which Google writes of a meeting. It takes such blocks out of texts that clients send (keeper.sh issue 749)."""
_LONGEST_TITLE, _LONGEST_TEXT = 1_000, 8_000  # characters; Google Calendar's own pages take 8,192 of a description


def line(text: str, longest: int = _LONGEST_TITLE) -> str:
    """One line without control characters."""
    return " ".join(_CONTROL.sub("", text).split())[:longest].strip()


def words_of(thing: Appointment, *, shown_to_guests: bool) -> dict[str, str]:
    """`summary` and `description`. All who stand in the event read both, so that `private` is left out where guests do.

    Google shows a description as HTML: what strangers wrote is escaped.
    """
    texts = (thing.shared,) if shown_to_guests else (thing.shared, thing.private)
    plain = _CONTROL.sub("", "\n\n".join(text for text in texts if text)).replace("\r\n", "\n").replace("\r", "\n")
    kept = _BLOCK_EDGE.sub("---", plain.strip()[:_LONGEST_TEXT])
    return {"summary": line(thing.title), "description": _shown_as_html(kept)}


def _shown_as_html(plain: str) -> str:
    """The text, cut so that it is no longer once it is escaped."""
    while len(escaped := html.escape(plain, quote=False)) > _LONGEST_TEXT:
        plain = plain[: len(plain) * _LONGEST_TEXT // len(escaped)]
    return escaped


def location_of(thing: Appointment) -> str:
    """The host's own link, where everybody looks for it; a meeting of Google's has a place of its own."""
    return line(thing.meeting) if thing.meeting and thing.meeting != CREATE_MEETING else ""


def mark(text: object) -> str:
    """A digest that stays the same when Google tidies up blanks, line breaks and entities."""
    told = " ".join(unicodedata.normalize("NFC", html.unescape(str(text or ""))).split())
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]
