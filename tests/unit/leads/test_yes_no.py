"""Yes, no and neither, as forms, CRMs and people write them."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads import coercion
from pointsman.domain.leads.empty_words import EMPTY_WORDS, is_empty
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.yes_no import NO_WORDS, YES_WORDS, known_answer
from pointsman.services.codes.code_names import CODE_NAMES

coerce = partial(coercion.coerce, names=CODE_NAMES)

YES: list[Any] = [
    True, 1, 1.0, "true", "TRUE", "1", "yes", "Yes", "YES!", " yes ", "y", "ja", "Ja.", "JA", "j", "wahr", "on", "checked",
    "x", "X", "\uff39\uff25\uff33", "\u2713", "\u2714\ufe0f", "\u00a0ja\u200b", "Ja, gerne", "ja" + " " * 100, "<p>ja</p>",
    ["ja"], ["0", "1"], ["", "on"], [None, "yes"], "[x] yes", "(x) ja", "- [X] Ja", "\u2611 ja", "\u2612 ja", "[x]", "\u2611",
    "[x] yes [ ] no", "\u2610 nein \u2611 ja", "Ja / Yes", "yes/ja", "\u2705 Ja", "\U0001f44d\U0001f3fd", "[ja]",
]  # fmt: skip
NO: list[Any] = [
    False, 0, 0.0, "false", "False", "0", "no", "No", "NO", "n", "nein", "Nein", "NEIN ", "nö", "N\u200bo", "falsch", "off",
    "unchecked", "\u274c", "No.", "nein, danke", "\uff2e\uff4f", "nein" + " " * 60, "no" + "\u200b" * 60, "nein" + "." * 60,
    "<p>nein</p>&nbsp;", "Nein, nein!", "\uff2e\uff25\uff29\uff2e" + "\u25a0" * 80, "nein" + " " * 5_000, "no " * 90,
    "\u274c\u274c", ["0"], ["off", ""], "Nein / No", "nein/no", "no,nein", "nein (no)", "Nein|No", "nein \u2013 no",
    "no thanks / nein danke", "nein \U0001f44e", "\u274c nein", "nein \U0001f600", "<mark>nein</mark>",
    "<option>nein</option>", "nein\u0336", "n\u0336e\u0336i\u0336n\u0336", "nein\u00b2", "n\u0435in",
    "\u0274\u1d07\u026a\u0274", "leider nein", "Nein, leider", "No, not yet", "\U0001f6ab", "[x] nein",
    "\u2610 ja \u2611 nein", "[ ] yes", "- [ ] yes", "( ) ja", "[_] Ja", "\u2610 ja", "\u2610", "[ ]", ["[ ] yes"],
    "kein Bedarf", "Derzeit kein Bedarf.", "Wir haben leider kein Budget", "kein Interesse", "nicht interessiert",
    "not interested", "I'm not interested", "no need", "no budget at all", "nein, kein Bedarf", "don't need it",
]  # fmt: skip
NEITHER: list[Any] = [
    None, "", " ", "vielleicht", "maybe", "2", 2, -1, 0.5, float("nan"), [], {}, {"value": "yes"}, "?", "-", "[x] CRM",
    "[ ] CRM", "\u2610 nein", "[ ] no", "\u2610 ja \u2610 nein", "Ja \u2610 Nein \u2611", "ja \u274c", "Ja/Nein", "-1", "- 1",
    "1 1", "No. 1", "no 1", "nein, aber bald", "kein Bedarf an ERP, nur CRM", "no data", "not bad", "no need to wait",
    ["[x] yes", "[ ] yes"], "yes and no", "notyet", "jain", "y" * 100, "11", "00", "\\n", ["1", "0"], ["ja", "vielleicht"],
    [["ja"]], ["ja"] * 11, [""],
]  # fmt: skip


@pytest.mark.parametrize("value", YES, ids=repr)
def test_a_known_yes_is_a_yes(value: Any) -> None:
    assert known_answer(value) is True


@pytest.mark.parametrize("value", NO, ids=repr)
def test_a_known_no_is_a_no(value: Any) -> None:
    assert known_answer(value) is False


@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_everything_else_is_neither(value: Any) -> None:
    assert known_answer(value) is None


def test_no_word_is_in_two_lists() -> None:
    assert not YES_WORDS & NO_WORDS
    assert not (YES_WORDS | NO_WORDS) & EMPTY_WORDS


@given(st.text(st.characters(), max_size=20))
def test_any_text_is_read_without_an_error_and_alike_in_capitals_of_ascii(text: str) -> None:
    assert known_answer(text) in (True, False, None)
    if text.isascii():
        assert known_answer(text.upper()) is known_answer(text.lower())


@pytest.mark.parametrize("value", [item for item in YES + NO if not isinstance(item, bool)], ids=repr)
def test_boolean_fields_read_the_same_words(value: Any) -> None:
    assert coerce("custom.vip", value, FieldType.BOOLEAN) is known_answer(value)


UNSEEN_TEXTS = ["\u2800", "\u3164", "\uffa0", "\u115f", "\u034f\u0301", "\ue000", "\U000e0041", "\u2028"]


@pytest.mark.parametrize("text", UNSEEN_TEXTS, ids=ascii)
def test_a_field_whose_text_shows_nothing_is_unknown(text: str) -> None:
    assert coerce("custom.goal", text, FieldType.TEXT) is None
    assert coerce("lead.message", text) is None
    assert coerce("custom.tags", [text, "a"], FieldType.LIST) == ("a",)


@pytest.mark.parametrize(
    "sign",
    [
        "<",
        "<p ",
        "<a=",
        "<?",
        "<style>",
        "%41",
        "&amp;",
        "[x]",
        "[ ]",
        "[ ] ",
        "no, ",
        "nicht ",
        "$a",
        "__a",
        "{{",
        "*|",
        "%a",
        "##a",
        "<%",
        "&",
        "&amp",
        "\\",
        "[[",
        "#",
        "n/a,",
        "\u0301",
        "<!",
        "${",
    ],
)
def test_what_is_asked_of_a_long_text_of_one_sign_comes_to_an_end(sign: str) -> None:
    assert known_answer(sign * 20_000) is None
    assert is_empty(sign * 20_000) in (True, False)
