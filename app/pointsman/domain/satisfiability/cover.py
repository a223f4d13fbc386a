"""Which of the boxes seen so far covers this one? Looked up by values and spans, not one by one, and with a budget."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pointsman.domain.satisfiability.boxes import Box, BoxExpander, OpaqueTest
from pointsman.domain.satisfiability.value_sets import Endpoint, TypedValueSet, ValueSet

_FEW = 32
_UNLISTED = object()  # under which a box is found that does not list its values


class _SpanStaircase:
    """Spans of one field alone, none within another: both ends rise from step to step."""

    __slots__ = ("highs", "lows", "rules")

    def __init__(self) -> None:
        self.lows: list[tuple[object, ...]] = []
        self.highs: list[tuple[object, ...]] = []
        self.rules: list[int] = []

    def covering(self, values: TypedValueSet) -> int | None:
        at = bisect_right(self.lows, _low(values.low)) - 1
        return self.rules[at] if at >= 0 and self.highs[at] >= _high(values.high) else None

    def add(self, rule: int, values: TypedValueSet) -> None:
        """A span that no step covers; steps within it give way."""
        low, high = _low(values.low), _high(values.high)
        first = last = bisect_right(self.lows, low)
        if first and self.lows[first - 1] == low:
            first -= 1
        while last < len(self.highs) and self.highs[last] <= high:
            last += 1
        self.lows[first:last], self.highs[first:last], self.rules[first:last] = [low], [high], [rule]


def _low(end: Endpoint | None) -> tuple[object, ...]:
    return (0,) if end is None else (1, end.value, end.open)


def _high(end: Endpoint | None) -> tuple[object, ...]:
    return (1,) if end is None else (0, end.value, not end.open)


class _Group:
    """Boxes that limit the same fields and name the same tests."""

    __slots__ = ("boxes", "fields", "postings")

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = frozenset(fields)
        self.boxes: list[tuple[int, Box]] = []
        self.postings: dict[str, dict[object, list[int] | set[int]]] = {}  # positions in `boxes`, by field and value

    def add(self, rule: int, box: Box) -> None:
        at = len(self.boxes)
        self.boxes.append((rule, box))
        for name, region in box.fields.items():
            values = region.finite_values
            by_value = self.postings.get(name)
            if by_value is None:
                if values is None:
                    continue  # as long as none lists its values, all may cover
                by_value = self.postings[name] = {_UNLISTED: list(range(at))} if at else {}
            for value in values or (_UNLISTED,):
                found = by_value.get(value)
                if isinstance(found, set):
                    found.add(at)
                elif found is None:
                    by_value[value] = [at]
                else:
                    found.append(at)
                    if len(found) > _FEW:
                        by_value[value] = set(found)

    def fitting(self, box: Box) -> list[int]:
        """Positions of the boxes that may cover `box`, in order: those that admit a value of each of its fields."""
        found = [self._admitting(name, box.fields[name]) for name in self.postings]
        if not found:
            return list(range(len(self.boxes)))
        found.sort(key=len)
        fewest, *others = found
        return sorted(set(fewest).intersection(*others) if others else fewest)

    def _admitting(self, name: str, region: ValueSet) -> list[int] | set[int]:
        known = self.postings[name]
        values = region.finite_values
        unlisted = known.get(_UNLISTED, [])
        if values is None:
            return unlisted
        fewest = min((known.get(value, []) for value in values), key=len, default=[])
        return {*fewest, *unlisted} if unlisted else fewest


class LeadCover:
    """The leads that are taken already, as boxes, each with the rule that takes them."""

    def __init__(self, expander: BoxExpander, *, budget: int) -> None:
        self._expander = expander
        self._left = budget
        self._stairs: dict[tuple[str, type], _SpanStaircase] = {}
        self._groups: dict[tuple[frozenset[str], frozenset[OpaqueTest]], _Group] = {}
        self._plain: list[_Group] = []
        self._by_test: dict[OpaqueTest, list[_Group]] = {}
        self._by_tested_field: dict[str, list[_Group]] = {}

    @property
    def is_exhausted(self) -> bool:
        return self._left <= 0

    def add(self, rule: int, box: Box) -> None:
        """From here on `rule` takes every lead in `box`."""
        self._left -= 4
        single = _span_alone(box)
        if single is not None:
            name, kind, values = single
            stairs = self._stairs.setdefault((name, kind), _SpanStaircase())
            if stairs.covering(values) is None:
                stairs.add(rule, values)
            return
        signature = (frozenset(box.fields), box.tests)
        group = self._groups.get(signature)
        if group is None:
            group = self._groups[signature] = _Group(box.fields)
            if not box.tests:
                self._plain.append(group)
            else:
                anchor = next(iter(box.tests))  # any of them: a box that covers names them all
                self._by_test.setdefault(anchor, []).append(group)
                self._by_tested_field.setdefault(anchor.field, []).append(group)
        group.add(rule, box)

    def find_covering_rule(self, box: Box) -> int | None:
        """The first rule found with a box that covers `box`; None if there is none, or the budget is used up."""
        best: int | None = None
        for name, region in box.fields.items():
            for kind, values in region.kinds.items() if len(region.kinds) == 1 and not region.may_be_absent else ():
                stairs = self._stairs.get((name, kind))
                rule = stairs.covering(_hull(values)) if stairs is not None else None
                best = rule if best is None or (rule is not None and rule < best) else best
        for group in self._related(box):
            self._left -= 1
            if not group.fields <= box.fields.keys():
                continue
            for position in group.fitting(box):
                rule, candidate = group.boxes[position]
                if best is not None and rule >= best:
                    break
                self._left -= 4
                if self._left <= 0:
                    return best
                if self._expander.covers(candidate, box):
                    best = rule
                    break
        return best

    def _related(self, box: Box) -> Iterator[_Group]:
        yield from self._plain
        for test in box.tests:
            yield from self._by_test.get(test, ())
        for name, region in box.fields.items():
            if region.finite_values is not None:
                yield from self._by_tested_field.get(name, ())


def _span_alone(box: Box) -> tuple[str, type, TypedValueSet] | None:
    """The span that is all this box asks for, if it has no holes."""
    if len(box.fields) != 1 or box.tests:
        return None
    name, region = next(iter(box.fields.items()))
    if region.may_be_absent or len(region.kinds) != 1:
        return None
    kind, values = next(iter(region.kinds.items()))
    plain = kind in (float, datetime, timedelta) and values.members is None and not values.excluded
    return (name, kind, values) if plain else None


def _hull(values: TypedValueSet) -> TypedValueSet:
    """The smallest span around a finite set of values, or the span itself."""
    if not values.members:
        return values
    ordered = sorted(values.members)  # type: ignore[type-var]  # of one kind, as a field's region has them
    return TypedValueSet(low=Endpoint(ordered[0]), high=Endpoint(ordered[-1]))
