"""What names nothing though it stands where an id should: many senders write it, and it would make one person of strangers."""

import re

from pointsman.domain.leads.empty_words import folded, repeated
from pointsman.domain.leads.yes_no import NO_WORDS, YES_WORDS
from pointsman.domain.text.composition import compose
from pointsman.domain.text.markup import without_markup
from pointsman.domain.text.visible import fold_word, is_drawn, says_something

_SIGNED = frozenset({"-1", "\u22121"})  # where a program has no id
_MOST_READ = 1_000  # characters: of a longer text none is such a word

#: As `fold_word` writes them. Fewer than the words that say nothing: "test" and "abc123" may be ids.
_WORDS = """
n/a null none nil nan undefined void empty blank missing unknown unspecified notset notavailable notapplicable notprovided
noid true false tbd keine kein leer unbekannt keineangabe k.A. ohne fehlt aucun nessuno ninguno objectobject
"""
_NO_IDS = folded([*_WORDS.split(), *YES_WORDS, *NO_WORDS, "tba", "tbc"]) - {"1", "t", "y", "j", "x", "f", "n"}
#: What an id is called: alone, or beside a word for nothing ("contact-null"), it is none.
_ID_WORDS = """
id uid uuid guid contact contactid lead leadid person personid user userid customer customerid record recordid kontakt kunde
"""
_NAMES_OF_IDS = folded(_ID_WORDS.split())
_PARTS = re.compile(r"[\s_/:.#-]+")


def is_no_id(text: str) -> bool:
    """Whether a text is blank, punctuation, zeros alone, -1, an unfilled merge tag, or words for nothing and for ids alone."""
    if len(text) > _MOST_READ:
        return False
    plain = without_markup(text)
    if not says_something(plain):
        return True
    if compose("".join(filter(is_drawn, plain)), "NFKC") in _SIGNED:
        return True
    if _names_nothing(fold_word(plain)):
        return True
    parts = [word for part in _PARTS.split(plain) if (word := fold_word(part))]
    named = [part for part in parts if part.strip("0")]  # "undefined-0" is none, and "contact-0" may be the first
    return all(part in _NAMES_OF_IDS or _names_nothing(part) for part in named) and (
        len(named) == len(parts) or any(map(_names_nothing, named))
    )


def _names_nothing(word: str) -> bool:
    return not word.strip("0") or any(part in _NO_IDS for part in repeated(word))


def names_nothing(value: object) -> bool:
    """Whether nothing in a value of JSON is an id: "null" and 0 are none, nor true and false, nor lists of these alone."""
    waiting = [value]
    while waiting:
        match part := waiting.pop():
            case None | bool():
                continue
            case str():
                if not is_no_id(part):
                    return False
            case int() | float():
                if part not in (0, -1):
                    return False
            case list() | tuple():
                waiting.extend(part)
            case dict():
                waiting.extend(part.values())
            case _:
                return False
    return True
