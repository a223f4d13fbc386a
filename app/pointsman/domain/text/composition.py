"""Unicode normal forms in time linear in the text, and the only module that asks for one.

The standard library sorts the marks that follow a letter by insertion: a hundred thousand of them take seconds. No script
writes more than a few, and Unicode's stream-safe form (UAX 15) allows thirty; those beyond are left out.
"""

import unicodedata
from typing import Literal

MOST_MARKS = 30  # in a row


def compose(text: str, form: Literal["NFC", "NFKC", "NFKD"] = "NFC") -> str:
    """`text` in the normal form, without the marks that follow thirty others."""
    if len(text) > MOST_MARKS and not text.isascii():
        text = _with_fewer_marks(text)
    return unicodedata.normalize(form, text)


def _with_fewer_marks(text: str) -> str:
    marks = 0
    too_many = set[int]()
    for place, character in enumerate(text):
        if not unicodedata.combining(character):
            marks = 0
        elif marks == MOST_MARKS:
            too_many.add(place)
        else:
            marks += 1
    return "".join(c for place, c in enumerate(text) if place not in too_many) if too_many else text
