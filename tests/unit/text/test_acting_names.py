"""Names in a policy come in without signs that act on a screen."""

import pytest

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.policy.parsing import parse_policy

NAMES = ["Lena\x1b[2J", "Lena\u202eanel", "Lena\x9b1m", "Lena\nVogt", "Lena\u2028Vogt"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_rules_name_that_acts_on_a_screen_is_refused_with_its_path(name: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy({"rules": [{"name": name, "work": "nurture"}]})
    assert [(fault.path, "take it out" in fault.message) for fault in refused.value.faults] == [("rules[0].name", True)]
