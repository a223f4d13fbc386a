"""Forms as browsers send them (application/x-www-form-urlencoded): bounded, and as the JSON that a mapping is asked of."""

import hashlib
import re
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.marked_json import MAX_KEY_LENGTH, MarkedJson
from pointsman.domain.text.outcomes import Outcome, outcome_of
from pointsman.domain.text.strict_json import ODD_SIGNS, refuse_odd_signs

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 1_000
MAX_LEVELS = 10  # of brackets in one name

#: By the names that senders give them, as the WHATWG's Encoding Standard lists them: browsers write Windows-1252 and call it
#: ISO-8859-1. What calls itself ASCII is read as UTF-8, which is the same where it is true.
_UTF_8 = "utf-8 utf8 utf_8 utf-8-sig unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 us-ascii ascii"
_WINDOWS_1252 = (
    "windows-1252 cp1252 cp-1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 latin-1 "
    "latin_1 l1 csisolatin1 cp819 ibm819 ansi ansi_x3.4-1968"
)
_LATIN_9 = "iso-8859-15 iso8859-15 iso885915 iso_8859-15 latin9 latin-9 l9"
_CHARSETS = {
    label: encoding
    for labels, encoding in ((_UTF_8, "utf-8"), (_WINDOWS_1252, "cp1252"), (_LATIN_9, "iso8859-15"))
    for label in labels.split()
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ESCAPED_AMPERSAND = b"amp;"  # "a=1&amp;b=2", as a form copied from a page's source
_FIELD = re.compile(rb"[^&]++")
_FORM_LIKE = re.compile(rb"[\w.\[\]%+-]{1,200}=")
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def form_pairs(body: bytes, *, most: int) -> list[tuple[bytes, bytes]]:
    """Names and values in order, `+` and %-signs read; a % that begins no byte stays as it is. TooLarge for more than `most`."""
    fields = [found[0] for found in islice(_FIELD.finditer(body), most + 1)]
    if len(fields) > most:
        raise TooLarge(f"The form has more than {most} fields.", code="too-many-fields")
    halves = (field.replace(b"+", b" ").partition(b"=") for field in fields)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in halves]


def encoding_of(charset: str) -> str | None:
    """Python's name of the encoding that a sender calls `charset`; None for one that is not read."""
    return _CHARSETS.get(charset.strip().strip("\"'").lower())


def looks_like_form(body: bytes) -> bool:
    """Whether a body without a type may be a form."""
    return _FORM_LIKE.match(body.removeprefix(_BYTE_ORDER_MARK)) is not None


def read_marked_form(body: bytes, *, charset: str | None = None) -> MarkedJson:
    """The form as one JSON object of texts, flawed ones marked. Invalid ("unknown-charset", "empty-form"), TooLarge.

    `a[b]=1` is {"a": {"b": "1"}}; `a[]=1`, or `a[0]=1` without a gap, is a list; a name that comes several times is a list.
    A name that fits no object (`a=1&a[b]=2`, `a[b`, over 10 levels) stays as it was written. Without a `charset`, the field
    `_charset_` says it, else it is UTF-8; a text that is not is marked, and is taken for Windows-1252 when it is mended.
    """
    pairs = form_pairs(body.removeprefix(_BYTE_ORDER_MARK), most=MAX_FIELDS)
    pairs = [(name.removeprefix(_ESCAPED_AMPERSAND), value) for name, value in pairs]
    if not pairs:
        raise Invalid("The form has no fields.", code="empty-form")
    said = charset or next((value.decode("latin-1") for name, value in pairs if name == b"_charset_"), "utf-8")
    if (encoding := encoding_of(said)) is None:
        raise Invalid(f"The charset {said[:40]!r} is not read. Send the form as UTF-8.", code="unknown-charset")
    mark = "flaw:" + hashlib.sha256(body).hexdigest()
    form: dict[str, Any] = {}
    for raw_name, raw_value in pairs:
        name, name_flaw = _read_text(raw_name, encoding)
        value, value_flaw = _read_text(raw_value, encoding)
        if len(name) > MAX_KEY_LENGTH:
            name_flaw = ("key-too-long", f"A name is longer than {MAX_KEY_LENGTH} characters.")
        flaw = name_flaw or value_flaw
        _put(form, ODD_SIGNS.sub("", name)[:MAX_KEY_LENGTH], {mark: [*flaw, "text", value]} if flaw else value)
    return MarkedJson({name: _finished(part) for name, part in form.items()}, mark)


def form_outcome(body: bytes, *, charset: str | None) -> Outcome:
    """`read_marked_form` for a reader process: [value, mark]."""

    def read() -> list[Any]:
        marked = read_marked_form(body, charset=charset)
        return [marked.value, marked.mark]

    return outcome_of(read)


def _read_text(raw: bytes, encoding: str) -> tuple[str, tuple[str, str] | None]:
    """The text, and the code and sentence of what is wrong with it."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="ignore"), ("bad-encoding", f"A text is not {encoding.upper()}. Send UTF-8.")
    try:
        refuse_odd_signs(text)
    except Invalid as flaw:
        return text, (flaw.code, str(flaw))
    return text, None


class _Values(list[Any]):
    """What one name says, each time that it comes."""


def _put(form: dict[str, Any], name: str, value: Any) -> None:
    found = _BRACKETED.fullmatch(name)
    parts = [found[1], *_PART.findall(found[2])] if found else [name]
    if len(parts) > MAX_LEVELS + 1 or not _put_at(form, parts, value):
        _put_at(form, [name], value)


def _put_at(form: dict[str, Any], parts: list[str], value: Any) -> bool:
    """False, and nothing is changed, where a part of the way is a text already."""
    place = form
    for position, part in enumerate(parts[:-1]):
        key = part if part or not position else _next_index(place)
        inner = place.get(key)
        if isinstance(inner, _Values):
            return False
        if inner is None:
            inner = place[key] = {}
        place = inner
    last = parts[-1] if parts[-1] or len(parts) == 1 else _next_index(place)
    values = place.get(last)
    if isinstance(values, dict):  # `a[b]=1&a=2`: the text is among what it would hide, under no name
        values = values.setdefault("", _Values())
    elif values is None:
        values = place[last] = _Values()
    values.append(value)
    return True


def _next_index(place: dict[str, Any]) -> str:
    index = len(place)
    while str(index) in place:
        index += 1
    return str(index)


def _finished(part: Any) -> Any:
    if isinstance(part, _Values):
        return part[0] if len(part) == 1 else list(part)
    inner = {key: _finished(value) for key, value in part.items()}
    indexes = [str(index) for index in range(len(inner))]
    return [inner[index] for index in indexes] if inner.keys() == set(indexes) else inner
