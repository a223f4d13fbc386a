"""Conditions that no lead can meet, branches that never count, and conditions that every lead meets."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from pointsman.domain.policy.conditions_model import All, AnyOf, Condition, Leaf, Not
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.satisfiability.boxes import BoxExpander
from pointsman.domain.satisfiability.leaf_value_sets import MODELLED_OPERATORS
from pointsman.domain.satisfiability.value_sets import PRESENT, ValueSet

MAX_PAIRS = 500  # of parts, among which the two that clash are looked for


def check_contradictions(path: str, condition: Condition, expander: BoxExpander) -> Iterator[Finding]:
    """ "contradiction": an error where the whole can never be true, a warning for a branch. "always-true" likewise."""
    wide, narrow = expander.approximate(condition)
    if not wide:
        yield from _impossible(path, condition, expander, whole=True)
        return
    if any(box.is_unbounded for box in narrow):
        yield warning(path, "always-true", "this is true of every lead: remove it, or ask for what you mean")
    elif not isinstance(condition, Leaf):
        yield from _branches(path, condition, expander)


def _branches(path: str, condition: Condition, expander: BoxExpander) -> Iterator[Finding]:
    """Looks below a condition that can be true for parts that cannot, or that say less than they seem to."""
    match condition:
        case All(all=parts):
            for i, part in enumerate(parts):
                yield from _below(f"{path}.all[{i}]", part, expander)
        case AnyOf(any=parts):
            if known := _merely_known(parts, expander):
                message = (
                    f"these parts together are true whenever {known} is known: write 'present: true', or remove them"
                )
                yield warning(path, "always-true", message)
            for i, part in enumerate(parts):
                yield from _below(f"{path}.any[{i}]", part, expander)
        case Not(not_=part):
            yield from _below(f"{path}.not", part, expander)
        case _:
            pass


def _below(path: str, part: Condition, expander: BoxExpander) -> Iterator[Finding]:
    if isinstance(part, (All, AnyOf, Not)):
        if expander.over_approximate(part):
            yield from _branches(path, part, expander)
        else:
            yield from _impossible(path, part, expander, whole=False)


def _impossible(path: str, condition: Condition, expander: BoxExpander, *, whole: bool) -> Iterator[Finding]:
    """The smallest part that explains why `condition` is never true."""
    match condition:
        case All(all=parts):
            for i, part in enumerate(parts):
                if not expander.over_approximate(part):
                    yield from _impossible(f"{path}.all[{i}]", part, expander, whole=whole)
                    return
            yield _finding(path, _clash(parts, expander), whole=whole)
        case AnyOf(any=parts):
            for i, part in enumerate(parts):
                yield from _impossible(f"{path}.any[{i}]", part, expander, whole=whole)
        case Leaf():
            yield _finding(path, "no value meets this test", whole=whole)
        case Not():
            yield _finding(path, "what stands under 'not' is true or unknown, whatever the lead", whole=whole)
        case _:
            yield _finding(path, f"{condition.key.replace(':', ' ')} is never true", whole=whole)


def _finding(path: str, why: str, *, whole: bool) -> Finding:
    if whole:
        return error(path, "contradiction", f"no lead can ever meet this: {why}; change or remove one of them")
    return warning(path, "contradiction", f"this part is never true: {why}; change or remove it")


def _clash(parts: Sequence[Condition], expander: BoxExpander) -> str:
    """Which two parts exclude each other, if two alone do."""
    for tried, ((i, one), (j, other)) in enumerate(combinations(enumerate(parts), 2)):
        if tried >= MAX_PAIRS:
            break
        if not expander.over_approximate(All(all=(one, other))):
            return f"parts {i} and {j}{_about(one, other)} exclude each other"
    return "its parts exclude each other"


def _about(one: Condition, other: Condition) -> str:
    if isinstance(one, Leaf) and isinstance(other, Leaf):
        return f" ({one.field} {one.operator}, {other.field} {other.operator})"
    return ""


def _merely_known(parts: Sequence[Condition], expander: BoxExpander) -> str:
    """The field that every value of one type of meets one of `parts`, though no part alone says so; or ''."""
    if len(parts) < 2 or len(fields := {_field_of(part) for part in parts}) != 1 or None in fields:
        return ""
    alone = [expander.over_approximate(part) for part in parts]
    if any(len(boxes) != 1 or len(boxes[0].fields) != 1 or boxes[0].tests for boxes in alone):
        return ""
    ((field, joined),) = alone[0][0].fields.items()
    if _full(joined):
        return ""
    for ((name, region),) in (boxes[0].fields.items() for boxes in alone[1:]):
        union = joined.union(region) if name == field and not _full(region) else None
        if union is None:
            return ""
        joined = union
    return field if _full(joined) else ""


def _field_of(part: Condition) -> str | None:
    while isinstance(part, Not):
        part = part.not_
    return part.field if isinstance(part, Leaf) and part.operator in MODELLED_OPERATORS else None


def _full(region: ValueSet) -> bool:
    return any(values.covers(PRESENT.kinds[kind]) for kind, values in region.kinds.items() if kind in PRESENT.kinds)
