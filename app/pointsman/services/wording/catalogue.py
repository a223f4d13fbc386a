"""The texts of all messages in one language, as the files beside this module hold them (gettext's PO format)."""

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from types import MappingProxyType

from pointsman.services.wording.po_file import read_texts

LANGUAGES = ("en", "de")
_ALIASES = {"deu": "de", "ger": "de", "eng": "en"}  # ISO 639-2
#: How a placeholder is written whose number (or how many it lists) decides the form, where that is not `count`:
#: "1 of {members:counted} reps".
COUNTED = "counted"
_MANY = 1_000_000

#: What stands before a placeholder, the placeholder's name, and how it is to be written; the latter may be missing.
Part = tuple[str, str | None, str]


Forms = tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class _File:
    """The texts of one file by key, and which of a text's forms a number asks for."""

    texts: Mapping[str, Forms]
    plural: Callable[[int], int]


class MessageTexts:
    """The texts of one language by key; a text has several forms where its words depend on a number.

    That is the argument which one of them has as `COUNTED`, else `count`. A file is read when the first of its keys is asked
    for: a command tells a few of them, and all take a tenth of a second.
    """

    def __init__(self, language: str) -> None:
        folder = resources.files(__package__) / "catalogues" / language
        self.language = language
        self._places = {file.name.removesuffix(".po"): file for file in folder.iterdir() if file.name.endswith(".po")}
        self._files: dict[str, _File] = {}
        self._of_one_form: dict[str, tuple[Part, ...]] = {}  # of those that were asked for: most texts, and most often

    @property
    def texts(self) -> Mapping[str, Forms]:
        """Those of all files."""
        return {key: forms for name in sorted(self._places) for key, forms in self._file(name).texts.items()}

    def parts(self, key: str, args: Mapping[str, object]) -> tuple[Part, ...] | None:
        """The text of `key` in the form that the arguments ask for; None for a key without a text."""
        if (only := self._of_one_form.get(key)) is not None:
            return only
        name = key.partition(".")[0]
        if name not in self._places:
            return None
        file = self._file(name)
        forms = file.texts.get(key)
        if forms is None:
            return None
        if len(forms) == 1:
            return self._of_one_form.setdefault(key, forms[0])
        count = args.get(next((name for _, name, how in forms[0] if name and how == COUNTED), "count"))
        if isinstance(count, tuple):
            count = len(count)
        if not isinstance(count, int):
            return forms[0]
        small = count if abs(count) < _MANY else _MANY  # gettext reads no number of any size
        return forms[min(file.plural(small), len(forms) - 1)]

    def open_text(self, key: str) -> str:
        """The first form of a text with its placeholders left open, for templates that fill them in."""
        forms = self._file(key.partition(".")[0]).texts[key]
        return "".join(f"{before}{'{' + name + '}' if name else ''}" for before, name, _ in forms[0])

    def _file(self, name: str) -> _File:
        found = self._files.get(name)
        if found is None:
            found = self._files[name] = _read(self._places[name])
        return found


def catalogue_language(tag: str | None) -> str | None:
    """The language of the catalogues that a tag asks for, as Accept-Language reads it: "DE", "de-AT", "deu_AT"; else None."""
    plain = (tag or "").strip().replace("_", "-").partition("-")[0].lower()
    found = _ALIASES.get(plain, plain)
    return found if found in LANGUAGES else None


@lru_cache(maxsize=len(LANGUAGES))
def load_catalogue(language: str) -> MessageTexts:
    """The catalogue of one of `LANGUAGES`; what was read of it is kept."""
    return MessageTexts(language)


def _read(place: Traversable) -> _File:
    texts, formula = read_texts(place.read_text(encoding="utf-8").splitlines())
    parsed = {key: tuple(map(parse_text, forms)) for key, forms in texts.items()}
    return _File(MappingProxyType(parsed), gettext.c2py(formula))


def parse_text(text: str) -> tuple[Part, ...]:
    """A text with its placeholders found: "{rep} waits until {at:time}"."""
    return tuple((before, name, how or "") for before, name, how, _ in Formatter().parse(text))
