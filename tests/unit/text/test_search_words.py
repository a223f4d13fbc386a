"""What is looked for: words, and their other spellings in host names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Invalid
from pointsman.domain.text.search_words import other_host_spelling, search_words


def test_words_are_composed() -> None:
    assert search_words("Ko\u0308hler  mu\u0308l", path="query.q") == ("Köhler", "mül")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Müller, Jörg", ("Müller", "Jörg")),
        ("Müller,Jörg;", ("Müller", "Jörg")),
        ("Müller,", ("Müller",)),
        ('"Müller"', ("Müller",)),
        ("\u201eMüller\u201c", ("Müller",)),
        ("'Müller'", ("Müller",)),
        ("Jörg Müller <p0@merge.example>", ("Jörg", "Müller", "p0@merge.example")),
        ("mailto:p0@merge.example", ("p0@merge.example",)),
        ("MAILTO:p0@merge.example?subject=x", ("p0@merge.example",)),
        ("Dr. Müller!", ("Dr", "Müller")),
        ("Müller & Söhne - Bonn", ("Müller", "Söhne", "Bonn")),
        ("karl heinz von der leyen", ("karl", "heinz", "von", "der", "leyen")),
        ("O'Brien-Smith", ("O'Brien-Smith",)),
        ("李明、王芳", ("李明", "王芳")),
        ("mar_", ("mar_",)),
        *((word, (word,)) for word in ("3M", "E.ON", "H&M", "李明", "สวัสดี", "مُحَمَّد", "O\u2019Ne", "aß", "æ")),
        ("Bo Li", ("Bo", "Li")),
    ],
)
def test_signs_around_words_are_none_of_them(text: str, words: tuple[str, ...]) -> None:
    assert search_words(text, path="query.q") == words


@pytest.mark.parametrize(
    "text", ["", "a", "a b c", "___", "\u02bc\u02bc\u02bc", "\u0308\u0308", "a\u0308", "<>", "mailto:", "- & -"]
)
def test_less_than_two_letters_in_a_word_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cannot be looked for") as refused:
        search_words(text, path="query.q")
    assert [fault.path for fault in refused.value.faults] == ["query.q"]


def test_more_words_than_can_be_asked_are_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid) as refused:
        search_words("ab " * 9, path="query.q")
    assert "leave out" in refused.value.faults[0].message


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("bücher", "xn--bcher-kva"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("xn--bcher-kva", "bücher"),
        ("info@XN--bcher-kva.example", "info@bücher.example"),
        ("müller@firma.example", None),
        ("mara@firma.example", None),
        ("xn--0", None),
        ("xn--\u00fc", None),
    ],
)
def test_a_host_name_has_another_spelling_where_it_is_not_ascii(word: str, other: str | None) -> None:
    assert other_host_spelling(word) == other


@given(st.text(max_size=30) | st.text("abz0-", max_size=20).map("xn--".__add__))
def test_any_word_has_a_spelling_that_can_be_sent_or_none(word: str) -> None:
    (other_host_spelling(word) or "").encode()
