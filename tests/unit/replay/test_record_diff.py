"""Two records of one decision: the same bytes, or the first that differs and every place that does."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.replay.record_diff import CONTEXT, MOST_PATHS, compare
from pointsman.domain.routing.decision import canonical

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
    found = compare(canonical(before), canonical(after))
    assert found.same is (canonical(before).encode() == canonical(after).encode())
    assert bool(found.paths) is not found.same


@given(records, records)
def test_the_first_byte_that_differs_is_named_exactly(before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = canonical(before).encode(), canonical(after).encode()
    found = compare(canonical(before), canonical(after))
    if found.first is None:
        assert one == other
        return
    at = found.first.offset
    assert one[:at] == other[:at]
    assert one[at : at + 4] != other[at : at + 4]
    assert found.first.before is not None
    assert len(found.first.before) <= 2 * CONTEXT


def test_every_path_that_differs_is_told_with_what_stood_there() -> None:
    before = {"rep": "anna", "steps": [{"rule": "a"}, {"rule": "b"}], "gone": 1}
    after = {"rep": "ben", "steps": [{"rule": "a"}, {"rule": "c"}, {"rule": "d"}]}
    found = compare(canonical(before), canonical(after))
    assert [(d.path, d.before, d.after) for d in found.paths] == [
        ("gone", "1", None),
        ("rep", '"anna"', '"ben"'),
        ("steps[1].rule", '"b"', '"c"'),
        ("steps[2]", None, '{"rule":"d"}'),
    ]
    assert found.names == ("gone", "rep", "steps")


def test_a_number_is_not_the_truth_value_that_equals_it() -> None:
    assert not compare(canonical({"a": 1}), canonical({"a": True})).same
    assert compare(canonical({"a": 1}), canonical({"a": True})).paths[0].path == "a"


def test_what_is_personal_is_named_but_not_told() -> None:
    leaf = {"field": "lead.email", "words": "lead.email geheim@a.example"}
    for before, after in (
        ({"facts": {"lead.email": "geheim@a.example"}}, {"facts": {"lead.email": "other@a.example"}}),
        ({"leaves": [leaf]}, {"leaves": []}),
        ({"leaves": [leaf]}, {"leaves": [{**leaf, "words": "x"}]}),
    ):
        found = compare(canonical(before), canonical(after))
        assert not found.same
        assert [d.hidden for d in found.paths] == [True]
        assert "geheim" not in repr(found)


def test_many_differences_are_counted_not_listed() -> None:
    before, after = ({"list": [side] * 500} for side in (1, 2))
    found = compare(json.dumps(before), json.dumps(after))
    assert (len(found.paths), found.more) == (MOST_PATHS, 500 - MOST_PATHS)
