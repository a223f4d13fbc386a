"""YAML that is read as it was written, and written so that it reads back."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.api.policies.policy_text import parse_policy_yaml
from pointsman.api.policies.request_bodies import wants_yaml
from pointsman.api.policies.yaml import _OneOfEachKey, read_yaml, write_yaml
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


def test_no_key_is_compared_with_all_the_others() -> None:
    """Among 60,000 keys that would be two thousand million comparisons."""
    compared = 0

    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    text = "tag:yaml.org,2002:str"
    names = [*(f"k{i:06d}" for i in range(2_000)), "k001999"]
    pairs = [(yaml.ScalarNode(text, Key(name)), yaml.ScalarNode(text, "1")) for name in names]
    with pytest.raises(yaml.constructor.ConstructorError, match="k001999 occurs twice"):
        _OneOfEachKey("").construct_mapping(yaml.MappingNode("tag:yaml.org,2002:map", pairs))
    assert 0 < compared < len(names)


def test_the_kept_text_is_what_was_parsed() -> None:
    body = (
        b'# ours\nrules:\n- {work: nurture, name: "NO", when: {field: lead.created_at, gte: 2026-01-31}}\nfields: {}\n'
    )
    written = parse_policy_yaml(body)
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


@pytest.mark.parametrize(
    "nested",
    ["- " * 50_000 + "x", "? " * 50_000 + "x", "".join(f"{' ' * n}a:\n" for n in range(1_000)), "- {a: " * 65 + "x"],
    ids=["lists", "keys", "mappings", "both"],
)
def test_what_is_nested_without_brackets_is_refused_before_it_is_built(nested: str) -> None:
    # The C library builds on the stack: it took the whole process with it.
    with pytest.raises(Invalid, match="nested deeper than 64 levels"):
        read_yaml(nested.encode())


@pytest.mark.parametrize(
    "text",
    ["a: " + "1:" * 200 + "1.5", "a: !!timestamp x", "a: !!bool x", 'a: !!int ""', 'a: !!float ""', "a: !!set [x]"],
)
def test_a_tag_that_its_value_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="The policy cannot be read"):
        read_yaml(text.encode())


def test_merge_keys_are_refused_before_they_multiply() -> None:
    # Each level merges the one before ten times: a million pairs from 500 bytes, which are built before equal keys collapse.
    levels = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(10)) + "}"]
    levels += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    with pytest.raises(Invalid, match=r"merge keys \(<<\) are not read: write the merged keys out \(line 2\)"):
        read_yaml("\n".join(levels).encode())
    with pytest.raises(Invalid, match="merge keys"):
        read_yaml(b"a: &a {b: 1}\nc: {!!merge x: *a}")


def test_a_document_may_be_as_deep_as_is_said() -> None:
    assert read_yaml(b"- " * 62 + b"{a: 1}") is not None
