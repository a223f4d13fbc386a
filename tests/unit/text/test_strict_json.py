"""Strict JSON: hostile bodies get a reason, honest ones their value."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid, PointsmanError, TooLarge
from pointsman.domain.text.strict_json import WEBHOOK_LIMITS, canonical_bytes, fingerprint, parse_json

HOSTILE = {
    "empty": b"",
    "spaces": b"  \n ",
    "not json": b"email=mara%40example.com",
    "cut off": b'{"a": [1, 2',
    "two values": b"{} {}",
    "bad utf-8": b'{"a": "\xff"}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw nul": b'{"a": "\x00"}',
    "escaped nul": b'{"a": "x\\u0000y"}',
    "escaped nul in a key": b'{"a\\u0000": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone low surrogate in a list": b'[{"a": ["\\uDC00"]}]',
    "duplicate key": b'{"a": 1, "a": 2}',
    "duplicate key written differently": b'{"a": 1, "\\u0061": 2}',
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "float overflow": b'{"a": 1e400}',
    "number bomb": b"[" + b",".join([b"1e131071"] * 100) + b"]",
    "huge integer": b'{"a": ' + b"9" * 5_000 + b"}",
    "65 bits": b'{"a": 18446744073709551616}',
    "deep list": b"[" * 1_000 + b"]" * 1_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep, unbalanced": b"[" * 100_000,
    # Looked at anew from each quote, these would take hours.
    "a text without an end, full of quotes": b"[" + b"[]," * 41 + b'"' + b'\\"' * 500_000,
    "the same, cut off within an escape": b"[" + b"[]," * 41 + b'"' + b'\\"' * 500_000 + b"\\",
    "texts without an end, one after the other": b"[" + b"[]," * 41 + b'"x' * 500_001,
    "long key": b'{"' + b"k" * 1_000 + b'": 1}',
    "comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "trailing comma": b'{"a": 1,}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises((Invalid, TooLarge)) as caught:
        parse_json(HOSTILE[name])
    assert len(str(caught.value)) > 10


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    body = json.dumps({"message": "[{" * 500 + '"\\"'}).encode()
    assert parse_json(body)["message"].startswith("[{[{")


def test_the_deepest_allowed_body_is_read() -> None:
    depth = WEBHOOK_LIMITS.depth
    parse_json(b"[" * depth + b"]" * depth)
    # Many brackets are not depth: what closes again does not count, nor do those within texts.
    beside = b"[" + b",".join([b"[]", b'{"a": [{}]}', b'"[[["'] * depth) + b"]"
    parse_json(b"[" * (depth - 4) + beside + b"]" * (depth - 4))
    with pytest.raises(TooLarge):
        parse_json(b"[" * (depth - 3) + beside + b"]" * (depth - 3))
    with pytest.raises(TooLarge):
        parse_json(b"[" * (depth + 1) + b"]" * (depth + 1))


def test_numbers_at_the_limits_keep_their_value() -> None:
    assert parse_json(b"[9223372036854775807, -9223372036854775808, 1.5e300]") == [2**63 - 1, -(2**63), 1.5e300]


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert parse_json(b'"\\\\u0000"') == "\\u0000"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=10), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(values)
def test_an_honest_value_comes_back_as_it_was(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(canonical_bytes(value)) == value


@given(values)
def test_the_fingerprint_does_not_depend_on_spacing_or_key_order(value: object) -> None:
    rewritten = json.dumps(value, indent=3, sort_keys=True).encode()
    assert fingerprint(parse_json(rewritten)) == fingerprint(value)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_the_parser_crash(body: bytes) -> None:
    with suppress(PointsmanError):
        parse_json(body)
