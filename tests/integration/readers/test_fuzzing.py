"""Whatever text comes, each reader of the service gives a plain value back or says what is wrong with it."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_from_bytes
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.api.booking_page.reader import clean_line, parse_day, parse_form, parse_id, parse_instant
from pointsman.api.http.paging import decode_cursor, encode_cursor
from pointsman.api.policies.yaml_reader import yaml_outcome
from pointsman.domain.errors import Invalid, PolicyInvalid, TooLarge
from pointsman.domain.leads import coercion
from pointsman.domain.leads.normalise import company_key, email_key
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.text.hosts import host_in
from pointsman.domain.text.outcomes import value_of
from pointsman.domain.text.patterns import PatternRefused, compile_pattern
from pointsman.domain.text.strict_json import JsonLimits, canonical_bytes, parse_json, reread_json
from pointsman.services.codes.registered_domains import domain_of_website, host_to_ascii
from pointsman.services.intake.mapping.expressions import (
    Evaluation,
    ExpressionFailedError,
    ExpressionRefusedError,
    TooCostlyError,
    compile_expression,
)
from support.hostile.fuzzing import fuzz
from support.hypothesis_profiles import examples


def pieces(*known: str) -> st.SearchStrategy[str]:
    """Texts that are made of what a format gives a meaning to, and of anything."""
    return st.lists(st.sampled_from(known) | st.text(max_size=3), max_size=30).map("".join)


YAML = pieces(
    "- ", "? ", ": ", "a: ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "&a ", "*a", "!!str ", "!x ", "|\n", ">-\n",
    "'", '"', "#", "---\n", "...\n", "%YAML 1.2\n", "<<: ", "~", "true", "NO", "0x1F", "0o7", "1e3",
    ".inf", "1:30", "\t", "\\", "\ufeff", "\x85",
)  # fmt: skip
JSON = pieces(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    "\\u0000",
    "\\ud800",
    "1e999",
    "-0",
    "9" * 20,
    "NaN",
    "null",
    "true",
    " ",
    "\\",
)
EXPRESSION = pieces(
    "a", "b", ".", "[", "]", "[]", "[*]", "[?", "*", "|", "||", "&&", "==", "<", "@", "&", "(", ")", ",", "{a: ", "}",
    "`1`", "`[1]`", "'x'",
    "join('x', ", "to_string(", "sort_by(@, &a)", "map(&a, ", "length(", "!", "[::-1]", "[9999999999]",
)  # fmt: skip
PATTERN = pieces(
    "(", ")", "(?i)", "(?=", "[", "]", "a", "*", "+", "{1,1000}", "\\1", "\\p{L}", "|", "^", "$", "\\Q", "."
)
NAME = pieces(
    "@",
    ".",
    "https://",
    "//",
    "xn--",
    "\u3002",
    "\u0301",
    "\u200d",
    "www.",
    "GmbH",
    "&",
    "[::1]",
    ":80",
    "\\",
    "\u202e",
)
MOMENT = pieces("2026-", "01-31", "T", "09:00", "+01:00", "Z", "W05", "-", ":", "9", ".", "\u0661", " ")


def tried(read: Callable[[], Any], *refusals: type[Exception]) -> tuple[Any, Any]:
    """What was read, or which of the refusals came; any other error is a fault of the reader."""
    try:
        return read(), None
    except refusals as refused:
        return None, refused


@given(YAML)
@examples(300)
def a_policy_in_yaml(text: str) -> None:
    outcome = yaml_outcome(text.encode(errors="surrogatepass"))
    value, refused = tried(lambda: value_of(outcome), Invalid)
    if refused:
        assert [fault.path for fault in refused.faults] == ["body"]
        return
    assert json.loads(json.dumps(outcome, allow_nan=False))["value"] == value
    _, faulty = tried(lambda: parse_policy(value), PolicyInvalid)
    assert faulty is None or 1 <= len(faulty.faults) <= 100


@given(JSON.map(lambda text: text.encode(errors="surrogatepass")) | st.binary(max_size=40))
@examples(300)
def a_body_in_json(body: bytes) -> None:
    value, refused = tried(lambda: parse_json(body, JsonLimits(depth=8)), Invalid, TooLarge)
    if refused:
        assert refused.code != "invalid"  # each reason has a name
        return
    assert canonical_bytes(reread_json(body)) == canonical_bytes(value)
    assert canonical_bytes(value).decode().encode() == canonical_bytes(value)


@given(EXPRESSION, st.sampled_from([{"a": [1, "x", None], "b": {"a": 2.5}}, [{"a": "y"}, {"a": "x"}], "text", None]))
@examples(300)
def a_mapping(text: str, body: Any) -> None:
    try:
        compile_expression(text)
        found = Evaluation(100).search(text, body)
    except (ExpressionRefusedError, ExpressionFailedError, TooCostlyError):
        return
    json.dumps(found)


@given(PATTERN, st.text(max_size=50))
@examples(300)
def a_pattern(pattern: str, text: str) -> None:
    matched, refused = tried(lambda: compile_pattern(pattern)(text), PatternRefused)
    assert str(refused) if refused else matched in {True, False}


FIELD = st.tuples(
    st.binary(max_size=6).map(quote_from_bytes), st.sampled_from(["=", "", "&", "%"]), st.text(max_size=8)
)


@given(st.lists(FIELD.map("".join), max_size=30).map("&".join))
@examples(300)
def a_form(text: str) -> None:
    form = parse_form(text.encode(errors="surrogatepass"))
    assert len(form) <= 20
    for given_text in form.values():
        assert clean_line(given_text, 100).isprintable() or not clean_line(given_text, 100)
        day = parse_day(given_text)
        assert day is None or day.year >= 2000
        assert parse_id(given_text) is None or isinstance(parse_id(given_text), UUID)


@given(MOMENT, st.text(st.sampled_from("ABCab01_-=|:T+"), max_size=60))
@examples(300)
def a_moment_or_cursor(moment: str, cursor: str) -> None:
    at = parse_instant(moment)
    assert at is None or at.tzinfo is UTC
    for value in (moment, len(moment) * 10**12, math.inf, math.nan, -1e300):
        found, refused = tried(lambda value=value: coercion.parse_instant(value), ValueError)
        assert "is not a time" in str(refused) if refused else found.tzinfo is UTC
    position, unknown = tried(lambda: decode_cursor(cursor), Invalid)
    assert unknown.code == "bad-cursor" if unknown else decode_cursor(encode_cursor(position)) == position


@given(NAME)
@examples(300)
def a_name_or_address(text: str) -> None:
    host = host_in(text)
    assert host is None or (host.isascii() and len(host) <= 1_500)
    domain = domain_of_website(text)
    assert domain is None or "." in domain
    key = email_key(text, host_to_ascii)
    assert key is None or email_key(key, host_to_ascii) == key
    name = company_key(text)
    assert name is None or len(name) <= 200


READERS = [a_policy_in_yaml, a_body_in_json, a_mapping, a_pattern, a_form, a_moment_or_cursor, a_name_or_address]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_a_reader_takes_any_text(reader: Any) -> None:
    fuzz(reader)


def test_what_was_encoded_as_a_cursor_is_decoded() -> None:
    position = (datetime(2026, 1, 31, 9, tzinfo=UTC), UUID(int=7))
    assert decode_cursor(encode_cursor(position)) == position
