"""The texts of a catalogue's file, in the part of gettext's PO format that ours use.

Babel reads all of that format, and takes longer to import than most commands take for what they do. A test holds that
both read the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_FIELD = re.compile(r'(msgid|msgid_plural|msgstr(?:\[\d+\])?) ?(".*")')
_ESCAPE = re.compile(r"\\(.)")
_PLURAL = re.compile(r"plural=([^;\n]+)")


@dataclass(slots=True)
class _Entry:
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.fields.get("msgid", "")

    @property
    def forms(self) -> tuple[str, ...]:
        return tuple(text for name, text in self.fields.items() if name.startswith("msgstr"))


def read_texts(lines: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], str]:
    """The forms of each text by key, and the formula that tells which form a number asks for. ValueError for another line."""
    texts: dict[str, tuple[str, ...]] = {}
    formula = "n != 1"
    for entry in _entries(lines):
        if entry.key:
            texts[entry.key] = entry.forms
        elif found := _PLURAL.search("".join(entry.forms)):
            formula = found[1].strip(" ()")
    return texts, formula


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    entry, name = _Entry(), ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith('"') and name:
            entry.fields[name] += _unquoted(text)
            continue
        found = _FIELD.fullmatch(text)
        if found is None:
            raise ValueError(f"line {number} of the catalogue is none of its lines")
        name = found[1]
        if name == "msgid" and entry.fields:
            yield entry
            entry = _Entry()
        entry.fields[name] = _unquoted(found[2])
    yield entry


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])
