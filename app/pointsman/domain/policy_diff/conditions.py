"""What changed in a condition, in words: "now also takes CH in lead.country"."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from pointsman.domain.policy.wording import in_words, operation, phrase, say, several, shape
from pointsman.domain.policy_diff.changes import Change, Place, essence, same

Condition = Mapping[str, Any]

_EXCLUDING = frozenset({"not_in", "contains_none"})
_GROUPS = ("all", "any")


def compare_conditions(place: Place, before: Condition | None, after: Condition | None) -> Iterator[Change]:
    """At least one change, exactly when they differ."""
    if same(before, after):
        return
    if before is None:
        yield place.change(f"now asks that {in_words(after or {})}; before, it asked nothing", before, after, "new")
    elif after is None:
        yield place.change(f"asks nothing any more; before, it asked that {in_words(before)}", before, after, "gone")
    else:
        yield from _compare(place, before, after, "")


def _compare(place: Place, before: Condition, after: Condition, inside: str) -> Iterator[Change]:
    """`inside` says when the change stands in a `not`, where taking more means taking less."""
    if same(before, after):
        return
    old, new = shape(before), shape(after)
    if old == new == "not":
        yield from _compare(place.at("not"), before["not"], after["not"], inside + "inside its 'not', ")
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


def _holds(parts: Sequence[Condition], part: Condition) -> bool:
    return len(parts) > 1 and any(same(one, part) for one in parts)


def _replaced(place: Place, before: Condition, after: Condition, inside: str) -> Change:
    asks, asked = in_words(after), in_words(before)
    words = f"now asks that {asks}, no longer that {asked}" if asks != asked else f"is written differently: {asks}"
    return place.change(inside + words, before, after)


def _compare_parts(
    place: Place, joint: str, before: Sequence[Condition], after: Sequence[Condition], inside: str
) -> Iterator[Change]:
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
        there = place.at(joint).at(i)
        if candidates := partners.get(_about(after[i])):
            partner = candidates.pop()
            left.discard(partner)
            yield from _compare(there, before[partner], after[i], inside)
        else:
            yield there.change(f"{inside}now also {stays} {in_words(after[i])}", None, after[i], "new")
    for i in sorted(left):
        yield place.at(joint).at(i).change(f"{inside}no longer {stays} {in_words(before[i])}", before[i], None, "gone")


def _unmatched(parts: Sequence[Condition], others: Sequence[Condition]) -> list[int]:
    there: dict[Hashable, int] = {}
    for other in others:
        there[essence(other)] = there.get(essence(other), 0) + 1
    left = []
    for i, part in enumerate(parts):
        key = essence(part)
        if there.get(key):
            there[key] -= 1
        else:
            left.append(i)
    return left


def _about(condition: Condition) -> Hashable:
    return (shape(condition), condition.get("field"))


def _compare_leaves(place: Place, before: Condition, after: Condition, inside: str) -> Iterator[Change]:
    (old, was), (new, now) = operation(before), operation(after)
    field = after["field"]
    if old != new:
        yield _replaced(place, before, after, inside)
    elif new != "between" and isinstance(was, list) and isinstance(now, list):
        yield place.at(new).change(inside + _values(new, field, was, now), was, now)
    else:
        words = f"now asks {field} {phrase(new, now)}, was {say(was) if new != 'present' else phrase(new, was)}"
        yield place.at(new).change(inside + words, was, now)


def _values(operator: str, field: str, before: list[Any], after: list[Any]) -> str:
    verb = "excludes" if operator in _EXCLUDING else "demands" if operator == "contains_all" else "takes"
    added, removed = missing_from(before, after), missing_from(after, before)
    words = [f"now also {verb} {several(added)}"] if added else []
    words += [f"no longer {verb} {several(removed)}"] if removed else []
    if not words:
        return f"lists the values of {field} differently, which means the same"
    return f"{' and '.join(words)} in {field}"


def missing_from(here: Sequence[Any], there: Sequence[Any]) -> list[str]:
    """In words, what is there and not here."""
    known = {essence(value) for value in here}
    return [say(value) for value in there if essence(value) not in known]
