"""Text from outside as one line: what breaks a line, turns its direction or shows nothing does not come through."""

import unicodedata

from pointsman.domain.text.visible import BLANK


def one_line(text: str) -> str:
    """`text` with one space for whatever separates its words, all of it printable; empty when it shows nothing."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, BLANK.sub("", text)))
    return " ".join(text.split())


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    return "" if unicodedata.category(sign) == "Cf" else " "
