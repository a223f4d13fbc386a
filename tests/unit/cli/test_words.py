"""What commands and the demo say is in the catalogues: no sentence of ours is written into the code."""

import ast
import re
from pathlib import Path

import pytest

from pointsman.domain.permissions.callers import Scope
from pointsman.services.wording.catalogue import LANGUAGES, load_catalogue

APP = Path(__file__).parents[3] / "app" / "pointsman"
KEY = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z0-9]+([.-][a-z0-9]+)*")
#: What prints, and what makes text that is printed.
SPEAKS = {
    "print", "show", "show_prose", "refuse", "end_with", "echo", "secho", "Text", "assemble", "table", "add_row", "add_column",
    "status", "BadParameter", "Misused", "prompt", "confirm",
}  # fmt: skip
#: What takes a key first.
TELLS = {"tell", "fail", "word", "busy", "_good", "_odd", "_bad"}
STYLES = {"bold", "dim", "red", "green", "yellow", "fold"}
#: The name of a column that is one in every language, and of the program with its version.
SAID_IN_ALL = {"id", "pointsman "}
_WORD = re.compile(r"[^\W\d_]{2,}")


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literals(node: ast.AST) -> list[str]:
    """What is written out in an argument, f-strings included; not inside another call, which is looked at by itself."""
    if isinstance(node, ast.Call):
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.FormattedValue | ast.Attribute | ast.Subscript | ast.Compare):
        return []
    return [text for child in ast.iter_child_nodes(node) for text in literals(child)]


def sentences_in(source: str) -> list[str]:
    """The words of ours that a module hands to what speaks, and its help texts that are no key."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        if name in TELLS and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
            found += [text for text in literals(node.args[0]) if not KEY.fullmatch(text)]
        if name in SPEAKS:
            said = [text for part in node.args for text in literals(part)]
            found += [text for text in said if _WORD.search(text) and text not in STYLES | SAID_IN_ALL]
        found += [
            text
            for part in node.keywords
            if part.arg in {"help", "panel"}
            for text in literals(part.value)
            if not KEY.fullmatch(text)
        ]
    return found


@pytest.mark.parametrize(
    "file",
    [file for part in ("cli", "demo") for file in sorted((APP / part).rglob("*.py"))],
    ids=lambda file: str(file.relative_to(APP)),
)
def test_a_module_writes_no_sentence(file: Path) -> None:
    assert sentences_in(file.read_text()) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('out.print("No connection is configured.")', 1),
        ('out.print(f"Version {n}.")', 1),
        ('out.print(Text(f"{file} can be published.", "green"))', 1),
        ('Text.assemble(("broken:", "red"), f" {fault}")', 1),
        ('fail("Name one pool.", code=2)', 1),
        ('typer.Option(help="Why.")', 1),
        ('table("name", "id")', 1),
        ('show("a" if n else "no pool")', 1),
        ('tell("cli.more", count=n)', 0),
        ('out.print(Text.assemble((word("cli.error"), "red"), f" {said}"))', 0),
        ('show(f"  • {row.path}: {row.message}")', 0),
        ('typer.Option("--reason", "-m", help="help.reason")', 0),
    ],
)
def test_a_sentence_is_found_and_a_key_is_none(source: str, count: int) -> None:
    assert len(sentences_in(source)) == count


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_of_keys_names_each_scope(language: str) -> None:
    text = load_catalogue(language).parts("help.keys.create.scope", None)
    assert text is not None
    assert [scope for scope in Scope if scope not in text[0][0]] == []
