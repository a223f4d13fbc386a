"""Parts of a policy in the sentences of a comparison: values, lists of values, and items that have names."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pointsman.domain.dates.durations import parse_duration
from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.messages.message import Arg, Message, first_of, rep_name, say
from pointsman.domain.policy.condition_wording import condition_kind
from pointsman.domain.policy_diff.changes import json_key
from pointsman.domain.policy_words.conditions import condition_message, value_message
from pointsman.domain.policy_words.terms import KINDS, origin_message
from pointsman.domain.policy_words.values import length_message

_MOST_ITEMS = 6
_LENGTH = re.compile(r"[0-9]{1,5}[wdhm]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: Lists of objects, and what tells their items apart.
ITEM_KEYS: Mapping[str, tuple[str, ...]] = {
    "members": ("rep",),
    "match": ("lead", "rep"),
    "prefer": ("lead", "rep"),
    "ramp_up": ("after",),
    "capacity": ("from",),
    "points": ("when",),
    "sources": ("from",),
    "tasks": ("subject",),
}


def asks(condition: Mapping[str, Any]) -> Message:
    """A condition, shortened when long."""
    return condition_message(condition, shortened=True)


def part_message(value: Any) -> Arg:  # noqa: PLR0911  # one for each kind of value
    """A part of a document in few words: lengths and days as such, texts shortened when long."""
    match value:
        case None:
            return say("diff.not-set")
        case {"field": str(field), **rest} if not rest:
            return say("condition.field", field=field)
        case dict() if condition_kind(value):
            return asks(value)
        case dict():
            entries = [say("diff.entry", key=key, value=part_message(part)) for key, part in value.items()]
            return list_message(entries)
        case list():
            return list_message([part_message(part) for part in value[:_MOST_ITEMS]], of=len(value))
        case str() if _LENGTH.fullmatch(value):
            return length_message(value)
        case str() if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        case _:
            return value_message(value, shortened=True)


def list_message(items: Sequence[Arg], *, of: int | None = None) -> Arg:
    """The first of several, and how many more there are; `of` is how many, where not all of them were made."""
    count = len(items) if of is None else of
    if not count:
        return say("diff.nothing")
    if count > len(items):
        return say("text.and-more", items=tuple(items), count=count - len(items))
    return first_of(items, _MOST_ITEMS)


def missing_values(here: Sequence[Any], there: Sequence[Any], words: Callable[[Any], Arg] = part_message) -> Arg | None:
    """What is there and not here; None for nothing."""
    known = {json_key(value) for value in here}
    missing = [value for value in there if json_key(value) not in known]
    return list_message([words(value) for value in missing[:_MOST_ITEMS]], of=len(missing)) if missing else None


def item_name(key: str, item: Mapping[str, Any]) -> Arg:  # noqa: PLR0911  # one for each kind of item
    """The name of an item in a sentence about one of its values."""
    match key, item:
        case "points", {"when": when}:
            return say("diff.points-when", condition=asks(when))
        case "members", {"rep": rep}:
            return rep_name(rep)
        case "match" | "prefer", {"lead": lead, "rep": rep}:
            return say("diff.match", lead=lead, rep=rep)
        case "sources", {"from": str(origin)}:
            return say("diff.source", origin=origin_message(origin))
        case "tasks", {"subject": str(subject)}:
            return say("diff.task", subject=value_message(subject, shortened=True))
        case "ramp_up", {"after": after}:
            return say("diff.step", span=length_message(after)) if parse_duration(after) else say("diff.first-step")
        case _:
            names = [item[name] for name in ITEM_KEYS.get(key, ()) if name in item]
            return part_message(names[0] if names else item)


def whole_item(key: str, item: Any) -> Arg:  # noqa: PLR0911  # words for each kind of item
    """The whole item, in a sentence about its coming or going."""
    match key, item:
        case "members", {"rep": rep, "weight": weight}:
            return say("readout.member", rep=rep_name(rep), weight=weight)
        case "members", {"rep": rep}:
            return rep_name(rep)
        case "prefer", {"lead": lead, "rep": rep, "points": points}:
            return say("diff.prefer", lead=lead, rep=rep, count=points)
        case "match", {"lead": lead, "rep": rep}:
            return say("diff.match", lead=lead, rep=rep)
        case "ramp_up", {"after": after, "percent": percent}:
            if not parse_duration(after):
                return say("diff.ramp-up-start", percent=percent)
            return say("diff.ramp-up", percent=percent, span=length_message(after))
        case "tasks", {"subject": str(subject), "due_in": str(span)}:
            return say("diff.task-due", subject=value_message(subject, shortened=True), span=length_message(span))
        case "sources", {"from": origin, "names": list(names), "kinds": list(kinds)}:
            if names or kinds:
                listed = [say("diff.evidence", name=name) for name in names]
                listed += [say("diff.kind", kind=KINDS[EvidenceKind(kind)]) for kind in kinds]
                return say("diff.source-for", origin=origin_message(origin), names=list_message(listed))
            return say("diff.source", origin=origin_message(origin))
        case "points", {"when": when, "points": points}:
            return say("diff.points", count=points, condition=asks(when))
        case _:
            return part_message(item)
