"""Each check of a vendor, and each promise that one breaks, has words in every language."""

import ast
import inspect
import logging
from collections.abc import Iterator

import httpx
import pytest

from pointsman.cli.connectors.live_check import TRIAL_MESSAGE
from pointsman.connectors.live_words import check_words, reason_words
from pointsman.domain.messages.message import as_written
from pointsman.services.wording.rendering import MessageReader, render
from pointsman_memory import MemoryConfig, MemoryConnector
from pointsman_sdk import Context, NoMemory, NoTokens
from pointsman_sdk.live import Sandbox, checks, live_checks, samples
from pointsman_sdk.testing import NOW
from pointsman_sdk.testing.bench import reader_processes

CONNECTOR = MemoryConnector(  # it has every capability
    MemoryConfig(),
    Context(
        http=httpx.AsyncClient(),
        clock=lambda: NOW,
        tokens=NoTokens(),
        memory=NoMemory(),
        readers=reader_processes(),
        log=logging.getLogger("test"),
    ),
)
NAMES = [*(one.name for one in live_checks(CONNECTOR, Sandbox(key="k", now=NOW))), TRIAL_MESSAGE]


def reasons() -> Iterator[str]:
    """Each text with which a check is not kept; what is put into it is "5"."""
    for node in ast.walk(ast.parse(inspect.getsource(checks) + inspect.getsource(samples))):
        match node:
            case (
                ast.Call(func=ast.Name(id="_promised"), args=[_, said])
                | ast.Call(func=ast.Name(id="NotAsPromised" | "LookupError"), args=[said])
            ):
                yield from texts(said)
            case ast.Call(func=ast.Attribute(attr="_is_in"), args=[_, _, said]):
                yield from texts(said)


def texts(said: ast.expr) -> Iterator[str]:
    match said:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "5" for one in values)


@pytest.mark.parametrize("name", NAMES)
def test_each_check_has_a_name_in_german_and_its_own_in_english(name: str) -> None:
    said = check_words(name)
    assert said != as_written(name)
    assert render(said, MessageReader()) == name
    assert render(said, MessageReader(language="de")) != name


@pytest.mark.parametrize("found", sorted(set(reasons())))
def test_each_broken_promise_is_told_in_german_and_as_it_is_in_english(found: str) -> None:
    said = reason_words(found)
    assert said.key.startswith("live.")
    assert render(said, MessageReader()).startswith(found.partition(": ")[0])
    assert render(said, MessageReader(language="de")) != found


def test_the_texts_of_the_checks_are_found() -> None:
    assert len(set(reasons())) > 15


def test_what_a_later_sdk_says_is_shown_as_it_says_it() -> None:
    assert render(check_words("rooms: are swept"), MessageReader(language="de")) == "rooms: are swept"
    assert "the room is full" in render(reason_words("the room is full"), MessageReader(language="de"))
