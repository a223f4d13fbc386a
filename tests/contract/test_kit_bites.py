"""The kit is tested by mutants: every check fails for a connector with the mistake that the check is about."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from contract.mutants.base import MUTANTS
from contract.mutants.suites import SUITES
from pointsman_sdk.testing import ConnectorSuite, proofs
from support.waiting import PATIENCE_S

CHECKS = sorted(proofs(ConnectorSuite))


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The mutants that failed their checks, as `suite::check`, from one run of all of them."""
    report = tmp_path_factory.mktemp("mutants") / "report.xml"
    suites = Path(__file__).parent / "mutants" / "suites.py"
    targets = [f"{suites}::{target}" for target in SUITES]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--tb=line",
        "-p",
        "no:cacheprovider",
        "-o",
        "python_classes=Mutant*",
    ]
    run = subprocess.run(
        [*command, f"--junitxml={report}", *targets],
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
        cwd=suites.parents[3],
    )
    assert run.returncode == 1, run.stdout + run.stderr
    cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314  # pytest wrote it just now
    return {
        f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '').partition('[')[0]}"
        for case in cases
        if case.find("failure") is not None
    }


@pytest.mark.parametrize("target", SUITES)
def test_check_catches_its_mutant(target: str, caught: set[str]) -> None:
    assert target in caught


def test_every_check_has_a_mutant() -> None:
    assert set(MUTANTS) | {"test_no_check_is_weakened"} == set(CHECKS)


def test_every_test_of_the_suite_is_a_check_that_says_what_to_mend() -> None:
    methods = {name for name in dir(ConnectorSuite) if name.startswith("test_")}
    assert methods == set(CHECKS)
    assert all(getattr(ConnectorSuite, name).__doc__ for name in methods)
