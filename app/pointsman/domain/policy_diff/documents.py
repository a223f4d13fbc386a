"""What changed between two policies, in words and as data: "rule 3 'DACH demo requests' now also takes CH in lead.country"."""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.policy.condition_wording import condition_in_words, value_in_words
from pointsman.domain.policy.document import Policy, Rule
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, with_occurrence
from pointsman.domain.policy_diff.values import compare_values

#: What has names, and what sentences call one of it; read in this order.
_NAMED: Mapping[str, str] = {
    "pools": "pool",
    "suppliers": "supplier",
    "gates": "gate",
    "segments": "segment",
    "icps": "ideal customer profile",
    "personas": "persona",
    "scores": "score",
    "country_groups": "country group",
    "word_lists": "word list",
    "fields": "field",
}


def diff_policies(old: Policy, new: Policy) -> tuple[PolicyChange, ...]:
    """All changes from `old` to `new`; none exactly when both mean the same, written out defaults or not.

    Rules are known by name, so that a moved rule is no removed and added one.
    """
    before, after = _document(old), _document(new)
    found = list(_rules(old.rules, new.rules, before["rules"], after["rules"]))
    for group, noun in _NAMED.items():
        found += _named(group, noun, before[group], after[group])
    for group in dict.fromkeys([*after, *before]):
        if group != "rules" and group not in _NAMED:
            place = DiffLocation(group=group, path=group, subject=group, key=group)
            found += compare_values(place, before.get(group), after.get(group))
    return tuple(found)


def _document(policy: Policy) -> dict[str, Any]:
    # With all defaults, so that writing one out is no change, and one that is left out can be named.
    return policy.model_dump(mode="json", by_alias=True, exclude_none=True)


def _named(group: str, noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PolicyChange]:
    for name, value in after.items():
        place = DiffLocation(group=group, path=f"{group}.{name}", subject=f"{noun} '{name}'", key=group)
        if name not in before:
            yield place.change(f"is new: {_gist(value)}", None, value, "new")
        else:
            yield from compare_values(place, before[name], value)
    for name, value in before.items():
        if name not in after:
            place = DiffLocation(group=group, path=f"{group}.{name}", subject=f"{noun} '{name}'", key=group)
            yield place.change("is gone", value, None, "gone")


def _gist(value: Any) -> str:
    """What something new is, in few words."""
    match value:
        case {"when": when}:
            return condition_in_words(when)
        case {"work": work, "members": members, "method": method}:
            return f"{work}, {method}, {value_in_words([member['rep'] for member in members])}"
        case {"require": require}:
            return f"requires {value_in_words(require)}"
        case _:
            return value_in_words(value)


def _rules(
    olds: Sequence[Rule], news: Sequence[Rule], before: Sequence[Any], after: Sequence[Any]
) -> Iterator[PolicyChange]:
    old = {name: i for i, name in enumerate(with_occurrence([rule["name"] for rule in before]))}
    new = {name: i for i, name in enumerate(with_occurrence([rule["name"] for rule in after]))}
    pairs = {new[name]: old[name] for name in new if name in old}
    gone = [i for name, i in old.items() if name not in new]
    pairs |= _renamed(before, after, gone, [i for name, i in new.items() if name not in old])
    moved = _moved([pairs[i] for i in sorted(pairs)])
    for i, rule in enumerate(after):
        place = _rule(i, rule)
        if i not in pairs:
            yield place.change(f"is new: it takes {_taken(rule)}", None, _written(news[i]), "new")
            continue
        was = before[pairs[i]]
        if rule["name"] != was["name"]:
            yield place.child("name").change(f"was called '{was['name']}'", was["name"], rule["name"])
        if pairs[i] in moved:
            words = f"moved from place {pairs[i] + 1} to {i + 1}, {'before' if i < pairs[i] else 'after'} others"
            yield place.change(words, pairs[i], i, "moved")
        yield from compare_values(place, {**was, "name": rule["name"]}, rule)
    taken = set(pairs.values())
    for i in gone:
        if i not in taken:
            yield _rule(i, before[i]).change(f"is gone: it took {_taken(before[i])}", _written(olds[i]), None, "gone")


def _written(rule: Rule) -> Any:
    """A rule as one would write it."""
    return rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _rule(i: int, rule: Mapping[str, Any]) -> DiffLocation:
    return DiffLocation(group="rules", path=f"rules[{i}]", subject=f"rule {i + 1} '{rule['name']}'", key="rules")


def _taken(rule: Mapping[str, Any]) -> str:
    leads = f"leads where {condition_in_words(rule['when'])}" if "when" in rule else "every lead"
    return f"{leads}, for {rule['work']}" + (f" by pool {rule['pool']}" if "pool" in rule else "")


def _renamed(before: Sequence[Any], after: Sequence[Any], gone: Sequence[int], new: Sequence[int]) -> dict[int, int]:
    """Which of the new rules were there under another name: those that say the same."""
    unnamed: dict[Hashable, list[int]] = {}
    for i in reversed(gone):
        unnamed.setdefault(json_key({**before[i], "name": ""}), []).append(i)
    pairs = {}
    for i in new:
        if twins := unnamed.get(json_key({**after[i], "name": ""})):
            pairs[i] = twins.pop()
    return pairs


def _moved(places: Sequence[int]) -> set[int]:
    """The fewest of these old places that must move for the rest to stand in order."""
    ends: list[int] = []
    lengths = []
    for place in places:
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        lengths.append(length)
    keep: list[int] = []
    for place, length in zip(reversed(places), reversed(lengths), strict=True):
        if length == len(ends) - 1 - len(keep) and (not keep or place < keep[-1]):
            keep.append(place)
    return set(places) - set(keep)
