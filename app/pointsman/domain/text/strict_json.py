"""Strict JSON: what two parsers could read differently, or a database could not store, is refused with a reason."""

import hashlib
import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge

MAX_DEPTH = 40
MAX_KEY_LENGTH = 200  # characters of an object's key
_MAX_INTEGER = 2**63

#: Cheap looks at the bytes that say whether a costly check is needed at all.
_ODD_NUMBER = re.compile(rb"\d{16}|\d[eE]")
_ESCAPED_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[{}\]]")


def parse_json(body: bytes) -> Any:
    """The value in `body`; Invalid or TooLarge says what is wrong with it.

    Refused: bad UTF-8, NUL, lone surrogates, duplicate keys, NaN and infinities, integers beyond 64 bits, deep nesting.
    """
    if not body.strip():
        raise Invalid("The body is empty: send JSON.", code="malformed-json")
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _refuse_depth(body)
    odd_numbers = bool(_ODD_NUMBER.search(body))
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_int=_bounded_integer if odd_numbers else None,
            parse_float=_finite if odd_numbers else None,
        )
    except UnicodeDecodeError as error:
        raise Invalid(f"The body is not UTF-8 (byte {error.start}).", code="malformed-json") from None
    except json.JSONDecodeError as error:
        raise Invalid(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).", code="malformed-json"
        ) from None
    except RecursionError:
        raise TooLarge(f"The body nests deeper than {MAX_DEPTH}.") from None
    if _ESCAPED_ODD.search(body):
        _refuse_odd_text(value)
    return value


def canonical_bytes(value: object) -> bytes:
    """The same bytes for equal JSON values, whatever their spacing and key order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def fingerprint(value: object) -> str:
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _refuse_depth(body: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise TooLarge(f"The body nests deeper than {MAX_DEPTH}.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() is always falsy
        raise Invalid(f"The key {twice[:60]!r} occurs twice in one object.", code="duplicate-key")
    for key in made:
        if len(key) > MAX_KEY_LENGTH:
            raise Invalid(f"A key is longer than {MAX_KEY_LENGTH} characters.", code="malformed-json")
    return made


def _no_constant(name: str) -> Any:
    raise Invalid(f"{name} is not JSON.", code="malformed-json")


def _bounded_integer(digits: str) -> int:
    if len(digits) > 20 or not -_MAX_INTEGER <= (number := int(digits)) < _MAX_INTEGER:
        raise Invalid(f"The number {digits[:24]}… does not fit into 64 bits.", code="number-too-large")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise Invalid(f"The number {digits[:24]} is too large.", code="number-too-large")
    return number


def _refuse_odd_text(value: object) -> None:
    for text in _texts(value):
        if "\x00" in text:
            raise Invalid("A text contains the character NUL, which cannot be stored.", code="nul-character")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise Invalid("A text contains half of a surrogate pair, which is not Unicode.", code="lone-surrogate")


def _texts(value: object) -> Iterator[str]:
    todo = [value]
    while todo:
        match todo.pop():
            case str() as text:
                yield text
            case dict() as entries:
                yield from entries
                todo.extend(entries.values())
            case list() as items:
                todo.extend(items)
            case _:
                pass
