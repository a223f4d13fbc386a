"""Bodies of webhooks by their type: JSON in the charset that it is sent in, and what to do with what is no JSON."""

import asyncio
from typing import Any, cast

import pytest

from pointsman.domain.errors import Invalid
from pointsman.services.intake.mapping.event_json import read_marked_event_body
from pointsman.services.ports import Env

NO_ENV = cast("Env", None)  # small bodies are read without it


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        (b'{"n": "B\xe4r & S\xf6hne"}', "application/json; charset=iso-8859-1", {"n": "Bär & Söhne"}),
        (b'{"n": "M\xfcller \x80"}', 'application/json; charset="Windows-1252"', {"n": "Müller €"}),
        ('{"n": "Müller"}'.encode(), "application/json; charset=iso-8859-1", {"n": "Müller"}),
        ('{"n": "Müller"}'.encode(), "application/json; charset=klingon", {"n": "Müller"}),
    ],
)
def test_json_is_read_by_its_charset_where_it_is_not_utf_8(body: bytes, content_type: str, value: Any) -> None:
    marked, is_foreign = asyncio.run(read_marked_event_body(NO_ENV, body, content_type))
    assert (marked.value, marked.mark) == (value, "")
    assert is_foreign is (b"\xfc" in body or b"\xe4" in body)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"email=a%40b.example&need=CRM", "Content-Type application/x-www-form-urlencoded"),
        (b"your-name[first]=x", "Content-Type application/x-www-form-urlencoded"),
        (b"<lead><email>a@b.example</email></lead>", "XML"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (b"hello", "Expecting value"),
    ],
)
def test_what_is_no_json_hears_what_to_send(body: bytes, says: str, content_type: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        asyncio.run(read_marked_event_body(NO_ENV, body, content_type))
    assert refused.value.code == "not-json"
