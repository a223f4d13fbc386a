"""What changed in a condition, in words: "now also takes CH in lead.country"."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.policy.condition_wording import (
    condition_in_words,
    condition_kind,
    list_in_words,
    operator_and_operand,
    operator_in_words,
    value_in_words,
)
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, same_json

ConditionJson = Mapping[str, Any]

_EXCLUDING = frozenset({"not_in", "contains_none"})
_GROUPS = ("all", "any")


def compare_conditions(
    place: DiffLocation, before: ConditionJson | None, after: ConditionJson | None
) -> Iterator[PolicyChange]:
    """At least one change, exactly when they differ."""
    if same_json(before, after):
        return
    if before is None:
        yield place.change(
            f"now asks that {condition_in_words(after or {})}; before, it asked nothing", before, after, "new"
        )
    elif after is None:
        yield place.change(
            f"asks nothing any more; before, it asked that {condition_in_words(before)}", before, after, "gone"
        )
    else:
        yield from _compare(place, before, after, "")


def _compare(place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: str) -> Iterator[PolicyChange]:
    """`inside` says when the change stands in a `not`, where taking more means taking less."""
    if same_json(before, after):
        return
    old, new = condition_kind(before), condition_kind(after)
    if old == new == "not":
        yield from _compare(place.child("not"), before["not"], after["not"], inside + "inside its 'not', ")
    elif old == new == "field" and before["field"] == after["field"]:
        yield from _compare_leaves(place, before, after, inside)
    elif old == new and new in _GROUPS:
        yield from _compare_parts(place, new, before[new], after[new], inside)
    elif new in _GROUPS and _holds(after[new], before):
        yield from _compare_parts(place, new, [before], after[new], inside)
    elif old in _GROUPS and _holds(before[old], after):
        yield from _compare_parts(place, old, before[old], [after], inside)
    else:
        yield _replaced(place, before, after, inside)


def _holds(parts: Sequence[ConditionJson], part: ConditionJson) -> bool:
    return len(parts) > 1 and any(same_json(one, part) for one in parts)


def _replaced(place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: str) -> PolicyChange:
    asks, asked = condition_in_words(after), condition_in_words(before)
    words = f"now asks that {asks}, no longer that {asked}" if asks != asked else f"is written differently: {asks}"
    return place.change(inside + words, before, after)


def _compare_parts(
    place: DiffLocation, joint: str, before: Sequence[ConditionJson], after: Sequence[ConditionJson], inside: str
) -> Iterator[PolicyChange]:
    """Parts that stayed are left out; of the rest, those about the same field belong together."""
    gone, new = _unmatched(before, after), _unmatched(after, before)
    partners: dict[Hashable, list[int]] = {}
    for i in reversed(gone):
        partners.setdefault(_about(before[i]), []).append(i)
    if not gone and not new:
        words = f"{inside}the order of the parts of its '{joint}' changed, which means the same"
        yield place.change(words, list(before), list(after), "moved")
    stays = "demands that" if joint == "all" else "accepts leads where"
    left = set(gone)
    for i in new:
        there = place.child(joint).child(i)
        if candidates := partners.get(_about(after[i])):
            partner = candidates.pop()
            left.discard(partner)
            yield from _compare(there, before[partner], after[i], inside)
        else:
            yield there.change(f"{inside}now also {stays} {condition_in_words(after[i])}", None, after[i], "new")
    for i in sorted(left):
        yield (
            place.child(joint)
            .child(i)
            .change(f"{inside}no longer {stays} {condition_in_words(before[i])}", before[i], None, "gone")
        )


def _unmatched(parts: Sequence[ConditionJson], others: Sequence[ConditionJson]) -> list[int]:
    there: dict[Hashable, int] = {}
    for other in others:
        there[json_key(other)] = there.get(json_key(other), 0) + 1
    left = []
    for i, part in enumerate(parts):
        key = json_key(part)
        if there.get(key):
            there[key] -= 1
        else:
            left.append(i)
    return left


def _about(condition: ConditionJson) -> Hashable:
    return (condition_kind(condition), condition.get("field"))


def _compare_leaves(
    place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: str
) -> Iterator[PolicyChange]:
    (old, was), (new, now) = operator_and_operand(before), operator_and_operand(after)
    field = after["field"]
    if old != new:
        yield _replaced(place, before, after, inside)
    elif new != "between" and isinstance(was, list) and isinstance(now, list):
        yield place.child(new).change(inside + _values(new, field, was, now), was, now)
    else:
        previous = value_in_words(was) if new != "present" else operator_in_words(new, was)
        words = f"now asks {field} {operator_in_words(new, now)}, was {previous}"
        yield place.child(new).change(inside + words, was, now)


def _values(operator: str, field: str, before: list[Any], after: list[Any]) -> str:
    verb = "excludes" if operator in _EXCLUDING else "demands" if operator == "contains_all" else "takes"
    added, removed = missing_in_words(before, after), missing_in_words(after, before)
    words = [f"now also {verb} {list_in_words(added)}"] if added else []
    words += [f"no longer {verb} {list_in_words(removed)}"] if removed else []
    if not words:
        return f"lists the values of {field} differently, which means the same"
    return f"{' and '.join(words)} in {field}"


def missing_in_words(here: Sequence[Any], there: Sequence[Any]) -> list[str]:
    """In words, what is there and not here."""
    known = {json_key(value) for value in here}
    return [value_in_words(value) for value in there if json_key(value) not in known]
