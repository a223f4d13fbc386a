"""JSON from outside: counted before the parser runs, and nothing in it that two readers could take differently."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from pointsman_sdk.readers.unreadable import Reason, Unreadable
from pointsman_sdk.readers.utf8 import checked_utf8


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLimits:
    """What an answer may hold. Integers have 64 bits, other numbers the range that a float has."""

    size: int = 2 * 1024 * 1024  # bytes
    depth: int = 40
    values: int = 200_000  # objects, lists and what is in them
    key_length: int = 500  # characters


JSON_LIMITS = JsonLimits()

_MAX_INTEGER = 2**63
_MAX_DIGITS = 400  # of a number that is no integer
#: A text, or what opens, closes or divides outside of texts. A text that never ends goes to the end of the body, and no
#: quantifier gives anything back: each byte is looked at once, whatever is sent.
_MARK = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[\[{}\],]', re.DOTALL)
_ESCAPED_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
#: Each escape as a whole, so that of a pair of surrogates neither is alone and of a pair of backslashes none escapes.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<odd>u(?:0000|[dD][89a-fA-F]..))|.)", re.DOTALL)


def parse_json(body: bytes, limits: JsonLimits = JSON_LIMITS) -> Any:
    """The value in `body`. Unreadable beyond the limits, and for what is not JSON in UTF-8.

    Also for what other readers may take differently: a key twice in one object, NaN and infinities, integers of more
    than 64 bits. NUL and half of a surrogate pair, which no database keeps, become the replacement character U+FFFD.
    """
    text = checked_utf8(body, size=limits.size, what="The JSON")
    _count(body, limits)
    if _ESCAPED_ODD.search(body):
        text = _without_half_characters(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique_keys(pairs, limits),
            parse_constant=_no_constant,
            parse_int=_bounded_integer,
            parse_float=_bounded_float,
        )
    except RecursionError:
        raise _too_deep(limits) from None
    except ValueError:
        raise Unreadable(Reason.MALFORMED, "The text is not JSON.") from None


def _count(body: bytes, limits: JsonLimits) -> None:
    if body.count(b",") + body.count(b"[") + body.count(b"{") <= min(limits.values, limits.depth):
        return
    depth, values = 0, 0
    for mark in _MARK.finditer(body):
        first = body[mark.start()]
        if first == ord('"'):
            continue
        values += first not in b"]}"
        depth += (first in b"[{") - (first in b"]}")
        if depth > limits.depth:
            raise _too_deep(limits)
        if values > limits.values:
            raise Unreadable(Reason.TOO_LARGE, f"The JSON has more than {limits.values} values.")


def _too_deep(limits: JsonLimits) -> Unreadable:
    return Unreadable(Reason.TOO_DEEP, f"The JSON is nested deeper than {limits.depth} levels.")


def _unique_keys(pairs: list[tuple[str, Any]], limits: JsonLimits) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unreadable(Reason.MALFORMED, "The JSON has a key twice in one object.")
    if made and max(map(len, made)) > limits.key_length:
        raise Unreadable(Reason.TOO_LARGE, f"The JSON has a key longer than {limits.key_length} characters.")
    return made


def _no_constant(_name: str) -> NoReturn:
    raise Unreadable(Reason.MALFORMED, "The JSON has a number that is none (NaN or infinity).")


def _bounded_integer(digits: str) -> int:
    if len(digits) > 20 or not -_MAX_INTEGER <= (number := int(digits)) < _MAX_INTEGER:
        raise Unreadable(Reason.TOO_LARGE, "The JSON has an integer of more than 64 bits.")
    return number


def _bounded_float(digits: str) -> float:
    if len(digits) > _MAX_DIGITS or (number := float(digits)) in (float("inf"), float("-inf")):
        raise Unreadable(Reason.TOO_LARGE, "The JSON has a number beyond what can be kept.")
    return number


def _without_half_characters(text: str) -> str:
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["odd"] else found[0], text)
