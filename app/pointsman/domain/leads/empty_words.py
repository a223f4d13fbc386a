"""Words that stand where something should: the sender had to fill a field in, and had nothing to say."""

from collections.abc import Iterable

from pointsman.domain.text.visible import fold_word, says_more_than, says_something

_LONGEST = 300  # signs that say something: a text with more is no word or short phrase, and is not folded

#: As `fold_word` writes them. Taken in: answers that say that there is none, that it is not known or not yet, and what is typed
#: to get past a field that is required. Left out: words that can be the whole of an honest answer ("offen", "bar", "no").
_WORDS = """
na n.v. n.n. none null nil nan undefined void empty blank nothing missing unknown unspecified unkn idk
notapplicable notavailable notknown notspecified notprovided notset notgiven notsure noidea noinfo noinformation noanswer
noentry nodata nocomment noneyet nothingyet dontknow dunno
tbd tba tbc tbn todo fixme wip tobedone tobedefined tobedetermined tobediscussed tobeannounced tobeconfirmed comingsoon
ka keine kein keiner keinen keines keins nichts leer fehlt folgt folgtnoch unbekannt unklar undefiniert
keineangabe keineangaben ohneangabe ohneangaben keineahnung keineinfo keineinfos keineinformation keineinformationen
keinedaten keineantwort keinkommentar keineauskunft nichtbekannt nichtangegeben nichtvorhanden nichtverfügbar
nichtzutreffend entfällt nochnichts nochkeine nochunbekannt nochnichtbekannt nochoffen
nochnichtgeklärt wirdnachgereicht weissnicht weißnicht weissichnicht weißichnicht
test testing testtest test123 testeintrag testlead thisisatest dummy placeholder platzhalter
mustertext loremipsum loremipsumdolorsitamet foo foobar abc abcd abc123 asd asdf asdfasdf asdfg asdfgh asdfghjkl
sdf dfg jkl jklö qwe qwer qwert qwerty qwertz qwertzuiop yxcv yxcvbnm zxcv zxcvbnm xx xxx xxxx xxxxx xxxxxx yyy zzz
"""
EMPTY_WORDS = frozenset(map(fold_word, _WORDS.split()))


def folded(words: Iterable[str]) -> frozenset[str]:
    """More such words, made ready to be compared."""
    return frozenset(map(fold_word, words))


def is_empty(text: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether the text shows nothing, only punctuation, or one of the empty words, those of `more` (`folded`) among them."""
    if not says_something(text):
        return True
    if says_more_than(text, _LONGEST):
        return False
    word = fold_word(text)
    return word in EMPTY_WORDS or word in more
