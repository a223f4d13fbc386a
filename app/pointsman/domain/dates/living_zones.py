"""Time zones that people live by: the places of the IANA database, those of a country, and a short list to choose from.

Places and their countries are those of `zone.tab`, other names of them those of `tzdata.zi`, both in the package tzdata.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from pointsman.domain.dates.local_time import is_time_zone, to_local_time

#: No place, and a clock all the same.
NO_PLACE = "UTC"

#: So far ahead clocks are compared: beyond every horizon of a booking.
_COMPARED_DAYS = 2 * 366

#: Abbreviations that the database knows as zones: a sender who writes EST means New York, and the database Panama.
_ABBREVIATIONS = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})

#: Countries that the table has no row for, and whose clock they have: Kosovo's is Belgrade's.
_CLOCK_OF_ANOTHER = MappingProxyType({"XK": "RS"})

#: Cities that many buyers look for, though some share a clock; the biggest one of a country first.
_KNOWN_CITIES = (
    *("Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/London", "Europe/Paris", "Europe/Amsterdam"),
    *("Europe/Rome", "Europe/Madrid", "Europe/Stockholm", "Europe/Warsaw", "Europe/Prague", "Europe/Lisbon"),
    *("Europe/Athens", "Europe/Helsinki", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto"),
    *("America/Mexico_City", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Santiago"),
    *("Asia/Jerusalem", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo"),
    *("Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Australia/Sydney", "Pacific/Auckland"),
)


def living_zone(name: object) -> str | None:
    """The present name of a zone: "Asia/Kolkata" for "Asia/Calcutta", however it is capitalised.

    None for what is no zone, or is one that no place is called by: offsets, abbreviations, tables of the machine.
    """
    if not isinstance(name, str) or len(name) > 64:
        return None
    return _names().get(name.strip().casefold())


def zones_of_country(country: object, now: datetime) -> tuple[str, ...]:
    """The zones of an ISO 3166-1 country, one for each clock of the next two years, the best known first."""
    if not isinstance(country, str):
        return ()
    zones = _places().get(country.strip().upper(), ())
    return _one_each(sorted(zones, key=_fame().index), now)


def zone_of_buyer(*, time_zone: object, country: object, now: datetime) -> str | None:
    """Where a buyer is by what they gave: their own zone, else their country's when it has one clock; None: to be asked.

    UTC is no place: a country that has one clock counts before it.
    """
    own = living_zone(time_zone)
    if own is not None and own != NO_PLACE:
        return own
    theirs = zones_of_country(country, now)
    return theirs[0] if len(theirs) == 1 else own


def place_on_clock(zone: str, now: datetime) -> str:
    """The living zone that `zone` is, else the best known one with the same clock ("CET" is Berlin's), else UTC."""
    if (living := living_zone(zone)) is not None:
        return living
    clock = _clock(zone, _month(now))
    return next((place for place in _fame() if _clock(place, _month(now)) == clock), NO_PLACE)


def zones_to_choose(now: datetime) -> tuple[str, ...]:
    """A short list for the whole world: cities that many look for, then one zone for each other clock, and UTC."""
    known = [zone for zone in _KNOWN_CITIES if zone in _living()]
    clocks = {_clock(zone, _month(now)) for zone in known}
    others = _one_each((zone for zone in _biggest() if not zone.startswith("Antarctica/")), now)
    return (*known, *(zone for zone in others if _clock(zone, _month(now)) not in clocks), NO_PLACE)


def _one_each(zones: Iterable[str], now: datetime) -> tuple[str, ...]:
    """The first zone of each clock."""
    first: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        first.setdefault(_clock(zone, _month(now)), zone)
    return tuple(first.values())


def _month(now: datetime) -> date:
    return now.date().replace(day=1)


@lru_cache(maxsize=1_024)
def _clock(zone: str, first: date) -> tuple[timedelta | None, ...]:
    """What clocks in `zone` are ahead of UTC at noon of each day; two zones that agree on all of them are one clock."""
    return tuple(to_local_time(noon, zone).utcoffset() for noon in _noons(first))


@lru_cache(maxsize=4)
def _noons(first: date) -> tuple[datetime, ...]:
    noon = datetime.combine(first, time(12), UTC)
    return tuple(noon + timedelta(days=n) for n in range(_COMPARED_DAYS))


@lru_cache(maxsize=1)
def _living() -> MappingProxyType[str, str]:
    """Zone to country: what the database lists for a country and this machine knows."""
    return MappingProxyType({row[2]: row[0] for row in _rows("zone.tab") if is_time_zone(row[2])})


@lru_cache(maxsize=1)
def _places() -> MappingProxyType[str, tuple[str, ...]]:
    """Country to zones, in the order of the table."""
    found: dict[str, tuple[str, ...]] = {}
    for zone, country in _living().items():
        found[country] = (*found.get(country, ()), zone)
    for country, neighbour in _CLOCK_OF_ANOTHER.items():
        found.setdefault(country, found.get(neighbour, ()))
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _names() -> MappingProxyType[str, str]:
    """Every name, casefolded, of a living zone or of UTC."""
    links = dict[str, str]()
    for line in _text("tzdata.zi").splitlines():
        if line.startswith("L "):
            target, name = line.split()[1:3]
            links[name] = target
    found = {zone.casefold(): zone for zone in _living()} | {"utc": NO_PLACE, "etc/utc": NO_PLACE}
    for name, target in links.items():
        living = NO_PLACE if target == "Etc/UTC" else target
        if name not in _ABBREVIATIONS and (living in _living() or living == NO_PLACE):
            found.setdefault(name.casefold(), living)
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _fame() -> tuple[str, ...]:
    """All living zones: the known cities, then the biggest ones of each clock, then the rest."""
    return tuple(zone for zone in dict.fromkeys((*_KNOWN_CITIES, *_biggest(), *_living())) if zone in _living())


@lru_cache(maxsize=1)
def _biggest() -> tuple[str, ...]:
    """One zone for each clock from now on, as the database chooses them."""
    return tuple(zone for _, _, zone, *_ in _rows("zonenow.tab") if zone in _living())


def _rows(table: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(table).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return resources.files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
