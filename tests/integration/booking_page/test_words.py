"""Every page and every error, in both languages: words of a buyer, and none of the house's."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from pointsman.api.booking_page import rendering
from pointsman.api.booking_page.reader import Visitor
from pointsman.api.booking_page.rendering import ErrorPage, PageRenderer
from pointsman.api.booking_page.times import times_page
from pointsman.api.booking_page.words import CANCEL_REASONS, words_in
from pointsman.api.booking_page.zones import BuyerZones, zone_name
from pointsman.domain.booking.slots import Slot
from pointsman.services.wording.locale_formats import length_in_words, list_in_words

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
LANGUAGES = ["de", "de-AT", "de-CH", "en", "en-GB"]
ERRORS = [value for value in vars(rendering).values() if isinstance(value, ErrorPage)]

#: What only the house says: in the domain's language, in the code's, and in the German of neither.
OURS = re.compile(
    r"\b(pools?|gates?|slots?|holds?|held|closers?|setters?|reps?|keys?|leads?|decisions?|decides?|stages?|prospects?|polic\w*|"
    r"assign\w*|routing|routed|handover|hand-over|evidence|SDR|ledger|nurture|worker|vendor|token|database|server|error|"
    r"Zeiten|Zeit|Halt|Regel\w*|Stufe|Entscheidung\w*|Vertriebler|Datenbank|Fehler)\b",
    re.IGNORECASE,
)
READER = Visitor(
    base="/book/x",
    language="de",
    accepted="",
    asked_language=None,
    asked_zone=None,
    zone="Europe/Berlin",
    zone_is_known=True,
)


class Read(HTMLParser):
    """What a page shows or says aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        said = {"aria-label", "title", "alt", "placeholder", "label"}
        self.words += [value or "" for name, value in attrs if name in said]

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._style = False


def words_of(html: str) -> str:
    read = Read()
    read.feed(html)
    return " ".join(" ".join(read.words).split())


def slots(*starts: datetime) -> list[Slot]:
    return [Slot(start=start, end=start + timedelta(minutes=30), rep="anna") for start in starts]


@lru_cache
def renderer(organisation: str) -> PageRenderer:
    return PageRenderer(organisation=organisation)


def rendered(name: str, language: str, *, known: bool = True, organisation: str = "Beispiel AG", **given: Any) -> str:
    reader = replace(READER, language=language, zone_is_known=known)
    zones = BuyerZones(shown="Europe/Berlin", is_known=known, country="DE", language=language, now=NOW)
    page = renderer(organisation).render(name, reader, **{"zones": zones, "purpose": None} | given)
    return bytes(page.body).decode()


def facts(**over: Any) -> dict[str, Any]:
    return {"when": "heute", "names": "Anna", "company": "Muster AG", "join_url": None, "length": "30 min"} | over


def times(*starts: datetime, language: str = "de", **over: Any) -> dict[str, Any]:
    page = times_page(slots(*starts), zone="Europe/Berlin", language=language, first=None)
    blank = {"here": ("", {"from": None}), "path": "", "moving": None, "now": None, "first": None, "length": "30 min"}
    blank["may_keep"] = True
    return blank | {"page": page, "names": "Anna", "next_free": None} | over


def every_page(language: str) -> Iterator[str]:
    many = [NOW + timedelta(days=day, hours=hour) for day in range(9) for hour in range(3)]
    moving = {"moving": SimpleNamespace(id=UUID(int=1)), "now": "heute", "path": "reschedule"}
    words = words_in(language.partition("-")[0])
    for known in (True, False):
        yield rendered("times", language, known=known, **times(*many, language=language))
        yield rendered("times", language, known=known, **times(*many[:1], language=language, first=date(2026, 11, 25)))
        for may_keep in (True, False):
            given = times(*many, language=language, may_keep=may_keep, **moving)
            yield rendered("times", language, known=known, **given)
        for kept in (None, 1, 5):
            here = ("confirm", {"start": NOW})
            yield rendered("confirm", language, known=known, start=NOW, kept=kept, here=here, **facts())
        for requested in (True, False):
            for ahead in (True, False):
                state = {"requested": requested, "ahead": ahead, "may_move": ahead, "may_cancel": ahead}
                yield rendered("appointment", language, known=known, purpose="Beratung", **state, **facts())
    for said in words:
        kind = "alert" if said.startswith("alert") else "status"
        if said.startswith(("alert", "done")):
            yield rendered("times", language, said=(kind, said), **times(*many, language=language))
    for next_free in (None, "morgen"):
        yield rendered("times", language, **times(language=language, next_free=next_free))
        yield rendered("times", language, **times(language=language, **moving))
    yield rendered("cancel", language, appointment=UUID(int=1), reasons=CANCEL_REASONS, **facts())
    yield rendered("cancelled", language)
    for error in ERRORS:
        yield rendered("trouble", language, trouble=error.text_key, status=error.status)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_and_no_error_says_a_word_of_the_house(language: str) -> None:
    seen = 0
    for html in every_page(language):
        assert OURS.findall(words_of(html)) == []
        assert "None" not in words_of(html)
        seen += 1
    assert seen >= 40


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_word_that_a_page_may_say_is_of_the_house(language: str) -> None:
    assert [words for words in words_in(language).values() if OURS.search(words)] == []


@pytest.mark.parametrize(
    ("count", "german", "english"),
    [(1, "1 freier Termin", "1 available time"), (2, "2 freie Termine", "2 available times")],
)
def test_a_day_says_how_many_appointments_are_free(count: int, german: str, english: str) -> None:
    starts = [NOW + timedelta(hours=n) for n in range(count)]
    assert german in words_of(rendered("times", "de", **times(*starts)))
    assert english in words_of(rendered("times", "en", **times(*starts, language="en")))


@pytest.mark.parametrize(
    ("names", "organisation", "german", "english"),
    [
        ("Anna", "Beispiel AG", "Mit Anna von Beispiel AG , 30 min", "With Anna of Beispiel AG , 30 min"),
        ("Anna", "", "Mit Anna , 30 min", "With Anna , 30 min"),
        ("", "Beispiel AG", "Mit Beispiel AG , 30 min", "With Beispiel AG , 30 min"),
        ("", "", "Termin 30 min", "time 30 min"),
    ],
)
def test_a_page_reads_well_with_and_without_names(names: str, organisation: str, german: str, english: str) -> None:
    for language, words in (("de", german), ("en", english)):
        html = rendered("times", language, organisation=organisation, **times(NOW, language=language, names=names))
        assert words in words_of(html)
        assert ('class="organisation"' in html) == bool(organisation)


def test_what_the_appointment_is_for_is_said() -> None:
    assert "Kostenlose Beratung" in words_of(rendered("times", "de", purpose="Kostenlose Beratung", **times(NOW)))
    html = rendered("confirm", "de", purpose="Kostenlose Beratung", start=NOW, kept=None, **facts())
    assert "Worum es geht Kostenlose Beratung" in words_of(html)


def test_a_guessed_zone_is_said_to_be_one_with_the_choice_open() -> None:
    html = rendered("times", "de", known=False, **times(NOW))
    assert "Wir kennen Ihre Zeitzone nicht" in words_of(html)
    assert '<details class="zone below" open>' in html
    assert "Wir kennen" not in words_of(rendered("times", "de", **times(NOW)))


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    page = times_page(slots(first, first + timedelta(hours=1)), zone="Europe/Berlin", language="de", first=None)
    assert [choice.words for day in page.days for choice in day.times] == ["02:30 Uhr (MESZ)", "02:30 Uhr (MEZ)"]


def test_days_are_those_of_the_buyers_calendar() -> None:
    late = datetime(2026, 11, 25, 22, tzinfo=UTC)
    page = times_page(slots(late), zone="Asia/Tokyo", language="de", first=None)
    assert [(day.words, day.times[0].words) for day in page.days] == [("Donnerstag, 26. November 2026", "07:00 Uhr")]


@pytest.mark.parametrize(
    ("zone", "german", "english"),
    [
        ("Europe/Zurich", "Zürich", "Zurich"),
        ("Europe/Vienna", "Wien", "Vienna"),
        ("Europe/London", "London", "London"),
        ("Europe/Lisbon", "Lissabon", "Lisbon"),
        ("Asia/Kolkata", "Kalkutta", "Kolkata"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires"),
        ("America/New_York", "New York", "New York"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_a_zone_is_called_by_its_city_in_the_readers_language(zone: str, german: str, english: str) -> None:
    assert zone_name(zone, "de") == zone_name(zone, "de-AT") == german
    assert zone_name(zone, "en") == zone_name(zone, "en-GB") == english


@pytest.mark.parametrize(
    ("country", "shown", "first"),
    [
        ("CH", "Europe/Zurich", ("Schweiz", ["Europe/Zurich"])),
        (None, "Europe/Berlin", ("Europa", None)),
        ("NL", "Asia/Tokyo", ("Niederlande", ["Europe/Amsterdam"])),
        (None, "Africa/Ouagadougou", ("Europa", None)),
    ],
)
def test_the_buyers_country_comes_first_and_the_shown_zone_is_in_the_list(
    country: str | None, shown: str, first: tuple[str, list[str] | None]
) -> None:
    groups = BuyerZones(shown=shown, is_known=True, country=country, language="de", now=NOW).groups
    assert groups[0].words == first[0]
    assert first[1] in (None, [choice.zone for choice in groups[0].choices])
    listed = [choice.zone for group in groups for choice in group.choices]
    assert listed.count(shown) == 1
    assert len(listed) == len(set(listed)) < 90
    assert [group.words for group in groups][-6:] == ["Europa", "Amerika", "Asien", "Afrika", "Ozeanien", "UTC"]


@pytest.mark.parametrize(
    ("minutes", "german", "english"),
    [(1, "1 Minute", "1 minute"), (45, "45 Minuten", "45 minutes"), (60, "1 Stunde", "1 hour"), (90, "90 Minuten", "90 minutes"),
     (120, "2 Stunden", "2 hours"), (1440, "24 Stunden", "24 hours")],
)  # fmt: skip
def test_a_length_is_said_as_people_say_it(minutes: int, german: str, english: str) -> None:
    length = timedelta(minutes=minutes)
    assert (length_in_words(length, language="de"), length_in_words(length, language="en")) == (german, english)


def test_names_are_listed_as_in_a_sentence() -> None:
    assert list_in_words(["Anna", "Ben", "Clara"], language="de") == "Anna, Ben und Clara"
    assert list_in_words(["Anna", "Ben"], language="en-GB") == "Anna and Ben"
    assert list_in_words([], language="de") == ""


def test_a_name_turns_nothing_around_it() -> None:
    html = rendered("times", "de", organisation="שלום <b>", **times(NOW, names="\u202eevil {0}"))
    assert "<bdi>\u202eevil {0}</bdi>" in html
    assert "<bdi>שלום &lt;b&gt;</bdi>" in html
