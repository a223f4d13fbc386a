"""What names nothing though it stands where an id should: many senders write it, and it would make one person of strangers."""

from pointsman.domain.leads.empty_words import folded, repeated
from pointsman.domain.text.markup import without_markup
from pointsman.domain.text.visible import fold_word, says_something

_MOST_READ = 1_000  # characters: of a longer text none is such a word

#: As `fold_word` writes them. Fewer than the words that say nothing: "test" and "abc123" may be ids.
_WORDS = """
n/a null none nil nan undefined void empty blank missing unknown unspecified notset notavailable notapplicable notprovided
noid true false tbd keine kein leer unbekannt keineangabe k.A. ohne fehlt aucun nessuno ninguno objectobject
"""
_NO_IDS = folded(_WORDS.split())


def is_no_id(text: str) -> bool:
    """Whether a text is blank, punctuation, zeros alone, an unfilled merge tag, or a word for nothing, also said again."""
    if len(text) > _MOST_READ:
        return False
    plain = without_markup(text)
    if not says_something(plain):
        return True
    word = fold_word(plain)
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
                if part != 0:
                    return False
            case list() | tuple():
                waiting.extend(part)
            case dict():
                waiting.extend(part.values())
            case _:
                return False
    return True
