"""German texts use one word for one thing: the page of German terms says which, and which never."""

import re
from collections.abc import Iterator
from pathlib import Path

from pointsman.services.wording.catalogue import load_catalogue

PAGE = Path(__file__).parents[3] / "docs" / "glossary-german.md"
TEMPLATES = Path(__file__).parents[3] / "app" / "pointsman" / "cli" / "init" / "templates"
#: Where a refused word is the right one: "gehört zu" is belonging, and a file has an owner.
ALLOWED = ("gehört zu", "gehört nicht zu", "gehörte", "gehört einem", "Mitarbeiterzahl")


def refused() -> tuple[str, ...]:
    """The words of the last column."""
    rows = (line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ") and "---" not in line)
    return tuple(word.strip() for row in list(rows)[1:] for word in row[3].split(","))


def texts() -> Iterator[tuple[str, str]]:
    """Each form of each text, without its placeholders."""
    for key, forms in load_catalogue("de").texts.items():
        for parts in forms:
            yield key, "".join(before if name is None else f"{before}…" for before, name, _ in parts)


def faults_of(key: str, text: str) -> list[str]:
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    words = re.findall(r"[\w-]+", text)
    return [f"{key}: {word}" for word in words for stem in refused() if word.startswith(stem) or word == stem]


def test_no_german_text_calls_a_thing_by_another_name() -> None:
    assert len(refused()) > 40
    assert [fault for key, text in texts() for fault in faults_of(key, text)] == []


def test_no_comment_of_a_german_template_calls_a_thing_by_another_name() -> None:
    comments = [
        (path.name, line.partition("#")[2])
        for path in TEMPLATES.glob("*.de.yaml")
        for line in path.read_text().splitlines()
    ]
    assert [fault for name, comment in comments for fault in faults_of(name, comment.replace("„supplier“", ""))] == []
    assert not [comment for _, comment in comments if "Arbeiten" in comment]  # a work is an Aufgabe


def test_a_refused_word_is_found_in_any_ending() -> None:
    assert faults_of("some.key", "das Tor für Käufern") == ["some.key: Tor", "some.key: Käufern"]
    assert faults_of("some.key", "der Lead gehört zum Segment") == []


def test_quotation_marks_are_german_and_no_name_has_a_genitive() -> None:
    wrong = [key for key, text in texts() if re.search(r"(?<!\w)'|[“”](?=\w)|…s\b|…'s", text.replace("„", ""))]
    assert wrong == []
