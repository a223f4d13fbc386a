"""The one evaluator of conditions: true, false, or unknown (None), never an exception.

A field that the lead does not have is unknown, and so is a value of another type than the test asks about;
`not` of unknown is unknown, `all` and `any` follow Kleene. Only `present` always knows.
Texts are compared exactly: intake has normalised countries, languages and domains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pointsman.domain.conditions.comparisons import TruthValue, comparison_type
from pointsman.domain.conditions.definitions import NO_DEFINITIONS, Definitions
from pointsman.domain.conditions.predicates import Predicate, compile_leaf
from pointsman.domain.conditions.wording import describe_result
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads.facts import NOW_FIELD, Facts
from pointsman.domain.messages.message import Message
from pointsman.domain.policy.conditions_model import (
    RELATIVE_TIME_OPERATORS,
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    Not,
    PersonaRef,
    SegmentRef,
    leaves,
)
from pointsman.domain.policy.operands import FieldRef

__all__ = [
    "ConditionCompiler",
    "LeafResult",
    "Predicate",
    "TruthValue",
    "comparison_type",
    "compile_condition",
    "compile_leaf",
    "explain_condition",
    "explain_leaf",
    "fields_read",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafResult:
    """What one leaf said about one lead; `path` is relative to the condition ("all[1].not")."""

    path: str
    field: str
    operator: str
    outcome: TruthValue
    words: Message


def compile_condition(condition: Condition, definitions: Definitions = NO_DEFINITIONS) -> Predicate:
    """`condition` as a closure; raises PolicyInvalid for a name that is unknown or refers to itself."""
    return ConditionCompiler(definitions).compile(condition)


class ConditionCompiler:
    """Compiles the conditions of one policy, each named one once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Predicate] = {}
        self._open: set[str] = set()

    def compile(self, condition: Condition) -> Predicate:
        match condition:
            case All(all=parts):
                return self.compile_all(parts)
            case AnyOf(any=parts):
                return _any(tuple(self.compile(part) for part in parts))
            case Not(not_=part):
                return _not(self.compile(part))
            case SegmentRef() | IcpRef() | PersonaRef():
                return self.compile_named(condition.key)
            case Leaf():
                return compile_leaf(condition, self._definitions)

    def compile_all(self, conditions: Sequence[Condition]) -> Predicate:
        """All of `conditions` as one."""
        tests = tuple(self.compile(condition) for condition in conditions)
        return tests[0] if len(tests) == 1 else _all(tests)

    def compile_named(self, key: str) -> Predicate:
        """The condition with this name ("segment:dach")."""
        known = self._definitions.conditions
        if key not in self._compiled:
            if key in self._open or key not in known:
                what = "refers to itself" if key in self._open else "does not exist"
                raise PolicyInvalid(f"{key} {what}")
            self._open.add(key)
            self._compiled[key] = self.compile(known[key])
            self._open.discard(key)
        return self._compiled[key]


def explain_condition(
    condition: Condition, facts: Facts, definitions: Definitions = NO_DEFINITIONS
) -> tuple[LeafResult, ...]:
    """What every leaf says about `facts`, in the author's order, by the very closures that routing uses."""
    results: list[LeafResult] = []
    _explain(condition, facts, definitions, "", results)
    return tuple(results)


def _explain(condition: Condition, facts: Facts, definitions: Definitions, path: str, out: list[LeafResult]) -> None:
    dot = f"{path}." if path else ""
    match condition:
        case All(all=parts):
            for i, part in enumerate(parts):
                _explain(part, facts, definitions, f"{dot}all[{i}]", out)
        case AnyOf(any=parts):
            for i, part in enumerate(parts):
                _explain(part, facts, definitions, f"{dot}any[{i}]", out)
        case Not(not_=part):
            _explain(part, facts, definitions, f"{dot}not", out)
        case SegmentRef() | IcpRef() | PersonaRef():
            _explain(definitions.conditions[condition.key], facts, definitions, f"{dot}{condition.key}", out)
        case Leaf():
            out.append(explain_leaf(condition, facts, path, definitions))


def explain_leaf(leaf: Leaf, facts: Facts, path: str = "", definitions: Definitions = NO_DEFINITIONS) -> LeafResult:
    """One leaf's answer with words such as "lead.score 45 is below 50"."""
    outcome = compile_leaf(leaf, definitions)(facts)
    words = describe_result(leaf, facts, outcome=outcome)
    return LeafResult(path=path, field=leaf.field, operator=leaf.operator.value, outcome=outcome, words=words)


def fields_read(condition: Condition) -> Iterator[str]:
    """Every field that `condition` reads by itself, also as the other side of a comparison or as the clock."""
    for _, leaf in leaves(condition):
        if isinstance(leaf, Leaf):
            yield leaf.field
            if isinstance(leaf.operand, FieldRef):
                yield leaf.operand.field
            elif leaf.operator in RELATIVE_TIME_OPERATORS:
                yield NOW_FIELD


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    def test(facts: Facts) -> TruthValue:
        outcome: TruthValue = True
        for part in tests:
            answer = part(facts)
            if answer is False:
                return False
            if answer is None:
                outcome = None
        return outcome

    return test


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    def test(facts: Facts) -> TruthValue:
        outcome: TruthValue = False
        for part in tests:
            answer = part(facts)
            if answer is True:
                return True
            if answer is None:
                outcome = None
        return outcome

    return test


def _not(inner: Predicate) -> Predicate:
    def test(facts: Facts) -> TruthValue:
        answer = inner(facts)
        return None if answer is None else not answer

    return test
