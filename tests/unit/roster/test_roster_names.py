"""All times of an answer are on one clock: the rep's own, else that of most reps whom the caller sees."""

import pytest

from pointsman.domain.permissions.callers import Visibility
from pointsman.services.roster.names import RosterNames

ALL = Visibility()
KNOWN = RosterNames(
    zones={
        "anna": "Europe/Berlin",
        "ben": "Europe/Berlin",
        "raj": "Asia/Kolkata",
        "ida": "America/New_York",
        "joe": "America/New_York",
        "kim": "America/New_York",
    },
    suppliers={"raj": "callwerk", "anna": "in-house"},
)


@pytest.mark.parametrize(
    ("rep", "sees", "zone"),
    [
        ("anna", ALL, "Europe/Berlin"),
        (None, ALL, "America/New_York"),
        ("gone", ALL, "America/New_York"),
        (None, Visibility(supplier="callwerk"), "Asia/Kolkata"),
        (None, Visibility(supplier="nobody"), None),
    ],
)
def test_the_clock_is_the_reps_own_or_that_of_most_reps(rep: str | None, sees: Visibility, zone: str | None) -> None:
    assert KNOWN.clock_of(rep, sees) == zone


def test_of_zones_as_common_the_first_by_name_is_taken_and_without_reps_none() -> None:
    assert RosterNames(zones={"a": "Europe/Paris", "b": "Asia/Tokyo"}).clock_of(None, ALL) == "Asia/Tokyo"
    assert RosterNames().clock_of(None, ALL) is None
