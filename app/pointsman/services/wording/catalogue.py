"""The texts of all messages in one language, as the files beside this module hold them (gettext's PO format)."""

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Formatter
from types import MappingProxyType

LANGUAGES = ("en", "de")
#: How a placeholder is written whose number (or how many it lists) decides the form, where that is not `count`:
#: "1 of {members:counted} reps".
COUNTED = "counted"
_MANY = 1_000_000

#: What stands before a placeholder, the placeholder's name, and how it is to be written; the latter may be missing.
Part = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class MessageTexts:
    """The texts of one language by key; a text has several forms where its words depend on a number.

    That is the argument which one of them has as `COUNTED`, else `count`.
    """

    language: str
    texts: Mapping[str, tuple[tuple[Part, ...], ...]]
    plural: Callable[[int], int]

    def parts(self, key: str, args: Mapping[str, object]) -> tuple[Part, ...] | None:
        """The text of `key` in the form that the arguments ask for; None for a key without a text."""
        forms = self.texts.get(key)
        if forms is None:
            return None
        if len(forms) == 1:
            return forms[0]
        count = args.get(next((name for _, name, how in forms[0] if name and how == COUNTED), "count"))
        if isinstance(count, tuple):
            count = len(count)
        if not isinstance(count, int):
            return forms[0]
        small = count if abs(count) < _MANY else _MANY  # gettext reads no number of any size
        return forms[min(self.plural(small), len(forms) - 1)]

    def open_text(self, key: str) -> str:
        """The first form of a text with its placeholders left open, for templates that fill them in."""
        return "".join(f"{before}{'{' + name + '}' if name else ''}" for before, name, _ in self.texts[key][0])


@lru_cache(maxsize=len(LANGUAGES))
def load_catalogue(language: str) -> MessageTexts:
    """The catalogue of one of `LANGUAGES`; read once and kept."""
    from babel.messages.pofile import read_po  # noqa: PLC0415  # a quarter of a second, and most commands tell nothing

    texts: dict[str, tuple[tuple[Part, ...], ...]] = {}
    plural: Callable[[int], int] = bool
    folder = resources.files(__package__) / "catalogues" / language
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".po"):
            with file.open("rb") as opened:
                found = read_po(opened, locale=language, abort_invalid=True)
            plural = gettext.c2py(found.plural_expr)
            for entry in found:
                if not entry.id:
                    continue
                key = entry.id[0] if isinstance(entry.id, (tuple, list)) else entry.id
                forms = entry.string if isinstance(entry.string, (tuple, list)) else (entry.string,)
                texts[key] = tuple(parse_text(form or "") for form in forms)
    return MessageTexts(language, MappingProxyType(texts), plural)


def parse_text(text: str) -> tuple[Part, ...]:
    """A text with its placeholders found: "{rep} waits until {at:time}"."""
    return tuple((before, name, how or "") for before, name, how, _ in Formatter().parse(text))
