"""Forms: names with brackets become objects and lists, nothing is lost, and what cannot be kept is marked."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.forms import MAX_FIELDS, form_pairs, read_marked_form
from pointsman.domain.text.strict_json import parse_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"name%5Bfirst%5D=Mara&name[last]=V%C3%B6gel", {"name": {"first": "Mara", "last": "Vögel"}}),
        (b"fields[0][value]=x&fields[1][value]=y", {"fields": [{"value": "x"}, {"value": "y"}]}),
        (b"fields[1][value]=y&fields[0][value]=x", {"fields": [{"value": "x"}, {"value": "y"}]}),
        (b"fields[7][value]=x", {"fields": {"7": {"value": "x"}}}),
        (b"tag[]=a", {"tag": ["a"]}),
        (b"tag[]=a&tag[]=b", {"tag": ["a", "b"]}),
        (b"tag=a&tag=b", {"tag": ["a", "b"]}),
        (b"p[][n]=1&p[][n]=2", {"p": [{"n": "1"}, {"n": "2"}]}),
        (b"a+b=c+d&e=1%2B1", {"a b": "c d", "e": "1+1"}),
        (b"a=100%&b=%zz&c=%", {"a": "100%", "b": "%zz", "c": "%"}),
        (b"a=1&a[b]=2", {"a": "1", "a[b]": "2"}),
        (b"a[b]=2&a=1", {"a": {"b": "2", "": "1"}}),
        (b"a[b=1&]=2&[c]=3", {"a[b": "1", "]": "2", "[c]": "3"}),
        (b"x" + b"[y]" * 11 + b"=1", {"x" + "[y]" * 11: "1"}),
        (b"your-email=a%40b.example;c", {"your-email": "a@b.example;c"}),
        (b"n=M%FCller&_charset_=iso-8859-1", {"n": "Müller", "_charset_": "iso-8859-1"}),
        (b"a[999999999]=1", {"a": {"999999999": "1"}}),
    ],
)
def test_a_form_is_an_object_of_texts(body: bytes, value: Any) -> None:
    marked = read_marked_form(body)
    assert (marked.value, marked.flaws(marked.value)) == (value, ())


@pytest.mark.parametrize(
    ("body", "code", "path", "mended"),
    [
        (b"n[x]=M%FCller", "bad-encoding", "n.x", {"n": {"x": "Müller"}}),
        (b"n=a%00b", "nul-character", "n", {"n": "ab"}),
        (b"n%00=a", "nul-character", "n", {"n": "a"}),
        (b"n=%ED%A0%80", "bad-encoding", "n", {"n": "í\xa0€"}),
        (b"k" * 300 + b"=1", "key-too-long", "k" * 200, {"k" * 200: "1"}),
    ],
)
def test_what_cannot_be_kept_is_marked_and_mended(body: bytes, code: str, path: str, mended: Any) -> None:
    marked = read_marked_form(body)
    assert [(flaw.code, flaw.path) for flaw in marked.flaws(marked.value)] == [(code, path)]
    assert marked.mended(marked.value) == mended


def test_the_charset_of_the_request_counts() -> None:
    assert read_marked_form(b"n=%80", charset='"Windows-1252"').value == {"n": "€"}
    with pytest.raises(Invalid) as unknown:
        read_marked_form(b"n=1", charset="utf-7")
    assert unknown.value.code == "unknown-charset"


def test_a_form_has_so_many_fields_and_at_least_one() -> None:
    most = b"&".join(b"a[%d]=1" % n for n in range(1, MAX_FIELDS + 1))
    assert len(read_marked_form(most).value["a"]) == MAX_FIELDS
    for body, kind in (
        (most + b"&b=1", TooLarge),
        (b"&a=1&" * 1_001, TooLarge),
        (b"", Invalid),
        (b"&" * 1_000_000, Invalid),
    ):
        with pytest.raises(kind):
            read_marked_form(body)


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@given(st.dictionaries(st.text("abcé &=+%", min_size=1, max_size=5), STORABLE, max_size=6))
def test_what_a_browser_writes_is_read_back(form: dict[str, str]) -> None:
    if form:
        assert read_marked_form(urlencode(form).encode()).value == form


@given(st.binary(max_size=80) | st.text("ab[]=&%0F+;é", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_and_no_value_is_lost(body: bytes) -> None:
    try:
        marked = read_marked_form(body)
    except (Invalid, TooLarge):
        return
    mended = marked.mended(marked.value)
    assert parse_json(json.dumps(mended).encode()) == mended
    assert _texts_in(mended) == len(form_pairs(body, most=MAX_FIELDS))


def _texts_in(value: Any) -> int:
    if isinstance(value, str):
        return 1
    return sum(map(_texts_in, value.values() if isinstance(value, dict) else value))


@pytest.mark.parametrize(
    "charset", ["latin-1", "latin1", "ISO8859-1", "iso_8859-1", "l1", '"windows-1252"', "ISO-8859-15"]
)
def test_a_charset_is_known_by_all_of_its_names(charset: str) -> None:
    assert read_marked_form(b"n=M%FCller", charset=charset).value == {"n": "Müller"}


@pytest.mark.parametrize("charset", ["ascii", "us-ascii", "UTF8", "utf-8"])
def test_what_calls_itself_ascii_is_read_as_utf_8(charset: str) -> None:
    assert read_marked_form("n=Müller".encode(), charset=charset).value == {"n": "Müller"}


def test_a_byte_order_mark_and_an_escaped_ampersand_are_no_part_of_a_name() -> None:
    assert read_marked_form(b"\xef\xbb\xbfemail=a&amp;need=CRM").value == {"email": "a", "need": "CRM"}
