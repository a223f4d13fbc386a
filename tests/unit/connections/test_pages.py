"""The pages of docs/connections name fields that the connectors take, and commands that there are."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from typer.main import get_command

from pointsman.cli.connections.command import app as connections
from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connectors.command import app as connectors
from pointsman.connectors.registry import ConnectorRegistry
from support.connections.pages import PAGES, ROOT, blocks, sent, set_ups

REGISTRY = ConnectorRegistry.discover()
APPS = {"connections": get_command(connections), "connectors": get_command(connectors)}
_SAYS_ENOUGH = 12  # characters
BY_NAME = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@BY_NAME
def test_each_connector_of_a_page_takes_what_the_page_gives_it(page: Path) -> None:
    documents = [(name, GivenSetUp.model_validate(given).config or {}) for name, given in set_ups(page)]
    documents += [(body["connector"], body["config"]) for body in sent(page)]
    assert documents
    for connector, config in documents:
        assert connector == page.stem
        REGISTRY.parse_config(connector, config)


@BY_NAME
def test_each_command_of_a_page_is_one_with_these_options(page: Path) -> None:
    lines = [line for block in blocks(page) for line in block.splitlines() if line.startswith("pointsman ")]
    assert lines
    for line in lines:
        _, group, name, *rest = shlex.split(line.partition("<<")[0])
        if group not in APPS:
            continue
        command = APPS[group].commands[name]  # type: ignore[attr-defined]  # typer's own class of a group
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, line


@BY_NAME
def test_each_page_says_how_the_command_line_sets_it_up(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert f"pointsman connections add {page.stem}" in text
    assert re.search(r"^# ", text)


def test_each_connector_of_a_vendor_has_a_page() -> None:
    assert {page.stem for page in PAGES} == set(REGISTRY.names()) - {"memory"}


def test_what_pages_have_installed_is_an_extra_that_there_is() -> None:
    """From wheels in a folder: no index has the service."""
    lines = [
        line
        for page in (*PAGES, ROOT / "README.md")
        for line in re.findall(r"`(pip install [^`]*pointsman[^`]*)`", page.read_text(encoding="utf-8"))
    ]
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert len(lines) >= 2
    for line in lines:
        assert "--find-links" in line
        assert set(re.findall(r"pointsman\[(\w+)\]", line)) <= declared.keys()


# -- what a page says that the program says


@BY_NAME
def test_each_line_that_a_page_has_the_program_say_stands_in_the_program(page: Path) -> None:
    """In the connector's package, or in the SDK beneath it. What the program puts in is anything."""
    quoted = [line.replace("`", "") for line in quoted_lines(page)]
    said = [text.replace("`", "") for text in texts_of(f"pointsman_{page.stem}")]
    wrong = [line for line in quoted if not any(re.fullmatch(text, line) for text in said)]
    assert wrong == []


def test_pages_have_lines_that_the_program_says() -> None:
    assert {page.stem for page in PAGES if list(quoted_lines(page))} >= {"caldav", "microsoft", "smtp"}


def quoted_lines(page: Path) -> Iterator[str]:
    """The first column of the table of what goes wrong."""
    table = page.read_text(encoding="utf-8").partition("| it says | do |\n|---|---|\n")[2]
    for row in takewhile(lambda line: line.startswith("|"), table.splitlines()):
        yield row.split("|")[1].strip()


def texts_of(package: str) -> Iterator[str]:
    """Each text of the package's and the SDK's code as a pattern: the whole of it, or a part that ends at a colon."""
    for name in (package, "pointsman_sdk"):
        for path in sorted((ROOT / "integrations" / name).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Constant(value=str() as text):
                        yield from parts_of(re.escape(text))
                    case ast.JoinedStr(values=parts):
                        pattern = "".join(
                            re.escape(part.value)
                            if isinstance(part, ast.Constant) and isinstance(part.value, str)
                            else ".*"
                            for part in parts
                        )
                        yield from parts_of(pattern)
                    case _:
                        continue


def parts_of(pattern: str) -> Iterator[str]:
    """A pattern that says enough to be told from others, and what stands before a colon in it."""
    for part in {pattern, pattern.partition(":")[0]}:
        if len(part.replace(".*", "")) >= _SAYS_ENOUGH:
            yield part
