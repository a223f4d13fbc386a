"""The pages of docs/connections name fields that the connectors take, and commands that there are."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from pointsman.cli.connections.command import app as connections
from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connectors.command import app as connectors
from pointsman.connectors.registry import ConnectorRegistry
from support.connections.pages import PAGES, blocks, sent, set_ups

REGISTRY = ConnectorRegistry.discover()
APPS = {"connections": get_command(connections), "connectors": get_command(connectors)}
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
