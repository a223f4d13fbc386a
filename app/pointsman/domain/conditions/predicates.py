"""The single questions of conditions as closures: each knows true, false, or unknown (None), and never raises.

A value that is missing, or of another kind than the question asks about, is unknown.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from pointsman.domain.conditions.comparisons import (
    Comparison,
    TruthValue,
    bound_comparison,
    comparison_type,
    field_comparison,
    is_aware,
    relative_to_now,
)
from pointsman.domain.conditions.definitions import NO_DEFINITIONS, Definitions
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads.facts import NOW_FIELD, Facts
from pointsman.domain.policy.conditions_model import (
    Leaf,
    ListOperator,
    Operator,
    OrderingOperator,
    is_ordering,
    is_relative_time,
)
from pointsman.domain.policy.operands import FieldRef, parse_policy_instant, word_list_name
from pointsman.domain.text.hosts import host_in, is_under_domain
from pointsman.domain.text.patterns import PatternRefused, compile_pattern
from pointsman.domain.text.phrases import compile_phrases

Predicate = Callable[[Facts], TruthValue]
ValuePredicate = Callable[[Any], TruthValue]  # of a field's value, None when it is missing

_NUMBERS = frozenset({int, float})


def compile_leaf(leaf: Leaf, definitions: Definitions = NO_DEFINITIONS) -> Predicate:
    """The closure that asks one field one question; PolicyInvalid for a name or a pattern that it cannot use."""
    field, operator, operand = leaf.field, leaf.operator, leaf.operand
    if operator is Operator.PRESENT:
        return lambda facts: (field in facts) is operand
    if isinstance(operand, FieldRef):
        return _of_two(field, operand.field, field_comparison(operator))
    if isinstance(operand, timedelta) and is_relative_time(operator):
        return _of_two(field, NOW_FIELD, relative_to_now(operator, operand))
    if is_ordering(operator) and not _dated(operand):
        return _numeric(field, operator, operand)
    if operator in (Operator.EQUALS, Operator.IN, Operator.IN_GROUP):
        values = _values(leaf, definitions)
        if all(isinstance(value, str) for value in values):
            return _one_of(field, values)
    ask = _question(leaf, definitions)
    return lambda facts: ask(facts.get(field))


def countries_in_groups(names: tuple[str, ...], definitions: Definitions) -> frozenset[str]:
    """All countries of these groups; PolicyInvalid for a group that is not defined."""
    for name in names:
        if name not in definitions.country_groups:
            raise PolicyInvalid(f"there is no country group '{name}'")
    return frozenset(code for name in names for code in definitions.country_groups[name])


def _values(leaf: Leaf, definitions: Definitions) -> tuple[object, ...]:
    operand = leaf.operand
    values = operand if isinstance(operand, tuple) else (operand,)
    return tuple(countries_in_groups(values, definitions)) if leaf.operator is Operator.IN_GROUP else values


def _one_of(field: str, values: tuple[object, ...]) -> Predicate:
    texts = frozenset(values)

    def test(facts: Facts) -> TruthValue:
        value = facts.get(field)
        return value in texts if isinstance(value, str) else None

    return test


def _numeric(field: str, operator: OrderingOperator, operand: Any) -> Predicate:
    if operator is Operator.BETWEEN:
        low, high = operand

        def between(facts: Facts) -> TruthValue:
            value: Any = facts.get(field)
            return low <= value <= high if type(value) in _NUMBERS else None

        return between
    holds = bound_comparison(operator)

    def test(facts: Facts) -> TruthValue:
        value = facts.get(field)
        return holds(value, operand) if type(value) in _NUMBERS else None

    return test


def _of_two(field: str, other: str, ask: Comparison) -> Predicate:
    def test(facts: Facts) -> TruthValue:
        value, compared = facts.get(field), facts.get(other)
        return None if value is None or compared is None else ask(value, compared)

    return test


def _question(leaf: Leaf, definitions: Definitions) -> ValuePredicate:
    operator, operand = leaf.operator, cast("Any", leaf.operand)
    ask: ValuePredicate
    match operator:  # without `case _`, as in `comparisons`
        case Operator.EQUALS | Operator.IN | Operator.IN_GROUP:
            ask = _membership(_values(leaf, definitions))
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            ask = _inverse(_membership(_values(leaf, definitions)))
        case Operator.GTE | Operator.GT | Operator.LTE | Operator.LT | Operator.BETWEEN:
            ask = _dates(operator, operand)
        case Operator.CONTAINS:
            ask = _contains(operand)
        case Operator.STARTS_WITH:
            ask = _starts_with(operand)
        case Operator.ENDS_WITH:
            ask = _ends_with(operand)
        case Operator.MATCHES:
            ask = _matches(operand)
        case Operator.MENTIONS:
            ask = _mentions(operand, definitions)
        case Operator.UNDER_DOMAIN:
            ask = _under(frozenset(host_in(domain) or domain for domain in operand))
        case Operator.CONTAINS_ANY | Operator.CONTAINS_ALL | Operator.CONTAINS_NONE:
            ask = _items(operator, frozenset(operand))
        case (
            Operator.PRESENT | Operator.WITHIN_LAST | Operator.WITHIN_NEXT | Operator.OLDER_THAN | Operator.FURTHER_THAN
        ):
            raise AssertionError(f"{operator} is answered by itself, or with the clock")
    return ask


def _membership(values: tuple[object, ...]) -> ValuePredicate:
    by_kind: dict[type, set[object]] = {}
    for value in values:
        by_kind.setdefault(comparison_type(value), set()).add(value)

    def ask(value: object) -> TruthValue:
        known = by_kind.get(comparison_type(value))
        return None if known is None else value in known

    return ask


def _inverse(ask: ValuePredicate) -> ValuePredicate:
    def inverse(value: object) -> TruthValue:
        answer = ask(value)
        return None if answer is None else not answer

    return inverse


def _items(operator: ListOperator, items: frozenset[object]) -> ValuePredicate:
    holds: Callable[[tuple[str, ...]], bool]
    match operator:
        case Operator.CONTAINS_ANY:
            holds = lambda value: not items.isdisjoint(value)  # noqa: E731  # one of three, side by side
        case Operator.CONTAINS_ALL:
            holds = items.issubset
        case Operator.CONTAINS_NONE:
            holds = items.isdisjoint
    return lambda value: holds(value) if isinstance(value, tuple) else None


def _dated(operand: object) -> bool:
    return isinstance(operand[0] if isinstance(operand, tuple) else operand, str)


def _dates(operator: OrderingOperator, operand: Any) -> ValuePredicate:
    if operator is Operator.BETWEEN:
        low, high = map(parse_policy_instant, operand)
        return lambda value: low <= value <= high if is_aware(value) else None
    holds, bound = bound_comparison(operator), parse_policy_instant(operand)
    return lambda value: holds(value, bound) if is_aware(value) else None


def _contains(part: str) -> ValuePredicate:
    """A text contains a text, a list contains an item."""
    return lambda value: part in value if isinstance(value, (str, tuple)) else None


def _starts_with(part: str) -> ValuePredicate:
    return lambda value: value.startswith(part) if isinstance(value, str) else None


def _ends_with(part: str) -> ValuePredicate:
    return lambda value: value.endswith(part) if isinstance(value, str) else None


def _matches(pattern: str) -> ValuePredicate:
    try:
        found = compile_pattern(pattern)
    except PatternRefused as refused:
        raise PolicyInvalid(f"the pattern {pattern!r:.60} is refused: {refused}") from None
    return lambda value: found(value) if isinstance(value, str) else None


def _mentions(items: tuple[str, ...], definitions: Definitions) -> ValuePredicate:
    lists = [name for item in items if (name := word_list_name(item)) is not None]
    for name in lists:
        if name not in definitions.word_lists:
            raise PolicyInvalid(f"there is no word list '{name}'")
    readers = [definitions.word_list_matcher(name) for name in lists]
    if phrases := tuple(item for item in items if word_list_name(item) is None):
        readers.append(compile_phrases(phrases))
    return lambda value: any(mentioned(value) for mentioned in readers) if isinstance(value, str) else None


def _under(domains: frozenset[str]) -> ValuePredicate:
    def ask(value: object) -> TruthValue:
        host = host_in(value) if isinstance(value, str) else None
        return None if host is None else is_under_domain(host, domains)

    return ask
