"""YAML that is read as it was written, and written so that it reads back."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.api.policies.policy_text import parse_policy_yaml_now
from pointsman.api.policies.request_bodies import wants_yaml
from pointsman.api.policies.yaml_reader import read_yaml
from pointsman.api.policies.yaml_writer import write_yaml
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.errors import Invalid
from pointsman.domain.policy.parsing import parse_policy, plain_document

texts = st.text(st.characters(exclude_characters="\x00[]{}", exclude_categories=["Cs"])) | st.sampled_from(
    [
        "NO",
        "no",
        "on",
        "1e3",
        "0o17",
        "1_000",
        "2026-01-31",
        "12:30",
        "~",
        "null",
        "=",
        "<<",
        "",
        " x ",
        "a: b",
        "# no",
        "\ufeff",
    ]
)
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.sampled_from([0.5, 1e17, 1e-7, 2.0])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=5))
@example({"b": 1, "a": {"z": "NO", "y": ["1e3"]}})
def test_what_is_written_reads_back_in_the_same_order(document: dict[str, Any]) -> None:
    assert json.dumps(read_yaml(write_yaml(document).encode())) == json.dumps(document)


@pytest.mark.parametrize("text", ["NO", "yes", "1e3", "0o17", "2026-01-31", "null", "1.5"])
def test_a_text_that_a_reader_could_take_for_something_else_stays_quoted(text: str) -> None:
    assert write_yaml({"in": [text]}) == f"in:\n- '{text}'\n"


def test_no_part_is_written_as_an_alias() -> None:
    same = {"field": "lead.country", "equals": "DE"}
    assert yaml.safe_load(write_yaml({"a": same, "b": same})) == {"a": same, "b": same}
    assert "&" not in write_yaml({"a": same, "b": same})


def test_a_key_that_occurs_twice_among_very_many_is_found() -> None:
    keys = "".join(f"k{i:06d}: 1\n" for i in range(60_000))
    with pytest.raises(Invalid, match=r"k059999 occurs twice \(line 60001\)"):
        read_yaml(f"{keys}k059999: 2\n".encode())


def test_the_kept_text_is_what_was_parsed() -> None:
    body = (
        b'# ours\nrules:\n- {work: nurture, name: "NO", when: {field: lead.created_at, gte: 2026-01-31}}\nfields: {}\n'
    )
    written = parse_policy_yaml_now(body, ChildTextReaders())
    assert written.source == body.decode()
    assert parse_policy(read_yaml(body)) == parse_policy(written.document)
    plain = plain_document(written.document)
    assert list(plain) == ["rules", "fields"]
    assert list(plain["rules"][0]) == ["work", "name", "when"]
    assert plain["rules"][0]["when"]["gte"] == "2026-01-31"


@pytest.mark.parametrize(
    ("given_format", "accept", "yaml_wanted"),
    [
        (None, "", False),
        (None, "*/*", False),
        (None, "application/json", False),
        (None, "application/yaml", True),
        (None, "text/yaml; q=0.9, application/json; q=0.1", True),
        (None, "application/json, application/yaml", False),
        (None, "text/html, application/xhtml+xml, */*", False),
        ("json", "application/yaml", False),
        ("yaml", "application/json", True),
    ],
)
def test_the_answer_has_the_form_that_was_asked_for(given_format: Any, accept: str, yaml_wanted: bool) -> None:
    assert wants_yaml(given_format, accept) is yaml_wanted


CORE_SCHEMA = {
    "12": 12,
    "-7": -7,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "1e3": 1000.0,
    ".5": 0.5,
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    # What YAML 1.1 takes for something else is a text:
    "NO": "NO",
    "yes": "yes",
    "on": "on",
    "1:30": "1:30",
    "1_000": "1_000",
    "2026-01-31": "2026-01-31",
    "2026-01-31 10:00:00": "2026-01-31 10:00:00",
    "=": "=",
    "tRUE": "tRUE",
}


@pytest.mark.parametrize(("written", "value"), CORE_SCHEMA.items())
def test_a_text_without_quotes_stands_for_what_yaml_1_2_says(written: str, value: Any) -> None:
    assert json.dumps(read_yaml(f"a: {written}".encode())) == json.dumps({"a": value})


def test_a_key_is_read_as_it_is_written() -> None:
    assert read_yaml(b"1: a\ntrue: b\n~: c\n0x10: d\nNO: e") == {
        "1": "a",
        "true": "b",
        "~": "c",
        "0x10": "d",
        "NO": "e",
    }


def test_a_document_may_be_as_deep_as_is_said() -> None:
    assert read_yaml(b"- " * 62 + b"{a: 1}") is not None


REFUSED = {
    "tag": ("a: !!timestamp x", "tags such as"),
    "tag on a list": ("a: !!set [x]", "tags such as"),
    "tag of ours": ("a: !x y", "tags such as"),
    "merge key": ("a: &a {b: 1}\nc: {<<: *a}", r"merge keys \(<<\) are not read: write the merged keys out \(line 2\)"),
    "list as a key": ("[a]: b", "a key must be a text"),
    "two documents": ("a: 1\n---\nb: 2", r"more than one document: send each by itself \(line 2\)"),
    "version": ("%YAML 1.1\n---\na: 1", "read as YAML 1.2"),
    "itself": ("a: &a [*a]", "an alias stands before the end of what it names"),
    "nothing": ("a: *b", "undefined alias|names nothing"),
    "long number": ("a: " + "9" * 5_000, "the number 99999999999999999999… is too long"),
    "wide number": ("a: " + "9" * 25, "more than 64 bits"),
    "great number": ("a: 1e999", "not JSON"),
    "no number": ("a: .nan", "no number that JSON knows"),
    "long key": ("? " + "a" * 2_000 + "\n: 1", "a key has more than 1000 characters"),
    "NUL": ('a: "\\0"', "NUL"),
    "control character": ("a: \x01", "not YAML"),
    "open bracket": ("a: [", "not YAML"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_plain_data_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read_yaml(text.encode())
