"""What would have to be otherwise for a condition to be true: few changed facts, each proposal tried out before it is made.

The search is bounded: it keeps the shortest few ways of every part, so that its answer is small rather than complete.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from pointsman.domain.conditions.definitions import NO_DEFINITIONS, Definitions
from pointsman.domain.conditions.evaluator import (
    LeafResult,
    Predicate,
    TruthValue,
    compile_condition,
    explain_condition,
)
from pointsman.domain.counterfactuals.flip_leaf import (
    LeafGoal,
    ValueProposal,
    describe_goal,
    evaluate_leaf,
    propose_values,
)
from pointsman.domain.leads.facts import STANDARD_FIELDS, Facts, FactValue, FieldType
from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.conditions_model import All, AnyOf, Condition, IcpRef, Leaf, Not, PersonaRef, SegmentRef

MAX_CHANGES = 8  # a rule that needs more is not near
MAX_WAYS = 6  # kept of every part
_COMBINED = 60  # values tried together, per way
_LEAVES = 5_000  # looked at, per condition

LeafGoals = tuple[LeafGoal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """One fact that would have to be otherwise; `value` is one that would do, or None where none is told.

    `unset`: the fact would have to be unknown.
    """

    field: str
    words: Message
    value: FactValue | None = None
    unset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Changes that make a condition true together; `proven` when that was tried with values, and none is one too many."""

    changes: tuple[FactChange, ...]
    failing: tuple[LeafResult, ...]
    proven: bool

    @property
    def sentence(self) -> Message:
        told = tuple(say("goal.change", field=change.field, goal=change.words) for change in self.changes)
        return say("goal.changes", changes=told)


def what_if(
    condition: Condition,
    facts: Facts,
    definitions: Definitions = NO_DEFINITIONS,
    types: Mapping[str, FieldType] = STANDARD_FIELDS,
    whole: Callable[[Facts], Facts] = dict,
) -> WhatIf | None:
    """The fewest changes found that make `condition` true of `facts`; None when it is true, or none of a few will do.

    `whole` gives changed facts what follows from them (scores), before they are tried.
    """
    search = _Search(definitions, facts)
    compiled = compile_condition(condition, definitions)

    def test(changed: Facts) -> TruthValue:
        return compiled(whole(changed))

    if test(facts) is True:
        return None
    ways = search.ways(condition, wanted=True)
    always = dict.fromkeys(islice(_always(condition, definitions, wanted=True), _LEAVES))
    for way in ways:
        if found := _tried(test, way, always, facts, definitions, types):
            return found
    if not ways:
        return None
    way = ways[0]
    changes = tuple(FactChange(field=field, words=_merged(goals)) for field, goals in _by_field(way, always).items())
    return WhatIf(changes=changes, failing=_failing(way, facts, definitions), proven=False)


class _Search:
    """The shortest ways to make a condition answer what is wanted; the empty way: it does so already."""

    def __init__(self, definitions: Definitions, facts: Facts) -> None:
        self._definitions = definitions
        self._facts = facts
        self._left = _LEAVES

    def ways(self, condition: Condition, *, wanted: bool) -> list[LeafGoals]:
        match condition:
            case Leaf():
                self._left -= 1
                if self._left < 0:
                    return []
                holds = evaluate_leaf(condition, self._facts, self._definitions) is wanted
                return [()] if holds else [(LeafGoal(leaf=condition, wanted=wanted),)]
            case Not(not_=part):
                return self.ways(part, wanted=not wanted)
            case SegmentRef() | IcpRef() | PersonaRef():
                return self.ways(self._definitions.conditions[condition.key], wanted=wanted)
            case All(all=parts):
                return (self._together if wanted else self._either)(parts, wanted=wanted)
            case AnyOf(any=parts):
                return (self._either if wanted else self._together)(parts, wanted=wanted)

    def _together(self, parts: tuple[Condition, ...], *, wanted: bool) -> list[LeafGoals]:
        found: list[LeafGoals] = [()]
        for part in parts:
            more = self.ways(part, wanted=wanted)
            found = _shortest(tuple(dict.fromkeys((*way, *other))) for way in found for other in more)
            if not found:
                return []
        return found

    def _either(self, parts: tuple[Condition, ...], *, wanted: bool) -> list[LeafGoals]:
        found: list[LeafGoals] = []
        for part in parts:
            found = _shortest([*found, *self.ways(part, wanted=wanted)])
            if found and not found[0]:
                return [()]
        return found


def _always(condition: Condition, definitions: Definitions, *, wanted: bool) -> Iterator[LeafGoal]:
    """What every way has in common: tests that may hold already, and have to go on holding."""
    match condition:
        case Leaf():
            yield LeafGoal(leaf=condition, wanted=wanted)
        case Not(not_=part):
            yield from _always(part, definitions, wanted=not wanted)
        case SegmentRef() | IcpRef() | PersonaRef():
            yield from _always(definitions.conditions[condition.key], definitions, wanted=wanted)
        case All(all=parts) | AnyOf(any=parts):
            if len(parts) == 1 or isinstance(condition, All) is wanted:
                for part in parts:
                    yield from _always(part, definitions, wanted=wanted)


def _shortest(ways: Iterator[LeafGoals] | list[LeafGoals]) -> list[LeafGoals]:
    short = [way for way in ways if len(way) <= MAX_CHANGES]
    return sorted(dict.fromkeys(short), key=len)[:MAX_WAYS]


def _tried(
    test: Predicate,
    way: LeafGoals,
    always: Iterable[LeafGoal],
    facts: Facts,
    definitions: Definitions,
    types: Mapping[str, FieldType],
) -> WhatIf | None:
    """The way with values that make the condition true, without what turns out not to be needed."""
    by_field = _by_field(way, always)
    choices = [_choices(goals, facts, definitions, types) for goals in by_field.values()]
    for values in islice(product(*choices), _COMBINED):
        chosen = dict(zip(by_field, values, strict=True))
        if test(_with(facts, chosen)) is True:
            for field in list(chosen):
                fewer = {name: proposal for name, proposal in chosen.items() if name != field}
                if test(_with(facts, fewer)) is True:
                    chosen = fewer
            changes = tuple(_change(field, by_field[field], proposal) for field, proposal in chosen.items())
            kept = tuple(goal for goal in way if goal.leaf.field in chosen)
            return WhatIf(changes=changes, failing=_failing(kept, facts, definitions), proven=True)
    return None


def _choices(
    goals: tuple[LeafGoal, ...], facts: Facts, definitions: Definitions, types: Mapping[str, FieldType]
) -> list[ValueProposal]:
    """The values that all goals of one field can live with; those that say something to a reader come first."""
    field = goals[0].leaf.field
    found: list[ValueProposal] = []
    for goal in goals:
        for proposal in propose_values(goal, facts, definitions, types):
            changed = _with(facts, {field: proposal})
            if all(evaluate_leaf(g.leaf, changed, definitions) is g.wanted for g in goals):
                found.append(proposal)
    return sorted(found, key=lambda proposal: not proposal.is_shown)


def _with(facts: Facts, chosen: Mapping[str, ValueProposal]) -> Facts:
    known = dict(facts)
    for field, proposal in chosen.items():
        if proposal.value is None:
            known.pop(field, None)
        else:
            known[field] = proposal.value
    return known


def _change(field: str, goals: tuple[LeafGoal, ...], proposal: ValueProposal) -> FactChange:
    value = proposal.value if proposal.is_shown else None
    return FactChange(field=field, words=_merged(goals), value=value, unset=proposal.value is None)


def _by_field(way: LeafGoals, always: Iterable[LeafGoal]) -> dict[str, tuple[LeafGoal, ...]]:
    """What is asked of each field that changes: also what holds of it already."""
    found: dict[str, dict[LeafGoal, None]] = {goal.leaf.field: {} for goal in way}
    for goal in (*way, *always):
        if goal.leaf.field in found:
            found[goal.leaf.field][goal] = None
    return {field: tuple(goals) for field, goals in found.items()}


def _merged(goals: tuple[LeafGoal, ...]) -> Message:
    told = tuple(dict.fromkeys(describe_goal(goal) for goal in goals))
    return told[0] if len(told) == 1 else say("goal.several", goals=told)


def _failing(way: LeafGoals, facts: Facts, definitions: Definitions) -> tuple[LeafResult, ...]:
    """What the leaves of a way say as things are."""
    return tuple(result for goal in way for result in explain_condition(goal.leaf, facts, definitions))
