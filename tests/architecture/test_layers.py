"""Imports run one way. import-linter says so, and it is not asleep: planted violations are named."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Where, which import. Each stands in a module of its own, so that one run of import-linter judges them all.
PLANTED = [
    ("app/pointsman/db", "from pointsman.api import problems"),
    ("app/pointsman/local", "import pointsman.worker"),
    ("app/pointsman/services", "import pointsman.db"),
    ("app/pointsman/services", "import httpx"),
    ("app/pointsman/services", "import pointsman_sdk"),
    ("app/pointsman/services", "import pointsman.settings"),
    ("app/pointsman/domain", "import sqlalchemy"),
    ("app/pointsman/domain", "import re2"),
    ("app/pointsman/domain", "import holidays"),
    ("app/pointsman/domain", "import pointsman.services"),
    ("app/pointsman/api", "import pointsman_sdk"),
    ("app/pointsman/cli/policy", "import fastapi"),
    ("app/pointsman/connectors", "import pointsman_caldav"),
    ("app/pointsman", "import pointsman_memory"),
    ("integrations/pointsman_caldav", "import pointsman"),
    ("integrations/pointsman_caldav", "import pointsman_memory"),
    ("integrations/pointsman_sdk", "import pointsman_memory"),
    # Within each large folder: from its lowest layer up.
    ("app/pointsman/domain/text", "import pointsman.domain.routing"),
    ("app/pointsman/services/ports", "import pointsman.services.booking"),
    ("app/pointsman/api/http", "import pointsman.api.booking"),
    ("app/pointsman/db/tables", "import pointsman.db.routing"),
]
LARGE_FOLDERS = ("domain", "services", "api", "db")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    # Started in the tree that is judged, with its shelves first on the path.
    shelves = [str(root / "app"), str(root / "integrations")]
    story = f"import sys; sys.path[:0] = {shelves!r}; sys.argv = ['lint-imports', '--no-cache']"
    words = [
        sys.executable,
        "-c",
        f"{story}; from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    return subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)


def test_imports_run_one_way() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    root = tmp_path / "copy"
    root.mkdir()
    for name in ("app", "integrations"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_the_copy_is_judged_and_not_the_original(copy: Path) -> None:
    package = copy / "app" / "pointsman" / "domain"
    package.rename(package.with_name("gone"))
    assert "does not exist" in lint(copy).stdout


def test_planted_imports_and_a_module_without_a_layer_are_named(copy: Path) -> None:
    planted = {}
    for number, (folder, text) in enumerate(PLANTED):
        file = copy / folder / f"planted_{number}.py"
        file.write_text(f"{text}\n")
        planted[f"{folder.partition('/')[2].replace('/', '.')}.planted_{number}"] = text
    (copy / "app" / "pointsman" / "stray.py").write_text("")
    for folder in LARGE_FOLDERS:
        (copy / "app" / "pointsman" / folder / f"stray_{folder}.py").write_text("")
    result = lint(copy)
    assert result.returncode == 1
    unnamed = {module: text for module, text in planted.items() if f"{module} -> " not in result.stdout}
    assert unnamed == {}
    assert {f"stray_{folder}" for folder in LARGE_FOLDERS} <= set(re.findall(r"stray_\w+", result.stdout))
    assert re.search(r"stray\b", result.stdout)


@pytest.mark.parametrize("folder", ["domain", "services"])
def test_the_page_on_architecture_lists_packages_in_the_order_in_which_they_may_import(folder: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == f"{folder}-layers")
    held = [name for layer in layers for name in layer.split(" | ")]
    packages = [name for name in held if (ROOT / "app" / "pointsman" / folder / name).is_dir()]
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page[page.index(f"| `{folder}/`: ") :].partition("\n\n")[0]
    told = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert told == packages
