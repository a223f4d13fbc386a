"""What changed in any part of a policy: values, lists whose items have names, conditions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.policy.condition_wording import condition_in_words, list_in_words, value_in_words
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, same_json, with_occurrence
from pointsman.domain.policy_diff.conditions import compare_conditions, missing_in_words

_CONDITIONS = frozenset({"when", "requires", "re_enter"})

#: Lists of objects, and what tells their items apart.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "members": ("rep",),
    "match": ("lead", "rep"),
    "prefer": ("lead", "rep"),
    "ramp_up": ("after",),
    "capacity": ("from",),
    "points": ("when",),
    "sources": ("from",),
}

#: Lists whose order matters are named whole.
_ORDERED = frozenset({"order"})

_VERBS: Mapping[str, str] = {
    "require": "requires",
    "country_groups": "takes",
    "word_lists": "has",
    "barred_domains": "bars",
    "free_mail_domains_extra": "counts as free mail",
    "shared_hosts_extra": "counts as shared by many companies",
    "company_domains": "counts as a company",
    "placeholder_names_extra": "counts as no company's name",
}

#: Where both are set; other values are named by their key.
_SENTENCES: Mapping[tuple[str, str], str] = {
    ("rules", "pool"): "now goes to pool {after}, was {before}",
    ("rules", "work"): "is now for {after}, was {before}",
    ("rules", "else"): "without anybody eligible now does {after}, was {before}",
    ("pools", "method"): "now shares by {after}, was {before}",
    ("pools", "work"): "is now for {after}, was {before}",
    ("gates", "expires_after"): "now expires after {after}, was {before}",
}


def compare_values(place: DiffLocation, before: Any, after: Any) -> Iterator[PolicyChange]:
    """At least one change, exactly when they differ."""
    if same_json(before, after):
        return
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
    what = f"has {place.label} " if place.label else "is "
    if before is None:
        return place.change(f"now {what}{value_in_words(after)}, was not set", before, after, "new")
    if after is None:
        return place.change(f"no longer {what}{value_in_words(before)}", before, after, "gone")
    known = _SENTENCES.get((place.group, place.label), f"now {what}{{after}}, was {{before}}")
    return place.change(known.format(before=value_in_words(before), after=value_in_words(after)), before, after)


def _values(place: DiffLocation, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    verb, where = _VERBS.get(place.key, "has"), f" in its {place.label}" if place.key not in _VERBS else ""
    added, removed = missing_in_words(before, after), missing_in_words(after, before)
    words = [f"now also {verb} {list_in_words(added)}"] if added else []
    words += [f"no longer {verb} {list_in_words(removed)}"] if removed else []
    said = " and ".join(words) + where if words else f"lists its {place.label or 'values'} differently"
    yield place.change(said, before, after)


def _items(place: DiffLocation, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    names = _KEYS.get(place.key)
    old, new = _by_key(before, names), _by_key(after, names)
    for key, i in new.items():
        if key not in old:
            yield place.child(i).change(f"now also has {_item(place.key, after[i])}", None, after[i], "new")
        else:
            yield from compare_values(place.item(i, _name(place.key, after[i])), before[old[key]], after[i])
    for key, i in old.items():
        if key not in new:
            yield place.child(i).change(f"no longer has {_item(place.key, before[i])}", before[i], None, "gone")
    if [key for key in new if key in old] != [key for key in old if key in new]:
        yield place.change(f"lists its {place.label} in another order", list(before), list(after), "moved")


def _by_key(items: Sequence[Any], names: tuple[str, ...] | None) -> dict[Any, int]:
    keys = [json_key(item if names is None else {name: item.get(name) for name in names}) for item in items]
    return {key: i for i, key in enumerate(with_occurrence(keys))}


def _name(key: str, item: Mapping[str, Any]) -> str:
    """The name of an item in a sentence about one of its values."""
    if key == "points":
        return f"when {condition_in_words(item['when'])}"
    return " ".join(value_in_words(item[name]) for name in _KEYS.get(key, ()) if name in item) or value_in_words(item)


def _item(key: str, item: Any) -> str:  # noqa: PLR0911  # a sentence for each kind of item
    """The whole item, in a sentence about its coming or going."""
    match key, item:
        case "members", {"rep": rep, "weight": weight}:
            return f"{rep} with weight {weight}"
        case "members", {"rep": rep}:
            return str(rep)
        case "match" | "prefer", {"lead": lead, "rep": rep, **rest}:
            return f"{lead} among the rep's {rep}" + (f" for {rest['points']} points" if "points" in rest else "")
        case "ramp_up", {"after": after, "percent": percent}:
            return f"{percent} % of the weight after {after}"
        case "sources", {"from": origin, "names": list(names), "kinds": list(kinds)}:
            return f"the source {origin}" + (f" for {list_in_words([*names, *kinds])}" if names or kinds else "")
        case "points", {"when": when, "points": points}:
            return f"{points} points when {condition_in_words(when)}"
        case _:
            return value_in_words(item)
