"""A text that may hold a number, taken apart: figures, signs ("mehr als" is >), scales ("Mio."), units and currencies."""

import re
from dataclasses import dataclass
from typing import Literal

SCALES = {
    "k": 10**3, "tsd": 10**3, "tausend": 10**3, "thousand": 10**3, "teur": 10**3, "keur": 10**3,
    "m": 10**6, "mio": 10**6, "mln": 10**6, "mill": 10**6, "million": 10**6, "millionen": 10**6, "meur": 10**6,
    "bn": 10**9, "mrd": 10**9, "milliarde": 10**9, "milliarden": 10**9,
}  # fmt: skip
#: A scale so short may belong to its own figure alone: "1-10k" can begin at one.
SHORT_SCALES = frozenset({"k", "m", "teur", "keur", "meur"})
_CURRENCIES = "eur euro euros € usd us$ $ dollar dollars chf sfr fr frs franken gbp £ pfund pound pounds teur keur meur"
MONEY = frozenset(_CURRENCIES.split())
_COUNTABLE = """
mitarbeiter mitarbeitern mitarbeitende mitarbeitenden mitarbeiterinnen ma angestellte angestellten beschäftigte beschäftigten
beschaeftigte beschaeftigten person personen leute köpfe pers mitarb arbeitnehmer arbeitnehmern
arbeitnehmerinnen fte ftes vzä vollzeitstellen arbeitsplätze employee employees people
persons staff headcount workers point points pts punkt punkte seat seats plätze lizenzen license licenses licence licences user
users nutzer benutzer anwender stück stk pcs pieces units umsatz jahresumsatz revenue
"""
_UNITS = frozenset(_COUNTABLE.split())

#: Words, the longer ones first, and the sign that they stand for. "…" opens a range of two ends.
_PHRASES = [
    (re.compile(rf"(?<!\w)(?:{words})(?!\w)\.?"), f" {sign} ")
    for sign, words in (
        ("<", "^(?:bis|up to) (?:unter|under)"),
        ("-", "bis unter|to (?:under|less than|below)"),
        ("+", "(?:oder|und|or|and) (?:mehr|more|above|over|up)"),
        (">", "mehr als|more than|grösser als|groesser als|greater than|über|ueber|over|above"),
        ("≥", "mindestens|mind|minimum|minimal|min|at least|ab|from|von"),
        ("<", "weniger als|less than|fewer than|kleiner als|unter|under|below|knapp|fast|nearly|almost"),
        ("≤", "bis zu|^bis|up to|höchstens|hoechstens|maximal|maximum|max|at most"),
        ("~", "circa|zirka|ca|approximately|approx|about|around|roughly|etwa|rund|ungefähr|ungefaehr"),
        ("…", "zwischen|between"),
        ("-", "bis|to"),
    )
]
_AND = re.compile(r"(?<!\w)(?:und|and)(?!\w)")
_SIGNS = (
    dict.fromkeys("\u2019\u2018\u02bc\u00b4`\u2032", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-")
    | {"≈": "~"}
)
_SAME_SIGNS = str.maketrans(_SIGNS)
_SPACES = re.compile(r"\s+")
_NO_CENTS = re.compile(r"(?<=\d)[.,]-{1,2}(?= |$)")  # "CHF 1'200.-"
_SHORT_MONEY = re.compile(r"(?<![^\W\d_])([tkm]) ?(?:€|(?:eur|euro|chf|usd)(?!\w))")  # "500 T€", "250 T EUR"
_ALL_GENDERS = re.compile(r"(?<=[^\W\d_])(?:[:*_/]-?|\()in(?:nen)?\b\)?")  # "Mitarbeiter:innen", "Mitarbeiter(innen)"
_LEFT_OUT = re.compile(r"(?<!\w)p\. ?a\.?(?!\w)|(?<=[^\W\d_]):")  # "Umsatz: 1 Mio. p. a."
_TOKEN = re.compile(
    r" *(?:(?P<figure>[.,]?\d+(?:[.,']\d+| \d{3}(?!\d))*)|(?P<word>us\$|[^\W\d_]+)\.?|(?P<sign>[-+<>≤≥~…€$£]))"
)


@dataclass(frozen=True, slots=True)
class NumberToken:
    """One part of such a text; `glued` says that a figure follows without a blank."""

    kind: Literal["figure", "scale", "money", "sign"]
    text: str
    glued: bool = False


def number_tokens(text: str) -> list[NumberToken]:
    """The parts of `text`, units left out. ValueError for a word or sign that no number has, and for other scripts' digits."""
    if any(character.isnumeric() and not character.isascii() for character in text):
        raise ValueError("digits of another script")
    shown = _SPACES.sub(" ", text.casefold().translate(_SAME_SIGNS))
    shown = _ALL_GENDERS.sub("", shown)
    shown = _SHORT_MONEY.sub(r"\1eur", _LEFT_OUT.sub(" ", _NO_CENTS.sub("", shown)))
    shown = shown.replace(">=", "≥").replace("=>", "≥").replace("<=", "≤").replace("=<", "≤")
    for phrase, sign in _PHRASES:
        shown = phrase.sub(sign, shown)
    if "…" in shown:
        shown = _AND.sub("-", shown)
    return _split(shown.strip())


def _split(shown: str) -> list[NumberToken]:
    tokens: list[NumberToken] = []
    place = 0
    while place < len(shown):
        found = _TOKEN.match(shown, place)
        if found is None:
            raise ValueError("a sign that no number has")
        place = found.end()
        glued = shown[place : place + 1] in set("0123456789.,")
        tokens += _named(found["figure"], found["word"] or found["sign"] or "", glued=glued)
    return tokens


def _named(figure: str | None, word: str, *, glued: bool) -> list[NumberToken]:
    if figure is not None:
        return [NumberToken("figure", figure)]
    found = [NumberToken("scale", word)] if word in SCALES else []
    if word in MONEY:
        return [*found, NumberToken("money", word)]
    if found or word in _UNITS:
        return found
    if word.isalpha():
        raise ValueError("a word that no number has")
    return [NumberToken("sign", word, glued)]
