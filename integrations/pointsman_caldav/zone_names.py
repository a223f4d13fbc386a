"""Names of time zones that a calendar uses and does not define: IANA's, Windows's, and those that CLDR has in many languages.

A name that means nothing, or several zones, means none: it is never taken for UTC.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from functools import cache

from pointsman_caldav.metazones import METAZONES
from pointsman_sdk.readers.calendar_times import iana_zone, known_zone

#: The languages of calendar programs; each takes some milliseconds to read, and only for a name that nothing else knows.
_LANGUAGES = (
    "en", "en_GB", "de", "fr", "es", "it", "pt", "pt_PT", "nl", "da", "sv", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "hr",
    "sl", "el", "tr", "ru", "uk", "lt", "lv", "et", "he", "ar", "ja", "ko", "zh", "zh_Hant", "th", "vi", "id",
)  # fmt: skip
#: Where neighbours keep the standard time all year round, its name does not tell whether clocks change.
STANDARD_IS_SHARED = frozenset(
    {"America_Central", "America_Eastern", "America_Mountain", "Atlantic", "Australia_Central", "Australia_Eastern"}
)
#: Metazones with two kinds of zones under every name: London's clocks change and Reykjavik's do not, nor do Honolulu's.
TWO_MEANINGS = frozenset({"GMT", "Hawaii_Aleutian"})
_LONGEST = 100
_SPACE = re.compile(r"\s+")


def zone_named(name: str) -> tzinfo | None:
    """The zone of a name that the calendar does not define; None for an unknown name."""
    name = name.replace('"', "").strip()
    if not name or len(name) > _LONGEST:
        return None
    if (known := known_zone(name)) is not None:
        return known
    folded = _folded(name)
    iana = _windows().get(folded) or _in_any_case().get(folded) or _localised().get(folded)
    return iana_zone(iana) if iana else None


def _folded(name: str) -> str:
    return _SPACE.sub(" ", name.replace("\u2019", "'")).strip().casefold()


@cache
def _windows() -> Mapping[str, str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415  # takes 0.2 s, and is seldom asked

    return {_folded(name): iana for name, iana in WINDOWS_TO_OLSON.items()}


@cache
def _in_any_case() -> Mapping[str, str]:
    from zoneinfo import available_timezones  # noqa: PLC0415  # reads a folder, and is seldom asked

    return {_folded(name): name for name in available_timezones()} | {
        "microsoft/utc": "UTC",
        "tzone://microsoft/utc": "UTC",
    }


@cache
def _localised() -> Mapping[str, str]:
    """The long names of CLDR's zones in every language here. A name that stands for several zones is left out."""
    found: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for name, iana in _names_in(language):
            found.setdefault(_folded(name), set()).add(iana)
    return {name: zones.pop() for name, zones in found.items() if len(zones) == 1}


def _names_in(language: str) -> Iterator[tuple[str, str]]:
    from babel import Locale  # noqa: PLC0415  # large, and seldom asked

    locale = Locale.parse(language)
    for metazone, iana in METAZONES.items():
        if metazone in TWO_MEANINGS:
            continue
        forms = locale.meta_zones.get(metazone, {}).get("long", {})
        skipped = "standard" if metazone in STANDARD_IS_SHARED else ""
        yield from ((name, iana) for form, name in forms.items() if form != skipped and isinstance(name, str))
