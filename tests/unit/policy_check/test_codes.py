"""Every code that the check can give is in the documentation's table, with its severity, and comes up here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.findings import Severity
from pointsman.domain.policy_check.run import check_policy
from support.faulty_policies import CASES, FLOOR, GOOD, findings_of
from support.wording import english

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("code", "severity"), CASES)
def test_each_code_comes_up_with_a_path_and_a_sentence_that_says_what_to_do(code: str, severity: Severity) -> None:
    found = findings_of(code, severity)
    matching = [finding for finding in found if (finding.code, finding.severity) == (code, severity)]
    assert matching, found
    assert all(finding.path for finding in matching)
    assert all(any(mark in english(f.message) for mark in (": ", "; ", ", ")) for f in matching), matching


def test_a_sound_policy_has_nothing_but_the_cap_that_no_rule_counts() -> None:
    assert {finding.code for finding in check_policy(parse_policy(GOOD), FLOOR)} == {"unknown-category"}


def test_the_table_of_the_page_lists_every_code_with_its_severities_and_nothing_else() -> None:
    section = (ROOT / "docs/policy.md").read_text().split("## What the check finds\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in section.splitlines() if line.startswith("| `")]
    listed = {(code.strip("`"), severity) for code, severities, _ in rows for severity in severities.split(", ")}
    assert listed == set(_codes_of_the_source())
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_every_code_of_the_source_is_produced_by_a_case() -> None:
    assert set(_codes_of_the_source()) == {(code, severity.value) for code, severity in CASES}


def _codes_of_the_source() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "app/pointsman/domain/policy_check").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("error", "warning"):
                severity = ast.unparse(node.func)
                match node.args[1]:
                    case ast.Constant(value=str(code)):
                        yield code, severity
                    case ast.JoinedStr():
                        assert ast.unparse(node.args[1]) == "f'unknown-{kind}'"
                        yield from ((f"unknown-{kind}", severity) for kind in ("segment", "icp", "persona"))
                    case _:
                        raise AssertionError(f"{path.name}:{node.lineno} gives a code that cannot be read here")
