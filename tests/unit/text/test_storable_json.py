"""JSON that PostgreSQL can keep and give back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.strict_json import JsonLimits, parse_json

DEPTH = 32
LIMITS = JsonLimits(depth=DEPTH)

storable_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda x: x == 0 or 1e-30 <= abs(x) <= 1e18
)
documents = st.recursive(
    st.none() | st.booleans() | numbers | storable_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(storable_text, inner, max_size=4),
    max_leaves=20,
)


@given(documents)
def test_whatever_can_be_stored_is_taken_unchanged(document: object) -> None:
    for ascii_only in (True, False):
        body = json.dumps(document, ensure_ascii=ascii_only).encode()
        assert parse_json(body, JsonLimits(depth=100)) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_either_taken_or_refused(body: bytes) -> None:
    try:
        value = parse_json(body, LIMITS)
    except (Invalid, TooLarge):
        return
    assert "\x00" not in json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": "\\u0000"}', "nul-character"),
        (b'{"\\u0000": 1}', "nul-character"),
        (b'["x\\u0000y"]', "nul-character"),
        (b'{"a": "\x00"}', "not-json"),
        (b'{"a": "\\ud800"}', "lone-surrogate"),
        (b'{"a": "\\udc00\\ud800"}', "lone-surrogate"),
        (b'{"\\uDFFF": 1}', "lone-surrogate"),
        (b'{"a": "\xff"}', "bad-encoding"),
        (b'{"a": "\xed\xa0\x80"}', "bad-encoding"),
        (b'{"a": "\xc0\xaf"}', "bad-encoding"),
        ('{"a": 1}'.encode("utf-16"), "bad-encoding"),
        (b'\xef\xbb\xbf{"a": 1}', "not-json"),
        (b'{"a": 1, "a": 2}', "duplicate-key"),
        (b'{"x": {"a": 1, "a": 1}}', "duplicate-key"),
        (b'{"a": NaN}', "not-a-number"),
        (b'{"a": Infinity}', "not-a-number"),
        (b'{"a": -Infinity}', "not-a-number"),
        (b'{"a": 1e400}', "number-out-of-range"),
        (b'{"a": -1e131071}', "number-out-of-range"),
        (b'{"a": 1e-400}', None),  # it is 0
        (b'{"a": 1e-200}', "number-out-of-range"),
        (b'{"a": 9223372036854775808}', "number-out-of-range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number-out-of-range"),
        (b"[" + b"[]," * 100_000 + b"[]]", "too-many-values"),
        (b"[" + b"1," * 200_000 + b"1]", "too-many-values"),
        (b"[" * 33 + b"]" * 33, "too-deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too-deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b"{", "not-json"),
        (b"", "not-json"),
        (b"{'a': 1}", "not-json"),
        (b'{"a": 1}x', "not-json"),
        (b'{"a": 01}', "not-json"),
    ],
)
def test_what_cannot_be_stored_is_refused_for_its_reason(body: bytes, code: str | None) -> None:
    if code is None:
        assert parse_json(body, LIMITS) == {"a": 0}
        return
    with pytest.raises((Invalid, TooLarge)) as caught:
        parse_json(body, LIMITS)
    assert caught.value.code == code


def test_exactly_as_deep_as_allowed_is_taken() -> None:
    body = b"[" * DEPTH + b"]" * DEPTH
    assert parse_json(body, LIMITS)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert len(parse_json(b"[" + b"[]," * 500 + b"[]]", LIMITS)) == 501


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert parse_json(b'["\\\\u0000"]', LIMITS) == ["\\u0000"]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(b'["\\ud83d\\ude00"]', LIMITS) == ["\U0001f600"]


def test_the_largest_whole_numbers_are_exact() -> None:
    assert parse_json(b"[9223372036854775807, -9223372036854775807]", LIMITS) == [
        2**63 - 1,
        -(2**63) + 1,
    ]
    assert math.isclose(parse_json(b"[0.1]", LIMITS)[0], 0.1)
