"""A noun goes with the number before it: no text says "1 reps" or "2 lead"."""

import re
from collections.abc import Iterator

import pytest

from pointsman.domain.messages.message import Arg, rep_name, say
from pointsman.services.wording.catalogue import COUNTED, LANGUAGES, Part, load_catalogue, parse_text
from pointsman.services.wording.rendering import MessageReader, render

#: Plural nouns that stand behind a number in our texts.
PLURALS = {
    "en": "leads|reps|appointments|rules|turns|points|times|fields|events|calendars|members|minutes|hours|days|people",
    "de": "Leads|Termine|Terminen|Regeln|Punkte|Punkten|Felder|Feldern|Zeiten|Ereignisse|Ereignissen|Personen|Minuten|Tage",
}
#: Arguments that may stand before such a noun and are none of its number.
NO_NUMBERS = {"rep", "at", "connection"}
_BETWEEN = "other|open|more|available|anderen|offene|offenen|weitere|weiteren|solchen|freie|freien"
NUMBERED = {
    language: re.compile(rf"\{{(\w+)\}}(?: (?:{_BETWEEN})){{0,2}} (?:{nouns})\b") for language, nouns in PLURALS.items()
}


def words_of(parts: tuple[Part, ...]) -> str:
    return "".join(before if name is None else f"{before}{{{name}}}" for before, name, _ in parts)


def number_of(forms: tuple[tuple[Part, ...], ...]) -> str | None:
    """The argument that chooses the form; None for a text with one form."""
    if len(forms) == 1:
        return None
    return next((name for _, name, how in forms[0] if name and how == COUNTED), "count")


def faults_in(language: str, key: str, forms: tuple[tuple[Part, ...], ...]) -> Iterator[str]:
    number = number_of(forms)
    for form, parts in enumerate(forms):
        for found in NUMBERED[language].finditer(words_of(parts)):
            if found[1] in NO_NUMBERS:
                continue
            if found[1] != number:
                yield f"{language} {key}: the form does not go by {found[1]}"
            elif form == 0:
                yield f"{language} {key}: the first form has a plural"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_with_a_number_before_a_noun_has_its_forms(language: str) -> None:
    texts = load_catalogue(language).texts
    assert sum(bool(NUMBERED[language].search(words_of(forms[-1]))) for forms in texts.values()) > 15
    assert [fault for key, forms in texts.items() for fault in faults_in(language, key, forms)] == []


def test_all_forms_of_a_text_go_by_the_same_number() -> None:
    several = [
        (key, forms) for lang in LANGUAGES for key, forms in load_catalogue(lang).texts.items() if len(forms) > 1
    ]
    assert [key for key, forms in several if len({number_of((form, form)) for form in forms}) > 1] == []


def test_a_form_that_goes_by_the_wrong_number_is_found() -> None:
    one = parse_text("{eligible} of {members} reps")
    assert list(faults_in("en", "some.key", (one,))) == ["en some.key: the form does not go by members"]
    forms = (parse_text("{members:counted} reps"), parse_text("{members:counted} reps"))
    assert list(faults_in("en", "some.key", forms)) == ["en some.key: the first form has a plural"]


@pytest.mark.parametrize(
    ("key", "args", "english", "german"),
    [
        ("booking-time.cap", {"held": 1, "cap": 1}, "has 1 of 1 appointment today", "hat heute 1 von 1 Termin"),
        ("booking-time.cap", {"held": 1, "cap": 2}, "has 1 of 2 appointments today", "hat heute 1 von 2 Terminen"),
        (
            "routing.holds-others",
            {"held": 1, "total": 1},
            "1 of the account's 1 other open lead",
            "1 von 1 anderen offenen Lead",
        ),
        (
            "routing.holds-others",
            {"held": 1, "total": 3},
            "1 of the account's 3 other open leads",
            "1 von 3 anderen offenen Leads",
        ),
        ("routing.gets", {"eligible": 1, "members": 1}, "1 of 1 rep in sdr eligible", "1 von 1 in sdr kommt infrage"),
        ("routing.gets", {"eligible": 1, "members": 2}, "1 of 2 reps in sdr eligible", "1 von 2 in sdr kommt infrage"),
        ("routing.gets", {"eligible": 2, "members": 2}, "2 of 2 reps in sdr eligible", "2 von 2 in sdr kommen infrage"),
        ("readout.members", {"members": (rep_name("Lena"),)}, "its only member is Lena", "einziges Mitglied ist Lena"),
        ("readout.members", {"members": (rep_name("Lena"), rep_name("Ben"))}, "its members are", "Mitglieder sind"),
        ("waiting.open-leads", {"open": 1}, "'s 1 open lead is", "Der 1 offene Lead"),
        ("waiting.open-leads", {"open": 3}, "One of Lena's 3 open leads is", "Einer der 3 offenen Leads"),
    ],
)
def test_a_text_goes_by_the_number_of_its_noun(key: str, args: dict[str, Arg], english: str, german: str) -> None:
    when = {"en": "today", "de": "heute"}
    for language, words in (("en", english), ("de", german)):
        given = {"rep": rep_name("Lena"), "when": when[language], "pool": "sdr", "rule": "r", "work": "w", "why": "y"}
        assert words in render(say(key, **given, **args), MessageReader(language=language))
