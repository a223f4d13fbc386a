"""Each message has a text in each language, with the same placeholders, and each text has a message that uses it."""

import ast
import re
from functools import cache
from importlib import resources
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from pointsman.services.wording.catalogue import LANGUAGES, load_catalogue, parse_text
from pointsman.services.wording.po_file import read_texts
from pointsman.services.wording.terms import term_keys

APP = Path(__file__).parents[3] / "app" / "pointsman"
KEY = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z0-9]+([.-][a-z0-9]+)*")


@cache
def keys_in_code() -> frozenset[str]:
    """Each literal that looks like a key of a catalogue's file."""
    files = {key.partition(".")[0] for key in load_catalogue("en").texts}
    literals = {
        node.value
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value)
    }
    return frozenset(literal for literal in literals if literal.partition(".")[0] in files)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_the_catalogues_have_the_same_messages(language: str) -> None:
    assert set(load_catalogue(language).texts) ^ set(load_catalogue("en").texts) == set()


def test_each_file_holds_the_messages_of_its_name() -> None:
    for language in LANGUAGES:
        for file in (resources.files("pointsman.services.wording") / "catalogues" / language).iterdir():
            if file.name.endswith(".po"):
                keys = re.findall(r'^msgid "([^"]+)"', file.read_text(), flags=re.MULTILINE)
                assert [key for key in keys if key.partition(".")[0] != file.name.removesuffix(".po")] == []
                assert len(keys) == len(set(keys)), f"{file.name} has a message twice"


def test_no_text_is_empty_and_all_forms_have_the_same_placeholders() -> None:
    faults = []
    for key in load_catalogue("en").texts:
        names = {
            (language, form): sorted({name for _, name, _ in parts if name})
            for language in LANGUAGES
            for form, parts in enumerate(load_catalogue(language).texts[key])
        }
        first = names["en", 0]
        faults += [f"{key}: {where} has {found}, not {first}" for where, found in names.items() if found != first]
        faults += [
            f"{key} says nothing"
            for language in LANGUAGES
            for parts in load_catalogue(language).texts[key]
            if not any(before.strip() or name for before, name, _ in parts)
        ]
    assert faults == []


def test_each_message_of_the_code_has_a_text_and_each_text_a_message() -> None:
    texts = set(load_catalogue("en").texts)
    said = keys_in_code() | term_keys()
    assert sorted(said - texts) == []
    assert sorted(texts - said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_read_as_babel_reads_them(language: str) -> None:
    for place in (resources.files("pointsman.services.wording") / "catalogues" / language).iterdir():
        if not place.name.endswith(".po"):
            continue
        text = place.read_text(encoding="utf-8")
        found = read_po(StringIO(text), locale=language, abort_invalid=True)
        theirs = {
            entry.id[0] if isinstance(entry.id, tuple | list) else entry.id: tuple(entry.string)
            if isinstance(entry.string, tuple | list)
            else (entry.string,)
            for entry in found
            if entry.id
        }
        assert read_texts(text.splitlines()) == (theirs, found.plural_expr.strip("()")), place.name


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (['msgid "a.b"', 'msgstr ""', '"one\\n"', '"two \\"x\\" \\\\ y"'], {"a.b": ('one\ntwo "x" \\ y',)}),
        (["# said so", 'msgid "a.b"', 'msgid_plural "a.b"', 'msgstr[0] "x"', 'msgstr[1] "y"'], {"a.b": ("x", "y")}),
    ],
)
def test_a_text_of_several_lines_or_forms_is_read_whole(lines: list[str], texts: dict[str, tuple[str, ...]]) -> None:
    assert read_texts(lines) == (texts, "n != 1")


def test_a_line_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2 "):
        read_texts(['msgid "a.b"', "msgstr b"])


def test_a_broken_placeholder_is_found() -> None:
    with pytest.raises(ValueError, match="expected '}'"):
        parse_text("{rep waits")
