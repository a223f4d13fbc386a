"""Names under which the same person or company is found again. What the sender wrote is kept beside them.

An email keeps its dots and plus-tags: some providers ignore them, others do not, and two people must never become one.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from pointsman.domain.text.composition import compose

MAX_EMAIL = 254

#: Turns a host name into ASCII (IDNA) or raises ValueError; given from outside, since it needs tables.
ToAscii = Callable[[str], str]

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "å": "a", "ł": "l", "đ": "d"}
)
_AND = frozenset({"&", "und", "and", "et"})
_FORMS = """
gmbh ggmbh mbh gesmbh ag se kg kgaa ohg og ug haftungsbeschraenkt gbr ev eg ek co cie ltd limited llc llp lp inc
incorporated corp corporation company plc pty sa sarl sas srl spa sagl bv nv oy oyj ab as asa aps lda sl slu kft zrt
doo dd sro
"""
_LEGAL_FORMS = frozenset(_FORMS.split())
_COMMON = """
gruppe group holding holdings international global worldwide deutschland germany oesterreich austria schweiz suisse
switzerland europe europa emea dach france italia espana nederland uk usa the die der das firma
"""
MAX_BLOCKS = 6


def clean_text(text: str) -> str:
    """NFC, without control and invisible formatting characters, trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()  # nearly all texts: a loop over their characters is a good part of a lead's cost
    composed = compose(text)
    return "".join(c for c in composed if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


def email_key(text: str, to_ascii: ToAscii) -> str | None:
    """The name of a mailbox, the same for every spelling of it; None when it is no address."""
    shown = clean_text(text)
    local, at, domain = shown.rpartition("@")
    if not at or not local or not domain or len(shown) > MAX_EMAIL or len(local.encode()) > 64:
        return None
    if "@" in local or any(character.isspace() or character in '<>(),;:\\"[]' for character in local):
        return None
    try:
        host = to_ascii(domain.rstrip("."))
    except ValueError:
        return None
    if "." not in host or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    return f"{compose(local.casefold())}@{host}"


def extract_host(text: str, to_ascii: ToAscii) -> str | None:
    """The host name in "acme.de", "www.acme.de/about" or "https://acme.de"; None when there is none."""
    shown = clean_text(text)
    try:
        host = urlsplit(shown if "//" in shown else f"//{shown}").hostname
        return to_ascii(host.rstrip(".")) if host else None
    except ValueError:
        return None


def company_key(name: str) -> str | None:
    """A name without case, punctuation, accents and legal form: "Müller & Söhne GmbH" is "mueller & soehne"."""
    plain = compose(clean_text(name), "NFKC").casefold().translate(_UMLAUTS)
    plain = "".join(c for c in compose(plain, "NFKD") if not unicodedata.combining(c))
    plain = re.sub("[.'\u2019`\u00b4]", "", plain).replace("+", " & ").replace("&", " & ")
    words = ["&" if word in _AND else word for word in re.sub(r"[^\w&]+|_", " ", plain).split()]
    while len(words) > 1 and (words[-1] in _LEGAL_FORMS or words[-1] == "&"):
        words.pop()
    key = " ".join(words).strip()
    return key[:200] or None


def company_name_words(key: str) -> tuple[str, ...]:
    """The words of a company key, with the two ways of writing an umlaut made one: "mueller" and "muller" are "muller"."""
    folded = key.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return tuple(word for word in folded.split() if word != "&")


def name_blocks(key: str | None) -> tuple[str, ...]:
    """The first letters of a name's distinctive words: two names that may be the same company share at least one."""
    words = company_name_words(key or "")
    distinctive = [word for word in words if word not in COMMON_WORDS] or list(words)
    return tuple(sorted({word[:4] for word in distinctive if len(word) > 1}))[:MAX_BLOCKS]


#: Words that tell one part of a company from another, not one company from another.
COMMON_WORDS = frozenset(company_name_words(_COMMON))
