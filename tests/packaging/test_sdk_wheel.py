"""The SDK's wheel, as the author of a connector installs it: with what it declares, and without the service."""

import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from pointsman_sdk import CONTRACT
from support.programs.wheels import ROOT, SDK, BareEnvironment, built_wheel

PROJECT = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]

IMPORT_ALL = """
import importlib, pkgutil, sys
import pointsman_sdk
found = [module.name for module in pkgutil.walk_packages(pointsman_sdk.__path__, "pointsman_sdk.")
         if with_kit or not module.name.startswith("pointsman_sdk.testing")]
for name in found:
    importlib.import_module(name)
print(len(found), pointsman_sdk.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(SDK, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> BareEnvironment:
    """An environment with the wheel, and what it declares to need."""
    bare = BareEnvironment(tmp_path_factory.mktemp("author"), [wheel])
    borrowed = bare.borrow(*PROJECT["dependencies"])
    assert borrowed >= {"httpx", "pydantic", "tzdata"}
    assert borrowed.isdisjoint({"pointsman", "pytest", "icalendar", "sqlalchemy", "fastapi"})
    return bare


def modules(*, with_kit: bool) -> int:
    paths = [path for path in SDK.rglob("*.py") if path != SDK / "__init__.py"]
    return len([path for path in paths if with_kit or "testing" not in path.relative_to(SDK).parts])


def test_it_holds_every_module_its_types_its_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licence = archive.read(next(name for name in names if name.endswith("/licenses/LICENSE"))).decode()
    ours = {f"pointsman_sdk/{path.relative_to(SDK).as_posix()}" for path in SDK.rglob("*.py")}
    assert {name for name in names if ".dist-info/" not in name} == ours | {"pointsman_sdk/py.typed"}
    assert licence == (ROOT / "LICENSE").read_text()


def test_every_module_but_the_kit_is_imported_with_what_it_declares(elsewhere: BareEnvironment) -> None:
    count, place = elsewhere.run("-c", f"with_kit = False{IMPORT_ALL}").split()
    assert int(count) == modules(with_kit=False)
    assert Path(place).is_relative_to(elsewhere.home)
    assert "No broken requirements" in elsewhere.pip("check")


@pytest.fixture(scope="module")
def authors(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> BareEnvironment:
    """The same with what the conformance kit needs."""
    bare = BareEnvironment(tmp_path_factory.mktemp("kit"), [wheel])
    bare.borrow(*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["testing"])
    return bare


def test_the_kit_is_imported_with_its_extra(authors: BareEnvironment) -> None:
    count, _ = authors.run("-c", f"with_kit = True{IMPORT_ALL}").split()
    assert int(count) == modules(with_kit=True)


def test_its_version_begins_with_the_contract_and_the_service_takes_it() -> None:
    ours = Version(version("pointsman-sdk"))
    assert ours.major == CONTRACT
    (wanted,) = (need for one in requires("pointsman") or () if (need := Requirement(one)).name == "pointsman-sdk")
    assert ours in wanted.specifier
    assert Version(str(CONTRACT + 1)) not in wanted.specifier
