"""Masks: the secrets of one connection, and texts without them.

Vendors and libraries quote what was sent to them. So what leaves a connector, as an error or as a log line, goes through the
masks of its connection, which know each secret in the forms in which it travels.
"""

import base64
import html
import json
import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

_HIDDEN = "(secret)"
_PLACE = "\ue000"  # where a secret stood, until all are taken out: no secret is looked for in our own word
_SHORT = 6  # characters: what is shorter may stand inside a word by chance
_LEAST_LINE = 16  # characters of a line of a key that tell something
_MOST_READ = (
    10_000  # characters of a text: a vendor's whole answer may be quoted, and each would be tried for each secret
)
_LEAST_REST = 8  # characters of a secret that was cut off at the end of a text
_MOST_LENT = 40  # the last ones: tokens are renewed again and again
_DEEPEST = 5  # a value inside values of a line; what is deeper is read as its text
_ERRORS = frozenset({"exc_info", "stack_info"})  # of a line of structlog's
_BETWEEN_LINES = re.compile(r"(?:\s|\\r|\\n)+")

CURRENT: ContextVar["Masks | None"] = ContextVar("masks", default=None)
"""The masks of the connection that is being called."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of a secret, and how it is looked for first: a pattern of all forms takes seconds to make, of long tokens."""

    text: str = field(repr=False)
    folded: str = field(repr=False)
    beginning: str = field(repr=False)

    @staticmethod
    def of(text: str) -> "_Form":
        return _Form(text, text.casefold(), text[:_LEAST_REST])


class Masks:
    """Knows the secrets of a connection: those of its configuration, and tokens as they are lent."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._kept: dict[str, tuple[_Form, ...]] = {}
        self._lent: OrderedDict[str, tuple[_Form, ...]] = OrderedDict()
        for secret in secrets:
            self.keep(secret)

    def keep(self, secret: str) -> None:
        """Hide this for as long as the connection is configured so, and of a secret of several lines each line."""
        for text in _texts(secret):
            if text not in self._kept:
                self._kept[text] = _all_forms(text)

    def lend(self, token: str) -> None:
        """Hide this from now on, until as many were lent after it as are remembered."""
        for text in _texts(token):
            if text not in self._lent:
                self._lent[text] = _all_forms(text)
            self._lent.move_to_end(text)
        while len(self._lent) > _MOST_LENT:
            self._lent.popitem(last=False)

    def hide(self, text: str) -> str:
        """The beginning of the text without the secrets, also where one was cut off at its end."""
        text = text[:_MOST_READ]
        known = [form for forms in (*self._kept.values(), *self._lent.values()) for form in forms]
        folded = text.casefold()
        for form in sorted((one for one in known if one.folded in folded), key=lambda one: len(one.text), reverse=True):
            if form.folded in folded:  # still: a longer one may have held it
                text = re.sub(_sought(form.text), _PLACE, text, flags=re.IGNORECASE)
                folded = text.casefold()
        return _without_rest(text, known).replace(_PLACE, _HIDDEN)


def _all_forms(text: str) -> tuple[_Form, ...]:
    return tuple(map(_Form.of, dict.fromkeys(_forms(text))))


def _without_rest(text: str, known: Iterable[_Form]) -> str:
    end = len(text.rstrip(".…"))
    for form in known:
        if len(form.text) <= _LEAST_REST:
            continue
        at = text.find(form.beginning, 0, end)
        while at >= 0:
            if form.text.startswith(text[at:end]):
                return text[:at] + _PLACE
            at = text.find(form.beginning, at + 1, end)
    return text


def _texts(secret: str) -> list[str]:
    """As much of it, and of each of its lines, as a text of which the beginning is read could hold."""
    lines = [line for line in _BETWEEN_LINES.split(secret) if len(line) >= _LEAST_LINE]
    return list(dict.fromkeys(text[: _MOST_READ + 1] for text in [secret.strip(), *lines] if text))


def secrets_in(config: object) -> Iterator[str]:
    """Every `SecretStr` of a configuration, however deep."""
    match config:
        case SecretStr():
            yield config.get_secret_value()
        case BaseModel():
            for _, value in config:
                yield from secrets_in(value)
        case dict():
            for value in config.values():
                yield from secrets_in(value)
        case list() | tuple() | set() | frozenset():
            for value in config:
                yield from secrets_in(value)
        case _:
            return


class MaskedLog(logging.Filter):
    """Takes secrets out of log lines, and the errors with their texts that hang on them; their types stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        masks = CURRENT.get()
        if masks is None:
            return True
        error = record.exc_info[1] if record.exc_info else None
        said = masks.hide(_said(record))
        record.msg, record.args = said if error is None else f"{said} ({type(error).__name__})", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


class MaskedLines(logging.Filter):
    """Takes secrets out of all that is said during a call: a connector, or a library beneath it, may have a log of its own.

    For a handler whose form leaves the texts of errors out by itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        masks = CURRENT.get()
        if masks is None:
            return True
        said: Any = record.msg
        if isinstance(said, dict) and hasattr(record, "_logger"):  # a line of structlog's
            record.__dict__["msg"] = {
                name: value if name in _ERRORS else _hidden(value, masks, _DEEPEST) for name, value in said.items()
            }
        else:
            record.msg, record.args = masks.hide(_said(record)), ()
        return True


def _hidden(value: Any, masks: Masks, depth: int) -> Any:
    """A value of a line without secrets, however deep they stand; one that shows none stays as it is."""
    if isinstance(value, str):
        return masks.hide(value)
    if depth and isinstance(value, Mapping):
        return {_hidden(name, masks, 0): _hidden(one, masks, depth - 1) for name, one in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        inner = [_hidden(one, masks, depth - 1) for one in value]
        return tuple(inner) if isinstance(value, tuple) else inner
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        shown = repr(value)
    except Exception:  # noqa: BLE001  # a stranger's object; a line with less is better than none
        return type(value).__name__
    hidden = masks.hide(shown)
    return value if hidden == shown else hidden


def masked_log(connector: str) -> logging.Logger:
    """The log of connectors of this name."""
    log = logging.getLogger("pointsman.connectors").getChild(connector)
    for logger in (log.parent, log):
        if logger is not None and not any(isinstance(one, MaskedLog) for one in logger.filters):
            logger.addFilter(MaskedLog())
    return log


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # arguments that do not fit: a line with less is better than none
        return str(record.msg)


def _sought(form: str) -> str:
    found = re.escape(form)
    return rf"(?<!\w){found}(?!\w)" if len(form) < _SHORT else found


def _forms(text: str) -> Iterator[str]:
    raw = text.encode("utf-8", "surrogatepass")
    yield text
    yield from (
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
    )
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (html.escape(text), repr(text)[1:-1], raw.hex())
    for encoded in _base64_forms(raw):
        yield from (encoded, encoded.translate({43: 45, 47: 95}))


def _base64_forms(raw: bytes) -> Iterator[str]:
    """As it stands in base64 behind any number of other bytes, such as "user:": the signs that are its own alone."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw).decode()
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        own = encoded[first:last]
        if len(own) >= _LEAST_REST:
            yield own
