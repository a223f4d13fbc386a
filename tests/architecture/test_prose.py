"""Prose has a subject that its reader knows: a rep, a lead, a caller, and never a "whoever".

The first line of a docstring may not begin with a riddle. A few words are refused everywhere: in docstrings, comments,
error texts and the documentation.
"""

import ast
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Openings that make a reader guess the subject of the sentence.
OPENING = re.compile(r"(Who|Whom|Whose|Whoever|Whatever|Nobody|No one|Somebody|Lest)\b")
#: A first line names its subject by a word of the glossary, and not by one of these.
ANYWHERE = re.compile(r"\b(whoever|whom|whomever|lest|nobody)\b", re.IGNORECASE)

#: These are refused in the rest of the prose, too. "Nobody" may stay there, where it is meant.
RIDDLE = re.compile(r"\b(whoever|whosoever|whom|whomever|lest)\b", re.IGNORECASE)


def first_lines(root: Path) -> Iterator[tuple[str, str]]:
    """Where a docstring begins, and its first line."""
    for folder in ("app", "integrations"):
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    text = ast.get_docstring(node)
                    if text:
                        yield f"{path.relative_to(root).as_posix()}:{node.body[0].lineno}", text.splitlines()[0]


def guessed(lines: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{where} {line}" for where, line in lines if OPENING.match(line) or ANYWHERE.search(_plain(line))]


def riddles(lines: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{where} {' '.join(line.split())}" for where, line in lines if RIDDLE.search(_plain(line))]


def prose(root: Path) -> Iterator[tuple[str, str]]:
    """Each line of a comment, a docstring, another text or a page of the documentation, and where it is."""
    for folder in ("app", "integrations"):
        for path in sorted((root / folder).rglob("*.py")):
            with path.open("rb") as source:
                tokens = [
                    t for t in tokenize.tokenize(source.readline) if t.type in (tokenize.COMMENT, tokenize.STRING)
                ]
            for token in tokens:
                for number, line in enumerate(token.string.splitlines(), token.start[0]):
                    yield f"{path.relative_to(root).as_posix()}:{number}", line
    for path in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "integrations").rglob("*.md")]):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(root).as_posix()}:{number}", line


def _plain(line: str) -> str:
    """Without what stands in backticks: `nobody` is an account of the machine."""
    return re.sub(r"`[^`]*`", "", line)


def test_no_first_line_makes_its_reader_guess() -> None:
    lines = list(first_lines(ROOT))
    assert guessed(lines) == []
    assert len(lines) > 1_500


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
    assert guessed(first_lines(tmp_path)) == [f"app/pointsman/a.py:2 {line}"]


@pytest.mark.parametrize("line", ["The rep who has the lead.", "The owner of a folder, or else `nobody`."])
def test_a_line_with_a_subject_passes(tmp_path: Path, line: str) -> None:
    path = tmp_path / "app" / "pointsman" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(f'def f() -> None:\n    """{line}"""\n')
    assert guessed(first_lines(tmp_path)) == []


def test_no_comment_text_or_page_makes_its_reader_guess() -> None:
    lines = list(prose(ROOT))
    assert riddles(lines) == []
    assert len(lines) > 10_000
    assert {where.partition("/")[0] for where, _ in lines if "/" in where} == {"app", "docs", "integrations"}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('def f() -> None:\n    """Fine.\n\n    Whoever asks is told.\n    """\n', "4 Whoever asks is told."),
        ("A = 1  # kept, lest it be lost\n", "1 # kept, lest it be lost"),
        ("#: The rep to whom the lead goes.\nA = 1\n", "1 #: The rep to whom the lead goes."),
        ('A = f"Ask whoever made {1}."\n', '1 f"Ask whoever made {1}."'),
    ],
)
def test_a_riddle_in_the_code_is_found(tmp_path: Path, source: str, line: str) -> None:
    path = tmp_path / "app" / "pointsman" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert riddles(prose(tmp_path)) == [f"app/pointsman/a.py:{line}"]


def test_a_riddle_in_a_page_is_found_and_plain_words_and_code_are_not(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(
        "Nobody is told. The latest rep.\nThe field `whom` is kept.\nA rep for whom it is.\n"
    )
    assert riddles(prose(tmp_path)) == ["docs/a.md:3 A rep for whom it is."]
