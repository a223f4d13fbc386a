"""One YAML document as plain data: YAML 1.2 core, without tags, merge keys or surprises.

It is built here from the parser's events, one after the other and without recursion: PyYAML's own constructors build on
the stack, resolve YAML 1.1 (`NO` is false, `1:30` is 90) and spend memory freely on few bytes.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from pointsman.domain.errors import Fault, Invalid, TooLarge
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.messages.message import Message, say
from pointsman.domain.text.outcomes import Outcome, outcome_of
from pointsman.domain.text.strict_json import JsonLimits, parse_json

try:  # the C library is ten times as fast; a PyYAML built without it does too
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]  # the same events

#: Larger documents are for JSON. The database holds to it too.
MAX_YAML_BYTES = 1_000_000
MAX_ALIASES = 100
MAX_YAML_DEPTH = 64
MAX_KEY = 1_000  # characters
POLICY_LIMITS = JsonLimits(depth=MAX_YAML_DEPTH)

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_NUMBER = 40  # characters; 64 bits have 20 digits
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPELLED_OUT = "write the parts out"


def yaml_outcome(body: bytes) -> Outcome:
    """What `read_yaml` makes of `body`, for a reader process."""
    return outcome_of(lambda: read_yaml(body))


def read_yaml(body: bytes) -> object:
    """The document in `body`, its keys in their own order and as they are written; Invalid says what is refused and where.

    Reading costs time and memory in step with the text, but a broken or hostile text may end the process.
    """
    if len(body) > MAX_YAML_BYTES:
        raise unreadable(f"a YAML policy may have {MAX_YAML_BYTES} bytes at most; send larger ones as JSON")
    try:
        with gc_paused():
            document = _Builder().build(yaml.parse(body.decode("utf-8"), Loader=_Loader))
    except UnicodeDecodeError:
        raise unreadable("the body is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        told = say("fault.yaml", problem=str(error.problem))
        raise unreadable(f"this is not YAML: {error.problem}", error.problem_mark, told=told) from None
    except yaml.YAMLError:
        raise unreadable("this is not YAML: it holds a character that YAML does not take") from None
    try:  # by way of JSON, so that both forms hold the same
        return parse_json(json.dumps(document).encode(), POLICY_LIMITS)
    except (Invalid, TooLarge) as error:
        raise unreadable(str(error).rstrip(".")) from None


def unreadable(message: str, mark: Any = None, *, told: Message | None = None) -> Invalid:
    """The refusal of a body that is no policy for its form alone; `mark` is the place in it, if there is one.

    `told` says the same in any language; what has none is told in a frame.
    """
    said = message
    told = told or say("fault.as-said", said=message)
    if mark is not None:
        said, told = f"{message} (line {mark.line + 1})", say("fault.at-line", said=told, line=mark.line + 1)
    fault = Fault(path="body", code="unreadable", message=said, told=told)
    return Invalid(f"The policy cannot be read: {said}.", faults=[fault])


class _Open:
    """A list or mapping whose end has not come."""

    __slots__ = ("anchor", "key", "size", "value")

    def __init__(self, value: list[Any] | dict[str, Any], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        self.size = 1


class _Builder:
    """Data from events. What is open lies in a list, so depth is its length; sizes count values and characters."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[Any, int]] = {}
        self._aliases = 0
        self._document: Any = None
        self._begun = False

    def build(self, events: Iterator[Any]) -> Any:
        what_to_do: dict[type[Any], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start_mapping,
            yaml.SequenceStartEvent: self._start_list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin,
        }
        for event in events:
            if does := what_to_do.get(type(event)):
                does(event)
        return self._document

    def _begin(self, event: yaml.DocumentStartEvent) -> None:
        if self._begun:
            raise unreadable("the body holds more than one document: send each by itself", event.start_mark)
        if event.version not in {None, (1, 2)}:
            raise unreadable("policies are read as YAML 1.2: take the %YAML line out", event.start_mark)
        self._begun = True

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag is not None:
            raise _tagged(event)
        plain = event.implicit[0]
        if self._is_key():
            if plain and event.value == "<<":
                raise unreadable("merge keys (<<) are not read: write the merged keys out", event.start_mark)
            self._put_key(event.value, event)
            value: Any = event.value
        else:
            value = _plain_value(event) if plain else event.value
            self._put(value, 1 + len(event.value), event)
        if event.anchor is not None:
            self._anchored[event.anchor] = (value, 1 + len(event.value))

    def _start_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._start({}, event)

    def _start_list(self, event: yaml.SequenceStartEvent) -> None:
        self._start([], event)

    def _start(self, value: list[Any] | dict[str, Any], event: yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            raise _tagged(event)
        if self._is_key():
            raise unreadable("a key must be a text, not a list or a mapping", event.start_mark)
        if len(self._open) == MAX_YAML_DEPTH:
            raise unreadable(f"the document is nested deeper than {MAX_YAML_DEPTH} levels", event.start_mark)
        if event.anchor is not None:
            self._anchored.pop(event.anchor, None)  # until its end it stands for nothing: it may not hold itself
        self._open.append(_Open(value, event.anchor))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchored[done.anchor] = (done.value, done.size)
        self._put(done.value, done.size, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise unreadable(f"the document uses more than {MAX_ALIASES} aliases: {_SPELLED_OUT}", event.start_mark)
        if event.anchor not in self._anchored:
            raise unreadable("an alias stands before the end of what it names, or names nothing", event.start_mark)
        value, size = self._anchored[event.anchor]
        if self._is_key():
            if not isinstance(value, str):
                raise unreadable("a key must be a text", event.start_mark)
            self._put_key(value, event)
        else:
            self._put(value, size, event)

    def _is_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _put_key(self, key: str, event: yaml.NodeEvent) -> None:
        inside = self._open[-1]
        if len(key) > MAX_KEY:
            raise unreadable(f"a key has more than {MAX_KEY} characters", event.start_mark)
        if key in inside.value:
            told = say("fault.key-twice", name=key[:60])
            raise unreadable(f"the key {key[:60]} occurs twice", event.start_mark, told=told)
        inside.key = key
        inside.size += len(key)

    def _put(self, value: Any, size: int, event: yaml.Event) -> None:
        if not self._open:
            self._document = value
            return
        inside = self._open[-1]
        inside.size += size
        if inside.size > MAX_YAML_BYTES:
            message = f"its aliases multiply to more than a document may hold: {_SPELLED_OUT}"
            raise unreadable(message, event.start_mark)
        if isinstance(inside.value, list):
            inside.value.append(value)
        else:
            assert inside.key is not None
            inside.value[inside.key] = value
            inside.key = None


def _tagged(event: Any) -> Invalid:
    return unreadable(f"tags such as {event.tag[:60]} are not read: take it out", event.start_mark)


def _plain_value(event: yaml.ScalarEvent) -> Any:
    """What a text without quotes stands for in YAML 1.2's core schema."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0] in "+-." or text[0].isdigit()):
        return text
    integer = _INTEGER.fullmatch(text)
    if _NO_NUMBER.fullmatch(text):
        raise unreadable(f"{text} is no number that JSON knows: put it in quotes", event.start_mark)
    if integer is None and _FLOAT.fullmatch(text) is None:
        return text
    if len(text) > _LONGEST_NUMBER:
        raise unreadable(f"the number {text[:20]}… is too long: put it in quotes", event.start_mark)
    if integer is None:
        return float(text)
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)
