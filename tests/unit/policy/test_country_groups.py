"""The groups of countries that come along."""

import re
from pathlib import Path

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.policy.country_groups import COUNTRY_GROUPS
from pointsman.domain.policy.parsing import parse_policy

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"


def test_the_page_names_every_group() -> None:
    listed = re.search(r"and these: ([A-Z0-9_,\s]+)\(as of", PAGE.read_text())
    assert listed is not None
    assert set(re.split(r",\s+", listed[1].strip())) == set(COUNTRY_GROUPS)


def test_the_groups_are_codes_each_once_and_fit_into_each_other() -> None:
    groups = {name: set(codes) for name, codes in COUNTRY_GROUPS.items()}
    for name, codes in COUNTRY_GROUPS.items():
        assert len(codes) == len(groups[name])
        assert all(re.fullmatch("[A-Z]{2}", code) for code in codes)
    assert len(groups["EU"]) == 27
    assert groups["EEA"] == groups["EU"] | (groups["EFTA"] - {"CH"})
    assert groups["EURO"] < groups["EU"]
    assert groups["SCHENGEN"] == (groups["EEA"] | {"CH"}) - {"IE", "CY"}
    assert groups["BENELUX"] | groups["BALTICS"] | groups["VISEGRAD"] | groups["IBERIA"] < groups["EU"]


def test_a_policys_own_group_adds_or_replaces() -> None:
    own = Definitions.of(parse_policy({"country_groups": {"DACH": ["DE"], "MINE": ["FR"]}})).country_groups
    assert (own["DACH"], own["MINE"], own["EU"]) == (("DE",), ("FR",), COUNTRY_GROUPS["EU"])
