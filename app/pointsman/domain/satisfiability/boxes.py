"""When is a condition true? As a few boxes: for each field a region, and tests that are only known by name.

A lead lies in a box when every field lies in its region and every named test answers as the box says. Where a condition
would need too many boxes, it is widened (`over`) or narrowed, as the caller asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import Predicate, compile_condition
from pointsman.domain.policy.conditions_model import (
    RELATIVE_TIME_OPERATORS,
    TEXT_OPERATORS,
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    ListOperator,
    Not,
    Operator,
    PersonaRef,
    SegmentRef,
    asks_a_list,
    is_relative_time,
)
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.satisfiability.leaf_value_sets import age_value_sets, leaf_value_sets
from pointsman.domain.satisfiability.value_sets import ABSENT, LISTS, PRESENT, TEXTS, ValueSet, one_of

MAX_BOXES = 128
MAX_NARROWED = 16  # of too many boxes, as many are kept: a rule hides little by the rest
MAX_TRIED_VALUES = 100  # values that a named test is tried on
MAX_STEPS = 150_000

#: Beside an instant's own region stands its distance from now, which relative tests ask about.
_AGE = "\x00age"


class OpaqueTest(NamedTuple):
    """A test that is known by its name alone, and what it answers."""

    field: str
    operator: Operator
    operand: object
    holds: bool


@dataclass(frozen=True, slots=True)
class Box:
    """Leads whose fields lie in these value sets and for which these tests hold or not. A box without limits has all leads."""

    fields: Mapping[str, ValueSet]
    tests: frozenset[OpaqueTest] = frozenset()

    @property
    def is_unbounded(self) -> bool:
        return not self.fields and not self.tests


EVERY_LEAD = Box({})
Boxes = tuple[Box, ...]


class BoxExpander:
    """Turns the conditions of one policy into boxes; `is_exhausted` once the work allowed is used up."""

    def __init__(self, definitions: Definitions, *, steps: int = MAX_STEPS) -> None:
        self._definitions = definitions
        self._groups = definitions.country_groups
        self._left = steps
        self._approximated = False  # whether anything was widened or narrowed since this was last set
        self._named: dict[tuple[str, bool, bool], tuple[Boxes, bool]] = {}
        self._sides: dict[int, tuple[Condition, Boxes, Boxes]] = {}
        self._leaves: dict[tuple[object, ...], Leaf] = {}
        self._compiled: dict[tuple[object, ...], Predicate] = {}
        self._tried: dict[tuple[OpaqueTest, object], bool] = {}

    @property
    def is_exhausted(self) -> bool:
        return self._left <= 0

    def over_approximate(self, condition: Condition | None) -> Boxes:
        """Boxes that hold every lead for which `condition` is true, and perhaps others."""
        return (EVERY_LEAD,) if condition is None else self._boxes(condition, holds=True, over=True)

    def approximate(self, condition: Condition | None) -> tuple[Boxes, Boxes]:
        """`over_approximate`, and boxes that hold only leads for which `condition` is true, perhaps not all."""
        if condition is None:
            return (EVERY_LEAD,), (EVERY_LEAD,)
        if id(condition) not in self._sides:
            self._approximated = False
            wide = self.over_approximate(condition)
            narrow = self._boxes(condition, holds=True, over=False) if self._approximated else wide
            self._sides[id(condition)] = (condition, wide, narrow)  # kept alive, so that its id stays its own
        _, wide, narrow = self._sides[id(condition)]
        return wide, narrow

    def _give_up(self, boxes: Boxes) -> Boxes:
        self._approximated = True
        return boxes

    def _boxes(self, condition: Condition, *, holds: bool, over: bool) -> Boxes:
        if self.is_exhausted:
            return self._give_up((EVERY_LEAD,) if over else ())
        if isinstance(condition, Leaf):
            self._left -= 1
            return self._of_leaf(condition, holds=holds)
        match condition:
            case All(all=parts) | AnyOf(any=parts):
                ask = self._both if isinstance(condition, All) is holds else self._either
                return ask(parts, holds=holds, over=over)
            case Not(not_=part):
                return self._boxes(part, holds=not holds, over=over)
            case SegmentRef() | IcpRef() | PersonaRef():
                return self._of_name(condition.key, holds=holds, over=over)

    def _of_name(self, key: str, *, holds: bool, over: bool) -> Boxes:
        asked = (key, holds, over)
        if asked not in self._named:
            if key not in self._definitions.conditions:
                return self._give_up((EVERY_LEAD,) if over else ())
            before, self._approximated = self._approximated, False
            boxes = self._boxes(self._definitions.conditions[key], holds=holds, over=over)
            self._named[asked] = (boxes, self._approximated)
            self._approximated |= before
        boxes, rough = self._named[asked]
        self._approximated |= rough
        return boxes

    def _either(self, parts: Iterable[Condition], *, holds: bool, over: bool) -> Boxes:
        alone: dict[str, ValueSet] = {}
        rest: list[Box] = []
        for part in parts:
            for box in self._boxes(part, holds=holds, over=over):
                self._left -= 1
                if box.is_unbounded:
                    return (EVERY_LEAD,)
                field = next(iter(box.fields), "") if len(box.fields) == 1 and not box.tests else ""
                joined = box.fields[field].union(alone[field]) if field in alone else box.fields.get(field)
                if field and joined is not None:
                    alone[field] = joined
                else:
                    rest.append(box)
                    if len(rest) > MAX_BOXES:
                        return self._give_up((EVERY_LEAD,) if over else tuple(rest[:MAX_BOXES]))
        if any(region.is_unrestricted for region in alone.values()):
            return (EVERY_LEAD,)
        return (*(Box({field: region}) for field, region in alone.items()), *rest)

    def _both(self, parts: Iterable[Condition], *, holds: bool, over: bool) -> Boxes:
        found: Boxes = (EVERY_LEAD,)
        for boxes in sorted((self._boxes(part, holds=holds, over=over) for part in parts), key=len):
            limit = MAX_BOXES
            if len(found) * len(boxes) > MAX_BOXES:
                self._approximated = True
                if over:
                    continue
                limit = MAX_NARROWED
            met: list[Box] = []
            for one, other in product(found, boxes):
                self._left -= 1
                if (both := self.intersect(one, other)) is not None:
                    met.append(both)
                    if len(met) >= limit:
                        break
            found = tuple(met)
            if not found:
                break
        return found

    def _of_leaf(self, leaf: Leaf, *, holds: bool) -> Boxes:
        operator, operand, field = leaf.operator, leaf.operand, leaf.field
        if operator is Operator.PRESENT:
            return (Box({field: PRESENT if operand is holds else ABSENT}),)
        if isinstance(operand, timedelta) and is_relative_time(operator):
            dated = ValueSet(may_be_absent=False, kinds={datetime: PRESENT.kinds[datetime]})
            return tuple(
                Box({field: dated, field + _AGE: ages}) for ages in age_value_sets(operator, operand, holds=holds)
            )
        if not isinstance(operand, FieldRef):
            if operator is Operator.IN_GROUP and isinstance(operand, tuple) and all(g in self._groups for g in operand):
                operator, operand = Operator.IN, tuple(code for group in operand for code in self._groups[group])
            regions = leaf_value_sets(operator, operand, holds=holds)
            if regions is not None:
                return tuple(Box({field: region}) for region in regions if not region.is_empty)
        if asks_a_list(operator) and isinstance(operand, tuple) and len(operand) <= MAX_BOXES:
            return self._of_items(leaf, operator, operand, holds=holds)
        return self._of_name_alone(leaf, holds=holds)

    def _of_name_alone(self, leaf: Leaf, *, holds: bool) -> Boxes:
        operator, operand, field = leaf.operator, leaf.operand, leaf.field
        fields = {field: TEXTS if operator in TEXT_OPERATORS else PRESENT}
        if isinstance(operand, FieldRef):
            fields[operand.field] = PRESENT
        return (Box(fields, frozenset({self._opaque_test(leaf, holds=holds)})),)

    def _of_items(self, leaf: Leaf, operator: ListOperator, items: tuple[str, ...], *, holds: bool) -> Boxes:
        """A question about several items of a list, as questions about each. What cannot be said so is `_of_name_alone`."""
        wanted: bool  # of each item
        every: bool  # whether all questions must be answered so, or one
        match operator:  # without `case _`: the type checker names an operator that is not answered
            case Operator.CONTAINS_ANY:
                wanted, every = holds, not holds
            case Operator.CONTAINS_ALL:
                wanted, every = holds, holds
            case Operator.CONTAINS_NONE:
                wanted, every = not holds, holds
        single = [self._opaque_test(Leaf(field=leaf.field, contains=item), holds=wanted) for item in items]
        grouped = [frozenset(single)] if every else [frozenset({test}) for test in single]
        return tuple(Box({leaf.field: LISTS}, tests) for tests in grouped)

    def _opaque_test(self, leaf: Leaf, *, holds: bool) -> OpaqueTest:
        named = OpaqueTest(leaf.field, leaf.operator, leaf.operand, holds)
        self._leaves.setdefault(named[:3], leaf)
        return named

    def intersect(self, one: Box, other: Box) -> Box | None:
        """The leads that lie in both; None when none can."""
        if one.is_unbounded or other.is_unbounded:
            return other if one.is_unbounded else one
        fields = dict(one.fields)
        for field, region in other.fields.items():
            mine = fields.get(field)
            fields[field] = region if mine is None or mine is region else mine.intersection(region)
            if mine is not None and fields[field].is_empty:
                return None
        tests = one.tests | other.tests
        self._left -= len(tests)
        for test in one.tests if len(one.tests) < len(other.tests) else other.tests:
            if OpaqueTest(test.field, test.operator, test.operand, not test.holds) in tests:
                return None
        for test in tuple(tests):
            values = fields[test.field].finite_values
            if values is not None and self._is_decided_by(test, values):
                tests -= {test}
                fields[test.field] = one_of(value for value in values if self._answers(test, value))
                if fields[test.field].is_empty:
                    return None
        return Box(fields, tests)

    def covers(self, box: Box, inner: Box) -> bool:
        """Whether every lead of `inner` lies in `box` for certain."""
        for field, region in box.fields.items():
            theirs = inner.fields.get(field)
            if theirs is None or not region.covers(theirs):
                return False
        return all(test in inner.tests or self._implied(test, inner) for test in box.tests)

    def _implied(self, test: OpaqueTest, inner: Box) -> bool:
        region = inner.fields.get(test.field)
        values = region.finite_values if region is not None else None
        if values is None or not self._is_decided_by(test, values):
            return False
        return all(self._answers(test, value) for value in values)

    @staticmethod
    def _is_decided_by(test: OpaqueTest, values: frozenset[object]) -> bool:
        """Whether the answer depends on these few values alone."""
        return (
            len(values) <= MAX_TRIED_VALUES
            and not isinstance(test.operand, FieldRef)
            and test.operator not in RELATIVE_TIME_OPERATORS
        )

    def _answers(self, test: OpaqueTest, value: Any) -> bool:
        key = (test, value)
        if key not in self._tried:
            self._left -= 1
            asked = test[:3]
            if asked not in self._compiled:
                self._compiled[asked] = compile_condition(self._leaves[asked], self._definitions)
            self._tried[key] = self._compiled[asked]({test.field: value}) is test.holds
        return self._tried[key]
