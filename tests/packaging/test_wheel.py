"""The wheel, built without network and used outside the checkout, as somebody else's machine would."""

import zipfile
from pathlib import Path

import pytest

from support.programs.wheels import ROOT, SDK, BareEnvironment, built_wheel

PACKAGES = [
    "pointsman",
    "pointsman_memory",
    "pointsman_caldav",
    "pointsman_microsoft",
    "pointsman_google",
    "pointsman_hubspot",
    "pointsman_smtp",
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> BareEnvironment:
    """A bare environment with the wheels of the service and of the SDK. The other dependencies are borrowed from ours."""
    bare = BareEnvironment(tmp_path_factory.mktemp("elsewhere"), [wheel, built_wheel(SDK, wheel.parent)])
    bare.borrow_all()
    return bare


def test_it_owns_no_other_name(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_it_carries_the_licence_the_types_and_every_migration(names: list[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "pointsman/py.typed" in names
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "migrations").rglob("*")
        if path.suffix in {".py", ".sql", ".mako"}
    }
    assert {name.removeprefix("pointsman/") for name in names if name.startswith("pointsman/migrations/")} == ours


def test_it_carries_the_booking_page_and_renders_it(names: list[str], elsewhere: BareEnvironment) -> None:
    folder = ROOT / "app" / "pointsman" / "api" / "booking_page" / "templates"
    assert {f"pointsman/api/booking_page/templates/{path.name}" for path in folder.iterdir()} <= set(names)
    shown = elsewhere.run(
        "-c", "from pointsman.api.booking_page.rendering import PageRenderer; print(PageRenderer().headers)"
    )
    assert "sha256-" in shown


def test_it_carries_the_demos_examples_and_finds_them(names: list[str], elsewhere: BareEnvironment) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "examples" / "demo").rglob("*") if path.is_file()}
    assert {name.removeprefix("pointsman/") for name in names if name.startswith("pointsman/examples/")} == ours
    place = elsewhere.run(
        "-c",
        "from pointsman.demo.files import examples_folder, load_yaml; load_yaml('story.yaml'); print(examples_folder())",
    )
    assert Path(place.strip()).is_relative_to(elsewhere.home)


def test_it_carries_nothing_that_a_run_leaves_behind(names: list[str]) -> None:
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".db", ".log"))] == []


@pytest.mark.parametrize("package", [*PACKAGES, "pointsman_sdk"])
def test_each_package_is_imported_from_the_wheel(elsewhere: BareEnvironment, package: str) -> None:
    place = elsewhere.run("-c", f"import {package}; print({package}.__file__)")
    assert Path(place.strip()).is_relative_to(elsewhere.home)


def test_its_connectors_can_be_found_and_loaded(elsewhere: BareEnvironment) -> None:
    story = """
from importlib.metadata import distribution
points = [p for p in distribution("pointsman").entry_points if p.group == "pointsman.connectors"]
print(*sorted(p.name for p in points if callable(p.load())))
"""
    assert elsewhere.run("-c", story).split() == ["caldav", "google", "hubspot", "memory", "microsoft", "smtp"]


def test_its_command_prints_the_schema(elsewhere: BareEnvironment) -> None:
    schema = elsewhere.command("pointsman", "migrate", "--sql")
    assert "CREATE TABLE leads" in schema
    assert "INSERT INTO alembic_version" in schema
