"""Strict JSON: what two parsers could read differently, or a database could not store, is refused with a reason."""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.outcomes import Outcome, outcome_of

#: Beyond it, a text is checked in a reader process.
LARGE_BYTES = 256_000
#: The same for readings that cost far more for each byte: forms, and what strict JSON has refused.
DEAR_BYTES = 16_000
_MAX_INTEGER = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLimits:
    """What a body may hold; integers have 64 bits everywhere."""

    depth: int
    key_length: int | None = None  # characters of an object's key
    keys: int = 10_000  # of one object
    values: int = 200_000  # objects, lists and what is in them
    largest: float = 1e18  # of a number that is no integer; PostgreSQL and every reader agree about these
    smallest: float = 1e-30  # except zero


#: Webhooks send what their senders keep: any number, but not any key.
WEBHOOK_LIMITS = JsonLimits(depth=40, key_length=200, largest=sys.float_info.max, smallest=0.0)

#: Characters that PostgreSQL's texts cannot hold.
ODD_SIGNS = re.compile("[\x00\ud800-\udfff]")
#: Cheap looks at the bytes that say whether a costly check is needed at all.
_ODD_NUMBER = re.compile(rb"\d{16}|\d[eE]")
_ESCAPED_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
#: A text, or a bracket or comma outside of texts. A text that never ends goes to the end of the body, and no quantifier
#: gives anything back: each byte is looked at once, whatever is sent.
TEXT_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[\[{}\],]', re.DOTALL)


def parse_json(body: bytes, limits: JsonLimits = WEBHOOK_LIMITS) -> Any:
    """The value in `body`; Invalid or TooLarge says what is wrong with it.

    Refused: bad UTF-8, NUL, lone surrogates, duplicate keys, NaN and infinities, numbers beyond the limits, deep nesting.
    """
    opened = body.count(b"{") + body.count(b"[")
    if opened > limits.depth or opened + body.count(b",") > limits.values:
        _count(body, limits)
    odd_numbers = bool(_ODD_NUMBER.search(body))
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=partial(unique_keys, limits),
            parse_constant=no_constant,
            parse_int=bounded_integer if odd_numbers else None,
            parse_float=partial(bounded_float, limits) if odd_numbers else None,
        )
    except UnicodeDecodeError as error:
        raise Invalid(f"The body is not UTF-8 at byte {error.start}.", code="bad-encoding") from None
    except json.JSONDecodeError as error:
        said = f"{error.msg} (line {error.lineno}, column {error.colno})" if body.strip() else "it is empty"
        raise Invalid(f"The body is not JSON: {said}.", code="not-json") from None
    except RecursionError:
        raise too_deep(limits.depth) from None
    if _ESCAPED_ODD.search(body):
        _refuse_odd_text(value)
    return value


def json_outcome(body: bytes, *, bounds: dict[str, Any]) -> Outcome:
    """Whether `parse_json` takes `body`, for a reader process; the value is null, since a checked text is quick to read again."""
    limits = JsonLimits(**bounds)
    return outcome_of(lambda: (parse_json(body, limits), None)[1])


def reread_json(body: bytes) -> Any:
    """The value in a `body` that a reader has checked before, or that we wrote ourselves; ValueError when it is no JSON."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def canonical_bytes(value: object) -> bytes:
    """The same bytes for equal JSON values, whatever their spacing and key order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def fingerprint(value: object) -> str:
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _count(body: bytes, limits: JsonLimits) -> None:
    depth = values = 0
    for found in TEXT_OR_MARK.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            if depth > limits.depth:
                raise too_deep(limits.depth)
        elif first in b"]}":
            depth -= 1
        values += first in b"[{,"
        if values > limits.values:
            raise too_many_values(limits.values)


def too_deep(most: int) -> TooLarge:
    return TooLarge(f"The JSON is nested deeper than {most} levels.", code="too-deep")


def too_many_values(most: int) -> TooLarge:
    return TooLarge(f"The JSON has more than {most} values.", code="too-many-values")


def unique_keys(limits: JsonLimits, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys and values; Invalid or TooLarge for one that two parsers could read differently."""
    if len(pairs) > limits.keys:
        raise TooLarge(f"An object has more than {limits.keys} keys.", code="too-many-keys")
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() is always falsy
        raise Invalid(f"The key {twice[:60]!r} occurs twice in one object. Send each key once.", code="duplicate-key")
    if limits.key_length is not None and any(len(key) > limits.key_length for key in made):
        raise Invalid(f"A key is longer than {limits.key_length} characters.", code="key-too-long")
    return made


def no_constant(name: str) -> Any:
    raise Invalid(f"{name} is not JSON. Leave the field out, or send null.", code="not-a-number")


def bounded_integer(digits: str) -> int:
    if len(digits) > 20 or not -_MAX_INTEGER <= (number := int(digits)) < _MAX_INTEGER:
        raise _out_of_range(f"The number {digits[:24]}… has more than 64 bits.")
    return number


def bounded_float(limits: JsonLimits, digits: str) -> float:
    number = float(digits)
    if number == 0 or limits.smallest <= abs(number) <= limits.largest:
        return number
    raise _out_of_range(f"The number {digits[:24]} is too large or too small to be kept.")


def _out_of_range(message: str) -> Invalid:
    return Invalid(f"{message} Send it as text.", code="number-out-of-range")


def _refuse_odd_text(value: object) -> None:
    for text in _texts(value):
        refuse_odd_signs(text)


def refuse_odd_signs(text: str) -> None:
    """Invalid for a text with a sign that PostgreSQL cannot keep."""
    if "\x00" in text:
        raise Invalid("A text contains the character NUL (\\u0000). Take it out.", code="nul-character")
    if ODD_SIGNS.search(text):
        raise Invalid("A text contains half of a surrogate pair. Send whole characters.", code="lone-surrogate")


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
