"""The values of which one test is true, or false, as regions of its field."""

from datetime import datetime, timedelta

from pointsman.domain.policy.conditions_model import (
    ORDERING_OPERATORS,
    Operator,
    OrderingOperator,
    RelativeTimeOperator,
)
from pointsman.domain.policy.operands import parse_policy_instant
from pointsman.domain.satisfiability.value_sets import Endpoint, ValueSet, none_of, one_of, value_interval

#: What is known of these to the last value; of the others, their name alone.
MODELLED_OPERATORS = ORDERING_OPERATORS | {
    Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN, Operator.IN_GROUP, Operator.PRESENT,
}  # fmt: skip


def age_value_sets(operator: RelativeTimeOperator, length: timedelta, *, holds: bool) -> tuple[ValueSet, ...]:
    """How far an instant lies from now (before it: negative) when the test holds, or when it does not."""
    nothing = timedelta(0)
    low: Endpoint | None
    high: Endpoint | None
    match operator:  # here and below without `case _`: the type checker names an operator that is not answered
        case Operator.WITHIN_LAST:
            low, high = Endpoint(-length), Endpoint(nothing)
        case Operator.WITHIN_NEXT:
            low, high = Endpoint(nothing), Endpoint(length)
        case Operator.OLDER_THAN:
            low, high = None, Endpoint(-length, open=True)
        case Operator.FURTHER_THAN:
            low, high = Endpoint(length, open=True), None
    return _sides(low, high, timedelta, holds=holds)


def _sides(low: Endpoint | None, high: Endpoint | None, kind: type, *, holds: bool) -> tuple[ValueSet, ...]:
    """The span itself, or what lies on either side of it."""
    if holds:
        return (value_interval(low, high, kind),)
    below = value_interval(None, Endpoint(low.value, open=not low.open), kind) if low is not None else None
    above = value_interval(Endpoint(high.value, open=not high.open), None, kind) if high is not None else None
    if below is not None and above is not None and low is not None and high is not None and low.value > high.value:
        return (value_interval(None, None, kind),)
    return tuple(side for side in (below, above) if side is not None)


def leaf_value_sets(operator: Operator, operand: object, *, holds: bool) -> tuple[ValueSet, ...] | None:
    """The values of which a test is true (or false), as regions of its field; None for what only its name stands for."""
    match operator:
        case Operator.EQUALS | Operator.IN:
            return (_listed(operand, holds=holds),)
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return (_listed(operand, holds=not holds),)
        case Operator.GTE | Operator.GT | Operator.LTE | Operator.LT | Operator.BETWEEN:
            return _compared(operator, operand, holds=holds)
        case (
            Operator.PRESENT | Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH
            | Operator.MATCHES | Operator.MENTIONS | Operator.IN_GROUP | Operator.UNDER_DOMAIN
            | Operator.CONTAINS_ANY | Operator.CONTAINS_ALL | Operator.CONTAINS_NONE
            | Operator.WITHIN_LAST | Operator.WITHIN_NEXT | Operator.OLDER_THAN | Operator.FURTHER_THAN
        ):  # fmt: skip
            return None


def _listed(operand: object, *, holds: bool) -> ValueSet:
    values = operand if isinstance(operand, tuple) else (operand,)
    return one_of(values) if holds else none_of(values)


def _compared(operator: OrderingOperator, operand: object, *, holds: bool) -> tuple[ValueSet, ...]:
    first, last = operand if isinstance(operand, tuple) else (operand, operand)
    kind: type = datetime if isinstance(first, str) else float
    start, end = (parse_policy_instant(first), parse_policy_instant(last)) if isinstance(first, str) else (first, last)
    low: Endpoint | None
    high: Endpoint | None
    match operator:
        case Operator.GTE:
            low, high = Endpoint(start), None
        case Operator.GT:
            low, high = Endpoint(start, open=True), None
        case Operator.LTE:
            low, high = None, Endpoint(end)
        case Operator.LT:
            low, high = None, Endpoint(end, open=True)
        case Operator.BETWEEN:
            low, high = Endpoint(start), Endpoint(end)
    return _sides(low, high, kind, holds=holds)
