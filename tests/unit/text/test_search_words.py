"""What is looked for: words, and their other spellings in host names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.text.search_words import other_host_spelling, search_words


def test_words_are_composed() -> None:
    assert search_words("Ko\u0308hler  mu\u0308l", path="query.q") == ("Köhler", "mül")


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
