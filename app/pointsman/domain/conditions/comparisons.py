"""How two values compare: a field's with another field's, with a bound, or with the clock.

Unknown (None) unless both are of a kind that the comparison fits.
"""

import operator as compare
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pointsman.domain.policy.conditions_model import BoundOperator, Operator, RelativeTimeOperator

TruthValue = bool | None
Comparison = Callable[[Any, Any], TruthValue]


def field_comparison(operator: Operator) -> Comparison:
    """The comparison of two fields' values."""
    match operator:  # as in every match here, without `case _`: the type checker names an operator that is not answered
        case Operator.IN | Operator.NOT_IN:
            return _within(wanted=operator is Operator.IN)
        case Operator.EQUALS | Operator.NOT_EQUALS:
            return _equal(wanted=operator is Operator.EQUALS)
        case Operator.GTE | Operator.GT | Operator.LTE | Operator.LT:
            return _ordered(bound_comparison(operator))
        case (
            Operator.BETWEEN | Operator.PRESENT | Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH
            | Operator.MATCHES | Operator.MENTIONS | Operator.IN_GROUP | Operator.UNDER_DOMAIN
            | Operator.CONTAINS_ANY | Operator.CONTAINS_ALL | Operator.CONTAINS_NONE
            | Operator.WITHIN_LAST | Operator.WITHIN_NEXT | Operator.OLDER_THAN | Operator.FURTHER_THAN
        ):  # fmt: skip
            raise AssertionError(f"{operator} is never compared with another field")


def _within(*, wanted: bool) -> Comparison:
    def within(value: Any, others: Any) -> TruthValue:
        fits = isinstance(value, str) and isinstance(others, tuple)
        return (value in others) is wanted if fits else None

    return within


def _equal(*, wanted: bool) -> Comparison:
    def equal(value: Any, other: Any) -> TruthValue:
        kind = comparison_type(value)
        # Lists are asked for what they contain: whether two are equal is no question that the check lets through.
        fits = kind not in (object, tuple) and kind is comparison_type(other)
        return (value == other) is wanted if fits else None

    return equal


def _ordered(holds: Callable[[Any, Any], bool]) -> Comparison:
    def ordered(value: Any, other: Any) -> TruthValue:
        fits = (comparison_type(value) is float and comparison_type(other) is float) or (
            is_aware(value) and is_aware(other)
        )
        return holds(value, other) if fits else None

    return ordered


def relative_to_now(operator: RelativeTimeOperator, span: timedelta) -> Comparison:
    """The comparison of an instant with the clock."""
    nothing = timedelta(0)
    ask: Callable[[timedelta], bool]  # of how long ago it was
    match operator:
        case Operator.WITHIN_LAST:
            ask = lambda ago: nothing <= ago <= span  # noqa: E731  # one of four, side by side
        case Operator.WITHIN_NEXT:
            ask = lambda ago: -span <= ago <= nothing  # noqa: E731  # side by side
        case Operator.OLDER_THAN:
            ask = lambda ago: ago > span  # noqa: E731  # side by side
        case Operator.FURTHER_THAN:
            ask = lambda ago: ago < -span  # noqa: E731  # side by side
    return lambda value, now: ask(now - value) if is_aware(value) and is_aware(now) else None


def bound_comparison(operator: BoundOperator) -> Callable[[Any, Any], bool]:
    """The comparison of a value with a bound of its kind."""
    match operator:
        case Operator.GTE:
            return compare.ge
        case Operator.GT:
            return compare.gt
        case Operator.LTE:
            return compare.le
        case Operator.LT:
            return compare.lt


def comparison_type(value: object) -> type:
    """The type that a value is compared as: bool is no number, every number is one kind; `object` is no fact's."""
    for kind in (bool, str, datetime, tuple):
        if isinstance(value, kind):
            return kind
    return float if isinstance(value, (int, float)) else object


def is_aware(value: object) -> bool:
    """Whether `value` is an instant: a time without an offset is none."""
    return isinstance(value, datetime) and value.utcoffset() is not None
