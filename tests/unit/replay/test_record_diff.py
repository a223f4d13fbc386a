"""Two records of one decision: the same bytes, or the first that differs and every place that does."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.replay.record_diff import CONTEXT_CHARACTERS, MAX_PATHS, compare_records
from pointsman.domain.routing.decision import canonical_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abü.", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)
records = st.dictionaries(st.text("abcü", min_size=1, max_size=3), values, max_size=4)


@given(records, records)
def test_records_are_the_same_exactly_when_their_bytes_are(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = compare_records(canonical_json(before), canonical_json(after))
    assert found.is_same is (canonical_json(before).encode() == canonical_json(after).encode())
    assert bool(found.paths) is not found.is_same


@given(records, records)
def test_the_first_byte_that_differs_is_named_exactly(before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = canonical_json(before).encode(), canonical_json(after).encode()
    found = compare_records(canonical_json(before), canonical_json(after))
    if found.first_difference is None:
        assert one == other
        return
    at = found.first_difference.offset
    assert one[:at] == other[:at]
    assert one[at : at + 4] != other[at : at + 4]
    assert found.first_difference.before is not None
    assert len(found.first_difference.before) <= 2 * CONTEXT_CHARACTERS


def test_every_path_that_differs_is_told_with_what_stood_there() -> None:
    before = {"rep": "anna", "steps": [{"rule": "a"}, {"rule": "b"}], "gone": 1}
    after = {"rep": "ben", "steps": [{"rule": "a"}, {"rule": "c"}, {"rule": "d"}]}
    found = compare_records(canonical_json(before), canonical_json(after))
    assert [(d.path, d.before, d.after) for d in found.paths] == [
        ("gone", "1", None),
        ("rep", '"anna"', '"ben"'),
        ("steps[1].rule", '"b"', '"c"'),
        ("steps[2]", None, '{"rule":"d"}'),
    ]
    assert found.differing_parts == ("gone", "rep", "steps")


def test_a_number_is_not_the_truth_value_that_equals_it() -> None:
    assert not compare_records(canonical_json({"a": 1}), canonical_json({"a": True})).is_same
    assert compare_records(canonical_json({"a": 1}), canonical_json({"a": True})).paths[0].path == "a"


def test_what_is_personal_is_named_but_not_told() -> None:
    leaf = {"field": "lead.email", "words": "lead.email geheim@a.example"}
    for before, after in (
        ({"facts": {"lead.email": "geheim@a.example"}}, {"facts": {"lead.email": "other@a.example"}}),
        ({"leaves": [leaf]}, {"leaves": []}),
        ({"leaves": [leaf]}, {"leaves": [{**leaf, "words": "x"}]}),
    ):
        found = compare_records(canonical_json(before), canonical_json(after))
        assert not found.is_same
        assert [d.hidden for d in found.paths] == [True]
        assert "geheim" not in repr(found)


def test_many_differences_are_counted_not_listed() -> None:
    before, after = ({"list": [side] * 500} for side in (1, 2))
    found = compare_records(json.dumps(before), json.dumps(after))
    assert (len(found.paths), found.unlisted) == (MAX_PATHS, 500 - MAX_PATHS)
