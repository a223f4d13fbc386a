"""What is drawn of a text, and what says something, over all of Unicode."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.text.lines import one_line
from pointsman.domain.text.visible import fold_word, is_drawn, says_more_than, says_something

#: Nothing is drawn of these, whatever Unicode calls them.
UNSEEN = {
    "a space": " ",
    "a no-break space": "\u00a0",
    "a narrow no-break space": "\u202f",
    "an ideographic space": "\u3000",
    "an ogham space": "\u1680",
    "line ends": "\r\n\u2028\u2029\u0085",
    "a zero-width space": "\u200b",
    "joiners": "\u200c\u200d\u2060",
    "a byte order mark": "\ufeff",
    "a soft hyphen": "\u00ad",
    "marks of direction": "\u200e\u200f\u202e\u2066",
    "the braille blank": "\u2800",
    "the Hangul filler": "\u3164",
    "the narrow Hangul filler": "\uffa0",
    "Hangul fillers of syllables": "\u115f\u1160",
    "a grapheme joiner": "\u034f",
    "vowels that Khmer does not write": "\u17b4\u17b5",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "Mongolian selectors": "\u180b\u180e\u180f",
    "tags": "\U000e0041\U000e007f\U000e0001",
    "marks without a letter": "\u0301\u0308\u20dd",
    "a private sign": "\ue000",
    "a private sign of a far plane": "\U0010fffd",
    "unassigned signs": "\u0378\ufdd0\uffff",
    "half a pair": "\ud800",
    "controls": "\x00\x07\x1b\x7f",
    "blank hieroglyphs": "\U00013441\U00013442",
    "an empty note": "\U0001d159",
    "half a wide space": "\u303f",
    "signs around annotations": "\ufff9\ufffa\ufffb",
    "invisible operators": "\u2061\u2062\u2063\u2064",
}
#: Something is drawn, and nothing said.
SAYS_NOTHING = [
    "-", "--", "\u2013", "\u2014", "\u2026", "...", "?", "???", ".", "/", "()", "( )", "[]", "*", "_", "~", "#", "+", "=",
    "|", "\u20ac", "\u00b4", "^", "\u2500\u2500", "\u2b1c", "\uffe8", "\uffe4", "\uffed", "\u23ba", "\u01c0", "\u25cf", "\u25a1",
    "\u2022", "\ufffd", "\ufffc", "\uff0d", "\u30fc", "\u3002", "\u060c", "\u00b7", "\u00bf", "\u00a7", "-\u2800-", "\u02b9",
]  # fmt: skip
SPEAKS = [
    "a", "7", "\u00df", "\u00fc", "u\u0308", "\u044f", "\u03b1", "\u6f22", "\u3042", "\uac00", "\u0627", "\u05d0",
    "\u0915", "\u0e01", "\u10d0", "\u0531", "\u1200", "\u2813\u2811", "\u2713", "\U0001f44d", "\u0663", "\uff21", "\u2163",
    "\U00013000", "\u4e00", "- x -", "\u3164a", "(1)",
]  # fmt: skip
ANY = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_leaves_the_paper_white_is_not_drawn(text: str) -> None:
    assert not is_drawn(text)
    assert not says_something(text)
    assert fold_word(text).strip("\u0301\u0308\u20dd") == ""


def test_every_unseen_sign_together_is_still_nothing() -> None:
    assert not is_drawn("".join(UNSEEN.values()))


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_punctuation_and_ornaments_are_drawn_and_say_nothing(text: str) -> None:
    assert is_drawn(text)
    assert not says_something(text)


@pytest.mark.parametrize("text", SPEAKS)
def test_a_letter_a_digit_or_a_picture_of_any_script_says_something(text: str) -> None:
    assert is_drawn(text)
    assert says_something(text)


def test_no_sign_of_unicode_speaks_without_being_drawn() -> None:
    signs = [chr(code) for code in range(sys.maxunicode + 1)]
    assert [sign for sign in signs if says_something(sign) and not is_drawn(sign)] == []


def test_a_sign_that_speaks_still_does_in_its_narrow_form() -> None:
    # Where Unicode has wide, half-wide, boxed and small doubles of other signs.
    blocks = ((0x2000, 0x2C00), (0x3000, 0x3400), (0xA700, 0xA800), (0xF900, 0x10000), (0x1F000, 0x1FC00))
    signs = [chr(code) for first, end in blocks for code in range(first, end)]
    assert [sign for sign in signs if says_something(sign) and fold_word(sign) == ""] == []


def test_all_signs_that_unicode_lets_a_renderer_ignore_are_unseen() -> None:
    # Default_Ignorable_Code_Point of Unicode 14 (DerivedCoreProperties.txt).
    ranges = (
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
        (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    )  # fmt: skip
    assert [code for first, last in ranges for code in range(first, last + 1) if is_drawn(chr(code))] == []


@given(ANY)
def test_white_controls_marks_and_ignorable_signs_never_make_a_text_drawn(text: str) -> None:
    seen = [sign for sign in text if unicodedata.category(sign)[0] in "LNPS" and is_drawn(sign)]
    assert is_drawn(text) is bool(seen)
    assert is_drawn(text + "".join(UNSEEN.values())) is bool(seen)


@given(ANY)
def test_what_says_something_is_drawn_and_stays_so_on_one_line_and_in_wide_letters(text: str) -> None:
    if says_something(text):
        assert is_drawn(text)
        assert is_drawn(one_line(text))
    assert says_something(text) is says_something(f"-{text}\u200b.")


@given(ANY, st.integers(0, 40))
def test_a_text_says_more_than_so_many_signs_exactly_when_it_has_more_of_them(text: str, signs: int) -> None:
    assert says_more_than(text, signs) is (sum(map(says_something, text)) > signs)


@given(ANY)
def test_a_folded_word_is_the_same_folded_again_and_without_regard_to_what_is_not_seen(text: str) -> None:
    folded = fold_word(text)
    assert fold_word(f" \u200b{folded}\u2800\u3164 ") == folded


@pytest.mark.parametrize(
    "text", ["k.A.", "K. A.", "k/a", "\uff4b\uff0f\uff41", "k\u00ada", "\u200bKa\ufe0f", "(k.a.)", "k\u2800a"]
)
def test_spellings_of_a_word_fold_into_one(text: str) -> None:
    assert fold_word(text) == "ka"
