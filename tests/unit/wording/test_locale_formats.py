"""Times as a reader of a language writes them, in any zone: no two hours look alike, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from pointsman.services.wording.locale_formats import (
    best_language,
    format_day,
    format_interval,
    format_time_of_day,
    joined_header,
    supported_language,
)

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def told(start: datetime, language: str, zone: str = "Europe/Berlin") -> str:
    return format_interval(start, start + HALF_AN_HOUR, zone=zone, language=language).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Mittwoch, 25. November 2026, 10:00\u201310:30 Uhr (MEZ)"),
        ("de-CH", "Mittwoch, 25. November 2026, 10:00\u201310:30 Uhr (MEZ)"),
        ("en", "Wednesday, November 25, 2026, 10:00 AM\u201310:30 AM (CET)"),
        ("en-GB", "Wednesday, 25 November 2026, 10:00\u201310:30 (CET)"),
        ("fr", "mercredi 25 novembre 2026, 10:00\u201310:30 (CET)"),
    ],
)
def test_each_language_writes_a_time_its_own_way(language: str, words: str) -> None:
    assert told(NINE, language) == words


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de_DE", "de-DE"),
        ("fr,de", "de"),
        ("*;q=0.8,en;q=0", "de"),
        ("en;q=0", "de"),
        ("en;q=0,de;q=0", "en"),
        ("*", "en"),
        ("fr;q=1, *;q=0.5", "en"),
        ("de;q=0.5, *;q=0.9", "en"),
        ("de;q=0, *", "en"),
        ("en-GB;q=0.8, de-AT;q=0.9", "de-AT"),
        ("de;q=1.5", "en"),
        ("", "en"),
    ],
)
def test_a_header_is_read_with_its_wildcard_and_its_refusals(header: str, found: str) -> None:
    assert best_language(header, among=("en", "de")) == found


def test_several_lines_of_a_header_are_one() -> None:
    assert best_language(joined_header(["fr", "de;q=0.9"]), among=("en", "de")) == "de"
    assert best_language(joined_header([]), among=("en", "de")) == "en"


def test_a_zone_without_a_name_shows_its_offset() -> None:
    assert told(NINE, "de", "Asia/Kathmandu") == "Mittwoch, 25. November 2026, 14:45\u201315:15 Uhr (UTC+05:45)"
    assert told(NINE, "en", "America/Sao_Paulo").endswith("(UTC-03:00)")


def test_a_repeated_hour_is_told_apart_by_its_zone() -> None:
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    again = first + timedelta(hours=1)
    assert told(first, "de") == "Sonntag, 25. Oktober 2026, 02:15\u201302:45 Uhr (MESZ)"
    assert told(again, "de") == "Sonntag, 25. Oktober 2026, 02:15\u201302:45 Uhr (MEZ)"
    across = first + HALF_AN_HOUR
    assert told(across, "de") == "Sonntag, 25. Oktober 2026, 02:45 Uhr (MESZ)\u201302:15 Uhr (MEZ)"


def test_an_appointment_across_midnight_names_both_days() -> None:
    late = datetime(2026, 11, 25, 22, 45, tzinfo=UTC)
    words = "Mittwoch, 25. November 2026, 23:45 Uhr \u2013 Donnerstag, 26. November 2026, 00:15 Uhr (MEZ)"
    assert told(late, "de") == words


def test_summer_and_winter_never_share_a_name() -> None:
    for zone in sorted(available_timezones()):
        for language in ("de", "en"):
            names: dict[str, timedelta] = {}
            for month in range(1, 13):
                at = datetime(2026, month, 15, 12, tzinfo=UTC)
                name = format_time_of_day(at, zone=zone, language=language).partition("(")[2]
                offset = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
                assert names.setdefault(name, offset) == offset, (zone, language)


def test_every_known_language_can_be_written() -> None:
    for language in {name.replace("_", "-") for name in locale_identifiers()}:
        assert supported_language(language) is not None
        assert told(NINE, language)
        assert format_day(NINE, zone="Asia/Tokyo", language=language)


@pytest.mark.parametrize(
    ("asked", "best"),
    [
        ("de-CH;q=0.8, en;q=0.9", "en"),
        ("tlh, de;q=0.1", "de"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        ("de;q=0", "en"),
        ("de-DE", "de-DE"),
        ("pt-BR, fr;q=0.5", "pt-BR"),
    ],
)
def test_the_dearest_language_that_is_known_is_spoken(asked: str | None, best: str) -> None:
    assert best_language(asked) == best


def test_a_page_in_two_languages_speaks_one_of_them() -> None:
    assert best_language("fr, de-AT;q=0.5", among=("de", "en")) == "de-AT"
    assert best_language("fr", among=("de", "en")) == "en"


@given(st.text(max_size=80))
def test_no_header_is_an_error(header: str) -> None:
    assert told(NINE, best_language(header))


@pytest.mark.parametrize(
    ("language", "day", "time"),
    [
        ("de", "Mittwoch, 25. November 2026", "10:00 Uhr (MEZ)"),
        ("en", "Wednesday, November 25, 2026", "10:00 AM (CET)"),
        ("fr", "mercredi 25 novembre 2026", "10:00 (CET)"),
        ("ja", "2026年11月25日水曜日", "10:00 (CET)"),
        ("xx", "Wednesday, November 25, 2026", "10:00 AM (CET)"),
    ],
)
@pytest.mark.parametrize("machine", ["de_DE", "en_US", "fr_FR"])
def test_a_reader_gets_their_own_language_and_never_the_machines(
    monkeypatch: pytest.MonkeyPatch, machine: str, language: str, day: str, time: str
) -> None:
    monkeypatch.setattr("babel.dates.LC_TIME", machine)
    found = format_time_of_day(NINE, zone="Europe/Berlin", language=language).replace("\u202f", " ")
    assert (format_day(NINE, zone="Europe/Berlin", language=language), found) == (day, time)
    assert told(NINE, language).startswith(day)
