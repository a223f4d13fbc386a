"""What a condition needs of a lead's values to be true, and what is left to ask once those are looked up."""

from collections.abc import Collection
from dataclasses import dataclass

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.predicates import countries_in_groups
from pointsman.domain.policy.conditions_model import (
    ORDERING_OPERATORS,
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    NamedRef,
    Operator,
    PersonaRef,
    SegmentRef,
)
from pointsman.domain.policy.operands import FieldRef

#: A named condition of more parts is asked as a whole, since each rule that names it would carry them all.
MAX_INLINED_PARTS = 50
#: When so many values of lists have been compared with each other, what is left of a policy is not indexed.
MAX_COMPARED_VALUES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCondition:
    """A condition as a conjunction: of looked-up tests, of named conditions, and of the rest.

    `needs`: per field, the values of which it must have one, also for what is named. `exact`: tests that are true
    whenever the field has such a value, and `ranged`: comparisons with numbers; neither need be asked again once they
    were looked up.
    """

    required_values: dict[str, frozenset[object]]
    exact: tuple[Leaf, ...] = ()
    ranged: tuple[Leaf, ...] = ()
    named: "tuple[tuple[str, SplitCondition], ...]" = ()
    rest: tuple[Condition, ...] = ()

    @property
    def all_ranged(self) -> tuple[Leaf, ...]:
        """The comparisons with numbers, those of named conditions too."""
        return (*self.ranged, *(leaf for _, inner in self.named for leaf in inner.all_ranged))

    def still_to_test(
        self, values: Collection[str], ranges: Collection[str]
    ) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
        """The names and conditions still to be asked when these fields were looked up by value and by range."""
        names = tuple(name for name, inner in self.named if any(inner.still_to_test(values, ranges)))
        exact = (leaf for leaf in self.exact if leaf.field not in values)
        ranged = (leaf for leaf in self.ranged if leaf.field not in ranges)
        return names, (*exact, *ranged, *self.rest)


class ConditionSplitter:
    """Takes the conditions of one policy apart, each named one once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._named: dict[str, SplitCondition] = {}
        self._room = MAX_COMPARED_VALUES

    def split(self, condition: Condition | None) -> SplitCondition:
        """`condition` taken apart; it is true of a lead exactly if all parts are."""
        match condition:
            case None:
                return SplitCondition(required_values={})
            case _ if self._room <= 0:
                return SplitCondition(required_values={}, rest=(condition,))
            case All(all=parts):
                return self._joined([self.split(part) for part in parts])
            case Leaf():
                return self._of_leaf(condition)
            case SegmentRef() | IcpRef() | PersonaRef() if condition.key in self._definitions.conditions:
                inner = self._of_name(condition.key)
                return SplitCondition(required_values=inner.required_values, named=((condition.key, inner),))
            case _:
                return SplitCondition(required_values=self._needed(condition), rest=(condition,))

    def _of_name(self, key: str) -> SplitCondition:
        if key not in self._named:
            condition = self._definitions.conditions[key]
            inner = self.split(condition)
            large = len(inner.exact) + len(inner.ranged) + len(inner.named) + len(inner.rest) > MAX_INLINED_PARTS
            self._named[key] = (
                SplitCondition(required_values=inner.required_values, rest=(condition,)) if large else inner
            )
        return self._named[key]

    def _of_leaf(self, leaf: Leaf) -> SplitCondition:
        needs = self._needed(leaf)
        if needs and all(isinstance(value, str) for value in needs[leaf.field]):
            return SplitCondition(required_values=needs, exact=(leaf,))
        bounds = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
        if leaf.operator in ORDERING_OPERATORS and all(isinstance(bound, (int, float)) for bound in bounds):
            return SplitCondition(required_values={}, ranged=(leaf,))
        return SplitCondition(required_values=needs, rest=(leaf,))

    def _joined(self, parts: list[SplitCondition]) -> SplitCondition:
        needs: dict[str, frozenset[object]] = {}
        for part in parts:
            for field, wanted in part.required_values.items():
                if field in needs:
                    self._room -= len(wanted)
                needs[field] = needs[field] & wanted if field in needs else wanted
        return SplitCondition(
            required_values=needs,
            exact=tuple(leaf for part in parts for leaf in part.exact),
            ranged=tuple(leaf for part in parts for leaf in part.ranged),
            named=tuple({name: inner for part in parts for name, inner in part.named}.items()),
            rest=tuple(condition for part in parts for condition in part.rest),
        )

    def _needed(self, condition: Condition) -> dict[str, frozenset[object]]:
        match condition:
            case Leaf(operator=Operator.IN_GROUP):
                names = condition.operand if isinstance(condition.operand, tuple) else ()
                return {condition.field: countries_in_groups(names, self._definitions)}
            case Leaf(operator=Operator.EQUALS | Operator.IN) if not isinstance(condition.operand, FieldRef):
                operand = condition.operand
                return {condition.field: frozenset(operand if isinstance(operand, tuple) else (operand,))}
            case AnyOf(any=parts):
                first, *others = [self._needed(part) for part in parts]
                self._room -= sum(len(values) for other in (first, *others) for values in other.values())
                shared = {field for field in first if all(field in other for other in others)}
                return {field: first[field].union(*(other[field] for other in others)) for field in shared}
            case All() | SegmentRef() | IcpRef() | PersonaRef():
                return self.split(condition).required_values if _is_known(condition, self._definitions) else {}
            case _:
                return {}


def _is_known(condition: Condition, definitions: Definitions) -> bool:
    """False for a name that is not defined; compiling it says so."""
    return not isinstance(condition, NamedRef) or condition.key in definitions.conditions
