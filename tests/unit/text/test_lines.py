"""What outsiders write comes out as one line that hides nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.text.lines import one_line

BREAKS = "\n\r\t\v\f\x1c\x85\u2028\u2029"


@given(st.text())
def test_whatever_is_written_is_one_printable_line(text: str) -> None:
    shown = one_line(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    assert shown == shown.strip()
    assert one_line(shown) == shown


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize("sign", BREAKS)
def test_a_break_is_a_space(sign: str) -> None:
    assert one_line(f"a{sign}{sign}b{sign}") == "a b"


@pytest.mark.parametrize("sign", "\u200b\u00ad\u202e\u2066\u034f\u3164\u2800\ufe0f\U000e0101\ufeff")
def test_what_shows_nothing_or_turns_the_text_is_gone(sign: str) -> None:
    assert one_line(f"{sign}a{sign}b{sign}") == "ab"
    assert one_line(sign * 3) == ""
