"""What a policy's author is told of a wrong value is told in both languages, with what was meant where that shows."""

import ast
from pathlib import Path
from typing import Any

import pytest

from pointsman.domain.errors import Fault, PolicyInvalid
from pointsman.domain.messages.form_faults import fault_words, knows_kind
from pointsman.domain.messages.message import say
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy.parsing_faults import PATTERNS_IN_WORDS
from pointsman.services.wording.rendering import MessageReader, render

APP = Path(__file__).parents[3] / "app" / "pointsman" / "domain"
GERMAN = MessageReader(language="de")


def fault_of(**parts: Any) -> Fault:
    """The only fault of a policy with this pool, or with this rule."""
    pool = {"work": "closing", "members": ["ada"]} | parts.get("pool", {})
    rules = [{"name": "all", "work": "closing", "pool": "closers"} | parts.get("rule", {})]
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy({"pools": {"closers": pool}, "rules": rules})
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize(
    ("parts", "meant"),
    [
        ({"pool": {"booking": {"conference": "creat"}}}, "create"),
        ({"pool": {"booking": {"conference": "Create"}}}, "create"),
        ({"rule": {"else": "holt"}}, "hold"),
        ({"rule": {"else": "nurtur"}}, "nurture"),
        ({"rule": {"work": "closin"}}, "closing"),
    ],
)
def test_a_word_that_is_misspelt_is_told_with_the_one_that_is_meant(parts: dict[str, Any], meant: str) -> None:
    fault = fault_of(**parts)
    assert f"did you mean '{meant}'?" in fault.message
    said = render(fault_words(fault), GERMAN)
    assert said.endswith(f"meinten Sie „{meant}“?")
    assert "nglisch" not in said


def test_what_is_like_no_word_is_told_without_a_guess() -> None:
    fault = fault_of(pool={"booking": {"conference": "ftp://meet.example"}})
    assert "did you mean" not in fault.message
    assert render(fault_words(fault), MessageReader()) == fault.message


@pytest.mark.parametrize("form", PATTERNS_IN_WORDS.values(), ids=lambda form: form.key)
def test_each_form_is_told_in_german_and_in_english_alike(form: Any) -> None:
    """The words of the catalogue are those of the English answer."""

    said = say(form.key, given="x")
    assert render(said, MessageReader()) == f"x {form.words}"
    assert render(said, GERMAN) != f"x {form.words}"


def raised() -> set[str]:
    return {
        call.args[0].value
        for path in APP.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "PydanticCustomError"
        and isinstance(call.args[0], ast.Constant)
    }


def test_each_fault_that_the_models_find_themselves_has_words() -> None:
    assert len(raised()) > 15
    assert sorted(kind for kind in raised() if not knows_kind(kind)) == []
