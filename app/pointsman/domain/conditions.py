"""The one evaluator of conditions: true, false, or unknown (None), never an exception.

A field that the lead does not have is unknown, and so is a value of another type than the test asks about;
`not` of unknown is unknown, `all` and `any` follow Kleene. Only `present` always knows.
Texts are compared exactly: intake has normalised countries, languages and domains.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.condition_document import (
    ORDERING,
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    NamedRef,
    Not,
    Operator,
    PersonaRef,
    SegmentRef,
)
from pointsman.domain.condition_values import instant
from pointsman.domain.definitions import NO_DEFINITIONS, Definitions
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads import NEVER_QUOTED, Facts, Value
from pointsman.domain.wording import show

Outcome = bool | None
Test = Callable[[Facts], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafResult:
    """What one leaf said about one lead; `path` is relative to the condition ("all[1].not")."""

    path: str
    field: str
    operator: str
    outcome: Outcome
    words: str


def compile_condition(condition: Condition, definitions: Definitions = NO_DEFINITIONS) -> Test:
    """`condition` as a closure; raises PolicyInvalid for a name that is unknown or refers to itself."""
    return Compiler(definitions).compile(condition)


class Compiler:
    """Compiles the conditions of one policy, each named one once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Test] = {}
        self._open: set[str] = set()

    def compile(self, condition: Condition) -> Test:
        match condition:
            case All(all=parts):
                return _all(tuple(self.compile(part) for part in parts))
            case AnyOf(any=parts):
                return _any(tuple(self.compile(part) for part in parts))
            case Not(not_=part):
                return _not(self.compile(part))
            case SegmentRef() | IcpRef() | PersonaRef():
                return self._named(condition)
            case Leaf():
                return compile_leaf(condition)

    def _named(self, ref: NamedRef) -> Test:
        key, known = ref.key, self._definitions.conditions
        if key not in self._compiled:
            if key in self._open or key not in known:
                what = "refers to itself" if key in self._open else "does not exist"
                raise PolicyInvalid(f"{key} {what}")
            self._open.add(key)
            self._compiled[key] = self.compile(known[key])
            self._open.discard(key)
        return self._compiled[key]


def explain(condition: Condition, facts: Facts, definitions: Definitions = NO_DEFINITIONS) -> tuple[LeafResult, ...]:
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
            out.append(explain_leaf(condition, facts, path))


def explain_leaf(leaf: Leaf, facts: Facts, path: str = "") -> LeafResult:
    """One leaf's answer with words such as "lead.score 45 is below 50"."""
    outcome = compile_leaf(leaf)(facts)
    words = _words(leaf, facts.get(leaf.field), outcome)
    return LeafResult(path=path, field=leaf.field, operator=leaf.operator.value, outcome=outcome, words=words)


def compile_leaf(leaf: Leaf) -> Test:
    """The closure that asks one field one question."""
    field, operator, operand = leaf.field, leaf.operator, leaf.operand
    if operator is Operator.PRESENT:
        return lambda facts: (field in facts) is operand
    ask = _question(operator, operand)

    def test(facts: Facts) -> Outcome:
        value = facts.get(field)
        return None if value is None else ask(value)

    return test


def _question(operator: Operator, operand: object) -> Callable[[Value], Outcome]:
    if operator in ORDERING:
        return _ordering(operator, operand)
    match operator:
        case Operator.EQUALS:
            return _membership((operand,))
        case Operator.NOT_EQUALS:
            return _inverse(_membership((operand,)))
        case Operator.IN:
            return _membership(operand)
        case Operator.NOT_IN:
            return _inverse(_membership(operand))
        case _:
            return _text(operator, str(operand))


def kind_of(value: object) -> type:
    """The type that a value is compared as: bool is no number here, and every number is one kind."""
    for kind in (bool, str, datetime, tuple):
        if isinstance(value, kind):
            return kind
    return float


def _membership(operand: object) -> Callable[[Value], Outcome]:
    values = operand if isinstance(operand, tuple) else (operand,)
    by_kind: dict[type, set[object]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), set()).add(value)
    if set(by_kind) == {str}:
        texts = by_kind[str]
        return lambda value: value in texts if isinstance(value, str) else None

    def ask(value: Value) -> Outcome:
        known = by_kind.get(kind_of(value))
        return None if known is None else value in known

    return ask


def _ordering(operator: Operator, operand: object) -> Callable[[Value], Outcome]:
    low: Any  # a number or an instant, as the values are that reach `holds`
    high: Any
    low, high = operand if isinstance(operand, tuple) else (operand, operand)
    kind: type = datetime if isinstance(low, str) else float
    low, high = (instant(low), instant(high)) if isinstance(low, str) else (low, high)
    compare: Mapping[Operator, Callable[[Any], bool]] = {
        Operator.GTE: lambda value: value >= low,
        Operator.GT: lambda value: value > low,
        Operator.LTE: lambda value: value <= high,
        Operator.LT: lambda value: value < high,
        Operator.BETWEEN: lambda value: low <= value <= high,
    }
    holds = compare[operator]
    return lambda value: holds(value) if kind_of(value) is kind else None


def _text(operator: Operator, operand: str) -> Callable[[Value], Outcome]:
    match operator:
        case Operator.STARTS_WITH:
            return lambda value: value.startswith(operand) if isinstance(value, str) else None
        case Operator.ENDS_WITH:
            return lambda value: value.endswith(operand) if isinstance(value, str) else None
        case _:  # a text contains a text, a list contains an item
            return lambda value: operand in value if isinstance(value, (str, tuple)) else None


def _inverse(ask: Callable[[Value], Outcome]) -> Callable[[Value], Outcome]:
    def inverse(value: Value) -> Outcome:
        answer = ask(value)
        return None if answer is None else not answer

    return inverse


def _all(tests: tuple[Test, ...]) -> Test:
    def test(facts: Facts) -> Outcome:
        outcome: Outcome = True
        for part in tests:
            answer = part(facts)
            if answer is False:
                return False
            if answer is None:
                outcome = None
        return outcome

    return test


def _any(tests: tuple[Test, ...]) -> Test:
    def test(facts: Facts) -> Outcome:
        outcome: Outcome = False
        for part in tests:
            answer = part(facts)
            if answer is True:
                return True
            if answer is None:
                outcome = None
        return outcome

    return test


def _not(inner: Test) -> Test:
    def test(facts: Facts) -> Outcome:
        answer = inner(facts)
        return None if answer is None else not answer

    return test


_WORDS: Mapping[Operator, tuple[str, str]] = {  # said when true, said when false
    Operator.EQUALS: ("is {operand}", "is not {operand}"),
    Operator.NOT_EQUALS: ("is not {operand}", "is {operand}"),
    Operator.IN: ("is one of {operand}", "is none of {operand}"),
    Operator.NOT_IN: ("is none of {operand}", "is one of {operand}"),
    Operator.GTE: ("is at least {operand}", "is below {operand}"),
    Operator.GT: ("is above {operand}", "is not above {operand}"),
    Operator.LTE: ("is at most {operand}", "is above {operand}"),
    Operator.LT: ("is below {operand}", "is not below {operand}"),
    Operator.BETWEEN: ("lies between {operand}", "does not lie between {operand}"),
    Operator.CONTAINS: ("contains {operand}", "does not contain {operand}"),
    Operator.STARTS_WITH: ("starts with {operand}", "does not start with {operand}"),
    Operator.ENDS_WITH: ("ends with {operand}", "does not end with {operand}"),
}


def _words(leaf: Leaf, value: Value | None, outcome: Outcome) -> str:
    if leaf.operator is Operator.PRESENT:
        return f"{leaf.field} is {'not known' if value is None else 'known'}"
    if value is None:
        return f"{leaf.field} is not known"
    subject = leaf.field if leaf.field in NEVER_QUOTED else f"{leaf.field} {show(value)}"
    if outcome is None:
        return f"{subject} cannot be compared with {show(leaf.operand)}"
    joined = " and " if leaf.operator is Operator.BETWEEN else ", "
    said = _WORDS[leaf.operator][0 if outcome else 1].format(operand=show(leaf.operand, joined))
    return f"{subject} {said}"
