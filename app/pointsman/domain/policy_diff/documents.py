"""What changed between two policies, as messages and as data: "rule 3 'DACH demo requests' now also takes CH in lead.country"."""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.document import Policy, Rule
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, with_occurrence
from pointsman.domain.policy_diff.parts import asks, list_message, part_message
from pointsman.domain.policy_diff.settings import requirement, setting_words
from pointsman.domain.policy_diff.values import compare_values
from pointsman.domain.roster.roles import Work, work_name

#: What has names, and what sentences call one of it; read in this order.
_NAMED: Mapping[str, str] = {
    "pools": "diff.pool",
    "suppliers": "diff.supplier",
    "gates": "diff.gate",
    "segments": "diff.segment",
    "icps": "diff.icp",
    "personas": "diff.persona",
    "scores": "diff.score",
    "country_groups": "diff.country-group",
    "word_lists": "diff.word-list",
    "fields": "diff.field",
}
_PARTS: Mapping[str, Message] = {
    "description": say("diff.part-description"),
    "evidence": say("diff.part-evidence"),
    "holds": say("diff.part-holds"),
    "matching": say("diff.part-matching"),
    "nurture": say("diff.part-nurture"),
    "owner_changes": say("diff.part-owner-changes"),
    "ownership": say("diff.part-ownership"),
}

_GROUPS: Mapping[str, Message] = {
    "rules": say("diff.group-rules"),
    "pools": say("diff.group-pools"),
    "suppliers": say("diff.group-suppliers"),
    "gates": say("diff.group-gates"),
    "segments": say("diff.group-segments"),
    "icps": say("diff.group-icps"),
    "personas": say("diff.group-personas"),
    "scores": say("diff.group-scores"),
    "country_groups": say("diff.group-country-groups"),
    "word_lists": say("diff.group-word-lists"),
    "fields": say("diff.group-fields"),
    **_PARTS,
}


def group_words(group: str) -> Message:
    """What a reader calls the part of a policy that a change's `group` names."""
    return _GROUPS[group]


def diff_policies(old: Policy, new: Policy) -> tuple[PolicyChange, ...]:
    """All changes from `old` to `new`; none exactly when both mean the same, written out defaults or not.

    Rules are known by name, so that a moved rule is no removed and added one.
    """
    before, after = _document(old), _document(new)
    found = list(_rules(old.rules, new.rules, before["rules"], after["rules"]))
    for group, called in _NAMED.items():
        found += _named(group, called, before[group], after[group])
    for group in dict.fromkeys([*after, *before]):
        if group != "rules" and group not in _NAMED:
            place = DiffLocation(group=group, path=group, subject=_PARTS[group], key=group)
            found += compare_values(place, before.get(group), after.get(group))
    return tuple(found)


def _document(policy: Policy) -> dict[str, Any]:
    # With all defaults, so that writing one out is no change, and one that is left out can be named.
    return policy.model_dump(mode="json", by_alias=True, exclude_none=True)


def _named(group: str, called: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PolicyChange]:
    for name, value in after.items():
        place = DiffLocation(group=group, path=f"{group}.{name}", subject=_called(group, called, name), key=group)
        if name not in before:
            yield place.change(_new(group, value), None, value, "new")
        else:
            yield from compare_values(place, before[name], value)
    for name, value in before.items():
        if name not in after:
            place = DiffLocation(group=group, path=f"{group}.{name}", subject=_called(group, called, name), key=group)
            yield place.change(say("diff.gone"), value, None, "gone")


def _called(group: str, called: str, name: str) -> Message:
    return say(called, name=work_name(Work(name)) if group == "gates" else name)


def _new(group: str, value: Any) -> Message:
    """That something is new, and what it is in few words."""
    match value:
        case {"when": when}:
            return say("diff.new", gist=asks(when))
        case {"work": work, "members": members, "method": method}:
            reps = list_message([rep_name(member["rep"]) for member in members])
            how = setting_words("pools", "method", method)
            return say("diff.new-pool", work=work_name(Work(work)), method=how, members=reps)
        case {"require": require}:
            return say("diff.new-gate", required=list_message([requirement(what) for what in require]))
        case _:
            words = setting_words(group, "", value) if group == "fields" else None
            return say("diff.new", gist=part_message(value) if words is None else words)


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
            yield place.change(say("diff.rule-new", taken=_taken(rule)), None, _written(news[i]), "new")
            continue
        was = before[pairs[i]]
        if rule["name"] != was["name"]:
            yield place.child("name").change(say("diff.renamed", name=was["name"]), was["name"], rule["name"])
        if pairs[i] in moved:
            key = "diff.moved-up" if i < pairs[i] else "diff.moved-down"
            yield place.change(say(key, was=pairs[i] + 1, now=i + 1), pairs[i], i, "moved")
        yield from compare_values(place, {**was, "name": rule["name"]}, rule)
    taken = set(pairs.values())
    for i in gone:
        if i not in taken:
            gone_rule = say("diff.rule-gone", taken=_taken(before[i]))
            yield _rule(i, before[i]).change(gone_rule, _written(olds[i]), None, "gone")


def _written(rule: Rule) -> Any:
    """A rule as one would write it."""
    return rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _rule(i: int, rule: Mapping[str, Any]) -> DiffLocation:
    subject = say("diff.rule", number=i + 1, name=rule["name"])
    return DiffLocation(group="rules", path=f"rules[{i}]", subject=subject, key="rules")


def _taken(rule: Mapping[str, Any]) -> Message:
    leads = say("diff.leads-where", condition=asks(rule["when"])) if "when" in rule else say("diff.every-lead")
    work = work_name(Work(rule["work"]))
    if "pool" in rule:
        return say("diff.taken-by-pool", leads=leads, work=work, pool=rule["pool"])
    return say("diff.taken", leads=leads, work=work)


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
