"""A published policy made ready: conditions as closures, rules behind an index.

The index narrows the rules to those that a lead's equality and membership tests do not rule out. It only leaves
out rules that could not be true, so the first match is the same as that of a plain scan.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pointsman.domain.condition_document import (
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    Operator,
    PersonaRef,
    SegmentRef,
)
from pointsman.domain.conditions import Compiler, Outcome, Test, fields_asked
from pointsman.domain.definitions import Definitions
from pointsman.domain.leads import NOW, Facts, Value
from pointsman.domain.policy_conditions import conditions_of
from pointsman.domain.policy_document import Policy
from pointsman.domain.rep_facts import PREFIX
from pointsman.domain.roles import GATED_WORKS, Work
from pointsman.domain.scores import compile_scores, reachable_fields, with_scores, with_what_scores_ask

#: A field is indexed while its bit masks stay below this many bytes; beyond, its tests are simply evaluated.
MAX_INDEX_BYTES = 16_000_000

#: Facts that decisions read whatever the conditions say.
_ALWAYS_READ = frozenset({"company.domain", "account.owner"})

_Needs = dict[str, frozenset[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldIndex:
    """For one field: which rules a value leaves possible (bit i is rule i), and which rules do not ask."""

    field: str
    by_value: Mapping[object, int]
    indifferent: int


class CompiledPolicy:
    """One published version of a policy, immutable and shared between threads."""

    def __init__(self, policy: Policy, *, version: int) -> None:
        self.version = version
        self.policy = policy
        self.definitions = Definitions.of(policy)
        compiler = Compiler(self.definitions)
        self.tests: tuple[Test, ...] = tuple(
            compiler.compile(rule.when) if rule.when else _always for rule in policy.rules
        )
        needs = [_needed(rule.when, self.definitions) if rule.when else {} for rule in policy.rules]
        self._indexes = _build(needs)
        self._everything = (1 << len(policy.rules)) - 1
        self._by_work = {work: sum(1 << i for i, rule in enumerate(policy.rules) if rule.work is work) for work in Work}
        self.re_enter: Test | None = compiler.compile(policy.nurture.re_enter) if policy.nurture.re_enter else None
        #: By pool: what must be true of the lead and the rep together, asked of `{**facts, **rep_facts(rep)}`.
        self.requires: Mapping[str, Test] = {
            name: compiler.compile(pool.requires) for name, pool in policy.pools.items() if pool.requires
        }
        every_score = compile_scores(self.definitions.scores, self.definitions, compiler)
        self._scores = tuple(score for score in every_score if score.field in self._reachable)
        self.gated_works = GATED_WORKS | frozenset(policy.gates)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Every field that this policy may read of a lead: what a decision's inputs have to keep. Never a rep's."""
        asked = {field for _, condition in conditions_of(self.policy) for field in fields_asked(condition)}
        return _ALWAYS_READ | {field for field in asked | self._pools_ask if not field.startswith(PREFIX)}

    @cached_property
    def _pools_ask(self) -> frozenset[str]:
        pools = self.policy.pools.values()
        matched = frozenset(match.lead for pool in pools for match in pool.match)
        return matched | {preference.lead for pool in pools for preference in pool.ranking.prefer}

    @cached_property
    def _given(self) -> frozenset[str]:
        """The fields that a lead brings along, unlike those that a decision works out."""
        return frozenset(field for field in self.fields if field != NOW and field not in self.definitions.scores)

    @cached_property
    def _reachable(self) -> frozenset[str]:
        """The fields that something asks for beside scores that nothing asks for."""
        asked = self._pools_ask
        for path, condition in conditions_of(self.policy):
            if not path.startswith("scores."):
                asked |= reachable_fields(condition, self.definitions)
        return with_what_scores_ask(asked, self.definitions)

    def enriched(self, facts: Facts, now: datetime) -> Facts:
        """What this policy may read of `facts`, with the moment of decision and the scores that it asks for.

        Doing it again changes nothing, so a stored decision's facts give the same answer when it is replayed.
        """
        given = self._given
        known = {name: value for name, value in facts.items() if name in given}
        if NOW in self.fields:
            known[NOW] = now
        return with_scores(known, self._scores) if self._scores else known

    @cached_property
    def shared_members(self) -> frozenset[str]:
        """The reps who are in more than one pool: two pools may give them work at the same moment."""
        counts = Counter(member.rep for pool in self.policy.pools.values() for member in pool.members)
        return frozenset(rep for rep, pools in counts.items() if pools > 1)

    def candidates(self, facts: Facts, work: Work | None = None) -> Iterator[int]:
        """The rules (by position, in order) that the index cannot rule out; only those for `work`, if given."""
        mask = self._everything if work is None else self._by_work[work]
        for index in self._indexes:
            mask &= index.by_value.get(_key(facts.get(index.field)), index.indifferent)
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest

    def scan(self, facts: Facts, work: Work | None = None) -> Iterator[tuple[int, Outcome]]:
        """The candidates with what their conditions say, in order; the first true one is the match."""
        tests = self.tests
        for position in self.candidates(facts, work):
            yield position, tests[position](facts)

    def first_match(self, facts: Facts, work: Work | None = None) -> int | None:
        """The position of the first rule that is true of `facts`."""
        return next((position for position, outcome in self.scan(facts, work) if outcome is True), None)


def _always(_facts: Facts) -> Outcome:
    return True


def _key(value: Value | None) -> object:
    # A list is only ever asked with `contains`, which the index does not know: any key will do.
    return value if not isinstance(value, tuple) else None


def _needed(condition: Condition, definitions: Definitions) -> _Needs:
    """For each field, values of which it must have one for `condition` to be true; other fields may be anything."""
    match condition:
        case Leaf(operator=Operator.EQUALS | Operator.IN):
            operand = condition.operand
            return {condition.field: frozenset(operand if isinstance(operand, tuple) else (operand,))}
        case All(all=parts):
            needs: _Needs = {}
            for part in parts:
                for field, values in _needed(part, definitions).items():
                    needs[field] = needs[field] & values if field in needs else values
            return needs
        case AnyOf(any=parts):
            first, *others = [_needed(part, definitions) for part in parts]
            shared = {field for field in first if all(field in other for other in others)}
            return {field: first[field].union(*(other[field] for other in others)) for field in shared}
        case SegmentRef() | IcpRef() | PersonaRef() if condition.key in definitions.conditions:
            return _needed(definitions.conditions[condition.key], definitions)
        case _:
            return {}


def _build(needs: list[_Needs]) -> tuple[FieldIndex, ...]:
    positions: dict[str, dict[object, list[int]]] = {}
    askers: dict[str, list[int]] = {}
    for i, need in enumerate(needs):
        for field, values in need.items():
            askers.setdefault(field, []).append(i)
            by_value = positions.setdefault(field, {})
            for value in values:
                by_value.setdefault(value, []).append(i)
    size = len(needs)
    everything = (1 << size) - 1
    indexes = []
    for field, by_value in positions.items():
        if len(by_value) * size > MAX_INDEX_BYTES * 8:
            continue
        indifferent = everything ^ _mask(askers[field], size)
        masks = {value: indifferent | _mask(found, size) for value, found in by_value.items()}
        indexes.append(FieldIndex(field=field, by_value=masks, indifferent=indifferent))
    return tuple(indexes)


def _mask(positions: list[int], size: int) -> int:
    bits = bytearray((size + 7) // 8)
    for position in positions:
        bits[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(bits, "little")
