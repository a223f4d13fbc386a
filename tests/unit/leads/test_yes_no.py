"""Yes, no and neither, as forms, CRMs and people write them; and the words that say nothing."""

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
    "x", "X", "\uff39\uff25\uff33", "\u2713", "\u2714\ufe0f", "\u00a0ja\u200b", "Ja, gerne",
    "ja" + " " * 100, "<p>ja</p>", ["ja"], ["0", "1"], ["", "on"],
]  # fmt: skip
NO: list[Any] = [
    False, 0, 0.0, "false", "False", "0", "no", "No", "NO", "n", "nein", "Nein", "NEIN ", "n\u00f6", "N\u200bo",
    "falsch", "off", "unchecked", "\u274c", "No.", "nein, danke", "\uff2e\uff4f", "nein" + " " * 60, "no" + "\u200b" * 60,
    "nein" + "." * 60, "<p>nein</p>&nbsp;", "Nein, nein!",
    "\uff2e\uff25\uff29\uff2e" + "\u25a0" * 80, "nein" + " " * 5_000, "no " * 90, "\u274c\u274c", ["0"], ["off", ""],
]  # fmt: skip
NEITHER: list[Any] = [
    None, "", " ", "vielleicht", "maybe", "2", 2, -1, 0.5, float("nan"), [], {}, {"value": "yes"}, "?", "-",
    "yes and no", "notyet", "jain", "y" * 100, "11", "00", "\\n", ["1", "0"], ["ja", "vielleicht"], [["ja"]], ["ja"] * 11, [""],
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


EMPTY = [
    "-", "n/a", "N/A", "n.a.", "N. A.", "na", "?", "tbd", "TBD.", "t.b.d.", "keine", "Kein", "none", "None!", "null",
    "nil", "unknown", "unbekannt", "k.A.", "k. A.", "keine Angabe",
    "Keine Angaben", "KEINE ANGABE", "nicht bekannt", "todo", "TO DO", "xxx", "test", "Test", "asdf",
    "\uff4e\uff0f\uff41", "(n/a)", "\u200bnone\u2800", "kei\u00adne", "wei\u00df nicht", "weiss nicht",
    "entf\u00e4llt", "entfa\u0308llt", "n. v.", "lorem ipsum", "qwertz", "", " ", "\u3164",
    "n/a n/a", "n/a, n/a", "K. A. k. A.", "keine / keine", "keine; unbekannt", "none - none", "undefined undefined", "asdasd",
    "<p></p>", "<p>n/a</p>", "<br/>", "<p style='x", "<!-- -->", "&nbsp;", "<p>&amp;nbsp;&#160;</p>", "\\n", "\\u200b",
    "Bitte ausw\u00e4hlen", "-- Bitte w\u00e4hlen --", "-- Please select --", "--None--", "Select\u2026", "Choose an option",
    "{{contact.need}}", "{{a}} {{b}}", "${need}", "{Need:3}", "%NEED%", "##x##", "*|NEED|*", "<%= need %>", "{% need %}",
    "[object Object]", "[object Object],[object Object]", "#REF!", "#N/A", "#WERT!", "#DIV/0!",
    "siehe oben", "s. o.", "see above", "nicht relevant", "aucun", "nessuno", "ninguno", "\u043d\u0435\u0442", "dito",
    "\u2b1c", "\uffe8", "\u23ba", "\uffed n/a", "\U0001f532",
]  # fmt: skip
HONEST = [
    "x", "7", "yes", "offen", "bar", "85", "AAA", "keine Zeit mehr vor dem Audit", "none of their tools scales",
    "Testphase l\u00e4uft bis M\u00e4rz", "na klar, will kaufen", "B", "\u6f22", "2800 Eur", "Kostenfaktor",
    "budget: none left for rivals", "Excel <b>ersetzen</b>", "a < b and c > d", "50% bis 60%", "R&D",
    "{{name}} will Excel ersetzen",
    "C:\\network", "keine Zeit, kein Geld", "\U0001f7e2", "#1 priority", '{"seats": 5}', "<Excel>", "AAAA", "nur Excel / keine",
]  # fmt: skip


@pytest.mark.parametrize("text", EMPTY)
def test_an_empty_word_in_any_spelling_says_nothing(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize("text", HONEST)
def test_a_short_honest_answer_says_something(text: str) -> None:
    assert not is_empty(text)


UNSEEN_TEXTS = ["\u2800", "\u3164", "\uffa0", "\u115f", "\u034f\u0301", "\ue000", "\U000e0041", "\u2028"]


@pytest.mark.parametrize("text", UNSEEN_TEXTS, ids=ascii)
def test_a_field_whose_text_shows_nothing_is_unknown(text: str) -> None:
    assert coerce("custom.goal", text, FieldType.TEXT) is None
    assert coerce("lead.message", text) is None
    assert coerce("custom.tags", [text, "a"], FieldType.LIST) == ("a",)


@pytest.mark.parametrize(
    "sign", ["<", "<p ", "{{", "*|", "%a", "##a", "<%", "&", "&amp", "\\", "[[", "#", "n/a,", "\u0301", "<!", "${"]
)
def test_what_is_asked_of_a_long_text_of_one_sign_comes_to_an_end(sign: str) -> None:
    assert known_answer(sign * 20_000) is None
    assert is_empty(sign * 20_000) in (True, False)
