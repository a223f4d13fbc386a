"""A tier is what the kit found of this very code: it stands in the package, and is gone with the first change."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pointsman.connectors.registry import ConnectorRegistry
from pointsman_sdk import __version__
from pointsman_sdk.graded import TIER_FILE, Graded, read_tier, write_tier

OURS = (
    "pointsman_memory",
    "pointsman_caldav",
    "pointsman_microsoft",
    "pointsman_google",
    "pointsman_hubspot",
    "pointsman_smtp",
)


def folder_of(package: str) -> Path:
    path = import_module(package).__file__
    assert path is not None
    return Path(path).parent


@pytest.mark.parametrize("package", OURS)
def test_the_tiers_of_our_connectors_are_of_their_present_code(package: str) -> None:
    graded = read_tier(folder_of(package))
    assert graded is not None, "run `make tiers`"
    assert (graded.tier, graded.kit) == ("gold", __version__)


def test_the_list_of_connectors_tells_them() -> None:
    assert {one.name: one.tier for one in ConnectorRegistry.discover().describe()} == {
        "caldav": "gold",
        "google": "gold",
        "hubspot": "gold",
        "memory": "gold",
        "microsoft": "gold",
        "smtp": "gold",
    }


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copytree(folder_of("pointsman_memory"), tmp_path / "pointsman_memory")
    return tmp_path / "pointsman_memory"


def test_a_change_of_the_code_takes_the_tier_away_until_the_kit_ran_again(package: Path) -> None:
    assert read_tier(package) is not None
    code = package / "client.py"
    before = code.read_text(encoding="utf-8")
    code.write_text(before + "\n", encoding="utf-8")
    assert read_tier(package) is None
    code.write_text(before, encoding="utf-8")
    assert read_tier(package) is not None
    (package / "more.py").touch()
    assert read_tier(package) is None
    (package / "more.py").rename(package / "other.py")
    write_tier(package, Graded(tier="bronze", kit="2.0.0", capabilities=("busy",)))
    assert read_tier(package) == Graded(tier="bronze", kit="2.0.0", capabilities=("busy",))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"tier": "gold"}', b"\xff", b"[" * 9_000, b" " * 20_000, b'{"tier": 1, "kit": 2}']
)
def test_a_file_of_another_shape_is_no_tier(package: Path, content: bytes) -> None:
    (package / TIER_FILE).write_bytes(content)
    assert read_tier(package) is None


def test_the_kit_writes_the_lowest_tier_of_a_connectors_suites(tmp_path: Path, package: Path) -> None:
    (package / TIER_FILE).unlink()
    (tmp_path / "test_two.py").write_text(TWO_SUITES, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pointsman_sdk.testing.grade", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "--write-tier", "-k", "manifest or secret", "test_two.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1]}"},
    )
    assert "pointsman_memory: none is written" in run.stdout, run.stdout + run.stderr
    graded = read_tier(package)
    assert graded is not None
    assert graded.tier == "none"  # only some of the checks ran


TWO_SUITES = """
import pytest
from contract.memory_vendor import CONFIG, SIGNED_IN, BenchVendor
from pointsman_memory import connector
from pointsman_sdk.testing import ConnectorSuite

class TestOne(ConnectorSuite):
    factory = connector
    vendor = pytest.fixture(lambda self: BenchVendor())
    config = pytest.fixture(lambda self: CONFIG)

class TestTwo(TestOne):
    config = pytest.fixture(lambda self: SIGNED_IN)
"""
