"""Texts of senders on one line: words stay apart, and what formats invisibly is left out."""

import pytest

from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.normalise import clean_text, email_key
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import host_to_ascii

CLEANED = {
    "Acme\nGmbH": "Acme GmbH",
    "Acme \r\n GmbH\n": "Acme GmbH",
    "Müller\tBau GmbH": "Müller Bau GmbH",
    "Head of\r\nSales": "Head of Sales",
    "Anna\u2028Maria": "Anna Maria",
    "Anna\x85Maria": "Anna Maria",
    "Nord\u00adlicht": "Nordlicht",
    "\ufeffNord\u200blicht\u200e": "Nordlicht",
    "Acme  Bau": "Acme  Bau",
    "\n\t": "",
}


def test_a_break_or_a_tab_between_words_is_one_blank_and_a_hidden_joiner_is_nothing() -> None:
    assert {text: clean_text(text) for text in CLEANED} == CLEANED


@pytest.mark.parametrize("field", ["lead.first_name", "lead.title", "company.name", "custom.notes"])
def test_words_in_two_lines_stay_two_words_in_every_field_of_text(field: str) -> None:
    assert coerce(field, "no\nbudget", FieldType.TEXT, names=CODE_NAMES) == "no budget"
    assert coerce(field, ["no\tbudget"], FieldType.LIST, names=CODE_NAMES) == ("no budget",)


def test_a_telephone_number_and_a_message_keep_their_lines() -> None:
    for field in ("lead.phone", "lead.message"):
        assert coerce(field, " 030 12345\n\x00\ud800030 12346 ", names=CODE_NAMES) == "030 12345\n030 12346"


def test_two_addresses_in_two_lines_are_not_one() -> None:
    assert email_key("mara@acme.example\n2", host_to_ascii) is None
    assert email_key("mara@acme\n.example", host_to_ascii) is None
    assert email_key("ma\u200bra@acme.example\n", host_to_ascii) == "mara@acme.example"


@pytest.mark.parametrize(
    ("value", "text"), [(7.0, "7"), (7, "7"), (7.5, "7.5"), (491711234567.0, "491711234567"), (1e22, "1e+22")]
)
def test_a_whole_number_of_json_is_one_text_with_and_without_its_point(value: float, text: str) -> None:
    assert coerce("custom.id", value, FieldType.TEXT, names=CODE_NAMES) == text
