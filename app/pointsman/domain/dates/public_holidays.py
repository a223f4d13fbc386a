"""Public holidays of countries and their parts: the only place that knows the library `holidays`.

It is big, so it is loaded when the first rep with a region is asked about. It computes from tables, with no input or
output, and tells the same date the same name for as long as its version stays; see docs/decisions/0011.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from pointsman.domain.text.formatting import join_with_and
from pointsman.domain.text.suggestions import did_you_mean

_PARTED = "-"  # "DE-BY": Germany, Bavaria


def holiday_name(region: str, day: date) -> str | None:
    """What is celebrated on `day`; None on any other day, and in a region that the library does not know."""
    return _holidays(region, day.year).get(day)


def is_holiday(region: str, day: date) -> bool:
    """Whether people in `region` need not work on `day`."""
    return day in _holidays(region, day.year)


@lru_cache(maxsize=1)
def known_regions() -> frozenset[str]:
    """Countries by their two letters ("DE"), and each part of one as "DE-BY"."""
    from holidays import list_supported_countries  # noqa: PLC0415  # takes its time, and most deployments never need it

    parts = list_supported_countries(include_aliases=False)
    return frozenset(parts) | {f"{country}{_PARTED}{part}" for country, found in parts.items() for part in found}


def region_fault(region: str) -> str | None:
    """What is wrong with the name of a region, and what may be meant; None for a known one."""
    known = known_regions()
    if region in known:
        return None
    country = region.partition(_PARTED)[0].upper()
    parts = sorted(name for name in known if name.startswith(f"{country}{_PARTED}"))
    if region.upper() in known:
        hint = f"did you mean '{region.upper()}'?"
    elif country in known:
        hint = f"write {join_with_and([country, *parts])}"
    else:
        countries = [name for name in known if _PARTED not in name]
        hint = did_you_mean(country, countries) or "write a country as DE, a part of it as DE-BY"
    return f"there are no public holidays for '{region}'; {hint}"


@lru_cache(maxsize=1_024)
def _holidays(region: str, year: int) -> Mapping[date, str]:
    from holidays import country_holidays  # noqa: PLC0415  # takes its time, and most deployments never need it

    country, _, part = region.partition(_PARTED)
    try:
        return dict(country_holidays(country, subdiv=part or None, years=year, language="en_US"))
    except NotImplementedError:  # the library dropped the region after the roster named it
        return {}
