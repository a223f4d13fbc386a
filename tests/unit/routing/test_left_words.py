"""Why a lead stays where it is, in the reader's language."""

import pytest

from pointsman.domain.errors import Conflict, NotFound, PointsmanError, SlotTaken
from pointsman.domain.messages.message import say
from pointsman.services.reassignment.left_words import left_words
from support.wording import english, german


@pytest.mark.parametrize(
    ("error", "words", "worte"),
    [
        (NotFound("There is no such lead."), "there is no such lead", "diesen Lead gibt es nicht"),
        (SlotTaken("Taken."), "that time was taken meanwhile", "diese Zeit ist inzwischen vergeben"),
        (
            Conflict("X has it.", code="holder-changed", told=say("moving.not-assigned")),
            "no rep has the lead",
            "niemand hat den Lead",
        ),
        (Conflict("As it is.", code="a-new-code"), "As it is.", "nicht möglich: „As it is.“"),
    ],
)
def test_an_error_is_told_by_its_message_its_code_or_quoted(error: PointsmanError, words: str, worte: str) -> None:
    assert english(left_words(error)) == words
    assert german(left_words(error)) == worte
