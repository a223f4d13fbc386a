"""The words by which names are looked for."""

import re

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.text.composition import compose

MOST_WORDS = 4
_ENCODED = "xn--"  # RFC 5890: a label of a host name that is not ASCII


def search_words(text: str, *, path: str) -> tuple[str, ...]:
    """The words of `text`, composed (NFC), at most MOST_WORDS.

    Raises Invalid, with the `path`, for more, or without three letters in a row: indexes of letters hold them by threes, and
    less finds nearly everything.
    """
    words = tuple(compose(text).split())
    if len(words) > MOST_WORDS:
        message = f"Give at most {MOST_WORDS} words."
    elif not any(re.search(r"[^\W_]{3}", word) for word in words):
        message = "Give at least three letters or digits in a row."
    else:
        return words
    raise Invalid("This text cannot be looked for.", faults=[Fault(path=path, code="bad-search", message=message)])


def other_host_spelling(word: str) -> str | None:
    """ "bücher.example" as DNS has it, "xn--bcher-kva.example", and the other way round; after an @ alone, where there is one.

    None where there is no other.
    """
    local, at, host = word.rpartition("@")
    try:
        spelt = ".".join(map(_decoded if _ENCODED in host.lower() else _encoded, host.split(".")))
        spelt.encode()
    except UnicodeError:  # no label that DNS could have
        return None
    return f"{local}{at}{spelt}" if spelt != host else None


def _encoded(label: str) -> str:
    return label if label.isascii() else _ENCODED + label.lower().encode("punycode").decode()


def _decoded(label: str) -> str:
    is_encoded = label.lower().startswith(_ENCODED)
    return label[len(_ENCODED) :].encode("ascii").decode("punycode") if is_encoded else label
