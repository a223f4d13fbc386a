"""Times as people of a language write them: any language that Babel knows, in any time zone."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name
from babel.lists import format_list
from babel.units import format_unit

from pointsman.domain.dates.local_time import to_local_time

FALLBACK_LANGUAGE = "en"
_LONGEST_HEADER = 500
_LONGEST_TAG = 35
_LONGEST_ABBREVIATION = 5
_DASH = "\u2013"
_AT_ZERO = ("GMT", "UTC")  # Babel calls Irish summers GMT, too


def supported_language(tag: str) -> str | None:
    """The tag as Babel writes it, or that of its plain language; None for a language without formats."""
    locale = _locale(tag.strip()[:_LONGEST_TAG])
    return str(locale).replace("_", "-") if locale else None


def best_language(asked: str | None, among: Collection[str] | None = None) -> str:
    """What an Accept-Language header, or a single tag, prefers; `among` limits the choice to these plain languages.

    `*` is any language that is not named, English first. Where nothing fits, English, or another one if English is
    refused; whatever is written there, it is never an error. After RFC 9110, section 12.5.4; `de_DE` is read as `de-DE`.
    """
    ranges = _by_preference(asked or "")
    named = {tag.partition("-")[0].lower() for tag, _ in ranges}
    others = sorted(among or (FALLBACK_LANGUAGE,), key=lambda language: language != FALLBACK_LANGUAGE)
    for tag, weight in ranges:
        if not weight:
            continue
        wild = tag == "*"
        found = next((other for other in others if other not in named), None) if wild else supported_language(tag)
        if found is not None and (among is None or found.partition("-")[0] in among):
            return found
    refused = {tag.lower() for tag, weight in ranges if not weight}
    return next((language for language in others if language not in refused), FALLBACK_LANGUAGE)


def joined_header(lines: Iterable[str]) -> str:
    """The lines of one Accept-Language header as one (RFC 9110, section 5.3)."""
    return ",".join(lines)


def format_interval(start: datetime, end: datetime, *, zone: str, language: str) -> str:
    """[start, end) on the clocks of `zone`: "Mittwoch, 25. November 2026, 10:00-10:30 Uhr (MEZ)", with an en dash.

    The zone's abbreviation or offset tells repeated hours apart; where it changes in between, each time has its own.
    """
    locale = _locale(language) or Locale.parse(FALLBACK_LANGUAGE)
    begins, ends = to_local_time(start, zone), to_local_time(end, zone)
    first, last = _clock(begins, locale), f"{_oclock(ends, locale)} ({_zone(ends, locale)})"
    if begins.utcoffset() != ends.utcoffset():
        first = f"{_oclock(begins, locale)} ({_zone(begins, locale)})"
    if begins.date() != ends.date():
        first = first if first.endswith(")") else _oclock(begins, locale)
        return f"{_day(begins, locale)}, {first} {_DASH} {_day(ends, locale)}, {last}"
    return f"{_day(begins, locale)}, {first}{_DASH}{last}"


def format_day(at: datetime, *, zone: str, language: str) -> str:
    """The day of `at` on the calendars of `zone`: "Mittwoch, 25. November 2026"."""
    return _day(to_local_time(at, zone), _locale(language) or Locale.parse(FALLBACK_LANGUAGE))


def format_time_of_day(at: datetime, *, zone: str, language: str) -> str:
    """The time of day of `at` with its zone: "10:00 Uhr (MEZ)"."""
    locale, local = _locale(language) or Locale.parse(FALLBACK_LANGUAGE), to_local_time(at, zone)
    return f"{_oclock(local, locale)} ({_zone(local, locale)})"


def format_clock(at: datetime, *, zone: str, language: str) -> str:
    """The time of day of `at` on the clocks of `zone`: "10:00 Uhr"."""
    return _oclock(to_local_time(at, zone), _locale(language) or Locale.parse(FALLBACK_LANGUAGE))


def format_zone(at: datetime, *, zone: str, language: str) -> str:
    """What the clocks of `zone` are called at `at`: "MEZ", or the offset where they have no such name."""
    return _zone(to_local_time(at, zone), _locale(language) or Locale.parse(FALLBACK_LANGUAGE))


def length_in_words(length: timedelta, *, language: str) -> str:
    """ "1 Stunde", "45 Minuten", "90 Minuten": whole hours as hours, all else in minutes."""
    locale, minutes = _locale(language) or Locale.parse(FALLBACK_LANGUAGE), round(length.total_seconds() / 60)
    hours, over = divmod(minutes, 60)
    return (
        format_unit(minutes, "duration-minute", locale=locale)
        if over or not hours
        else format_unit(hours, "duration-hour", locale=locale)
    )


def list_in_words(items: Sequence[str], *, language: str) -> str:
    """ "Anna, Ben und Clara"."""
    return format_list(items, locale=_locale(language) or Locale.parse(FALLBACK_LANGUAGE)) if items else ""


def _day(local: datetime, locale: Locale) -> str:
    return format_date(local.date(), format="full", locale=locale)


def _clock(local: datetime, locale: Locale) -> str:
    return _wall(local.hour, local.minute, locale)


@lru_cache(maxsize=8_192)
def _wall(hour: int, minute: int, locale: Locale) -> str:
    """Kept, since a page shows hundreds of times, and Babel takes a tenth of a millisecond for each."""
    return format_time(time(hour, minute), format="short", locale=locale)


def _oclock(local: datetime, locale: Locale) -> str:
    """With the word that a German expects after a time."""
    return f"{_clock(local, locale)} Uhr" if locale.language == "de" else _clock(local, locale)


def _zone(local: datetime, locale: Locale) -> str:
    """ "MEZ", "CET", or the offset where a zone has no such name; never one name for two offsets of a zone."""
    name = get_timezone_name(local, width="short", locale=locale)
    for found in (name, local.tzname() or ""):
        if found.isalpha() and len(found) <= _LONGEST_ABBREVIATION and (found not in _AT_ZERO or not local.utcoffset()):
            return found
    return _offset(local)


def _offset(local: datetime) -> str:
    minutes = round((local.utcoffset() or (local - local)).total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@lru_cache(maxsize=512)
def _locale(tag: str) -> Locale | None:
    for candidate in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


def _by_preference(header: str) -> list[tuple[str, float]]:
    """The tags of an Accept-Language header with their weights, the dearest first; what cannot be read is left out."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.partition("=")[2]) if quality.strip() else 1.0
        except ValueError:
            continue
        if tag.strip() and 0 <= weight <= 1:
            found.append((-weight, position, tag.strip().replace("_", "-")))
    return [(tag, -weight) for weight, _, tag in sorted(found)]
