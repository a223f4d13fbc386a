"""What a comparison of two policies is made of: changes, and the place where one was found."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["new", "gone", "moved", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: in which part, where in the new document (in the old one when gone), what it was, is, and in words."""

    group: str  # the document's own word: "rules", "pools"
    kind: Kind
    path: str
    before: Any  # None: was not there
    after: Any
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a comparison stands: part, path, whom its sentences speak of, and what of it is looked at."""

    group: str
    path: str
    subject: str
    key: str = ""  # the last named step: "members"
    label: str = ""  # from the subject on: "booking.duration"

    def at(self, step: str | int) -> "Place":
        """One step further down."""
        if isinstance(step, int):
            return replace(self, path=f"{self.path}[{step}]")
        label = f"{self.label}.{step}" if self.label else step
        return replace(self, path=f"{self.path}.{step}", key=step, label=label)

    def of(self, step: int, whose: str) -> "Place":
        """An item of a list, which sentences call by its name from here on."""
        return replace(self, path=f"{self.path}[{step}]", subject=f"{self.subject}, {whose}", key="", label="")

    def change(self, words: str, before: Any, after: Any, kind: Kind = "changed") -> Change:
        """ "rule 3 'DACH' now also takes CH"."""
        return Change(
            group=self.group, kind=kind, path=self.path, before=before, after=after, sentence=f"{self.subject} {words}"
        )


def essence(value: Any) -> Hashable:
    """What makes two JSON values equal: not the order of keys, nor 1 or 1.0; but true is not 1."""
    match value:
        case bool():
            return ("boolean", value)
        case Mapping():
            return ("object", frozenset((key, essence(part)) for key, part in value.items()))
        case list() | tuple():
            return ("list", *[essence(part) for part in value])
        case _:
            return value  # type: ignore[no-any-return]  # a JSON scalar


def numbered(keys: Sequence[Hashable]) -> list[Hashable]:
    """Each key with how often it stood before, so that doubled ones can be told apart."""
    seen: dict[Hashable, int] = {}
    found: list[Hashable] = []
    for key in keys:
        seen[key] = seen.get(key, -1) + 1
        found.append((key, seen[key]))
    return found
