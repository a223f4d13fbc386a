"""Yes and no as forms, CRMs and people write them, in English and German."""

from pointsman.domain.text.visible import fold_word

_LONGEST = 60  # signs of a word that is looked at

_YES = """
1 true t yes y yep yeah yesplease ja j jawohl jaklar jagern jagerne jabitte jep wahr on checked ticked selected x
confirmed affirmative correct bestätigt bejaht angekreuzt zutreffend trifftzu stimmt ✓ ✔ ☑ ✅ 👍
"""
_NO = """
0 false f no n nope nah nay nothanks nothankyou nein nee nö nöö ne neindanke leidernein
niemals never falsch off unchecked notchecked unticked unselected notselected unconfirmed notconfirmed denied negative
declined incorrect unbestätigt nichtbestätigt verneint abgelehnt nichtangekreuzt trifftnichtzu stimmtnicht
☐ ✗ ✘ ❌ 👎
"""
YES_WORDS, NO_WORDS = (frozenset(map(fold_word, words.split())) for words in (_YES, _NO))


def known_answer(value: object) -> bool | None:
    """True for a known yes, False for a known no, None for everything else, which is neither.

    `true` and 1 are a yes, `false` and 0 a no. Case, width, spaces and punctuation of a text do not count.
    """
    match value:
        case bool():
            return value
        case int() | float() if value in (0, 1):
            return value == 1
        case str() if len(value) <= _LONGEST:
            word = fold_word(value)
            return True if word in YES_WORDS else False if word in NO_WORDS else None
        case _:
            return None
