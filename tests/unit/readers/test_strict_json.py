"""JSON from outside, as a connector reads it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.strict_json import JsonLimits, parse_json
from support.hostile.fuzzing import fuzz
from support.hypothesis_profiles import examples

SMALL = JsonLimits(size=10_000, depth=5, values=100, key_length=20)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"{", Reason.MALFORMED),
        (b"\xff\xfe", Reason.MALFORMED),
        (b'{"a": 1, "a": 2}', Reason.MALFORMED),
        (b"NaN", Reason.MALFORMED),
        (b"-Infinity", Reason.MALFORMED),
        ('{"a": 1}'.encode("utf-16"), Reason.MALFORMED),
        (b"+ACI-a+ACI-", Reason.MALFORMED),
        (b"[" * 6 + b"]" * 6, Reason.TOO_DEEP),
        (b'{"a":' * 5_00 + b"1", Reason.TOO_DEEP),
        (b"[" * 9_000, Reason.TOO_DEEP),
        (b"[" + b"0," * 200 + b"0]", Reason.TOO_LARGE),
        (b"[" + b"[]," * 200 + b"0]", Reason.TOO_LARGE),
        (b"9" * 5_000, Reason.TOO_LARGE),
        (b"1e999", Reason.TOO_LARGE),
        (b"0." + b"1" * 5_000, Reason.TOO_LARGE),
        (str(2**63).encode(), Reason.TOO_LARGE),
        (b'{"' + b"k" * 21 + b'": 1}', Reason.TOO_LARGE),
        (b'"' + b"t" * 10_000 + b'"', Reason.TOO_LARGE),
    ],
)
def test_what_is_no_bounded_json_is_unreadable(body: bytes, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_json(body, SMALL)
    assert caught.value.reason is reason


def test_brackets_and_commas_within_texts_count_for_nothing() -> None:
    text = "[{," * 500 + '\\"'
    assert parse_json(json.dumps({"a": text}).encode(), SMALL) == {"a": text}


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"\ud83d", "\ufffd"),
        (r"\ude82x", "\ufffdx"),
        (r"\ud83d\ud83d\ude82", "\ufffd🚂"),
        (r"\uD83D\uDE82\u0000", "🚂\ufffd"),
        (r"\\u0000\\\u0000", "\\u0000\\\ufffd"),
        (r"\n\u00e9", "\né"),
    ],
)
def test_what_is_no_character_becomes_the_replacement_character(escaped: str, text: str) -> None:
    """A vendor keeps what anybody typed, and one odd name may not hide the rest of its answer."""
    assert parse_json(f'{{"{escaped}": "{escaped}"}}'.encode()) == {text: text}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=9).filter(lambda key: "\x00" not in key), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_every_value_comes_back_and_no_sequence_of_marks_does_more_than_be_unreadable() -> None:
    @examples(200)
    @given(value=VALUES)
    def attempt(value: object) -> None:
        assert parse_json(json.dumps(value).encode()) == value

    @examples(200)
    @given(
        body=st.lists(
            st.sampled_from([*list('[]{},:"\\'), "1", "-", "e9", "null", '"a"', "\\ud83d", "\\u00", " "]), max_size=40
        )
        .map("".join)
        .map(str.encode)
        | st.binary(max_size=40)
    )
    def garbled(body: bytes) -> None:
        try:
            parse_json(body, SMALL)
        except Unreadable:
            return

    fuzz(attempt, garbled)
