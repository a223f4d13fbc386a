"""A fact as a CRM's field has it, and back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.field_mapping.forms import LONGEST, inward, is_nothing, mark, outward
from pointsman.domain.field_mapping.mapped import CrmFieldType, Direction, MappedField, Transform, Winner
from pointsman.domain.leads.facts import FactValue, FieldType
from pointsman.services.codes.code_names import CODE_NAMES

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
DAY = datetime(2026, 11, 25, tzinfo=UTC)


def row(kind: str = "text", *transforms: str, fact: str = "custom.x", **choices: str) -> MappedField:
    return MappedField(
        fact=fact,
        field="x",
        direction=Direction.BOTH,
        wins=Winner.CRM,
        type=CrmFieldType(kind),
        choices=choices,
        transforms=tuple(map(Transform, transforms)),
    )


BOTH_WAYS: list[tuple[MappedField, FieldType, FactValue, object]] = [
    (row(), FieldType.TEXT, "Sägewerk", "Sägewerk"),
    (row("choice", SOFTWARE="software", RETAIL="retail"), FieldType.TEXT, "software", "SOFTWARE"),
    (row("number"), FieldType.NUMBER, 120, 120),
    (row("text", "number"), FieldType.NUMBER, 120, "120"),
    (row("text", "number"), FieldType.NUMBER, 1.5, "1.5"),
    (row("number", "number"), FieldType.TEXT, "42", 42),
    (row("boolean"), FieldType.BOOLEAN, False, False),
    (row("text", "yes_no"), FieldType.BOOLEAN, True, "yes"),
    (row("choice", "yes_no"), FieldType.BOOLEAN, False, "no"),
    (row("choice", Ja="true", Nein="false"), FieldType.BOOLEAN, True, "Ja"),
    (row("datetime"), FieldType.INSTANT, AT, "2026-11-25T09:30:00Z"),
    (row("date", "date"), FieldType.INSTANT, DAY, "2026-11-25"),
    (row("text", "date_dmy"), FieldType.INSTANT, DAY, "25.11.2026"),
    (row("text", "date_mdy"), FieldType.INSTANT, DAY, "11/25/2026"),
    (row("choices"), FieldType.LIST, ("CRM", "ERP"), ["CRM", "ERP"]),
    (row("text", "list"), FieldType.LIST, ("CRM", "ERP"), "CRM; ERP"),
]


@pytest.mark.parametrize(("one", "kind", "ours", "theirs"), BOTH_WAYS)
def test_a_value_goes_out_and_comes_back_as_it_was(
    one: MappedField, kind: FieldType, ours: FactValue, theirs: object
) -> None:
    assert outward(one, ours) == theirs
    back = inward(one, theirs, kind, CODE_NAMES)
    assert back == ours
    assert back is not None
    assert mark(one, outward(one, back)) == mark(one, theirs)


@pytest.mark.parametrize(
    ("one", "ours", "theirs"),
    [
        (row("text", "trim", "upper"), " abc ", "ABC"),
        (row("text", "lower"), "ABC", "abc"),
        (row("date", "date"), AT, "2026-11-25"),
    ],
)
def test_what_goes_one_way_is_changed_on_it(one: MappedField, ours: FactValue, theirs: object) -> None:
    assert outward(one, ours) == theirs


@pytest.mark.parametrize(
    ("one", "kind", "theirs", "ours"),
    [
        (row("text", "lower"), FieldType.TEXT, "Abc", "abc"),
        (row("text", "yes_no"), FieldType.BOOLEAN, "Ja", True),
        (row("number"), FieldType.NUMBER, "120", 120),
        (row("choices"), FieldType.LIST, "CRM;ERP", ("CRM", "ERP")),
        (row("datetime"), FieldType.INSTANT, "1795599000000", datetime(2026, 11, 25, 9, 30, tzinfo=UTC)),
        (row("text", "date_dmy"), FieldType.INSTANT, "2026-11-25", DAY),
        (row(fact="lead.country"), FieldType.TEXT, "Germany", "DE"),
    ],
)
def test_what_a_crm_writes_in_its_own_way_is_read(one: MappedField, kind: FieldType, theirs: Any, ours: Any) -> None:
    assert inward(one, theirs, kind, CODE_NAMES) == ours


@pytest.mark.parametrize("raw", [None, "", "  ", [], ()])
def test_an_empty_field_says_nothing(raw: object) -> None:
    assert is_nothing(raw)
    assert mark(row(), raw) == ""
    assert inward(row(), raw, FieldType.TEXT, CODE_NAMES) is None


@pytest.mark.parametrize(
    ("one", "kind", "raw"),
    [
        (row("number"), FieldType.NUMBER, "many"),
        (row("choice", A="a"), FieldType.TEXT, "B"),
        (row("boolean"), FieldType.BOOLEAN, "perhaps"),
        (row("datetime"), FieldType.INSTANT, "soon"),
        (row("text"), FieldType.TEXT, "x" * (LONGEST + 1)),
        (row("text"), FieldType.TEXT, {"a": 1}),
    ],
)
def test_what_cannot_be_read_is_refused(one: MappedField, kind: FieldType, raw: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        inward(one, raw, kind, CODE_NAMES)


@pytest.mark.parametrize(
    ("one", "ours"),
    [
        (row("choice", A="a"), "b"),
        (row("number", "number"), "many"),
        (row("boolean"), "yes"),
        (row("datetime"), "2026-11-25"),
        (row("text"), True),
        (row("text"), AT),
        (row("choices"), "a"),
    ],
)
def test_what_the_field_cannot_say_is_refused(one: MappedField, ours: FactValue) -> None:
    with pytest.raises(ValueError, match=r"no-choice|wrong-type"):
        outward(one, ours)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("number", 120, "120.0"),
        ("boolean", True, "true"),
        ("boolean", False, "No"),
        ("datetime", "2026-11-25T09:30:00Z", "1795599000000"),
        ("datetime", "2026-11-25T09:30:00Z", "2026-11-25T09:30:00.000Z"),
        ("date", "2026-11-25", "2026-11-25T00:00:00Z"),
        ("choices", ["b", "a"], "a;b"),
        ("text", " a ", "a"),
    ],
)
def test_one_value_in_two_writings_is_the_same(kind: str, one: object, other: object) -> None:
    assert mark(row(kind), one) == mark(row(kind), other)


@given(st.sampled_from([one for one, *_ in BOTH_WAYS]), st.one_of(st.text(), st.floats(), st.booleans(), st.none()))
def test_a_mark_is_made_of_whatever_a_vendor_says(one: MappedField, raw: object) -> None:
    assert isinstance(mark(one, raw), str)


@given(st.sampled_from([one for one, *_ in BOTH_WAYS]))
def test_a_row_is_stored_and_read_again(one: MappedField) -> None:
    assert MappedField.from_json(one.as_json()) == one
