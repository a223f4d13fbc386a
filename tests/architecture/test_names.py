"""Names mean one thing: no two public classes share one, and the glossary and the docs name what is there."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "app" / "pointsman"
GLOSSARY = ROOT / "docs" / "glossary.md"


@cache
def public_classes(package: Path) -> dict[str, list[str]]:
    """Each public class, and each alias named like one, with the modules that define it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            names = [node.name] if isinstance(node, ast.ClassDef) else []
            if isinstance(node, ast.Assign):
                names += [target.id for target in node.targets if isinstance(target, ast.Name)]
            for name in names:
                if name[0].isupper() and not name.isupper():
                    found[name].append(path.relative_to(package).as_posix())
    return dict(found)


def shared_names(package: Path) -> dict[str, list[str]]:
    return {name: where for name, where in public_classes(package).items() if len(where) > 1}


def glossary_rows() -> Iterator[tuple[str, list[str]]]:
    """Each word of the glossary, with what it names in code."""
    for line in GLOSSARY.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] not in ("word", "---"):
            yield cells[0], re.findall(r"`([^`]+)`", cells[2])


def is_there(name: str) -> bool:
    """Whether a module, a class or a member of a class has this name."""
    if name.endswith(".py"):
        return (PACKAGE / name).is_file()
    owner, _, member = name.partition(".")
    for path in (PACKAGE / where for where in public_classes(PACKAGE).get(owner, ())):
        if not member:
            return True
        (node,) = (n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef) and n.name == owner)
        return any(getattr(part, "name", None) == member for part in node.body)
    return False


def test_no_two_public_classes_share_a_name() -> None:
    assert shared_names(PACKAGE) == {}


def test_two_classes_of_one_name_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class Finding: ...\n")
    (tmp_path / "b.py").write_text("Finding = dict[str, int]\n")
    assert shared_names(tmp_path) == {"Finding": ["a.py", "b.py"]}


def test_the_glossary_names_what_is_there() -> None:
    rows = list(glossary_rows())
    assert len(rows) >= 40
    assert [(word, name) for word, names in rows for name in names or ["nothing"] if not is_there(name)] == []


@pytest.mark.parametrize("name", ["services/nowhere.py", "NoSuchClass", "Ledger.no_such_member"])
def test_what_is_not_there_would_be_found(name: str) -> None:
    assert not is_there(name)


def test_every_word_of_the_glossary_occurs_in_the_code() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py")).lower()
    plain = re.sub(r"[_\W]+", " ", code)
    assert [word for word, _ in glossary_rows() if word not in plain] == []


def named_files(page: str) -> list[str]:
    """The files of this project that a page names in backticks."""
    return [
        name
        for name in re.findall(r"`([\w./-]+\.(?:py|md|toml|yaml|sql))`", page)
        if "/" in name and not name.startswith(("/", "."))
    ]


@cache
def modules_by_name() -> frozenset[str]:
    folders = ("app", "benchmarks", "integrations", "migrations", "tests")
    return frozenset(path.name for folder in folders for path in (ROOT / folder).rglob("*.py"))


def missing_files(page: str) -> list[str]:
    """What it names with a folder, from one of four roots; and what it names alone, for the reader knows the folder.

    A name above a block of code is that of the block, which the reader writes.
    """
    roots = (ROOT, PACKAGE, ROOT / "docs", ROOT / "integrations")
    page = re.sub(r"^`[\w./]+`\n```", "```", page, flags=re.MULTILINE)
    alone = re.findall(r"`(\w+\.py)`", page)
    return [name for name in named_files(page) if not any((root / name).exists() for root in roots)] + [
        name for name in alone if name not in modules_by_name()
    ]


def test_a_file_that_is_not_there_would_be_found() -> None:
    page = "See `services/routing/route_lead.py`, `services/routing/gone.py`, `route_lead.py` and `gone.py`."
    assert missing_files(page) == ["services/routing/gone.py", "gone.py"]


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.stem
)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert missing_files(page.read_text()) == []
