"""Text from outside as one line: what breaks a line, turns its direction or shows nothing does not come through."""

import re
import unicodedata

#: Signs that print nothing, though Unicode counts them as letters, marks or symbols.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def one_line(text: str) -> str:
    """`text` with one space for whatever separates its words, all of it printable; empty when it shows nothing."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, _BLANK.sub("", text)))
    return " ".join(text.split())


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    return "" if unicodedata.category(sign) == "Cf" else " "
