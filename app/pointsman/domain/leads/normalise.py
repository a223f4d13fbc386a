"""Names under which the same person or company is found again. What the sender wrote is kept beside them.

An email keeps its dots and plus-tags: some providers ignore them, others do not, and two people must never become one.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from pointsman.domain.leads.legal_forms import without_legal_form
from pointsman.domain.text.composition import compose
from pointsman.domain.text.lines import one_line

MAX_EMAIL = 254

#: Turns a host name into ASCII (IDNA) or raises ValueError; given from outside, since it needs tables.
ToAscii = Callable[[str], str]

_MAILTO = "mailto:"
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>\s]+)>[\s;,.]*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "å": "a", "ł": "l", "đ": "d"}
)
_AND = frozenset({"&", "und", "and", "et"})
#: "e.U.", the registered sole trader of Austria; without its dots it would be the union.
_E_U = re.compile(r"\b(?:e\. ?U\.?|E\.U\.|eU)(?!\w)")
#: "S.p.A.", and "SpA" or "SPA" among small letters: "Spa" is a bath, and so is what stands behind an "&".
_S_P_A = re.compile(r"(?<!& )(?<!\w)(?:[Ss]\. ?[Pp]\. ?[Aa]\.?|SpA\.?)(?!\w)")
_SPA = re.compile(r"(?<!& )\bSPA(?!\w)")
#: Electric vehicles; the registered association writes its dots, or "eV".
_EV = re.compile(r"\bEV(?!\w)")
_OF_THE_FIRM = frozenset({"firma", "fa"})
_OWNER = frozenset({"inh", "inhaber", "inhaberin"})
_COMMON = """
gruppe group holding holdings international global worldwide deutschland germany oesterreich austria schweiz suisse
switzerland europe europa emea dach france italia espana nederland uk usa the die der das firma
"""
MAX_BLOCKS = 6
_SHORTEST_IN_LABEL = 5  # of a common word: "dach" is a roof as well, and "uk" may be the end of a name


def clean_text(text: str) -> str:
    """NFC and one line, trimmed: one blank for breaks and tabs between words; what formats invisibly is left out.

    A soft hyphen or a joiner within a word parts nothing. A number or a telephone number is read from the text as sent.
    """
    if text.isascii() and text.isprintable():
        return text.strip()  # nearly all texts: a loop over their characters is a good part of a lead's cost
    shown = "".join(map(_shown, compose(text)))
    return " ".join(filter(None, (part.strip() for part in shown.split("\n"))))


def _shown(sign: str) -> str:
    match unicodedata.category(sign):
        case "Cc" | "Zl" | "Zp":
            return "\n"
        case "Cf" | "Cs":
            return ""
        case _:
            return sign


def bare_address(text: str) -> str:
    """The address in "Mara Vogel <mara@acme.de>", "mailto:mara@acme.de?subject=…" or "mara@acme.de;"; else the text."""
    found = _NAMED_ADDRESS.fullmatch(text)
    shown = (found[1] if found else text).strip("<>;, ")
    if shown[: len(_MAILTO)].casefold() == _MAILTO:
        shown = shown[len(_MAILTO) :].partition("?")[0].strip()
    return shown if "@" in shown else text


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


def owner_key(key: str) -> str:
    """Of an email key the one that all addresses share which may lead to one mailbox: without its tag, and without dots.

    For what is to be counted alone: where a provider has neither, two people share it.
    """
    local, _, domain = key.rpartition("@")
    plain = local.partition("+")[0] or local
    return f"{plain.replace('.', '') or plain}@{domain}"


def extract_host(text: str, to_ascii: ToAscii) -> str | None:
    """The host name in "acme.de", "www.acme.de/about" or "https://acme.de"; None when there is none."""
    shown = clean_text(text)
    try:
        host = urlsplit(shown if "//" in shown else f"//{shown}").hostname
        return to_ascii(host.rstrip(".")) if host else None
    except ValueError:
        return None


def company_key(name: str) -> str | None:
    """A name without case, punctuation, accents and legal form: "Müller & Söhne GmbH" is "mueller & soehne".

    None for a name that has no letters or digits, or is a legal form alone. Left out as well: "Firma" before the name, and
    the owner behind it ("Inh. Eva Vogel").
    """
    shown = _E_U.sub(" einzelunternehmen ", compose(one_line(name), "NFKC"))
    shown = _S_P_A.sub(" s p a ", shown)
    if any(map(str.islower, _SPA.sub("", shown))):
        shown = _EV.sub("EVs", _SPA.sub(" s p a ", shown))
    plain = shown.casefold().translate(_UMLAUTS)
    plain = "".join(c for c in compose(plain, "NFKD") if not unicodedata.combining(c))
    plain = re.sub("[.'\u2019`\u00b4]", "", plain).replace("+", " & ").replace("&", " & ")
    split = re.sub(r"[^\w&]+|_", " ", plain).split()
    words = ["&" if word in _AND or (word == "u" and place) else word for place, word in enumerate(split)]
    owner = next((place for place, word in enumerate(words) if place and word in _OWNER), len(words))
    words = without_legal_form(words[:owner])
    if len(words) > 1 and words[0] in _OF_THE_FIRM:
        del words[0]
    key = " ".join(words).strip()
    return key[:200].rstrip() if any(map(str.isalnum, key)) else None


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
_COMMON_IN_LABELS = frozenset(word for word in COMMON_WORDS if len(word) >= _SHORTEST_IN_LABEL)


def is_named_like(domain: str, key: str | None) -> bool:
    """Whether a domain's first label is the company's name, hyphens and umlauts aside: "mueller-bau.de", "müller bau".

    Words such as "Gruppe" count on neither side: "krause-gruppe.de" and "krausegruppe.de" are Krause's.
    """
    label = domain.partition(".")[0]
    try:
        shown = label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except ValueError:
        return False
    name, of_label = company_name_words(key or ""), company_name_words(company_key(shown) or "")
    names = {"".join(name), "".join(word for word in name if word not in COMMON_WORDS)} - {""}
    mine = "".join(of_label)
    labels = {mine, "".join(word for word in of_label if word not in _COMMON_IN_LABELS)}
    labels |= {mine.removesuffix(word) for word in _COMMON_IN_LABELS}
    return any(len(label) > 1 and label in names for label in labels)
