"""Why an item was refused or failed is a code to ask for and a message in each language; nothing that a person wrote is in it."""

import pytest

from pointsman.domain.errors import Conflict, Fault, Invalid, TooLarge
from pointsman.services.intake.inbox_errors import GAVE_UP, KNOWN_ELSEWHERE, refusal_of, unforeseen
from support.wording import english, german


@pytest.mark.parametrize(
    ("error", "code", "en", "de"),
    [
        (
            Invalid("The body is not JSON: at 3.", code="not-json"),
            "not-json",
            "the body is not JSON",
            "der Inhalt ist kein JSON",
        ),
        (
            Invalid("NUL.", code="nul-character", faults=[Fault(path="a.b", code="nul-character", message="x")]),
            "nul-character",
            "a text contains the character NUL: take it out (a.b)",
            "ein Text enthält das Zeichen NUL: Nehmen Sie es heraus (a.b)",
        ),
        (
            TooLarge("More than 100 events in one request."),
            "too-large",
            "more was sent at once than is accepted: send less",
            "es wurde auf einmal mehr gesendet, als angenommen wird: Senden Sie weniger",
        ),
        (Conflict("It is merged.", code="merged"), "merged", "It is merged.", "It is merged."),
        (Conflict("mara@example.com\nis taken", code="x"), "x", "(address) is taken", "(address) is taken"),
    ],
)
def test_a_refusal_has_a_code_and_reads_in_each_language(error: Exception, code: str, en: str, de: str) -> None:
    told = refusal_of(error)  # type: ignore[arg-type]  # each of the table is one of ours
    assert (told.code, english(told.message), german(told.message)) == (code, en, de)


def test_what_was_not_foreseen_tells_its_type_and_place_alone() -> None:
    try:
        int("mara@example.com")
    except ValueError as error:
        told = unforeseen(error)
    assert told.code == "internal"
    assert english(told.message).startswith("an error in the service: ValueError at test_inbox_errors.py:")
    assert german(told.message).startswith("ein Fehler im Dienst: ValueError bei test_inbox_errors.py:")
    assert "mara" not in str(told)


def test_what_is_known_elsewhere_or_was_given_up_reads_in_each_language() -> None:
    assert (KNOWN_ELSEWHERE.code, GAVE_UP.code) == ("known-elsewhere", "gave-up")
    assert german(KNOWN_ELSEWHERE.message) == "die Person ist bekannt und gehört nicht zu diesem Absender"
    assert german(GAVE_UP.message) == "der Worker ist bei jedem Versuch ausgefallen"
