"""What a comparison of two policies is made of: changes, and the place where one was found."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from json import JSONEncoder
from typing import Any, Literal

from pointsman.domain.messages.message import Arg, Message, say

ChangeKind = Literal["new", "gone", "moved", "changed"]

_text = JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_FRACTION = re.compile(r"[0-9][.e]")  # only there 1.0 may stand for 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change: in which part, where in the new document (in the old one when gone), what it was, is, and what to say."""

    group: str  # the document's own word: "rules", "pools"
    kind: ChangeKind
    path: str
    before: Any  # None: was not there
    after: Any
    sentence: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLocation:
    """The place that a comparison is at: part, path, the subject of its sentences, and what is compared there."""

    group: str
    path: str
    subject: Message
    key: str = ""  # the last named step: "members"
    label: str = ""  # from the subject on: "booking.duration"

    def child(self, step: str | int) -> "DiffLocation":
        """One step further down."""
        if isinstance(step, int):
            return replace(self, path=f"{self.path}[{step}]")
        label = f"{self.label}.{step}" if self.label else step
        return replace(self, path=f"{self.path}.{step}", key=step, label=label)

    def item(self, step: int, whose: Arg) -> "DiffLocation":
        """An item of a list, which sentences call by its name from here on."""
        subject = say("diff.item", subject=self.subject, item=whose)
        return replace(self, path=f"{self.path}[{step}]", subject=subject, key="", label="")

    def change(self, what: Message, before: Any, after: Any, kind: ChangeKind = "changed") -> PolicyChange:
        """ "rule 3 'DACH' now also takes CH"; `what` is a clause without its subject."""
        sentence = say("diff.change", subject=self.subject, change=what)
        return PolicyChange(group=self.group, kind=kind, path=self.path, before=before, after=after, sentence=sentence)


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values say the same: whatever the order of keys, 1 or 1.0; but true is not 1."""
    return bool(one == other) and json_key(one) == json_key(other)


def json_key(value: Any) -> str:
    """Equal for two JSON values exactly when `same_json` is true of them."""
    text = _text(value)
    return _text(_whole(value)) if _FRACTION.search(text) else text


def _whole(value: Any) -> Any:
    """The value with 1 for 1.0."""
    match value:
        case dict():
            return {key: _whole(part) for key, part in value.items()}
        case list():
            return [_whole(part) for part in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def with_occurrence(keys: Sequence[Hashable]) -> list[Hashable]:
    """Each key with how often it stood before, so that doubled ones can be told apart."""
    seen: dict[Hashable, int] = {}
    found: list[Hashable] = []
    for key in keys:
        seen[key] = seen.get(key, -1) + 1
        found.append((key, seen[key]))
    return found
