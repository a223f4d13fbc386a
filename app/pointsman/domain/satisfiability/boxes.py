"""When is a condition true? As a few boxes: for each field a region, and tests that are only known by name.

A lead lies in a box when every field lies in its region and every named test answers as the box says. Where a condition
would need too many boxes, it is widened (`over`) or narrowed, whichever the caller can live with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import Test, compile_condition
from pointsman.domain.policy.conditions_model import (
    RELATIVE,
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    Not,
    Operator,
    PersonaRef,
    SegmentRef,
)
from pointsman.domain.policy.operands import Ref
from pointsman.domain.satisfiability.leaf_regions import MODELLED, ages_of, regions_of
from pointsman.domain.satisfiability.regions import ABSENT, LISTS, PRESENT, TEXTS, Region, one_of

MAX_BOXES = 128
MAX_NARROWED = 16  # of too many boxes, as many are kept: a rule hides little by the rest
MAX_TRIED = 100  # values that a named test is tried on
MAX_STEPS = 150_000

_OF_ITEMS = frozenset({Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.CONTAINS_NONE})
#: Unknown of anything but texts.
_OF_TEXTS = frozenset(
    {Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.MATCHES, Operator.MENTIONS, Operator.UNDER_DOMAIN}
)

#: Beside an instant's own region stands its distance from now, which relative tests ask about.
_AGE = "\x00age"


class Named(NamedTuple):
    """A test that is known by its name alone, and what it answers."""

    field: str
    operator: Operator
    operand: object
    holds: bool


@dataclass(frozen=True, slots=True)
class Box:
    """Leads whose fields lie in these regions, and of whom these tests are true or false; without any, all leads."""

    fields: Mapping[str, Region]
    tests: frozenset[Named] = frozenset()

    @property
    def unbounded(self) -> bool:
        return not self.fields and not self.tests


EVERY_LEAD = Box({})
Boxes = tuple[Box, ...]


class Expander:
    """Turns the conditions of one policy into boxes; `exhausted` once the work allowed is used up."""

    def __init__(self, definitions: Definitions, *, steps: int = MAX_STEPS) -> None:
        self._definitions = definitions
        self._groups = definitions.country_groups
        self._left = steps
        self._rough = False  # whether anything was widened or narrowed since this was last set
        self._named: dict[tuple[str, bool, bool], tuple[Boxes, bool]] = {}
        self._sides: dict[int, tuple[Condition, Boxes, Boxes]] = {}
        self._leaves: dict[tuple[object, ...], Leaf] = {}
        self._compiled: dict[tuple[object, ...], Test] = {}
        self._tried: dict[tuple[Named, object], bool] = {}

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def at_most(self, condition: Condition | None) -> Boxes:
        """Boxes that hold every lead of whom `condition` is true (and perhaps others)."""
        return (EVERY_LEAD,) if condition is None else self._boxes(condition, holds=True, over=True)

    def both_sides(self, condition: Condition | None) -> tuple[Boxes, Boxes]:
        """`at_most`, and boxes that hold only leads of whom `condition` is true (and perhaps not all)."""
        if condition is None:
            return (EVERY_LEAD,), (EVERY_LEAD,)
        if id(condition) not in self._sides:
            self._rough = False
            wide = self.at_most(condition)
            narrow = self._boxes(condition, holds=True, over=False) if self._rough else wide
            self._sides[id(condition)] = (condition, wide, narrow)  # kept alive, so that its id stays its own
        _, wide, narrow = self._sides[id(condition)]
        return wide, narrow

    def _given_up(self, boxes: Boxes) -> Boxes:
        self._rough = True
        return boxes

    def _boxes(self, condition: Condition, *, holds: bool, over: bool) -> Boxes:
        if self.exhausted:
            return self._given_up((EVERY_LEAD,) if over else ())
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
                return self._given_up((EVERY_LEAD,) if over else ())
            before, self._rough = self._rough, False
            boxes = self._boxes(self._definitions.conditions[key], holds=holds, over=over)
            self._named[asked] = (boxes, self._rough)
            self._rough |= before
        boxes, rough = self._named[asked]
        self._rough |= rough
        return boxes

    def _either(self, parts: Iterable[Condition], *, holds: bool, over: bool) -> Boxes:
        alone: dict[str, Region] = {}
        rest: list[Box] = []
        for part in parts:
            for box in self._boxes(part, holds=holds, over=over):
                self._left -= 1
                if box.unbounded:
                    return (EVERY_LEAD,)
                field = next(iter(box.fields), "") if len(box.fields) == 1 and not box.tests else ""
                joined = box.fields[field].join(alone[field]) if field in alone else box.fields.get(field)
                if field and joined is not None:
                    alone[field] = joined
                else:
                    rest.append(box)
                    if len(rest) > MAX_BOXES:
                        return self._given_up((EVERY_LEAD,) if over else tuple(rest[:MAX_BOXES]))
        if any(region.everything for region in alone.values()):
            return (EVERY_LEAD,)
        return (*(Box({field: region}) for field, region in alone.items()), *rest)

    def _both(self, parts: Iterable[Condition], *, holds: bool, over: bool) -> Boxes:
        found: Boxes = (EVERY_LEAD,)
        for boxes in sorted((self._boxes(part, holds=holds, over=over) for part in parts), key=len):
            limit = MAX_BOXES
            if len(found) * len(boxes) > MAX_BOXES:
                self._rough = True
                if over:
                    continue
                limit = MAX_NARROWED
            met: list[Box] = []
            for one, other in product(found, boxes):
                self._left -= 1
                if (both := self.meet(one, other)) is not None:
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
        if isinstance(operand, timedelta) and operator in RELATIVE:
            dated = Region(absent=False, kinds={datetime: PRESENT.kinds[datetime]})
            return tuple(Box({field: dated, field + _AGE: ages}) for ages in ages_of(operator, operand, holds=holds))
        if operator in MODELLED and not isinstance(operand, Ref):
            if operator is Operator.IN_GROUP and isinstance(operand, tuple) and all(g in self._groups for g in operand):
                operator, operand = Operator.IN, tuple(code for group in operand for code in self._groups[group])
            regions = regions_of(operator, operand, holds=holds)
            if regions is not None:
                return tuple(Box({field: region}) for region in regions if not region.empty)
        if operator in _OF_ITEMS and isinstance(operand, tuple) and len(operand) <= MAX_BOXES:
            return self._of_items(leaf, operand, holds=holds)
        fields = {field: TEXTS if operator in _OF_TEXTS else PRESENT}
        if isinstance(operand, Ref):
            fields[operand.field] = PRESENT
        return (Box(fields, frozenset({self._named_test(leaf, holds=holds)})),)

    def _of_items(self, leaf: Leaf, items: tuple[str, ...], *, holds: bool) -> Boxes:
        """A question about several items of a list, as questions about each."""
        wanted = holds is not (leaf.operator is Operator.CONTAINS_NONE)
        every = wanted is (leaf.operator is Operator.CONTAINS_ALL)
        single = [self._named_test(Leaf(field=leaf.field, contains=item), holds=wanted) for item in items]
        grouped = [frozenset(single)] if every else [frozenset({test}) for test in single]
        return tuple(Box({leaf.field: LISTS}, tests) for tests in grouped)

    def _named_test(self, leaf: Leaf, *, holds: bool) -> Named:
        named = Named(leaf.field, leaf.operator, leaf.operand, holds)
        self._leaves.setdefault(named[:3], leaf)
        return named

    def meet(self, one: Box, other: Box) -> Box | None:
        """The leads that lie in both; None when none can."""
        if one.unbounded or other.unbounded:
            return other if one.unbounded else one
        fields = dict(one.fields)
        for field, region in other.fields.items():
            mine = fields.get(field)
            fields[field] = region if mine is None or mine is region else mine.meet(region)
            if mine is not None and fields[field].empty:
                return None
        tests = one.tests | other.tests
        self._left -= len(tests)
        for test in one.tests if len(one.tests) < len(other.tests) else other.tests:
            if Named(test.field, test.operator, test.operand, not test.holds) in tests:
                return None
        for test in tuple(tests):
            values = fields[test.field].finite
            if values is not None and self._tells(test, values):
                tests -= {test}
                fields[test.field] = one_of(value for value in values if self._answers(test, value))
                if fields[test.field].empty:
                    return None
        return Box(fields, tests)

    def covers(self, box: Box, inner: Box) -> bool:
        """Whether every lead of `inner` lies in `box` for certain."""
        for field, region in box.fields.items():
            theirs = inner.fields.get(field)
            if theirs is None or not region.covers(theirs):
                return False
        return all(test in inner.tests or self._implied(test, inner) for test in box.tests)

    def _implied(self, test: Named, inner: Box) -> bool:
        region = inner.fields.get(test.field)
        values = region.finite if region is not None else None
        if values is None or not self._tells(test, values):
            return False
        return all(self._answers(test, value) for value in values)

    @staticmethod
    def _tells(test: Named, values: frozenset[object]) -> bool:
        """Whether the answer depends on these few values alone."""
        return len(values) <= MAX_TRIED and not isinstance(test.operand, Ref) and test.operator not in RELATIVE

    def _answers(self, test: Named, value: Any) -> bool:
        key = (test, value)
        if key not in self._tried:
            self._left -= 1
            asked = test[:3]
            if asked not in self._compiled:
                self._compiled[asked] = compile_condition(self._leaves[asked], self._definitions)
            self._tried[key] = self._compiled[asked]({test.field: value}) is test.holds
        return self._tried[key]
