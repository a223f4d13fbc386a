"""Marked JSON: a flaw is told where it is, and what lies beside it is read as strict JSON reads it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.marked_json import marked_of, marked_outcome, read_marked_json
from pointsman.domain.text.strict_json import WEBHOOK_LIMITS, JsonLimits, parse_json

FLAWS = [
    (b'{"a": [1, {"b": "x\\u0000y"}]}', "a[1].b", "nul-character", {"a": [1, {"b": "xy"}]}),
    (b'{"a": "x\\udc00"}', "a", "lone-surrogate", {"a": "x"}),
    (b'{"a": "\xfc", "b": 1}', "a", "bad-encoding", {"a": "ü", "b": 1}),
    (b'{"a": "B\xe4r & S\xf6hne"}', "a", "bad-encoding", {"a": "Bär & Söhne"}),
    (b'{"a": {"Stra\xdfe": 1}}', "a", "lone-surrogate", {"a": {"Straße": 1}}),
    (b'{"a": {"k\\u0000": "\\u0000v"}}', "a", "nul-character", {"a": {"k": "v"}}),
    (b'{"a": {"k": 1, "k": 2}}', "a", "duplicate-key", {"a": {"k": 2}}),
    (b'{"a": 1e999}', "a", "number-out-of-range", {"a": "1e999"}),
    (b'{"a": 99999999999999999999}', "a", "number-out-of-range", {"a": "99999999999999999999"}),
    (b'{"a": -Infinity}', "a", "not-a-number", {"a": None}),
    (b'{"a": [[[[]]]]}', "a[0]", "too-deep", {"a": [None]}),
    (b'{"a": [{"b": [' + b"1," * 30 + b'1]}], "c": 2}', "a[0].b", "too-many-values", {"a": [{"b": None}], "c": 2}),
]
LIMITS = JsonLimits(depth=2, values=25, key_length=200)


def limits_for(code: str) -> JsonLimits:
    return LIMITS if code == "too-deep" else JsonLimits(depth=9, values=25, key_length=200)


@pytest.mark.parametrize(
    ("body", "path", "code", "mended"), FLAWS, ids=[f"{flaw[2]}-{number}" for number, flaw in enumerate(FLAWS)]
)
def test_a_flaw_is_told_where_it_is_and_can_be_left_out(body: bytes, path: str, code: str, mended: Any) -> None:
    marked = read_marked_json(body, limits_for(code))
    assert [(fault.path, fault.code) for fault in marked.flaws(marked.value)] == [(path, code)]
    assert marked.mended(marked.value) == mended


@pytest.mark.parametrize(
    ("body", "path", "code", "mended"), FLAWS, ids=[f"{flaw[2]}-{number}" for number, flaw in enumerate(FLAWS)]
)
def test_what_is_written_has_the_same_flaw_unless_it_was_cut_out(
    body: bytes, path: str, code: str, mended: Any
) -> None:
    marked = read_marked_json(body, limits_for(code))
    again = read_marked_json(marked.written(marked.value), limits_for(code))
    assert again.mended(again.value) == mended
    if code not in ("too-deep", "too-many-values"):
        assert [fault.path for fault in again.flaws(again.value)] == [path]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)


@given(DOCUMENTS)
def test_json_that_is_strict_has_no_flaws_and_any_other_has(document: object) -> None:
    body = json.dumps(document).encode()
    marked = read_marked_json(body)
    try:
        strict = parse_json(body)
    except Invalid:
        assert marked.flaws(marked.value)
    else:
        assert marked.value == strict
        assert marked.flaws(marked.value) == ()


@given(st.binary(max_size=120) | st.text('[]{}",:01e\\u0\x00', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused_and_what_is_mended_is_strict(body: bytes) -> None:
    try:
        marked = read_marked_json(body)
    except (Invalid, TooLarge):
        return
    mended = marked.mended(marked.value)
    assert parse_json(json.dumps(mended).encode()) == mended
    marked.written(marked.value).decode("ascii")


def test_a_reader_process_tells_the_same() -> None:
    body = b'[{"a": "\\ud800"}, {"a": "x"}]'
    told = marked_outcome(body, bounds={"depth": 40})["value"]
    assert marked_of(told) == read_marked_json(body, JsonLimits(depth=40))
    assert marked_outcome(b"{", bounds={"depth": 40})["code"] == "not-json"


def test_a_mark_in_a_body_is_an_ordinary_key() -> None:
    forged = {"flaw:" + "0" * 64: ["nul-character", "x", "text", "y"]}
    marked = read_marked_json(json.dumps(forged).encode())
    assert (marked.value, marked.flaws(marked.value)) == (forged, ())


def test_a_byte_order_mark_and_raw_control_signs_are_taken() -> None:
    assert read_marked_json(b'\xef\xbb\xbf{"a": "x\ny"}').value == {"a": "x\ny"}


def test_more_values_than_one_part_can_be_blamed_for_refuse_the_whole() -> None:
    with pytest.raises(TooLarge):
        read_marked_json(b"[" + b"[1,1,1]," * 20 + b"1]", LIMITS)
    assert WEBHOOK_LIMITS.values == 200_000
