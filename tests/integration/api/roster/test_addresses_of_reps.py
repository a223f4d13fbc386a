"""An address of a rep, and a domain of a supplier, is one that a mail can be sent to."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pointsman.api.roster.request_bodies import Domain, Email

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_DOMAIN: TypeAdapter[str] = TypeAdapter(Domain)


@pytest.mark.parametrize(
    "text", ["anna@nord.example", "anna+leads@mail.nord-werk.example", "o'neil@nord.example", "jörg@müller.example"]
)
def test_an_address_is_taken(text: str) -> None:
    assert _EMAIL.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "anna@nord..werk.example",
        "anna@.nord.example",
        "anna@nord.example.",
        "anna@nord",
        "anna@nord.example,ben@nord.example",
        "anna@nord.example;ben@nord.example",
        "Anna <anna@nord.example>",
        "mailto:anna@nord.example",
        "anna@nord.example\nBcc: ben@nord.example",
        "anna@nord.example\n",
    ],
)
def test_what_is_no_address_or_several_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        _EMAIL.validate_python(text)


@pytest.mark.parametrize("text", ["nord..example", ".nord.example", "nord.example.", "nord"])
def test_a_domain_with_an_empty_label_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        _DOMAIN.validate_python(text)
