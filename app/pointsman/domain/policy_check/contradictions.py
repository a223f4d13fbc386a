"""Conditions that no lead can meet, branches that never count, and conditions that every lead meets."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.conditions_model import All, AnyOf, Condition, Leaf, NamedRef, Not
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_words.terms import asked
from pointsman.domain.satisfiability.boxes import BoxExpander
from pointsman.domain.satisfiability.leaf_value_sets import MODELLED_OPERATORS
from pointsman.domain.satisfiability.value_sets import PRESENT, ValueSet

_NEVER_TRUE: Mapping[str, str] = {
    "segment": "finding.segment-never-true",
    "icp": "finding.icp-never-true",
    "persona": "finding.persona-never-true",
}
MAX_PAIRS = 500  # of parts, among which the two that clash are looked for


def check_contradictions(path: str, condition: Condition, expander: BoxExpander) -> Iterator[Finding]:
    """ "contradiction": an error where the whole can never be true, a warning for a branch. "always-true" likewise."""
    wide, narrow = expander.approximate(condition)
    if not wide:
        yield from _impossible(path, condition, expander, whole=True)
        return
    if any(box.is_unbounded for box in narrow):
        yield warning(path, "always-true", say("finding.always-true"))
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
                yield warning(path, "always-true", say("finding.true-when-known", field=known))
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
            yield _finding(path, say("finding.no-value-meets"), whole=whole)
        case Not():
            yield _finding(path, say("finding.not-never"), whole=whole)
        case _:
            yield _finding(path, _never_true(condition), whole=whole)


def _finding(path: str, why: Message, *, whole: bool) -> Finding:
    if whole:
        return error(path, "contradiction", say("finding.contradiction", why=why))
    return warning(path, "contradiction", say("finding.part-never-true", why=why))


def _never_true(named: NamedRef) -> Message:
    kind, _, name = named.key.partition(":")
    return say(_NEVER_TRUE[kind], name=name)


def _clash(parts: Sequence[Condition], expander: BoxExpander) -> Message:
    """Which two parts exclude each other, if two alone do."""
    for tried, ((i, one), (j, other)) in enumerate(combinations(enumerate(parts), 2)):
        if tried >= MAX_PAIRS:
            break
        if not expander.over_approximate(All(all=(one, other))):
            if isinstance(one, Leaf) and isinstance(other, Leaf):
                conditions = (asked(one), asked(other))
                return say("finding.two-exclude-each-other", first=i, second=j, conditions=conditions)
            return say("finding.parts-exclude-each-other", first=i, second=j)
    return say("finding.its-parts-exclude-each-other")


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
