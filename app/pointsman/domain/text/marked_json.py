"""JSON read on past what strict JSON refuses: each such part is marked in its place, so that what lies beside it can be taken.

A mark is an object of one key, which the body's own hash makes: no sender can write one.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pointsman.domain.errors import Fault, Invalid, TooLarge
from pointsman.domain.text.outcomes import Outcome, outcome_of
from pointsman.domain.text.strict_json import (
    ODD_SIGNS,
    TEXT_OR_MARK,
    WEBHOOK_LIMITS,
    JsonLimits,
    bounded_float,
    bounded_integer,
    no_constant,
    refuse_odd_signs,
    reread_json,
    too_deep,
    too_many_values,
    unique_keys,
)

MAX_KEY_LENGTH = WEBHOOK_LIMITS.key_length or 0
MAX_FLAWS = 10  # that are told of one value
#: Of a body that is read beside the service: each mark makes some 180 bytes of the answer, which is bounded.
MAX_MARKS = 10_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ESCAPED_BYTES = re.compile("[\udc80-\udcff]")  # how Python keeps bytes that are not UTF-8


@dataclass(frozen=True, slots=True)
class MarkedJson:
    """A value in which flawed parts are marked; `mark` is the key by which they are known, "" where there are none."""

    value: Any
    mark: str = ""

    def flaws(self, value: Any, path: str = "") -> tuple[Fault, ...]:
        """The first MAX_FLAWS of a part of the value, with paths that begin at `path`; none: it is strict JSON."""
        found: list[Fault] = []
        for fault in self._flaws(value, path):
            found.append(fault)
            if len(found) == MAX_FLAWS:
                break
        return tuple(found)

    def mended(self, value: Any) -> Any:
        """The part without what cannot be kept.

        Bytes that are not UTF-8 are read as Windows-1252, other odd signs are taken out of texts, a number is its digits as text,
        the last of equal keys counts, and null stands for what is too deep or too large.
        """
        match self._plain(value):
            case dict() as entries:
                return {key: self.mended(part) for key, part in entries.items()}
            case list() as items:
                return [self.mended(part) for part in items]
            case str() as text:
                return _storable(text)
            case other:
                return other

    def _plain(self, value: Any) -> Any:
        """What stands in the place of a marked part: without that mark, while what is in it may have others."""
        match self._marked(value):
            case None:
                return value
            case [_, _, "pairs", pairs]:
                keys = ((_storable(key), part) for key, part in pairs)
                return {key: part for key, part in keys if len(key) <= MAX_KEY_LENGTH}
            case [_, _, "digits" | "text", text]:
                return text
            case _:
                return None

    def written(self, value: Any) -> bytes:
        """The part as JSON in ASCII with its flaws as they came, odd signs escaped; null for what is too deep or too large."""
        return self._written(value).encode("ascii")

    def _written(self, value: Any) -> str:
        match self._marked(value):
            case [_, _, "digits" | "constant", digits]:
                return str(digits)
            case [_, _, "pairs", pairs]:
                return self._written_object(pairs)
            case [_, _, _, text]:
                return json.dumps(text)
            case _ if isinstance(value, list):
                return "[" + ",".join(map(self._written, value)) + "]"
            case _:
                return self._written_object(value.items()) if isinstance(value, dict) else json.dumps(value)

    def _written_object(self, pairs: Any) -> str:
        return "{" + ",".join(f"{json.dumps(key)}:{self._written(part)}" for key, part in pairs) + "}"

    def _marked(self, value: Any) -> Any:
        return value.get(self.mark) if self.mark and isinstance(value, dict) and len(value) == 1 else None

    def _flaws(self, value: Any, path: str) -> Iterator[Fault]:
        if not self.mark:
            return
        waiting = [(value, path)]
        while waiting:
            part, place = waiting.pop()
            if marked := self._marked(part):
                yield Fault(path=place, code=marked[0], message=marked[1])
            elif isinstance(part, dict):
                waiting += [(inner, f"{place}.{key}" if place else key) for key, inner in reversed(part.items())]
            elif isinstance(part, list):
                waiting += [(part[n], f"{place}[{n}]") for n in reversed(range(len(part)))]


class _Marks:
    """Makes the marks of one body; TooLarge beyond `most`."""

    def __init__(self, key: str, most: int | None) -> None:
        self.key = key
        self.left = most

    def made(self, code: str, message: str, kind: str, content: Any) -> dict[str, Any]:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                said = f"The body has more than {MAX_MARKS} parts that cannot be taken, of which one: {message}"
                raise TooLarge(said, code="too-many-flaws")
        return {self.key: [code, message, kind, content]}


def _storable(text: str) -> str:
    return ODD_SIGNS.sub("", _ESCAPED_BYTES.sub(_of_windows, text))


def _of_windows(found: re.Match[str]) -> str:
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", errors="ignore")


def read_marked_json(body: bytes, limits: JsonLimits = WEBHOOK_LIMITS, *, most: int | None = None) -> MarkedJson:
    """The value in `body`, flawed parts marked; Invalid for what is no JSON, TooLarge for more values than the limits allow.

    TooLarge ("too-many-flaws") for more than `most` marks, too.

    Marked are: NUL, half surrogate pairs and bytes that are not UTF-8, equal or too long keys, numbers beyond the limits,
    NaN and infinities, and whatever is too deep or has too many values by itself. Raw control characters are taken.
    """
    mark = "flaw:" + hashlib.sha256(body).hexdigest()
    text = _with_cuts(body.removeprefix(_BYTE_ORDER_MARK), limits, mark).decode("utf-8", errors="surrogateescape")
    foreign = _ESCAPED_BYTES.search(text) is not None
    marks = _Marks(mark, most)
    try:
        value = json.loads(
            text,
            strict=False,
            object_pairs_hook=partial(_object, limits, marks),
            parse_constant=partial(_number, marks, "constant", no_constant),
            parse_int=partial(_number, marks, "digits", bounded_integer),
            parse_float=partial(_number, marks, "digits", partial(bounded_float, limits)),
        )
    except json.JSONDecodeError as error:
        said = f"{error.msg} (line {error.lineno}, column {error.colno})" if body.strip() else "it is empty"
        raise Invalid(f"The body is not JSON: {said}.", code="not-json") from None
    except RecursionError:
        raise too_deep(limits.depth) from None
    return MarkedJson(_with_marked_texts(value, marks, foreign=foreign), mark)


def marked_outcome(body: bytes, *, bounds: dict[str, Any]) -> Outcome:
    """`read_marked_json` for a reader process: [value as JSON text, mark]."""

    def read() -> list[str]:
        marked = read_marked_json(body, JsonLimits(**bounds), most=MAX_MARKS)
        return [json.dumps(marked.value), marked.mark]

    return outcome_of(read)


def flaws_outcome(body: bytes, *, bounds: dict[str, Any], path: str) -> Outcome:
    """The flaws that `read_marked_json` finds, for a reader process: [path, code, message] of each."""

    def read() -> list[list[str]]:
        marked = read_marked_json(body, JsonLimits(**bounds))
        return [[flaw.path, flaw.code, flaw.message] for flaw in marked.flaws(marked.value, path)]

    return outcome_of(read)


def flaws_of(told: list[list[str]]) -> tuple[Fault, ...]:
    """What `flaws_outcome` told."""
    return tuple(Fault(path=path, code=code, message=message) for path, code, message in told)


def marked_of(told: list[str]) -> MarkedJson:
    """What `marked_outcome` told."""
    value, mark = told
    return MarkedJson(reread_json(value.encode()), mark)


def _object(limits: JsonLimits, marks: _Marks, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    try:
        made = unique_keys(limits, pairs)
        for key in made:
            refuse_odd_signs(key)
    except TooLarge as large:
        return marks.made(large.code, str(large), "cut", None)
    except Invalid as flaw:
        return marks.made(flaw.code, str(flaw), "pairs", [list(pair) for pair in pairs])
    return made


def _number(marks: _Marks, kind: str, read: Callable[[str], Any], digits: str) -> Any:
    try:
        return read(digits)
    except Invalid as flaw:
        return marks.made(flaw.code, str(flaw), kind, digits)


def _with_marked_texts(value: Any, marks: _Marks, *, foreign: bool) -> Any:
    """`foreign`: the body has bytes that are not UTF-8."""
    match value:
        case str():
            try:
                refuse_odd_signs(value)
            except Invalid as flaw:
                if foreign and _ESCAPED_BYTES.search(value):
                    said = "A text is not UTF-8. Send all of the body as UTF-8."
                    return marks.made("bad-encoding", said, "text", value)
                return marks.made(flaw.code, str(flaw), "text", value)
            return value
        case dict() if marks.key not in value:
            return {key: _with_marked_texts(part, marks, foreign=foreign) for key, part in value.items()}
        case list():
            return [_with_marked_texts(part, marks, foreign=foreign) for part in value]
        case _:
            return value


class _Cutter:
    """Finds the stretches that are too deep or have too many values by themselves, in one pass over the body."""

    def __init__(self, limits: JsonLimits) -> None:
        self.limits = limits
        self.cuts: list[tuple[int, int, TooLarge]] = []
        self.opened: list[
            tuple[int, int]
        ] = []  # where each open object or list begins, and how many values were before
        self.values = 0
        self.deeper = 0  # levels beyond the limit
        self.deep_from = 0

    def open(self, at: int) -> None:
        if len(self.opened) >= self.limits.depth:
            self.deep_from = self.deep_from if self.deeper else at
            self.deeper += 1
            return
        self.opened.append((at, self.values))
        self.values += 1

    def close(self, end: int) -> None:
        if self.deeper:
            self.deeper -= 1
            if not self.deeper:
                self.cuts.append((self.deep_from, end, too_deep(self.limits.depth)))
        elif self.opened:
            start, before = self.opened.pop()
            if self.opened and self.values - before > self.limits.values:  # of the whole nothing would be left
                self.cuts = [cut for cut in self.cuts if cut[0] < start]
                self.cuts.append((start, end, too_many_values(self.limits.values)))
                self.values = before + 1

    def comma(self) -> None:
        self.values += not self.deeper


def _with_cuts(body: bytes, limits: JsonLimits, mark: str) -> bytes:
    opened = body.count(b"{") + body.count(b"[")
    if opened <= limits.depth and opened + body.count(b",") <= limits.values:
        return body
    cutter = _Cutter(limits)
    for found in TEXT_OR_MARK.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            cutter.open(found.start())
        elif first in b"]}":
            cutter.close(found.end())
        elif first in b",":
            cutter.comma()
    if cutter.values > limits.values:
        raise too_many_values(limits.values)
    kept: list[bytes] = []
    at = 0
    for start, end, why in cutter.cuts:
        kept += [body[at:start], json.dumps({mark: [why.code, str(why), "cut", None]}).encode()]
        at = end
    return b"".join([*kept, body[at:]])
