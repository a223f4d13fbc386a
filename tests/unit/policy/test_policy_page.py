"""The example on the documentation's page is a policy that the check has nothing against."""

import re
from pathlib import Path

import yaml

from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.policy.invitations import TEXT_NAMES
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.conditions import OPERATORS_BY_TYPE
from pointsman.domain.policy_check.run import check_policy
from pointsman.services.wording.text_grammar import check_text
from support.roster import CLOSER, rep, roster

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"


def test_the_example_of_the_page_is_a_sound_policy() -> None:
    example = PAGE.read_text().split("```yaml\n")[1].split("```")[0]
    german = {"skills": {"languages": frozenset({"de"})}}
    floor = roster(rep("lena", **german), rep("max", **german), rep("anna", CLOSER), rep("carl", CLOSER))
    found = check_policy(parse_policy(yaml.safe_load(example)), floor)
    assert {finding.code for finding in found} <= {"uncovered-hours"}  # nobody works at night


def test_the_page_names_every_operator_of_every_type() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.read_text().splitlines() if line.startswith("| ")}
    for field_type, operators in OPERATORS_BY_TYPE.items():
        assert {op for op in operators if f"`{op}`" in rows[field_type.value]} == operators


def test_the_page_tells_of_every_reason_to_be_dropped_and_every_method() -> None:
    pools = PAGE.read_text().split("## Pools")[1].split("## What the check finds")[0]
    named = {word for line in pools.splitlines() if line.startswith("| ") for word in re.findall(r"`([a-z_-]+)`", line)}
    assert {drop.value for drop in DropReason} | {method.value for method in DistributionMethod} <= named


def test_the_pages_example_of_pools_and_suppliers_can_be_parsed() -> None:
    example = yaml.safe_load(PAGE.read_text().split("## Pools")[1].split("```yaml\n")[1].split("```")[0])
    policy = parse_policy(example)
    assert policy.pools["closers"].ramp_up[1].percent == 50
    assert policy.suppliers["acme-calls"].capacity[1].per_day == 40


def test_the_page_s_example_of_invitations_can_be_sent_and_its_table_has_each_name() -> None:
    section = PAGE.read_text().split("### Invitations")[1].split("\n## ")[0]
    document = yaml.safe_load(section.split("```yaml\n")[1].split("```")[0])
    found = check_policy(parse_policy(document), None, texts=check_text, sends_mail={"post": True})
    assert [finding for finding in found if "invitations" in finding.path] == []
    table = section.split("| name | |\n|---|---|\n")[1].split("\n\n")[0]
    assert table.splitlines() == [f"| `{name}` | {said} |" for name, said in TEXT_NAMES.items()]
