"""Phrases that say only that nothing is known, said or chosen: "weiß ich noch nicht", "to be clarified", "Bitte Option wählen".

They are told by their words, so that no spelling of them must be listed: every word is one that adds nothing, and one at least
says that something is missing. One word of any other kind ("noch nicht zufrieden mit Excel") makes an answer of it.
"""

import re

from pointsman.domain.text.visible import fold_word

_MOST_WORDS = 12


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold_word, words.split()))


#: Each says that there is nothing, or asks the reader for it.
_CORES = _folded("""
nicht nichts kein keine keiner keinen keinem keines keins niemand niemanden unklar unbekannt unsicher ungewiss ungeklärt
unentschieden folgt siehe abwarten nachgereicht
no not nothing none nobody dont doesnt didnt cant cannot couldnt havent hasnt isnt wasnt wont unknown unclear unsure undecided
pending see
wähle wählen waehlen auswählen auswaehlen ausfüllen eingeben eintragen auswahl ihre ihr deine dein
select choose pick enter type fill your
""")
#: These do beside a word of duty or of time to come: "muss ich fragen", "wird noch geklärt"; "wir haben Fragen" is an answer.
_ASKING = _folded(
    "fragen nachfragen erfragen rückfragen klären abklären geklärt besprochen nachreichen ask check clarify"
)
_DUTY = _folded("muss müssen wird werden zu erst soll sollte sollen to must will let need")
_FILLERS = _folded("""
ich i wir we man er sie es das dies dazu davon hierzu mir uns ihm ja bitte leider sorry noch bisher bislang derzeit aktuell
momentan gerade zurzeit jetzt heute später dann ist sind war wurde hat habe haben kann konnte können lässt
weiss weiß wissen bekannt klar sicher gefragt erfragt abgefragt sagen gesagt angegeben genannt klärung rückfrage
vorhanden beantwortet beantworten ausgewählt ausgefüllt treffen getroffen verfügbar ersichtlich
angabe angaben ahnung info infos antwort antworten auskunft daten information informationen idee aussage kommentar eintrag
notiz notizen oben unten eine einen ein einer option optionen aus hier liste text wert feld nachricht freitext
they he she it its that this there is are was be been have has had do does did can could would should me us get back
yet currently now still today later at the moment present know known knows sure certain clear idea clue information
clarified confirmed determined discussed defined announced decided selected chosen
answer answered data comment say said tell told asked specified given provided available applicable set stated mentioned please
one anyone anything any a an for of in from options choice list here below above value field message note notes entry
""")
_ALL = _CORES | _ASKING | _DUTY | _FILLERS
_SAMPLES = _folded("sample example beispiel dummy test muster placeholder platzhalter")
_OF_SAMPLES = _SAMPLES | _folded(
    "answer text data lead value entry message antwort daten eintrag nachricht wert for a an only nur"
)
#: Several words that say one of these things together.
_MISSING = re.compile(r"\b(?:to be|noch offen)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:zur zeit|z\.? ?zt\b\.?|im (?:moment|augenblick)|bis (?:jetzt|dato)|at this (?:time|point)|right now|so far|as of yet)",
    re.IGNORECASE,
)


def is_vague(text: str) -> bool:
    """Whether a short text of two words or more is such a phrase."""
    words = [word for part in re.split(r"[\s/_-]+", text) if (word := fold_word(part))]
    if not 2 <= len(words) <= _MOST_WORDS:
        return False
    if all(word in _OF_SAMPLES for word in words):
        return any(word in _SAMPLES for word in words)
    plain = _MISSING.sub(" not ", _TIME.sub(" ", text))
    said = {word for part in re.split(r"[\s/_-]+", plain) if (word := fold_word(part))}
    if not said <= _ALL or {"no", "need"} <= said:  # "no need" is a no
        return False
    return bool(said & _CORES or (said & _ASKING and said & _DUTY))
