"""Yes and no as forms, CRMs and people write them, in English and German."""

import re
import unicodedata
from collections.abc import Sequence

from pointsman.domain.leads.empty_words import is_empty, repeated
from pointsman.domain.text.check_boxes import CheckBoxes, read_boxes
from pointsman.domain.text.composition import compose
from pointsman.domain.text.markup import without_markup
from pointsman.domain.text.visible import fold_word, says_more_than, says_something

MOST_READ = 2_000  # characters of a text, as of the value of evidence
_LONGEST = 300  # letters, digits and pictures of a text that is looked at
_MOST_WORDS = 20  # that are looked at one by one: one word said again may be longer
_MOST_ITEMS = 10

_YES = """
1 true t yes y yep yeah yesplease ja j jawohl jaklar jagern jagerne jabitte jep wahr on checked ticked selected x
confirmed affirmative correct bestätigt bejaht angekreuzt zutreffend trifftzu stimmt ✓ ✔ ☑ ✅ 👍
"""
_NO = """
0 false f no n nope nah nay nothanks nothankyou nein nee nö nöö ne neindanke leidernein
niemals never falsch off unchecked notchecked unticked unselected notselected unconfirmed notconfirmed denied negative
declined incorrect unbestätigt nichtbestätigt verneint abgelehnt nichtangekreuzt trifftnichtzu stimmtnicht
☐ ✗ ✘ ✖ ❌ 👎 🚫 ⛔
"""
#: Refusals that people write in place of a no. Without the words of `_POLITE`, nothing else may stand beside them.
_REFUSALS = """
keinbedarf keinenbedarf keinbudget keinenbudget keininteresse keinbedarfvorhanden keinbudgetvorhanden keininteressevorhanden
nichtinteressiert nichtnötig nichtnotwendig nichterforderlich nichtgewünscht nichterwünscht nichtgewollt nichtgeplant
nichtbenötigt nichtgebraucht brauchennicht brauchenichts brauchennichts brauchtnichts willnicht wollennicht
noneed nobudget nointerest notinterested nointent notneeded notrequired notnecessary notwanted notplanned uninterested
dontneed dontwant dontneedit dontwantit donotneed donotwant
"""
_POLITE = """
leider danke dankeschön vielen dank bitte sorry thanks thank you please aber doch eher derzeit aktuell momentan zurzeit
gerade jetzt currently now yet ich wir i we im am are bin sind habe haben hat have has it is ist es gibt there besteht wird really
wirklich at all absolut mehr any more überhaupt unfortunately
"""
YES_WORDS, NO_WORDS, _REFUSED, _PADDING = (
    frozenset(map(fold_word, words.split())) for words in (_YES, _NO, _REFUSALS, _POLITE)
)
#: Letters of other scripts, and small capitals, that are drawn as those of a no: only a no is read in them.
_LOOK_ALIKE = str.maketrans("аеоіпտոοιηνɴᴇɪᴏкı", "aeoinunoinvneioki")
_BETWEEN = re.compile(r"[,;|/\\()\[\]{}<>\n\t.:!?\u2010-\u2015\u2022·•&]|\s[-+*]\s")
_SIGNED_NUMBER = re.compile(r"\s*[-\u2212]\s?\d")


def known_answer(value: object) -> bool | None:
    """True for a known yes, False for a known no, None for everything else, which is neither.

    `true` and 1 are a yes, `false` and 0 a no. Case, width, blanks, punctuation and HTML of a text do not count, however much of
    it there is; pictures beside a no do not either. A yes or no in two languages is one ("Nein / No"), and so is one behind a
    ticked box; behind a box that is not ticked, a yes is a no. A refusal ("kein Bedarf") is a no.
    Of a list, as a form sends a box with a hidden "0" before it, the last item that says something is the answer,
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
            return _last(value)
        case _:
            return None


def _last(items: Sequence[object]) -> bool | None:
    """Nothing of an item is looked at where one is a list itself, or too long: so it costs little, however it is nested."""
    if any(isinstance(item, list | tuple) or (isinstance(item, str) and len(item) > MOST_READ) for item in items):
        return None
    said = [known_answer(item) for item in items if _is_said(item)]
    if not said or None in said:
        return None
    return said[-1] if said[-1] or True not in said else None


def _is_said(item: object) -> bool:
    """Whether an item of a list is more than the place of one. A box that is not ticked is."""
    return item is not None and (not isinstance(item, str) or says_something(item) or read_boxes(item) is not None)


def _answer(text: str) -> bool | None:
    plain = without_markup(text)
    if says_more_than(plain, _LONGEST):
        return None
    if boxes := read_boxes(plain):
        return _ticked(boxes)
    if _SIGNED_NUMBER.match(plain):
        return None
    return _words_answer(plain)


def _ticked(boxes: CheckBoxes) -> bool | None:
    if says_something(boxes.said):
        return _words_answer(boxes.said)
    if boxes.is_ticked:
        return None if boxes.left else True
    (label, *others) = boxes.left
    return False if not others and (not says_something(label) or _words_answer(label)) else None


def _words_answer(text: str) -> bool | None:
    if (whole := _of_word(fold_word(text))) is not None:
        return whole
    parts = [part for part in _BETWEEN.split(text) if says_something(part)]
    if sum(len(part.split()) for part in parts) > _MOST_WORDS:
        return None
    answers = [_of_part(part) for part in parts]
    if False in answers and all(
        answer is False or is_empty(part) or not _meant(part) for answer, part in zip(answers, parts, strict=True)
    ):
        return False
    return True if answers and all(answers) else None


def _of_part(part: str) -> bool | None:
    """Of one phrase: all of its words are one answer; for a no, polite words and pictures do not count."""
    found = _of_word(fold_word(part))
    if found is not None:
        return found
    words = [word for word in map(fold_word, part.split()) if word]
    if all(len(word) > 1 or not word.isalnum() for word in words) and {_of_word(word) for word in words} == {True}:
        return True
    meant = _meant(part)
    said = "".join(meant)
    return False if said in _REFUSED or _is_no(said) or (meant and all(map(_is_no, meant))) else None


def _meant(part: str) -> list[str]:
    """The words of a phrase but the polite ones, without what is no letter."""
    return [word for word in map(_letters, part.split()) if word and word not in _PADDING]


def _of_word(folded: str) -> bool | None:
    for word in repeated(folded):
        if word in YES_WORDS or word in NO_WORDS:
            return word in YES_WORDS
    return None


def _is_no(letters: str) -> bool:
    return len(letters) > 1 and any(word in NO_WORDS for word in repeated(letters))


def _letters(word: str) -> str:
    """What is left of a word without pictures, raised digits and marks that strike it through, in the letters that it shows."""
    kept = "".join(
        sign for sign in word if sign.isascii() or unicodedata.category(sign) not in {"So", "No", "Sk", "Me"}
    )
    composed = compose(compose(kept, "NFKC").casefold(), "NFC")
    plain = "".join(sign for sign in composed if not unicodedata.combining(sign))
    return fold_word(plain).translate(_LOOK_ALIKE)
