"""The words by which names are looked for."""

import re

from pointsman.domain.errors import Fault, Invalid

MOST_WORDS = 4


def search_words(text: str, *, path: str) -> tuple[str, ...]:
    """The words of `text`, at most MOST_WORDS. Raises Invalid, with the `path`, for more, or without three letters in a row.

    Indexes of letters hold them by threes: less finds nearly everything.
    """
    words = tuple(text.split())
    if len(words) > MOST_WORDS:
        message = f"Give at most {MOST_WORDS} words."
    elif not any(re.search(r"[^\W_]{3}", word) for word in words):
        message = "Give at least three letters or digits in a row."
    else:
        return words
    raise Invalid("This text cannot be looked for.", faults=[Fault(path=path, code="bad-search", message=message)])
