"""Where a buyer is by what they gave, and the short list to choose from otherwise."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from pointsman.domain.dates.living_zones import (
    living_zone,
    place_on_clock,
    zone_of_buyer,
    zones_of_country,
    zones_to_choose,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
COUNTRIES = (
    "AT", "AU", "BR", "CA", "CH", "CN", "CY", "DE", "ES", "FR", "GB", "ID", "IN",
    "IT", "KZ", "LI", "MN", "MX", "MY", "NL", "NZ", "PL", "PT", "RU", "UA", "US", "VN",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "living"),
    [
        ("Europe/Zurich", "Europe/Zurich"),
        (" europe/zurich ", "Europe/Zurich"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Eastern", "America/New_York"),
        ("GB", "Europe/London"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("Zulu", "UTC"),
        ("EST", None),
        ("CET", None),
        ("GMT", None),
        ("Etc/GMT+5", None),
        ("Factory", None),
        ("localtime", None),
        ("posixrules", None),
        ("right/Europe/Berlin", None),
        ("Mars/Olympus", None),
        ("../etc/passwd", None),
        ("\x00", None),
        ("", None),
        ("Europe/" * 1000, None),
        (None, None),
        (1, None),
    ],
)
def test_a_zone_has_the_name_that_it_goes_by_now(name: object, living: str | None) -> None:
    assert living_zone(name) == living


@pytest.mark.parametrize(
    ("time_zone", "country", "zone"),
    [
        (None, "DE", "Europe/Berlin"),  # Büsingen has the same clock
        (None, "AT", "Europe/Vienna"),
        (None, "CH", "Europe/Zurich"),
        (None, "GB", "Europe/London"),
        (None, " ch ", "Europe/Zurich"),
        (None, "MY", "Asia/Kuala_Lumpur"),  # Kuching has the same clock
        (None, "AR", "America/Argentina/Buenos_Aires"),
        (None, "XK", "Europe/Belgrade"),
        (None, "US", None),
        (None, "ES", None),  # the Canary Islands are an hour behind
        (None, "XX", None),
        (None, "", None),
        (None, None, None),
        (None, 49, None),
        ("Asia/Tokyo", "DE", "Asia/Tokyo"),
        ("America/Denver", "US", "America/Denver"),
        ("nonsense", "AT", "Europe/Vienna"),
        ("EST", "AT", "Europe/Vienna"),
        ("UTC", "AT", "Europe/Vienna"),  # what forms send that do not know
        ("UTC", "US", "UTC"),
        ("UTC", None, "UTC"),
    ],
)
def test_a_buyer_is_where_they_say_or_where_their_country_has_one_clock(
    time_zone: object, country: object, zone: str | None
) -> None:
    assert zone_of_buyer(time_zone=time_zone, country=country, now=NOW) == zone


@pytest.mark.parametrize(
    ("zone", "place"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("CET", "Europe/Berlin"),
        ("Etc/GMT-9", "Asia/Tokyo"),
        ("Etc/GMT", "Africa/Abidjan"),
        ("UTC", "UTC"),
    ],
)
def test_a_clock_without_a_place_is_called_by_the_best_known_city_that_has_it(zone: str, place: str) -> None:
    assert place_on_clock(zone, NOW) == place


@pytest.mark.parametrize(
    ("country", "first"),
    [("US", "America/New_York"), ("RU", "Europe/Moscow"), ("AU", "Australia/Sydney"), ("BR", "America/Sao_Paulo")],
)
def test_the_best_known_city_of_a_country_comes_first(country: str, first: str) -> None:
    assert zones_of_country(country, NOW)[0] == first
    assert len(zones_of_country(country, NOW)) < 13


def clock(zone: str) -> tuple[timedelta | None, ...]:
    """At noon of each day: Havana's clock is that of New York, though it changes an hour earlier in the same night."""
    info = ZoneInfo(zone)
    return tuple((NOW + timedelta(days=n)).astimezone(info).utcoffset() for n in range(700))


@pytest.mark.parametrize("country", COUNTRIES)
def test_zones_of_a_country_are_different_clocks(country: str) -> None:
    zones = zones_of_country(country, NOW)
    assert len({clock(zone) for zone in zones}) == len(zones) > 0


def test_the_list_is_short_alive_and_has_every_clock_once_or_a_known_city() -> None:
    zones = zones_to_choose(NOW)
    assert len(zones) == len(set(zones)) < 85
    assert all(living_zone(zone) == zone for zone in zones)
    clocks = {clock(zone) for zone in zones}
    lived_in = {living_zone(name) for name in available_timezones()} - {None, "Antarctica/Troll"}
    assert [zone for zone in lived_in if zone and clock(zone) not in clocks] == []
