"""What an admin hears of a mapping, and a sender of a value, that cannot be read: the words to write instead."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.domain.policy_check.operands import Spellings
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KNOWN = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=False)
FIELDS = {"fields": {"lead.email": "email", "lead.phone": "phone"}}


def refused(mapping: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as caught:
        parse_mapping(mapping, kind="lead", known=KNOWN)
    return tuple(caught.value.faults)


def warned(event: dict[str, Any]) -> list[tuple[str, str]]:
    mapping = parse_mapping(FIELDS | {"external_id": "id"}, kind="lead", known=KNOWN)
    found = map_event(event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0))
    return [(fault.code, fault.message) for fault in found.warnings]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("$.email", "write email"),
        ("$.contact.email", "write contact.email"),
        ("{{email}}", "write email"),
        ("${email}", "write email"),
        ("{{ contact.email }}", "write contact.email"),
        ("ja(ok)", "write yes(ok)"),
        ("nein(ok)", "write no(ok)"),
        ("yes ok", "write yes(ok)"),
        ("lenght(ok)", "did you mean 'length'?"),
    ],
)
def test_an_expression_of_another_language_hears_what_to_write(expression: str, says: str) -> None:
    (fault,) = refused({"fields": {"lead.email": expression}})
    assert fault.path == 'mapping.fields["lead.email"]'
    assert says in fault.message


@pytest.mark.parametrize(
    ("part", "path", "says"),
    [
        ({"evidence": {"name": "need", "value": "need"}}, "mapping.evidence", "write a list"),
        ({"evidence": ["need"]}, "mapping.evidence[0]", "write an object"),
        ({"fields": ["email"]}, "mapping.fields", "write an object"),
    ],
)
def test_a_part_of_another_shape_hears_which_one_to_write(part: dict[str, Any], path: str, says: str) -> None:
    assert [(fault.path, says in fault.message) for fault in refused(FIELDS | part)] == [(path, True)]


def test_two_values_for_one_field_hear_how_to_take_the_first() -> None:
    assert warned({"id": 7, "email": ["a@b.example", "c@d.example"]}) == [
        ("wrong-type", "finds 2 values: write email[0] for the first: left out")
    ]
    assert warned({"id": 7, "email": ["a@b.example", "a@b.example"]}) == []


@pytest.mark.parametrize("phone", ["1.711234567E9", "4,91711E+11"])
def test_a_number_that_a_spreadsheet_shortened_hears_that_its_digits_are_lost(phone: str) -> None:
    ((code, message),) = warned({"id": 7, "phone": phone})
    assert (code, "format the column as text" in message) == ("phone-unread", True)


def test_a_rule_for_an_unknown_country_hears_to_write_a_code() -> None:
    assert "write a code such as DE" in str(Spellings(CODE_NAMES).never_equal("lead.country", "XX"))
