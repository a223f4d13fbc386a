"""Looking a lead's values up: by value for equality and membership, by range for comparisons with numbers."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.conditions_model import Leaf, Operator, is_ordering

_NUMBERS = frozenset({int, float})


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLookup:
    """The rules that each value of a field leaves possible; 0 is the number of every value that no rule names."""

    field: str
    buckets: Mapping[object, int]
    masks: Sequence[int]

    def bucket(self, facts: Facts) -> int:
        try:
            return self.buckets.get(facts.get(self.field), 0)
        except TypeError:  # no fact: what cannot be looked up equals nothing
            return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeLookup:
    """The rules that each stretch of numbers leaves possible: between two neighbouring `cuts`, or on one.

    0 is the number of what is no number: then only the rules that do not compare the field are possible.
    """

    field: str
    boundaries: Sequence[float]
    masks: Sequence[int]

    def bucket(self, facts: Facts) -> int:
        value = facts.get(self.field)
        if type(value) not in _NUMBERS or value != value:  # noqa: PLR0124  # NaN lies in no range
            return 0
        assert isinstance(value, (int, float))
        cuts = self.boundaries
        place = bisect_left(cuts, value)
        return 2 * place + (2 if place < len(cuts) and cuts[place] == value else 1)


def build_value_lookup(field: str, needs: Sequence[Mapping[str, Collection[object]]]) -> ValueLookup:
    """`needs` says per rule and field of which values a lead must have one."""
    positions: dict[object, list[int]] = {}
    askers: list[int] = []
    for i, need in enumerate(needs):
        if field in need:
            askers.append(i)
            for value in need[field]:
                positions.setdefault(value, []).append(i)
    indifferent = ((1 << len(needs)) - 1) ^ bit_mask(askers, len(needs))
    masks = [indifferent, *(indifferent | bit_mask(found, len(needs)) for found in positions.values())]
    return ValueLookup(field=field, buckets={value: number for number, value in enumerate(positions, 1)}, masks=masks)


def build_range_lookup(field: str, leaves: Sequence[Sequence[Leaf]]) -> RangeLookup:
    """`leaves` are each rule's comparisons with numbers, of this and other fields; all of a rule must be true."""
    cuts = sorted(
        {bound for of_rule in leaves for leaf in of_rule if leaf.field == field for bound in numeric_bounds(leaf)}
    )
    place = {cut: 2 * i + 2 for i, cut in enumerate(cuts)}
    last = 2 * len(cuts) + 1
    positions: list[list[int]] = [[] for _ in range(last + 1)]
    for i, of_rule in enumerate(leaves):
        first, end = 0, last
        for leaf in of_rule:
            if leaf.field == field:
                low, high = _stretch(leaf, place, last)
                first, end = max(first, low), min(end, high)
        for number in range(first, end + 1):
            positions[number].append(i)
    return RangeLookup(field=field, boundaries=cuts, masks=[bit_mask(found, len(leaves)) for found in positions])


def numeric_bounds(leaf: Leaf) -> tuple[float, ...]:
    """The numbers that `leaf` compares with."""
    operand = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
    return tuple(bound for bound in operand if isinstance(bound, (int, float)))


def bit_mask(positions: Sequence[int], size: int) -> int:
    """The number with these bits set."""
    bits = bytearray((size + 7) // 8)
    for position in positions:
        bits[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(bits, "little")


def _stretch(leaf: Leaf, place: Mapping[float, int], last: int) -> tuple[int, int]:
    low, high = place[numeric_bounds(leaf)[0]], place[numeric_bounds(leaf)[-1]]
    operator = leaf.operator
    assert is_ordering(operator)
    match operator:  # without `case _`: the type checker names an operator that is not answered
        case Operator.GTE:
            return low, last
        case Operator.GT:
            return low + 1, last
        case Operator.LTE:
            return 1, high
        case Operator.LT:
            return 1, high - 1
        case Operator.BETWEEN:
            return low, high
