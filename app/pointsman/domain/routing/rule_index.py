"""An index over the rules' conditions: which rules a lead may match, and what is left to ask of each.

Tests for equality, membership and country groups, and comparisons with numbers, are answered by looking the lead's
values up; what a combination of values leaves over is worked out once and remembered. Named conditions are asked at most
once for each decision. It only leaves out rules that are not true, so the first match is that of a plain scan.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import compress
from math import prod

from pointsman.domain.conditions.evaluator import ConditionCompiler, Predicate, TruthValue
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.conditions_model import Leaf
from pointsman.domain.routing.rule_lookups import (
    RangeLookup,
    ValueLookup,
    build_range_lookup,
    build_value_lookup,
    numeric_bounds,
)
from pointsman.domain.routing.rule_requirements import SplitCondition

#: At most so many fields are looked up: those that most rules ask about; the others are simply tested.
MAX_FIELDS = 8
#: A field is indexed while its bit masks stay below this many bytes, ...
MAX_INDEX_BYTES = 16_000_000
#: ... and while all rules together list at most so many values for it.
MAX_LISTED_VALUES = 1_000_000
#: A field is looked up by range while the rules compare it with at most so many numbers, ...
MAX_BOUNDARIES = 64
#: ... and while there are at most so many combinations of values, since only what recurs is worth remembering.
MAX_COMBINATIONS = 100_000
#: How many references to rules are remembered for combinations of values, over all combinations.
MAX_CACHED_RULES = 1_000_000
#: From so many candidates on, the named conditions that many of them share are asked first.
GROUPING_THRESHOLD = 16

#: Position of the rule, the named conditions that must be true, and the test of what else is left, if anything.
RuleCandidate = tuple[int, tuple[str, ...], Predicate | None]
RequiredValues = Mapping[str, frozenset[object]]

_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


class RemainingRules:
    """The rules that one combination of values leaves over, in order."""

    __slots__ = ("candidates", "groups", "ungrouped")

    def __init__(self, candidates: tuple[RuleCandidate, ...]) -> None:
        self.candidates = candidates
        by_name: dict[str, list[RuleCandidate]] = {}
        for candidate in candidates if len(candidates) > GROUPING_THRESHOLD else ():
            if candidate[1]:
                by_name.setdefault(candidate[1][0], []).append(candidate)
        pays = sum(map(len, by_name.values())) > 2 * len(by_name)
        self.groups = [(name, tuple(group)) for name, group in by_name.items()] if pays else []
        self.ungrouped = tuple(candidate for candidate in candidates if not candidate[1]) if pays else candidates


class RuleIndex:
    """The rules of a policy behind what they need of a lead's values."""

    def __init__(self, splits: Sequence[SplitCondition], compiler: ConditionCompiler) -> None:
        needs, ranges = [part.required_values for part in splits], [part.all_ranged for part in splits]
        fields = _by_value(needs)
        ranged = _by_range(ranges, room=MAX_COMBINATIONS // prod(len(values) + 1 for values in fields.values()))
        self._lookups: list[ValueLookup | RangeLookup] = [
            *(build_value_lookup(field, needs) for field in fields),
            *(build_range_lookup(field, ranges) for field in ranged),
        ]
        self._candidates: list[RuleCandidate] = []
        for i, part in enumerate(splits):
            names, left = part.still_to_test(fields, ranged)
            self._candidates.append((i, names, compiler.compile_all(left) if left else None))
        self._numbers = [lookup.bucket for lookup in self._lookups]
        self._remembered: dict[tuple[int, ...], RemainingRules] = {}
        self._room = MAX_CACHED_RULES

    def remaining(self, facts: Facts, among: tuple[int, int]) -> RemainingRules:
        """What `facts` leaves over; `among` is a number, unique to it, and the mask of the rules that count."""
        key = (among[0], *[number(facts) for number in self._numbers])
        found = self._remembered.get(key)
        return found if found is not None else self._compute_remaining(key, among[1])

    def clear_cache(self) -> None:
        """Work every combination out again: for measuring what the first lead of its kind costs."""
        self._remembered.clear()
        self._room = MAX_CACHED_RULES

    def _compute_remaining(self, key: tuple[int, ...], mask: int) -> RemainingRules:
        for lookup, number in zip(self._lookups, key[1:], strict=True):
            mask &= lookup.masks[number]
        remaining = RemainingRules(tuple(self._candidates[i] for i in set_bit_positions(mask)))
        self._room -= len(remaining.candidates) + 20
        if self._room < 0:
            self._remembered.clear()
            self._room = MAX_CACHED_RULES
        self._remembered[key] = remaining
        return remaining


def evaluate_remaining(
    remaining: RemainingRules, facts: Facts, named: Mapping[str, Predicate]
) -> Iterator[tuple[int, TruthValue]]:
    """Position and outcome of the remaining rules, in order; where many share names, those with a true one alone."""
    answers: dict[str, TruthValue] = {}
    candidates: Iterator[RuleCandidate] | tuple[RuleCandidate, ...] = remaining.candidates
    if remaining.groups:
        true = []
        for name, group in remaining.groups:
            answers[name] = named[name](facts)
            if answers[name] is True:
                true.append(group)
        candidates = merge(remaining.ungrouped, *true, key=_position) if true else remaining.ungrouped
    for position, names, rest in candidates:
        outcome: TruthValue = True
        for name in names:
            if name in answers:
                answer = answers[name]
            else:
                answer = answers[name] = named[name](facts)
            if answer is not True:
                outcome = answer
                if answer is False:
                    break
        if rest is not None and outcome is not False:
            answer = rest(facts)
            outcome = answer if answer is not True else outcome
        yield position, outcome


def set_bit_positions(mask: int) -> Iterator[int]:
    """The positions of the bits set in `mask`, ascending."""
    if mask.bit_count() <= GROUPING_THRESHOLD:
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest
        return
    digits = bin(mask)[:1:-1]
    if mask.bit_count() * GROUPING_THRESHOLD > len(digits):
        yield from compress(range(len(digits)), digits.encode().translate(_DIGITS))
        return
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def _by_value(needs: Sequence[RequiredValues]) -> dict[str, set[object]]:
    """The fields to look up by value, with the values: those that most rules ask about, while their masks stay small."""
    askers = Counter(field for need in needs for field in need)
    listed: Counter[str] = Counter()
    for need in needs:
        listed.update({field: len(wanted) for field, wanted in need.items()})
    few = {field for field in askers if listed[field] <= MAX_LISTED_VALUES}
    values = {field: {value for need in needs for value in need.get(field, ())} for field in few}
    small = [field for field in few if len(values[field]) * len(needs) <= MAX_INDEX_BYTES * 8]
    return {field: values[field] for field in sorted(small, key=lambda field: (-askers[field], field))[:MAX_FIELDS]}


def _by_range(leaves: Sequence[Sequence[Leaf]], room: int) -> tuple[str, ...]:
    """The fields to look up by range: those that most rules compare, as long as combinations will recur."""
    askers = Counter(field for of_rule in leaves for field in {leaf.field for leaf in of_rule})
    cuts: dict[str, set[float]] = {field: set() for field in askers}
    for leaf in (leaf for of_rule in leaves for leaf in of_rule):
        cuts[leaf.field].update(numeric_bounds(leaf))
    chosen: list[str] = []
    for field in sorted(askers, key=lambda field: (-askers[field], field)):
        stretches = 2 * len(cuts[field]) + 2
        if len(chosen) < MAX_FIELDS and len(cuts[field]) <= MAX_BOUNDARIES and stretches <= room:
            chosen.append(field)
            room //= stretches
    return tuple(chosen)


def _position(candidate: RuleCandidate) -> int:
    return candidate[0]
