"""What an event says about whether its lead is to be contacted: a yes counts, and all else says nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields
from unit.intake.test_booking_window import KNOWN

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def said(value: Any, known: KnownFields = KNOWN) -> tuple[bool, list[str]]:
    mapping = parse_mapping({"fields": {"lead.email": "email"}, "do_not_contact": "out"}, kind="lead", known=known)
    event = {"email": "a@b.example", "out": value}
    found = map_event(event, mapping, known, intake="crm", at=AT, evaluation=Evaluation(0))
    return found.lead_input.do_not_contact, [fault.path for fault in found.warnings]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, (True, [])),
        ("ja", (True, [])),
        ("1", (True, [])),
        (False, (False, [])),
        ("nein", (False, [])),
        (None, (False, [])),
        ("", (False, [])),
        ("perhaps", (False, ["do_not_contact"])),
        ({"a": 1}, (False, ["do_not_contact"])),
    ],
)
def test_a_yes_ends_contact_and_what_is_unclear_is_told(value: Any, expected: tuple[bool, list[str]]) -> None:
    assert said(value) == expected
