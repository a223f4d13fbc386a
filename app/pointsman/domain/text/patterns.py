"""Patterns of conditions, by RE2: time linear in the text, whatever the pattern; the only module that knows `re2`."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN_LENGTH = 500  # characters
MAX_PATTERNS = 200  # different ones in one policy; the worst costs some milliseconds to compile
#: Instructions of all patterns of one policy: what the worst of them cost a long text, together a tenth of a second.
MAX_PROGRAMS = 20_000
_MEMORY = 128 * 1024  # bytes for one pattern's program and its states

#: What RE2 says of a refused pattern, and what an author can do about it.
_ADVICE = (
    ("(?=", "lookahead is not supported: write two conditions under 'all'"),
    ("(?!", "lookahead is not supported: write a second condition under 'not'"),
    ("(?<=", "lookbehind is not supported: write two conditions under 'all'"),
    ("(?<!", "lookbehind is not supported: write a second condition under 'not'"),
    ("too large", "the pattern is too large: repeat less"),
    ("repetition size", "a repetition is too large: repeat less"),
)


class PatternRefused(ValueError):
    """A pattern that RE2 does not take; the message says why and what to do."""


@lru_cache(maxsize=1_024)
def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Whether `pattern` is found anywhere in a text; raises PatternRefused.

    The text that was asked about last is not searched again: an explanation asks hundreds of times.
    """
    found = _compiled(pattern).search
    asked: tuple[str, bool] = ("", found(b"") is not None)

    def search(text: str) -> bool:
        nonlocal asked
        known, answer = asked
        if known != text:
            answer = found(text.encode(errors="replace")) is not None  # half a surrogate pair matches nothing
            asked = (text, answer)
        return answer

    return search


def program_size(pattern: str) -> int:
    """The instructions that the pattern is compiled to; raises PatternRefused."""
    size: int = _compiled(pattern).programsize
    return size


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise PatternRefused(f"a pattern may have {MAX_PATTERN_LENGTH} characters, not {len(pattern)}: split it")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.never_capture = True
    try:
        return re2.compile(pattern.encode(), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise PatternRefused(_advice(pattern, error)) from None


def _advice(pattern: str, error: Exception) -> str:
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    for mark, advice in _ADVICE:
        if mark in reason or (mark.startswith("(?") and mark in pattern):
            return advice
    if "escape" in reason and any(f"\\{digit}" in pattern for digit in range(1, 10)):
        return "a backreference is not supported: write the alternatives out"
    return f"RE2 does not take this pattern ({reason:.100}): see its syntax, or escape the character with a backslash"
