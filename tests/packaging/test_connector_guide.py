"""`docs/connectors.md` as a reader follows it: each file and each command, in an environment from the built wheels."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from support.programs.wheels import ROOT, SDK, BareEnvironment, built_wheel

PAGE = (ROOT / "docs" / "connectors.md").read_text()
PROJECT = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]
BLOCK = re.compile(
    r"(?:^`(?P<path>[\w./]+)`\n)?^```(?P<kind>\w+) ?(?P<wanted>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("dist")
    return built_wheel(SDK, folder), built_wheel(ROOT, folder)


class Reader:
    """The author, in the folder of the new package."""

    def __init__(self, wheels: tuple[Path, Path], home: Path) -> None:
        self.author = BareEnvironment(home / "author", wheels[:1])
        self.author.borrow(*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["testing"])
        self.service = BareEnvironment(home / "service", wheels)
        self.service.borrow_all()
        self.folder, self.said = home, ""

    def do(self, line: str, *, ends: int) -> None:
        words = shlex.split(line)
        match words:
            case ["cd", folder]:
                self.folder = self.folder / folder
            case ["pip", "install", "."]:  # beside the service
                wheel = built_wheel(self.folder, self.folder.parent)
                self.service.pip("install", "--quiet", "--no-deps", "--no-index", str(wheel))
            case ["pip", "install", wanted]:
                assert wanted.partition(">")[0] == "pointsman-sdk[testing]"
            case ["pointsman", *rest]:
                self.said = self.service.command("pointsman", *rest)
            case ["python", *rest]:
                given = [str(self.author.python), *rest]
                result = subprocess.run(given, cwd=self.folder, capture_output=True, text=True, check=False, env={})
                self.said = result.stdout + result.stderr
                assert result.returncode == ends, self.said[-3000:]
            case _:
                pytest.fail(f"the page has a command that this test does not know: {line}")


def test_each_block_of_the_page_works_as_it_says(
    wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader = Reader(wheels, tmp_path_factory.mktemp("guide"))
    said = {}
    for block in BLOCK.finditer(PAGE):
        if block["kind"] == "python":
            (reader.folder / block["path"]).write_text(block["text"])
        for line in block["text"].splitlines() if block["kind"] == "sh" else ():
            reader.do(line, ends=1 if block["wanted"] == "red" else 0)
            said[f"{block['wanted']} {line}".strip()] = reader.said
    red, gold = said["red python -m pytest -q"], said["gold python -m pytest -q"]
    assert "NotImplementedError: send the message to Acme" in red
    assert ("TestAcme: gold" in red, "TestAcme: gold" in gold) == (False, True), gold[-3000:]
    assert "{'lead-7': 'Ada waits'}" in said["python deliver.py"]  # it arrived, once
    assert re.search(r"acme\s+Acme\s+gold\s+notices", said["pointsman connectors list"])
    assert said["python deals.py"].split() == ["['1']"]
    assert said["python signed.py"].strip() == "the sender is proven"


def test_every_block_is_a_file_or_a_command() -> None:
    blocks = list(BLOCK.finditer(PAGE))
    assert len(blocks) == PAGE.count("```") / 2
    assert {block["kind"] for block in blocks} == {"python", "sh"}
    assert all(block["path"] for block in blocks if block["kind"] == "python")


def test_the_page_names_what_the_package_has() -> None:
    """What the page replaces is what was written, and what it leaves alone is right as it is."""
    named = {block["path"] for block in BLOCK.finditer(PAGE) if block["path"]}
    assert named == {"tests/fake_acme.py", "pointsman_acme/connector.py", "deliver.py", "deals.py", "signed.py"}
