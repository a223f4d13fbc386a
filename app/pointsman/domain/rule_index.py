"""An index over the rules' conditions: which rules a lead may match, and what is left to ask of each.

Tests for equality, membership and country groups are answered by looking the lead's values up; what a combination of
values leaves over is worked out once and remembered. Named conditions are asked at most once for each decision. It only
leaves out rules that are not true, so the first match is that of a plain scan.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import compress

from pointsman.domain.conditions import Outcome, Test
from pointsman.domain.leads import Facts

#: At most so many fields are looked up: those that most rules ask about; the others are simply tested.
MAX_FIELDS = 8
#: A field is indexed while its bit masks stay below this many bytes.
MAX_INDEX_BYTES = 16_000_000
#: How many references to rules are remembered for combinations of values, over all combinations.
MAX_REMEMBERED = 1_000_000
#: From so many candidates on, the named conditions that many of them share are asked first.
MANY = 16

#: Position of the rule, the named conditions that must be true, and the test of what else is left, if anything.
Candidate = tuple[int, tuple[str, ...], Test | None]
Needs = Mapping[str, frozenset[object]]

_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


class Remaining:
    """The rules that one combination of values leaves over, in order."""

    __slots__ = ("candidates", "groups", "ungrouped")

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        self.candidates = candidates
        by_name: dict[str, list[Candidate]] = {}
        for candidate in candidates if len(candidates) > MANY else ():
            if candidate[1]:
                by_name.setdefault(candidate[1][0], []).append(candidate)
        pays = sum(map(len, by_name.values())) > 2 * len(by_name)
        self.groups = [(name, tuple(group)) for name, group in by_name.items()] if pays else []
        self.ungrouped = tuple(candidate for candidate in candidates if not candidate[1]) if pays else candidates


class RuleIndex:
    """The rules behind what they need, and their candidates by a lead's values."""

    def __init__(self, needs: Sequence[Needs], *, fields: Sequence[str], candidates: Sequence[Candidate]) -> None:
        """`fields` are those to look up (see `worth_indexing`); `candidates` says what else each rule asks."""
        self._candidates = tuple(candidates)
        size = len(needs)
        self._everything = (1 << size) - 1
        self._fields: list[tuple[str, dict[object, int]]] = []  # a value's number in the field's masks
        self._masks: list[list[int]] = []  # by that number; 0 is any other value
        for field in fields:
            positions: dict[object, list[int]] = {}
            askers = []
            for i, need in enumerate(needs):
                if field in need:
                    askers.append(i)
                    for value in need[field]:
                        positions.setdefault(value, []).append(i)
            indifferent = self._everything ^ _mask(askers, size)
            self._fields.append((field, {value: number for number, value in enumerate(positions, 1)}))
            self._masks.append([indifferent, *(indifferent | _mask(found, size) for found in positions.values())])
        self._remembered: dict[tuple[int, ...], Remaining] = {}
        self._room = MAX_REMEMBERED

    def remaining(self, facts: Facts, among: tuple[int, int]) -> Remaining:
        """What `facts` leaves over; `among` is a number, unique to it, and the mask of the rules that count."""
        number, mask = among
        get = facts.get
        try:
            key = (number, *[numbers.get(get(field), 0) for field, numbers in self._fields])
        except TypeError:  # no fact: a value that cannot be looked up equals nothing
            key = (number, *[_number(numbers, get(field)) for field, numbers in self._fields])
        found = self._remembered.get(key)
        return found if found is not None else self._worked_out(key, mask)

    def forget(self) -> None:
        """Work every combination out again: for measuring what the first lead of its kind costs."""
        self._remembered.clear()
        self._room = MAX_REMEMBERED

    def _worked_out(self, key: tuple[int, ...], mask: int) -> Remaining:
        for masks, number in zip(self._masks, key[1:], strict=True):
            mask &= masks[number]
        remaining = Remaining(tuple(self._candidates[i] for i in positions_in(mask)))
        self._room -= len(remaining.candidates) + 20
        if self._room < 0:
            self._remembered.clear()
            self._room = MAX_REMEMBERED
        self._remembered[key] = remaining
        return remaining


def asked(remaining: Remaining, facts: Facts, named: Mapping[str, Test]) -> Iterator[tuple[int, Outcome]]:
    """Position and outcome of the remaining rules, in order; where many share names, those with a true one alone."""
    answers: dict[str, Outcome] = {}
    candidates: Iterator[Candidate] | tuple[Candidate, ...] = remaining.candidates
    if remaining.groups:
        true = []
        for name, group in remaining.groups:
            answers[name] = named[name](facts)
            if answers[name] is True:
                true.append(group)
        candidates = merge(remaining.ungrouped, *true, key=_position) if true else remaining.ungrouped
    for position, names, rest in candidates:
        outcome: Outcome = True
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


def worth_indexing(needs: Sequence[Needs]) -> tuple[str, ...]:
    """The fields to look up: those that most rules ask about, while their masks stay small."""
    askers: dict[str, int] = {}
    values: dict[str, set[object]] = {}
    for need in needs:
        for field, wanted in need.items():
            askers[field] = askers.get(field, 0) + 1
            values.setdefault(field, set()).update(wanted)
    small = [field for field in askers if len(values[field]) * len(needs) <= MAX_INDEX_BYTES * 8]
    return tuple(sorted(small, key=lambda field: (-askers[field], field))[:MAX_FIELDS])


def positions_in(mask: int) -> Iterator[int]:
    """The positions of the bits set in `mask`, ascending."""
    if mask.bit_count() > MANY:
        digits = bin(mask)[:1:-1].encode().translate(_DIGITS)
        yield from compress(range(len(digits)), digits)
        return
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _position(candidate: Candidate) -> int:
    return candidate[0]


def _number(numbers: Mapping[object, int], value: object) -> int:
    try:
        return numbers.get(value, 0)
    except TypeError:
        return 0


def _mask(positions: Sequence[int], size: int) -> int:
    bits = bytearray((size + 7) // 8)
    for position in positions:
        bits[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(bits, "little")
