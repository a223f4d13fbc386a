"""What a text shows when it is drawn, in any script. The category that Unicode gives a sign does not tell that alone."""

import re
import unicodedata
from functools import lru_cache
from itertools import islice

from pointsman.domain.text.composition import compose

#: Signs that leave the paper white though Unicode calls them letters, marks or symbols: joiners, fillers of Hangul and of
#: hieroglyphs, vowels that Khmer does not write, variation selectors, the empty braille cell, half a wide space, the empty note.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u303f\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
#: Signs that say no more than a dash does: bars, degrees, rights, pictures of controls, pieces of brackets, boxes, shapes, rests,
#: signs for what is lost, letters that are drawn as a bar or a dot.
_ORNAMENT = re.compile(
    "[\u00a6\u00a9\u00ae\u00b0\u01c0-\u01c3\u2300\u239b-\u23bd\u23d0\u2400-\u243f\u2500-\u25ff\u2b12-\u2b2f\u2b53-\u2b58"
    "\u2ff0-\u2fff\u3012\u3013\u3020\u3036\u303e\ua78f\ua7f7\ufffc\ufffd"
    "\U0001d100-\U0001d108\U0001d13a-\U0001d142\U0001f532\U0001f533\U0001f780-\U0001f7d8\U0001fb00-\U0001fbca]"
)


def is_drawn(text: str) -> bool:
    """Whether a reader would see anything at all. Marks without a letter, private and unassigned signs show nothing."""
    return any(unicodedata.category(sign)[0] in "LNPS" and not BLANK.match(sign) for sign in text)


def says_something(text: str) -> bool:
    """Whether a letter, a digit or a picture is drawn. Punctuation, currencies, rules of a table and accents say nothing."""
    return says_more_than(text, 0)


def says_more_than(text: str, signs: int) -> bool:
    """Whether more than so many letters, digits and pictures are drawn. It looks no further than that."""
    return next(islice(filter(_speaks, text), signs, None), None) is not None


def fold_word(text: str) -> str:
    """A word or short phrase as it is compared: narrow, small, without spaces, punctuation and signs that show nothing.

    "K. A.", "k/a" and "k.a." are all "ka", in wide letters too; a ticked box stays one. Linear in the text.
    """
    if text.isascii():
        return "".join(filter(str.isalnum, text)).lower()
    plain = compose(compose(text, "NFKC").casefold(), "NFKC")
    return compose(
        "".join(sign for sign in plain if _speaks(sign) or (_is_mark(sign) and not BLANK.match(sign))), "NFKC"
    )


@lru_cache(maxsize=10_000)
def _speaks(sign: str) -> bool:
    if sign.isascii():
        return sign.isalnum()
    if not _is_of_speech(sign):
        return False
    narrow = unicodedata.normalize("NFKC", sign)  # "\uffe8" is half of a bar
    return narrow == sign or any(map(_is_of_speech, narrow))


def _is_of_speech(sign: str) -> bool:
    category = unicodedata.category(sign)
    spoken = category[0] in "LN" and category != "Lm"  # alone, a modifier is a dash or an accent: "\u30fc", "\u02b9"
    return (spoken or category == "So") and not BLANK.match(sign) and not _ORNAMENT.match(sign)


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M" or unicodedata.category(sign) == "Lm"
