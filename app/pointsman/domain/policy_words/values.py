"""Texts and lengths of a policy inside sentences, so that two that differ never read the same."""

import json
import re
from datetime import timedelta

from pointsman.domain.dates.durations import format_duration, parse_duration
from pointsman.domain.messages.message import Arg, Message, as_written, say

_LONGEST = 80
_PLAIN = re.compile(r"[^\W\d_][\w-]*")
#: Words of ours that stand where a text may stand.
_OURS = frozenset({"yes", "no", "ja", "nein", "and", "or", "und", "oder", "known", "unknown", "bekannt", "unbekannt"})
#: The marks that a text is put between where it has none of them; those of the first row are the language's own.
_MARKS = (("condition.quoted", "“”„"), ("condition.quoted-straight", '"'), ("condition.quoted-code", "`"))


def text_message(text: str, *, shortened: bool = False) -> Arg:
    """A single word as it is, anything else in quotes, so that a text is never taken for a number, a field or our words."""
    if shortened and len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if _PLAIN.fullmatch(text) and text.casefold() not in _OURS:
        return text
    return quoted(text)


def quoted(text: str) -> Message:
    """A text in quotes, as its author wrote it: between marks that it has not; one that has all kinds, or
    what breaks a line, is a JSON text."""
    for key, marks in _MARKS:
        if text.isprintable() and not any(mark in text for mark in marks):
            return say(key, text=text)
    return as_written(json.dumps(text, ensure_ascii=False))


def length_message(span: timedelta | str) -> Arg:
    """A length of time; one that readers would see rounded is as policies write it: "1501m"."""
    length = parse_duration(span) if isinstance(span, str) else span
    if not length:
        return say("condition.no-time")
    minutes = int(length.total_seconds()) // 60
    shown = sum(bool(part) for part in (minutes // 1440, minutes // 60 % 24, minutes % 60))
    return as_written(format_duration(length)) if shown > 2 else length
