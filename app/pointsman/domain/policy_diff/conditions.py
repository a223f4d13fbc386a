"""What changed in a condition: "now also takes CH in lead.country"."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.condition_wording import condition_kind, operator_and_operand
from pointsman.domain.policy_diff.changes import DiffLocation, PolicyChange, json_key, same_json
from pointsman.domain.policy_diff.parts import asks, missing_values
from pointsman.domain.policy_words.conditions import operand_message

ConditionJson = Mapping[str, Any]

_EXCLUDING = frozenset({"not_in", "contains_none"})
_GROUPS = ("all", "any")
_DEMANDS = ("diff.demands-also", "diff.demands-no-longer")
_ACCEPTS = ("diff.accepts-also", "diff.accepts-no-longer")


def compare_conditions(
    place: DiffLocation, before: ConditionJson | None, after: ConditionJson | None
) -> Iterator[PolicyChange]:
    """At least one change, exactly when they differ."""
    if same_json(before, after):
        return
    if before is None:
        yield place.change(say("diff.asks-first", condition=asks(after or {})), before, after, "new")
    elif after is None:
        yield place.change(say("diff.asks-nothing", condition=asks(before)), before, after, "gone")
    else:
        yield from _compare(place, before, after, 0)


def _compare(place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: int) -> Iterator[PolicyChange]:
    """`inside` says in how many a `not` the change stands, where taking more means taking less."""
    if same_json(before, after):
        return
    old, new = condition_kind(before), condition_kind(after)
    if old == new == "not":
        yield from _compare(place.child("not"), before["not"], after["not"], inside + 1)
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


def _within(inside: int, what: Message) -> Message:
    for _ in range(inside):
        what = say("diff.inside-not", change=what)
    return what


def _replaced(place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: int) -> PolicyChange:
    now, was = asks(after), asks(before)
    what = say("diff.asks-instead", now=now, was=was) if now != was else say("diff.written-differently", condition=now)
    return place.change(_within(inside, what), before, after)


def _compare_parts(
    place: DiffLocation, joint: str, before: Sequence[ConditionJson], after: Sequence[ConditionJson], inside: int
) -> Iterator[PolicyChange]:
    """Parts that stayed are left out; of the rest, those about the same field belong together."""
    gone, new = _unmatched(before, after), _unmatched(after, before)
    partners: dict[Hashable, list[int]] = {}
    for i in reversed(gone):
        partners.setdefault(_about(before[i]), []).append(i)
    if not gone and not new:
        what = say("diff.same-in-order")
        yield place.change(_within(inside, what), list(before), list(after), "moved")
    also, no_longer = _DEMANDS if joint == "all" else _ACCEPTS
    left = set(gone)
    for i in new:
        there = place.child(joint).child(i)
        if candidates := partners.get(_about(after[i])):
            partner = candidates.pop()
            left.discard(partner)
            yield from _compare(there, before[partner], after[i], inside)
        else:
            yield there.change(_within(inside, say(also, condition=asks(after[i]))), None, after[i], "new")
    for i in sorted(left):
        what = _within(inside, say(no_longer, condition=asks(before[i])))
        yield place.child(joint).child(i).change(what, before[i], None, "gone")


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
    place: DiffLocation, before: ConditionJson, after: ConditionJson, inside: int
) -> Iterator[PolicyChange]:
    (old, was), (new, now) = operator_and_operand(before), operator_and_operand(after)
    if old != new or new == "present":
        yield _replaced(place, before, after, inside)
    elif new != "between" and isinstance(was, list) and isinstance(now, list):
        yield place.child(new).change(_within(inside, _values(new, after["field"], was, now)), was, now)
    else:
        what = say("diff.asks-now", condition=asks(after), was=operand_message(old, was, shortened=True))
        yield place.child(new).change(_within(inside, what), was, now)


def _values(operator: str, field: str, before: list[Any], after: list[Any]) -> Message:
    key = "diff.excludes" if operator in _EXCLUDING else "diff.demands" if operator == "contains_all" else "diff.takes"
    words = partial(operand_message, operator, shortened=True)
    added, removed = missing_values(before, after, words), missing_values(after, before, words)
    if added is None and removed is None:
        return say("diff.values-reordered", field=field)
    if removed is None:
        return say("diff.now-also-in", what=say(key, values=added), field=field)
    if added is None:
        return say("diff.no-longer-in", what=say(key, values=removed), field=field)
    return say("diff.both-in", added=say(key, values=added), removed=say(key, values=removed), field=field)
