"""Texts and lengths of a policy inside sentences, so that two that differ never read the same."""

import re
from datetime import timedelta

from pointsman.domain.dates.durations import format_duration, parse_duration
from pointsman.domain.messages.message import Arg, Message, as_written, say

_LONGEST = 80
_PLAIN = re.compile(r"[^\W\d_][\w-]*")
#: Words of ours that stand where a text may stand.
_OURS = frozenset({"yes", "no", "ja", "nein", "and", "or", "und", "oder", "known", "unknown", "bekannt", "unbekannt"})
_ESCAPED = str.maketrans({mark: f"\\{mark}" for mark in "\\“”„"})


def text_message(text: str, *, shortened: bool = False) -> Arg:
    """A single word as it is, anything else in quotes, so that a text is never taken for a number, a field or our words."""
    if shortened and len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if _PLAIN.fullmatch(text) and text.casefold() not in _OURS:
        return text
    return quoted(text)


def quoted(text: str) -> Message:
    """A text in quotes."""
    return say("condition.quoted", text=text.translate(_ESCAPED))


def length_message(span: timedelta | str) -> Arg:
    """A length of time; one that readers would see rounded is as policies write it: "1501m"."""
    length = parse_duration(span) if isinstance(span, str) else span
    if not length:
        return say("condition.no-time")
    minutes = int(length.total_seconds()) // 60
    shown = sum(bool(part) for part in (minutes // 1440, minutes // 60 % 24, minutes % 60))
    return as_written(format_duration(length)) if shown > 2 else length
