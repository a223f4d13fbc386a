"""The words by which names are looked for."""

import re
import unicodedata

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.text.composition import compose

MOST_WORDS = 8
_ENCODED = "xn--"  # RFC 5890: a label of a host name that is not ASCII
_BETWEEN = re.compile(r"[\s,;<>()\[\]{}|\"\u201c-\u201f\u00ab\u00bb\u3000-\u3002\uff0c]+")
_AT_ENDS = "/.:!?\u2026'`\u00b4\u2018\u2019\u201b"
_PAGE = re.compile(r"(https?://(www\.)?|www\.)(?P<host>[^/?#:@]+)", re.IGNORECASE)
_APOSTROPHES = dict.fromkeys(
    map(ord, "'`\u00b4\u2018\u2019\u201b\u2032\u02bc\u02b9\uff07\u00ad\u200b\u200c\u200d\u2060\ufeff")
)
_OF_LETTERS = frozenset("LMN")  # by Unicode's categories: letters, marks such as a vowel's, digits


def search_words(text: str, *, path: str) -> tuple[str, ...]:
    """The words of `text`, composed (NFC), at most MOST_WORDS; without the signs that stand around names and addresses.

    Words without a letter or digit say nothing, and are left out. Raises Invalid, with the `path`, for more, or where no word
    has two: less finds nearly everything.
    """
    words = tuple(word for word in map(_bare, _BETWEEN.split(compose(text))) if _letters(word))
    if len(words) > MOST_WORDS:
        message = f"Give at most {MOST_WORDS} words: leave out those that say least."
    elif not any(_letters(word) >= 2 for word in words):
        message = "Give a word of at least two letters or digits."
    else:
        return words
    raise Invalid("This text cannot be looked for.", faults=[Fault(path=path, code="bad-search", message=message)])


def _bare(word: str) -> str:
    """ "mailto:mara@firma.example?subject=x" as the address that it has, "https://www.firma.example/about" as its host, and "Dr."
    without its full stop.
    """
    scheme, _, rest = word.partition(":")
    if scheme.casefold() == "mailto":
        word = rest.partition("?")[0]
    elif (page := _PAGE.match(word)) is not None:
        word = page["host"]
    return word.strip(_AT_ENDS)


def _letters(word: str) -> int:
    """How many letters and digits are left of it once it is folded, as `searched_text` of the database does."""
    folded = compose(word.translate(_APOSTROPHES), "NFKD").casefold().replace("æ", "ae").replace("œ", "oe")
    return sum(unicodedata.category(sign)[0] in _OF_LETTERS and not "\u0300" <= sign <= "\u036f" for sign in folded)


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
