"""Yes and no as forms, CRMs and people write them, in English and German."""

from pointsman.domain.leads.empty_words import repeated
from pointsman.domain.text.markup import without_markup
from pointsman.domain.text.visible import fold_word, says_more_than, says_something

MOST_READ = 2_000  # characters of a text, as of the value of evidence
_LONGEST = 300  # letters, digits and pictures of a text that is looked at
_MOST_ITEMS = 10

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

    `true` and 1 are a yes, `false` and 0 a no. Case, width, blanks, punctuation and HTML of a text do not count, however much of
    it there is. Of a list, as a form sends a box with a hidden "0" before it, the last item that says something is the answer,
    where none before it is a yes that it takes back.
    """
    match value:
        case bool():
            return value
        case int() | float() if value in (0, 1):
            return value == 1
        case str() if len(shown := value.strip()) <= MOST_READ:
            return _answer(shown)
        case list() | tuple() if len(value) <= _MOST_ITEMS:
            said = [known_answer(item) for item in value if not isinstance(item, str) or says_something(item)]
            if not said or None in said or any(isinstance(item, list | tuple) for item in value):
                return None
            return said[-1] if said[-1] or True not in said else None
        case _:
            return None


def _answer(text: str) -> bool | None:
    plain = without_markup(text)
    if says_more_than(plain, _LONGEST):
        return None
    for word in repeated(fold_word(plain)):
        if word in YES_WORDS or word in NO_WORDS:
            return word in YES_WORDS
    return None
