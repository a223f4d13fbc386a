"""JSON that can be stored and read back: strict UTF-8, bounded depth and numbers, no doubled keys, no NUL."""

import json
import math
from typing import Any

_LARGEST_INT = 2**63 - 1
_LARGEST_FLOAT = 1e18
_SMALLEST_FLOAT = 1e-30


class NotStorableError(Exception):
    """The body is not JSON that we take; `code` and text are for the caller."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def parse_strict_json(body: bytes, *, max_depth: int) -> Any:
    """Read `body` as JSON. Raises `NotStorableError`."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStorableError("bad-encoding", f"The body is not UTF-8 at byte {error.start}.") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError as error:  # also what json itself raises
        position = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotStorableError("not-json", f"The body is not JSON{position}.") from None
    # Most bodies need no second look: escapes alone can bring in what UTF-8 itself forbids.
    if "\\u" in text or text.count("[") + text.count("{") > max_depth:
        _walk(value, max_depth)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStorableError("duplicate-key", "An object has the same key twice. Send each key once.")
    return found


def _constant(name: str) -> Any:
    raise NotStorableError("not-a-number", f"{name} is not JSON. Leave the field out, or send null.")


def _integer(digits: str) -> int:
    if len(digits) <= 18 or (len(digits) <= 20 and -_LARGEST_INT <= int(digits) <= _LARGEST_INT):
        return int(digits)
    raise NotStorableError("number-out-of-range", "A whole number has more than 64 bits. Send it as text.")


def _float(digits: str) -> float:
    number = float(digits)
    size = abs(number)
    if size == 0 or (_SMALLEST_FLOAT <= size <= _LARGEST_FLOAT and math.isfinite(size)):
        return number
    raise NotStorableError("number-out-of-range", "A number is too large or too small to be kept. Send it as text.")


def _walk(root: Any, max_depth: int) -> None:
    level = [root]
    depth = 0
    while level:
        nested: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _text(value)
            elif isinstance(value, dict):
                nested.extend(value.keys())
                nested.extend(value.values())
            elif isinstance(value, list):
                nested.extend(value)
        depth += any(isinstance(value, dict | list) for value in level)
        if depth > max_depth:
            raise _too_deep(max_depth)
        level = nested


def _text(value: str) -> None:
    if "\x00" in value:
        raise NotStorableError("nul-character", "A text contains the character NUL (\\u0000). Take it out.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise NotStorableError("lone-surrogate", "A text contains half of a surrogate pair. Send whole characters.")


def _too_deep(max_depth: int) -> NotStorableError:
    return NotStorableError("too-deep", f"The JSON is nested deeper than {max_depth} levels.")
