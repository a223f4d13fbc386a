"""Time zones as a buyer reads them: by a city that they know, in their language, with the time that it is there now."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from pointsman.domain.dates.living_zones import NO_PLACE, zones_of_country, zones_to_choose
from pointsman.domain.text.composition import compose
from pointsman.services.wording.locale_formats import format_clock

#: Parts of the world by UN M.49, for which CLDR has a name in each language.
_AREAS = {"Africa": "002", "America": "019", "Asia": "142", "Europe": "150", "Australia": "009", "Pacific": "009"}
_ISLANDS = {"Atlantic/Cape_Verde": "002", "Atlantic/Azores": "150", "Atlantic/Canary": "150"}
_ORDER = ("150", "019", "142", "002", "009")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChoice:
    """One zone to choose: `words` are its city and the time there now."""

    zone: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneGroup:
    """Zones of one country or part of the world, by name."""

    words: str
    choices: tuple[ZoneChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerZones:
    """The zone that a page shows times in, and the others to choose from."""

    shown: str
    is_known: bool  # else it is a guess
    country: str | None  # ISO 3166-1
    language: str
    now: datetime

    @property
    def name(self) -> str:
        return zone_name(self.shown, self.language)

    @property
    def clock(self) -> str:
        """What time it is there."""
        return format_clock(self.now, zone=self.shown, language=self.language)

    @property
    def groups(self) -> tuple[ZoneGroup, ...]:
        return zone_groups(country=self.country, shown=self.shown, language=self.language, now=self.now)


def zone_groups(*, country: str | None, shown: str, language: str, now: datetime) -> tuple[ZoneGroup, ...]:
    """The zones of the buyer's country, then those of the world; `shown` is always among them."""
    own = zones_of_country(country, now)
    rest = [zone for zone in dict.fromkeys((*zones_to_choose(now), shown)) if zone not in own]
    by_area = {area: [zone for zone in rest if _area(zone) == area] for area in (*_ORDER, "")}
    groups = [(_territory(str(country).upper(), language), list(own))]
    groups += [(_territory(area, language), _sorted(zones, language)) for area, zones in by_area.items()]
    return tuple(
        ZoneGroup(words=words, choices=tuple(_choice(zone, language, now) for zone in zones))
        for words, zones in groups
        if zones
    )


@lru_cache(maxsize=4_096)
def zone_name(zone: str, language: str) -> str:
    """Its city: "Zürich" for "Europe/Zurich" in German; its last part where CLDR has no other name for it."""
    known = _locale(language).time_zones
    for name in (zone, *_former_names().get(zone, ())):
        city = known.get(name, {}).get("city")
        if city:
            return str(city)
    return zone.rpartition("/")[2].replace("_", " ")


def _choice(zone: str, language: str, now: datetime) -> ZoneChoice:
    return ZoneChoice(
        zone=zone, words=f"{zone_name(zone, language)} ({format_clock(now, zone=zone, language=language)})"
    )


def _sorted(zones: list[str], language: str) -> list[str]:
    return sorted(zones, key=lambda zone: compose(zone_name(zone, language), "NFKD").casefold())


def _area(zone: str) -> str:
    return _ISLANDS.get(zone) or _AREAS.get(zone.partition("/")[0], "150" if zone != NO_PLACE else "")


def _territory(code: str, language: str) -> str:
    return str(_locale(language).territories.get(code, NO_PLACE))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@lru_cache(maxsize=1)
def _former_names() -> dict[str, tuple[str, ...]]:
    """Zone to its names of before, under which CLDR keeps what cities are called."""
    found: dict[str, tuple[str, ...]] = {}
    for former, present in get_global("zone_aliases").items():
        found[present] = (*found.get(present, ()), former)
    return found
