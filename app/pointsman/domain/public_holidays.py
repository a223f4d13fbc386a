"""Public holidays of countries and their parts: the only place that knows the library `holidays`.

It is big, so it is loaded when the first rep with a region is asked about. It computes from tables, with no input or
output, and tells the same date the same name for as long as its version stays; see docs/decisions/0011.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from pointsman.domain.suggestions import did_you_mean

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
    if region in known_regions():
        return None
    country, _, part = region.partition(_PARTED)
    parts = [name for name in known_regions() if name.startswith(f"{country.upper()}{_PARTED}")]
    near = parts if part else [name for name in known_regions() if _PARTED not in name]
    hint = region.upper() if region.upper() in known_regions() else ""
    words = f"did you mean '{hint}'?" if hint else did_you_mean(region, near)
    return f"there are no public holidays for '{region}'; {words or 'write a country as DE, a part of it as DE-BY'}"


@lru_cache(maxsize=1_024)
def _holidays(region: str, year: int) -> Mapping[date, str]:
    from holidays import country_holidays  # noqa: PLC0415  # takes its time, and most deployments never need it

    country, _, part = region.partition(_PARTED)
    try:
        return dict(country_holidays(country, subdiv=part or None, years=year, language="en_US"))
    except NotImplementedError:  # the library dropped the region after the roster named it
        return {}
