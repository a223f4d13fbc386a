"""The wheel, built without network and used outside the checkout, as somebody else's machine would."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["pointsman", "pointsman_sdk", "pointsman_memory", "pointsman_caldav"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare environment with the wheel in it. The dependencies are borrowed from ours, all but the checkout itself."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = home / "lib" / version / "site-packages"
    words = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(words, check=True, capture_output=True, env=bare())
    # A path file's folder is added without reading the path files in it, so the editable install stays invisible.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def bare() -> dict[str, str]:
    """No PYTHONPATH and none of our settings, so that nothing of the checkout can help."""
    return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}


def run(elsewhere: Path, *words: str) -> str:
    python = elsewhere / "bin" / "python"
    result = subprocess.run([python, *words], cwd=elsewhere, env=bare(), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_owns_no_other_name(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_it_carries_the_licence_the_types_and_every_migration(names: list[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {"pointsman/py.typed", "pointsman_sdk/py.typed"} <= set(names)
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "migrations").rglob("*")
        if path.suffix in {".py", ".sql", ".mako"}
    }
    assert {name.removeprefix("pointsman/") for name in names if name.startswith("pointsman/migrations/")} == ours


def test_it_carries_the_booking_page_and_renders_it(names: list[str], elsewhere: Path) -> None:
    folder = ROOT / "app" / "pointsman" / "api" / "booking_page" / "templates"
    assert {f"pointsman/api/booking_page/templates/{path.name}" for path in folder.iterdir()} <= set(names)
    shown = run(
        elsewhere, "-c", "from pointsman.api.booking_page.rendering import PageRenderer; print(PageRenderer().headers)"
    )
    assert "sha256-" in shown


def test_it_carries_the_demos_examples_and_finds_them(names: list[str], elsewhere: Path) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "examples" / "demo").rglob("*") if path.is_file()}
    assert {name.removeprefix("pointsman/") for name in names if name.startswith("pointsman/examples/")} == ours
    place = run(
        elsewhere,
        "-c",
        "from pointsman.demo.files import examples_folder, load_yaml; load_yaml('story.yaml'); print(examples_folder())",
    )
    assert Path(place.strip()).is_relative_to(elsewhere)


def test_it_carries_nothing_that_a_run_leaves_behind(names: list[str]) -> None:
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".db", ".log"))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_imported_from_the_wheel(elsewhere: Path, package: str) -> None:
    place = run(elsewhere, "-c", f"import {package}; print({package}.__file__)")
    assert Path(place.strip()).is_relative_to(elsewhere)


def test_its_connectors_can_be_found_and_loaded(elsewhere: Path) -> None:
    story = """
from importlib.metadata import distribution
points = [p for p in distribution("pointsman").entry_points if p.group == "pointsman.connectors"]
print(*sorted(p.name for p in points if callable(p.load())))
"""
    assert run(elsewhere, "-c", story).split() == ["caldav", "memory"]


def test_its_command_prints_the_schema(elsewhere: Path) -> None:
    words = [elsewhere / "bin" / "pointsman", "migrate", "--sql"]
    result = subprocess.run(words, cwd=elsewhere, env=bare(), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "CREATE TABLE leads" in result.stdout
    assert "INSERT INTO alembic_version" in result.stdout
