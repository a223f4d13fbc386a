"""Answers that no vendor would send on purpose, and a vendor's own answers blown up."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pointsman_sdk.answers import Readers
from pointsman_sdk.readers import Limits, Reader

LARGE = 256 * 1024
"""Bytes of an answer that is read in a child process, whatever reads it."""

BOMBS: Mapping[str, bytes] = {
    "empty": b"",
    "nul": b"\x00" * 1_000,
    "json-lists": b"[" * 100_000,
    "json-objects": b'{"a":' * 100_000,
    "json-digits": b"9" * 100_000,
    "json-nan": b'{"a": NaN, "a": Infinity}',
    "json-utf-7": b"+AHsAIg-a+ACI-:1+AH0-",
    "json-utf-16": '{"half": "\ud83d"}'.encode("utf-16", "surrogatepass"),
    "xml-entities": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;&c;</a>',
    "xml-external": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "xml-elements": b"<a>" * 50_000,
    "xml-attributes": b"<a " + b" ".join(b'a%d=""' % number for number in range(10_000)) + b"/>",
    "xml-namespaces": b"<a>" + b"".join(b'<b%d xmlns="%s"/>' % (n, b"u" * 4_000) for n in range(50)) + b"</a>",
    "icalendar-nested": b"BEGIN:VCALENDAR\r\n" * 5_000,
    "icalendar-fold": b"BEGIN:VCALENDAR\r\nX:" + b"x\r\n " * 50_000,
}


def blown_up(body: bytes) -> bytes:
    """The answer with a megabyte of what its format allows and nothing asked for; as it is where the format is not known."""
    text = body.strip()
    if text[:1] in (b"{", b"["):
        return _more_json(text)
    if text[:1] == b"<":
        end = text.rindex(b"</") if b"</" in text else len(text)
        return text[:end] + b"<!-- filler -->" * (4 * LARGE // 15) + text[end:]
    if text.upper().startswith(b"BEGIN:VCALENDAR"):
        return (
            re.sub(rb"(?i)\r?\nEND:VCALENDAR", lambda end: b"\r\nX-FILLER:" + b"x" * 60 + end[0], text)
            + b"\r\n"
            + _todos()
        )
    return body


def _more_json(text: bytes) -> bytes:
    value: Any = json.loads(text)
    if isinstance(value, list):
        return json.dumps((value or [None]) * (4 * LARGE // len(json.dumps(value or [None])) + 1)).encode()
    return json.dumps({**value, "filler": ["x" * 60] * (4 * LARGE // 64)}).encode()


def _todos() -> bytes:
    one = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + (b"X-FILLER:" + b"x" * 60 + b"\r\n") * 100 + b"END:VCALENDAR\r\n"
    return one * (4 * LARGE // len(one))


class WatchedReaders:
    """The readers that the kit lends: it sees how large each answer was that was read in a child."""

    def __init__(self, inner: Readers) -> None:
        self._inner = inner
        self.largest = 0

    async def read(self, reader: Reader, data: bytes, *, limits: Limits, **arguments: Any) -> Any:
        self.largest = max(self.largest, len(data))
        return await self._inner.read(reader, data, limits=limits, **arguments)
