"""What outsiders write comes out as one line that hides nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.text.lines import hidden_sign, one_line, show_hidden

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


@pytest.mark.parametrize("sign", "\u200b\u00ad\u202e\u200e\u034f\u3164\ufeff")
def test_a_sign_that_nobody_sees_is_found_by_its_number_and_shown(sign: str) -> None:
    assert hidden_sign(f"a{sign}b") == f"U+{ord(sign):04X}"
    assert (
        show_hidden(f"a{sign}b") == f"a\\{'x' if ord(sign) < 256 else 'u'}{ord(sign):0{2 if ord(sign) < 256 else 4}x}b"
    )


def test_letters_spaces_and_what_joins_pictures_are_seen() -> None:
    text = "Grüße,\u00a0\U0001f469\u200d\U0001f4bc \u2709\ufe0f"
    assert hidden_sign(text) is None
    assert show_hidden(text) == text
