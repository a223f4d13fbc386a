"""What changed in any part of a policy: values, lists whose items have names, conditions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.messages.message import Arg, Message, say
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, same_json, with_occurrence
from pointsman.domain.policy_diff.conditions import compare_conditions
from pointsman.domain.policy_diff.parts import ITEM_KEYS, item_name, missing_values, part_message, whole_item
from pointsman.domain.policy_diff.settings import requirement, setting_words

_CONDITIONS = frozenset({"when", "requires", "re_enter"})

#: Lists whose order matters are named whole.
_ORDERED = frozenset({"order"})

#: Objects of texts, each of which is named, also where all are new or gone.
_NAMED_EACH = "invitations.texts"
#: What a rule has the CRM do is named each, likewise.
_ACTIONS = "crm"
_NO_ACTIONS: Mapping[str, Any] = {"set": {}, "tasks": [], "lists": []}
_WORDS_BEFORE = 30  # characters

#: What stands in a list, where it has words of its own.
_LISTED: Mapping[str, str] = {
    "require": "diff.requires",
    "country_groups": "diff.takes",
    "word_lists": "diff.has",
    "barred_domains": "diff.bars",
    "free_mail_domains_extra": "diff.free-mail",
    "shared_hosts_extra": "diff.shared-hosts",
    "company_domains": "diff.company-domains",
    "placeholder_names_extra": "diff.placeholder-names",
}

#: Where both are set; other values are named by their key.
_SENTENCES: Mapping[tuple[str, str], str] = {
    ("rules", "pool"): "diff.rule-pool",
    ("rules", "work"): "diff.work",
    ("rules", "else"): "diff.rule-else",
    ("pools", "method"): "diff.pool-method",
    ("pools", "work"): "diff.work",
    ("gates", "expires_after"): "diff.expires",
}


def compare_values(place: DiffLocation, before: Any, after: Any) -> Iterator[PolicyChange]:
    """At least one change, exactly when they differ."""
    if same_json(before, after):
        return
    if place.label.startswith(_NAMED_EACH) and any(isinstance(value, Mapping) for value in (before, after)):
        before, after = before or {}, after or {}
    if place.label == _ACTIONS:
        before, after = before or _NO_ACTIONS, after or _NO_ACTIONS
    if place.key in _CONDITIONS:
        yield from compare_conditions(place, before, after)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*after, *before]):
            yield from compare_values(place.child(key), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and place.key not in _ORDERED:
        objects = any(isinstance(item, Mapping) for item in [*before, *after])
        yield from _items(place, before, after) if objects else _values(place, before, after)
    else:
        yield _value(place, before, after)


def _value(place: DiffLocation, before: Any, after: Any) -> PolicyChange:
    if place.label.startswith(_NAMED_EACH) and before is not None and after is not None:
        was, now = map(part_message, _from_difference(before, after))
    else:
        was, now = _worded(place, before), _worded(place, after)
    if before is None:
        return place.change(_about(place, "diff.set", "diff.part-set", now=now), before, after, "new")
    if after is None:
        return place.change(_about(place, "diff.unset", "diff.part-unset", was=was), before, after, "gone")
    if known := _SENTENCES.get((place.group, place.label)):
        return place.change(say(known, was=was, now=now), before, after)
    return place.change(_about(place, "diff.value", "diff.part-value", was=was, now=now), before, after)


def _from_difference(before: str, after: str) -> tuple[str, str]:
    """Both texts from the line in which they begin to differ, or the words before."""
    shorter = min(len(before), len(after))
    same = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    begin = max(before.rfind("\n", 0, same) + 1, same - _WORDS_BEFORE)
    lead = "…" if begin else ""
    return lead + before[begin:], lead + after[begin:]


def _worded(place: DiffLocation, value: Any) -> Arg:
    words = setting_words(place.group, place.label, value)
    return part_message(value) if words is None else words


def _about(place: DiffLocation, labelled: str, whole: str, **args: Arg) -> Message:
    return say(labelled, label=place.label, **args) if place.label else say(whole, **args)


def _values(place: DiffLocation, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    words = requirement if place.key == "require" else part_message
    added, removed = missing_values(before, after, words), missing_values(after, before, words)
    if added is None and removed is None:
        said = say("diff.listed", label=place.label) if place.label else say("diff.values-listed")
    elif key := _LISTED.get(place.key):
        said = added_and_removed(*(values and say(key, values=values) for values in (added, removed)))
    elif place.label:
        has = [values and say("diff.has-in", values=values, label=place.label) for values in (added, removed)]
        said = added_and_removed(*has)
    else:
        said = added_and_removed(*(values and say("diff.has", values=values) for values in (added, removed)))
    yield place.change(said, before, after)


def added_and_removed(added: Arg, removed: Arg) -> Message:
    """What now holds also, what holds no longer, or both."""
    if removed is None:
        return say("diff.now-also", what=added)
    return say("diff.no-longer", what=removed) if added is None else say("diff.both", added=added, removed=removed)


def _items(place: DiffLocation, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    names = ITEM_KEYS.get(place.key)
    old, new = _by_key(before, names), _by_key(after, names)
    for key, i in new.items():
        if key not in old:
            what = say("diff.now-also", what=say("diff.has", values=whole_item(place.key, after[i])))
            yield place.child(i).change(what, None, after[i], "new")
        else:
            yield from compare_values(place.item(i, item_name(place.key, after[i])), before[old[key]], after[i])
    for key, i in old.items():
        if key not in new:
            what = say("diff.no-longer", what=say("diff.has", values=whole_item(place.key, before[i])))
            yield place.child(i).change(what, before[i], None, "gone")
    if [key for key in new if key in old] != [key for key in old if key in new]:
        yield place.change(say("diff.order", label=place.label), list(before), list(after), "moved")


def _by_key(items: Sequence[Any], names: tuple[str, ...] | None) -> dict[Any, int]:
    keys = [json_key(item if names is None else {name: item.get(name) for name in names}) for item in items]
    return {key: i for i, key in enumerate(with_occurrence(keys))}
