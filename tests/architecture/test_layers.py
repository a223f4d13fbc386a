"""Imports run one way. import-linter says so, and it is not asleep: planted violations are named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = [
    ("app/pointsman/db/planted.py", "from pointsman.api import problems", "pointsman.db.planted"),
    ("app/pointsman/local/planted.py", "import pointsman.worker", "pointsman.local.planted"),
    ("app/pointsman/services/planted.py", "import pointsman.db", "pointsman.services.planted"),
    ("app/pointsman/services/planted.py", "import httpx", "pointsman.services.planted"),
    ("app/pointsman/services/planted.py", "import pointsman_sdk", "pointsman.services.planted"),
    ("app/pointsman/services/planted.py", "import pointsman.settings", "pointsman.services.planted"),
    ("app/pointsman/domain/planted.py", "import sqlalchemy", "pointsman.domain.planted"),
    ("app/pointsman/domain/planted.py", "import re2", "pointsman.domain.planted"),
    ("app/pointsman/domain/planted.py", "import holidays", "pointsman.domain.planted"),
    ("app/pointsman/domain/planted.py", "import pointsman.services", "pointsman.domain.planted"),
    ("app/pointsman/api/planted.py", "import pointsman_sdk", "pointsman.api.planted"),
    ("app/pointsman/connectors/planted.py", "import pointsman_caldav", "pointsman.connectors.planted"),
    ("app/pointsman/planted.py", "import pointsman_memory", "pointsman.planted"),
    ("integrations/pointsman_caldav/planted.py", "import pointsman", "pointsman_caldav.planted"),
    ("integrations/pointsman_caldav/planted.py", "import pointsman_memory", "pointsman_caldav.planted"),
    ("integrations/pointsman_sdk/planted.py", "import pointsman_memory", "pointsman_sdk.planted"),
]


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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    for name in ("app", "integrations"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_the_copy_is_judged_and_not_the_original(copy: Path) -> None:
    package = copy / "app" / "pointsman" / "domain"
    hidden = package.rename(package.with_name("gone"))
    try:
        assert "does not exist" in lint(copy).stdout
    finally:
        hidden.rename(package)


@pytest.mark.parametrize(("name", "text", "module"), PLANTED)
def test_a_planted_import_is_named(copy: Path, name: str, text: str, module: str) -> None:
    planted = copy / name
    planted.write_text(f"{text}\n")
    try:
        result = lint(copy)
    finally:
        planted.unlink()
    assert result.returncode == 1
    assert f"{module} -> " in result.stdout


def test_a_module_without_a_layer_is_named(copy: Path) -> None:
    stray = copy / "app" / "pointsman" / "stray.py"
    stray.write_text("")
    try:
        result = lint(copy)
    finally:
        stray.unlink()
    assert result.returncode == 1
    assert "stray" in result.stdout
