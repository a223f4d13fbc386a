"""The first line of a docstring has a subject that its reader knows: a rep, a lead, a caller, and never a "whoever"."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Openings that make a reader guess of whom the sentence speaks.
OPENING = re.compile(r"(Who|Whom|Whose|Whoever|Whatever|Nobody|No one|Somebody|Lest)\b")
#: Words that say who it is not, or anybody at all: the glossary has a word for whom it is.
ANYWHERE = re.compile(r"\b(whoever|whom|whomever|lest|nobody)\b", re.IGNORECASE)


def first_lines(root: Path) -> Iterator[tuple[str, str]]:
    """Where a docstring begins, and its first line."""
    for folder in ("app", "integrations"):
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    text = ast.get_docstring(node)
                    if text:
                        yield f"{path.relative_to(root).as_posix()}:{node.body[0].lineno}", text.splitlines()[0]


def guessed(root: Path) -> list[str]:
    return [
        f"{where} {line}" for where, line in first_lines(root) if OPENING.match(line) or ANYWHERE.search(_plain(line))
    ]


def _plain(line: str) -> str:
    """Without what stands in backticks: `nobody` is an account of the machine."""
    return re.sub(r"`[^`]*`", "", line)


def test_no_first_line_makes_its_reader_guess() -> None:
    assert guessed(ROOT) == []
    assert sum(1 for _ in first_lines(ROOT)) > 1_500


@pytest.mark.parametrize(
    "line",
    [
        "Whoever holds the lead.",
        "Nobody is eligible.",
        "Who of the pool comes next.",
        "Whose turn it is.",
        "The rep to whom the lead goes.",
        "A slot that nobody takes.",
    ],
)
def test_a_line_that_does_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "app" / "pointsman" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(f'def f() -> None:\n    """{line}"""\n')
    assert guessed(tmp_path) == [f"app/pointsman/a.py:2 {line}"]


@pytest.mark.parametrize("line", ["The rep who has the lead.", "The owner of a folder, or else `nobody`."])
def test_a_line_with_a_subject_passes(tmp_path: Path, line: str) -> None:
    path = tmp_path / "app" / "pointsman" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(f'def f() -> None:\n    """{line}"""\n')
    assert guessed(tmp_path) == []
