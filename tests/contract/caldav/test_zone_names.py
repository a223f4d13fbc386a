"""Names of zones that a calendar does not define, held against CLDR as Babel has it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global

from pointsman_caldav.metazones import METAZONES
from pointsman_caldav.zone_names import STANDARD_IS_SHARED, TWO_MEANINGS, zone_named

#: Of whose 35 and 17 zones two and three keep other clocks, all of them outside of Europe's west.
MOSTLY_ONE = {"Europe_Central", "Europe_Eastern"}
DAYS = [datetime(2031, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]


def present(zone: str) -> str:
    aliases: dict[str, str] = get_global("zone_aliases")
    return aliases.get(zone, zone)


def test_the_table_has_every_metazone_of_today_with_a_zone_of_its_own() -> None:
    """`make zones` writes it anew."""
    of_zone = {present(zone): metazone for zone, metazone in get_global("meta_zones").items()}
    assert set(METAZONES) == set(of_zone.values())
    assert {metazone: of_zone.get(zone) for metazone, zone in METAZONES.items()} == {name: name for name in METAZONES}


def test_a_metazone_whose_zones_keep_different_clocks_is_one_that_is_known_for_it() -> None:
    clocks: dict[str, set[tuple[timedelta | None, ...]]] = {}
    for zone, metazone in get_global("meta_zones").items():
        clocks.setdefault(metazone, set()).add(tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in DAYS))
    several = {metazone for metazone, kinds in clocks.items() if len(kinds) > 1}
    assert several == STANDARD_IS_SHARED | TWO_MEANINGS | MOSTLY_ONE


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("East Africa Time", "Africa/Nairobi"),
        ("Hora estándar de Perú", "America/Lima"),
        ("Japanische Normalzeit", "Asia/Tokyo"),
        ("Heure normale d\u2019Afrique de l\u2019Ouest", "Africa/Lagos"),
        ("Mitteleuropäische Sommerzeit", "Europe/Paris"),
        ("Eastern Daylight Time", "America/New_York"),
        ("Nordamerikanische Ostküsten-Normalzeit", None),
        ("Greenwich Mean Time", None),
        ("Mittlere Greenwich-Zeit", None),
        ("Hawaii-Aleutian Standard Time", None),
        ("Eastern Standard Time", "America/New_York"),
        ("GMT Standard Time", "Europe/London"),
    ],
)
def test_a_name_means_the_zone_that_cldr_or_windows_gives_it_or_none(name: str, zone: str | None) -> None:
    found = zone_named(name)
    assert (found.key if isinstance(found, ZoneInfo) else found) == zone
