"""Words that stand where something should: the sender had to fill a field in, and had nothing to say."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.leads.values.vague_phrases import is_vague
from pointsman.domain.text.check_boxes import read_boxes
from pointsman.domain.text.markup import is_slot, without_markup
from pointsman.domain.text.strict_json import parse_json
from pointsman.domain.text.visible import fold_word, says_more_than, says_something

_LONGEST = 300  # signs that say something: a text with more is no word or short phrase, and is not folded
_BETWEEN = re.compile(r"[,;|\n\t]|\s[/\u2013-]\s")

#: As `fold_word` writes them. Taken in: answers that say that there is none, that it is not known or not yet, and what is typed
#: to get past a field that is required. Left out: words that can be the whole of an honest answer ("bar", "no", "ok"). Phrases of
#: such words, in any order, are in `values.vague_phrases`.
_WORDS = """
na n.v. n.n. none null nil nan undefined void empty blank nothing missing unknown unspecified unkn idk
notapplicable notavailable notknown notspecified notprovided notset notgiven notsure noidea noinfo noinformation noanswer
noentry nodata nocomment noneyet nothingyet dontknow dunno
tbd tba tbc tbn todo fixme wip tobedone tobedefined tobedetermined tobediscussed tobeannounced tobeconfirmed comingsoon
ka keine kein keiner keinen keines keins nichts leer fehlt folgt folgtnoch unbekannt unklar undefiniert
keineangabe keineangaben ohneangabe ohneangaben keineahnung keineinfo keineinfos keineinformation keineinformationen
keinedaten keineantwort keinkommentar keineauskunft nichtbekannt nichtangegeben nichtvorhanden nichtverfügbar
nichtzutreffend entfällt nochnichts nochkeine nochunbekannt nochnichtbekannt nochoffen
nochnichtgeklärt wirdnachgereicht kommtnoch weissnicht weißnicht weissichnicht weißichnicht
test testing testtest test123 testeintrag testlead thisisatest dummy placeholder platzhalter
mustertext loremipsum loremipsumdolorsitamet foo foobar abc abcd abc123 asd asdf asdfasdf asdfg asdfgh asdfghjkl
sieheoben sieheunten s.o. s.u. wieoben seeabove seebelow sameasabove dito ditto idem
irrelevant nichtrelevant notrelevant
pleaseselect pleasechoose pleasepick select selectone selectoption selectanoption
pleaseselectone pleaseselectanoption choose chooseone chooseoption chooseanoption pleasechooseone pleasechooseanoption
makeaselection noselection nothingselected
bitteauswählen bitteauswaehlen bittewählen bittewaehlen auswählen auswaehlen bitteeineoptionauswählen bitteeineoptionwählen
bittewähleneineoption bittewählensie bittewählensieaus bittewähleneineoptionaus keineauswahl nichtsausgewählt bitteausfüllen
veuillezchoisir veuillezsélectionner
sélectionner choisir choisissez selezionare seleziona
selezionaunopzione seleccionar seleccione aucun aucune rien
inconnu inconnue nonrenseigné nonrenseigne nonprécisé sansobjet pasderéponse
nessuno nessuna niente
sconosciuto nonspecificato nondisponibile ninguno ninguna nada desconocido sindatos sinrespuesta nenhum geen onbekend n.v.t. n.d.
brak нет нетданных неизвестно н/д なし 無し objectobject
offen ungeklärt ungewiss unsicher unentschieden egal nobody noone niemand pending undecided whatever
🤷 🤷♂ 🤷♀
sdf dfg jkl jklö qwe qwer qwert qwerty qwertz qwertzuiop yxcv yxcvbnm zxcv zxcvbnm xx xxx xxxx xxxxx xxxxxx yyy zzz
"""
EMPTY_WORDS = frozenset(map(fold_word, _WORDS.split()))


def folded(words: Iterable[str]) -> frozenset[str]:
    """More such words, made ready to be compared."""
    return frozenset(map(fold_word, words))


def is_empty(text: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether the text shows nothing, only punctuation and what forms leave behind, or nothing but empty words.

    Those of `more` (`folded`) are among them. One that is repeated ("n/a n/a"), several beside each other, and a phrase of words
    that say only that nothing is known ("weiß ich noch nicht") say no more. Of boxes, only the ticked ones say something.
    """
    plain = without_markup(text)
    if not says_something(plain) or is_slot(plain):
        return True
    if says_more_than(plain, _LONGEST):
        return False
    if boxes := read_boxes(plain):
        plain = boxes.said
        if not says_something(plain):
            return not boxes.is_ticked
    if _is_word(plain, more) or _holds_nothing(plain, more):
        return True
    parts = [part for part in _BETWEEN.split(plain) if says_something(part)]
    return all(_is_phrase(part, more) for part in parts)


def _is_phrase(text: str, more: frozenset[str]) -> bool:
    return (
        _is_word(text, more)
        or is_vague(text)
        or all(_is_word(part, more) for part in text.split() if says_something(part))
    )


def _holds_nothing(text: str, more: frozenset[str]) -> bool:
    """Whether it is JSON in which no value says anything: `{"value": null}`."""
    if text.strip()[:1] not in {"{", "["}:
        return False
    try:
        waiting: list[Any] = [parse_json(text.encode("utf-8", "replace"))]
    except (Invalid, TooLarge):
        return False
    while waiting:
        match waiting.pop():
            case dict() as entries:
                waiting.extend(entries.values())
            case list() as items:
                waiting.extend(items)
            case None:
                continue
            case str() as part if not says_something(part) or _is_word(part, more):
                continue
            case _:
                return False
    return True


def _is_word(text: str, more: frozenset[str]) -> bool:
    return any(word in EMPTY_WORDS or word in more for word in repeated(fold_word(text)))


def repeated(word: str) -> Iterator[str]:
    """The folded word, and every shorter one that makes it when said again. One letter or digit is none: "11" is not "1"."""
    yield word
    for size in range(2 if word[:1].isalnum() else 1, len(word) // 2 + 1):
        if len(word) % size == 0 and word[size:] == word[:-size]:
            yield word[:size]
