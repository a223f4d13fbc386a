"""Faults of form as messages."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pointsman.domain.errors import Fault
from pointsman.domain.messages.form_faults import fault_words, form_fault
from pointsman.services.wording.rendering import MessageReader, render

GERMAN = MessageReader(language="de")


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="ab", min_length=2, max_length=3)
    count: int = Field(default=5, ge=5, lt=10)
    share: float = Field(default=1.5, gt=1, le=2)
    is_open: bool = True
    tags: list[str] = Field(default_factory=lambda: ["a"], min_length=1, max_length=2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": 7}, "das ist kein Text"),
        ({"name": "a"}, "der Text ist zu kurz: Schreiben Sie mindestens 2 Zeichen"),
        ({"name": "abcd"}, "der Text ist zu lang: Schreiben Sie höchstens 3 Zeichen"),
        ({"count": "x"}, "das ist keine ganze Zahl"),
        ({"count": 4}, "schreiben Sie 5 oder mehr"),
        ({"count": 10}, "schreiben Sie weniger als 10"),
        ({"share": "x"}, "das ist keine Zahl"),
        ({"share": 1}, "schreiben Sie mehr als 1"),
        ({"share": 3}, "schreiben Sie 2 oder weniger"),
        ({"is_open": 7}, "schreiben Sie true oder false"),
        ({"tags": []}, "das sind zu wenige: Schreiben Sie mindestens 1"),
        ({"tags": ["a", "b", "c"]}, "das sind zu viele: Schreiben Sie höchstens 2"),
        ({"tags": "a"}, "„a“ ist keine Liste"),
        ({"other": 1}, "„other“ ist hier nicht bekannt"),
    ],
)
def test_a_fault_of_form_has_german_words(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    assert render(form_fault(caught.value.errors()[0], "said in English"), GERMAN).startswith(said)


def test_a_fault_without_a_message_has_a_german_frame() -> None:
    fault = Fault(path="rules", code="odd", message="this is odd")
    assert render(fault_words(fault), GERMAN) == "Die Prüfung meldet auf Englisch: this is odd"
