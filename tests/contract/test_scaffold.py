"""The package that a new connector begins with: complete, importable, and red until it is written."""

import sys
from pathlib import Path

import pytest

from pointsman_sdk import CONTRACT, Capability, implemented
from pointsman_sdk.scaffold import WrongName, files_of, write_package
from pointsman_sdk.scaffold.__main__ import main
from support.programs.command_line import pointsman


@pytest.mark.parametrize("name", ["acme", "acme_mail", "a1", "x" * 40])
def test_a_package_is_written_for_every_name_of_a_vendor(tmp_path: Path, name: str) -> None:
    written = write_package(name, tmp_path / "new")
    assert {path.relative_to(tmp_path / "new").as_posix() for path in written} == set(files_of(name))
    assert f'{name} = "pointsman_{name}:connector"' in (tmp_path / "new" / "pyproject.toml").read_text()
    for path, text in files_of(name).items():
        assert "$" not in text, path
        if path.endswith(".py"):
            compile(text, path, "exec")
    assert max(len(line) for text in files_of(name[:10]).values() for line in text.splitlines()) <= 130


@pytest.mark.parametrize(
    "name",
    ["", "Acme", "1acme", "acme-mail", "acme__mail", "_acme", "class", "sdk", "x" * 41, "../up", "a b", "ä", "acme\n"],
)
def test_a_name_that_no_module_can_have_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongName):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for place in (tmp_path, tmp_path / "mine"):
        with pytest.raises(FileExistsError):
            write_package("acme", place)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_skeleton_declares_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package("acmetest", tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    from pointsman_acmetest import AcmetestConfig, connector  # type: ignore[import-not-found]  # written just now

    made = connector(AcmetestConfig(url="https://acme.example", token="s3cret"), None)
    first, last = made.manifest.contract
    assert first <= CONTRACT <= last
    assert implemented(made) == made.manifest.capabilities == {Capability.NOTICES}
    for name in [name for name in sys.modules if name.startswith("pointsman_acmetest")]:
        monkeypatch.delitem(sys.modules, name)


def test_the_module_says_what_it_wrote_or_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acme", str(tmp_path)]) == 0
    assert "test_acme.py" in capsys.readouterr().out
    assert main(["acme", str(tmp_path)]) == 1
    assert main(["Acme"]) == 1
    assert "`acme`" in capsys.readouterr().err
    assert main([]) == 2


def test_the_command_writes_it_and_says_how_to_go_on_or_what_is_wrong(tmp_path: Path) -> None:
    made = pointsman("connectors", "new", "acme", "--folder", str(tmp_path / "new"))
    assert (made.returncode, "python -m pytest" in made.stdout) == (0, True), made.stderr
    again = pointsman("connectors", "new", "acme", "--folder", str(tmp_path / "new"))
    assert (again.returncode, "--folder" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
