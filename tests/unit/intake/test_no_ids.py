"""What stands where an id should and names nothing: no strangers become one lead or one event by it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.domain.leads.values.identifiers import is_no_id
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.events import dedupe_key
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import IntakeMapping, parse_mapping
from pointsman.services.leads.fields import KnownFields
from pointsman.services.leads.lead_input import LeadInput, identify_person

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KNOWN = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=False)
NO_IDS: list[Any] = [
    "null", "NULL", "undefined", "n/a", "N.A.", "-", "--", "0", "000", "0.0", "None", "nan", "NaN", "true", "False", "k. A.",
    "null-null", "undefined undefined", "{{contact.id}}", "%ID%", "[object Object]", "#N/A", "<p></p>",
    "00000000-0000-0000-0000-000000000000", "\uff4e\uff55\uff4c\uff4c", "nul\u200bl", "\u2800", 0, 0.0, True, False,
    "-1", -1, "id", "contact-null", "undefined-0", "lead:undefined", "<id>", "[id]", "no", "TBA", "yes", "nein",
]  # fmt: skip
IDS: list[Any] = [
    "7", "10", "test", "abc123", "a", "x-0", "null-7", "none-of-them", "0815", "n1", "nana1", "\u6f22", 7, -2, 1.5, 10,
    "-10", "id-7", "contact-7", "contact-0", "id 0", "y", "n", "TBA-1", "x", "no-7", "1",
    "9b2f0c1e-0000-0000-0000-000000000000", "Nullmeier",
]  # fmt: skip


def id_of(value: Any, expression: str = "id") -> tuple[str | None, list[str]]:
    given = {"fields": {"lead.email": "email"}, "external_id": expression}
    mapping = parse_mapping(given, kind="lead", known=KNOWN)
    event = {"email": "a@b.example", "id": value}
    found = map_event(event, mapping, KNOWN, intake="crm", at=NOW, evaluation=Evaluation(0))
    return found.lead_input.external_id, [fault.code for fault in found.warnings if fault.path == "external_id"]


def name_of(event: Any, dedupe: str) -> str:
    mapping = IntakeMapping.model_validate({"dedupe": dedupe})
    headers = {"webhook-id": event.get("header")}
    return dedupe_key(event, 0, mapping, headers, batch=True, evaluation=Evaluation(0))


@pytest.mark.parametrize("value", NO_IDS, ids=ascii)
def test_a_word_for_nothing_is_no_id_and_a_warning_says_so(value: Any) -> None:
    found, warned = id_of(value)
    assert found is None
    assert warned == ["not-an-id"] or value == "\u2800"
    assert id_of(value, "to_string(id)")[0] is None
    person = LeadInput(email="a@b.example", external_id=str(value), source_system="crm")
    assert identify_person(person).external_id is None


@pytest.mark.parametrize("value", IDS, ids=ascii)
def test_an_id_stays_one(value: Any) -> None:
    assert id_of(value) == (str(value), [])


def test_nothing_is_no_id_without_a_warning_and_not_through_to_string() -> None:
    assert id_of(None) == (None, [])
    assert id_of(None, "to_string(id)") == (None, ["not-an-id"])


@pytest.mark.parametrize("dedupe", ["id", "[id, at]", "{a: id, b: [at]}", "join('-', [to_string(id), to_string(at)])"])
@pytest.mark.parametrize("value", [None, "", " ", "null", "n/a", 0, False, "undefined"], ids=repr)
def test_a_name_made_of_nothing_alone_is_no_name(dedupe: str, value: Any) -> None:
    mara, ben = ({"id": value, "at": value, "email": email} for email in ("mara@a.example", "ben@a.example"))
    assert name_of(mara, dedupe) == name_of(dict(mara), dedupe) != name_of(ben, dedupe)


@pytest.mark.parametrize("header", [None, "", " ", "null"], ids=repr)
def test_a_header_that_names_nothing_names_no_event(header: str | None) -> None:
    assert name_of({"header": header, "a": 1}, "header:webhook-id").startswith("sha256:")
    assert name_of({"header": "msg_1"}, "header:webhook-id") == "key:msg_1#0"


def test_a_name_with_one_id_in_it_is_a_name() -> None:
    first, again = ({"id": 7, "at": None, "sent": sent} for sent in (1, 2))
    assert name_of(first, "[id, at]") == name_of(again, "[id, at]")


@given(st.text(st.characters(), max_size=20))
@example("-1")
def test_any_text_is_asked_without_an_error(text: str) -> None:
    assert is_no_id(text) in (True, False)
    assert is_no_id(f" {text}\u200b ") is is_no_id(text)
