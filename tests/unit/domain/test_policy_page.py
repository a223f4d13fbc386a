"""The example on the documentation's page is a policy that the check has nothing against."""

from pathlib import Path

import yaml

from pointsman.domain.check import check
from pointsman.domain.check_conditions import OPERATORS
from pointsman.domain.policy import parse_policy
from unit.domain.floor import CLOSER, rep, roster

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"


def test_the_example_of_the_page_is_a_sound_policy() -> None:
    example = PAGE.read_text().split("```yaml\n")[1].split("```")[0]
    german = {"skills": {"languages": frozenset({"de"})}}
    floor = roster(rep("lena", **german), rep("max", **german), rep("anna", CLOSER), rep("carl", CLOSER))
    found = check(parse_policy(yaml.safe_load(example)), floor)
    assert {finding.code for finding in found} <= {"uncovered-hours"}  # nobody works at night


def test_the_page_names_every_operator_of_every_type() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.read_text().splitlines() if line.startswith("| ")}
    for field_type, operators in OPERATORS.items():
        assert {op for op in operators if f"`{op}`" in rows[field_type.value]} == operators
