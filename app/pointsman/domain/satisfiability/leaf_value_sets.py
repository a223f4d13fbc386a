"""The values of which one test is true, or false, as regions of its field."""

from datetime import datetime, timedelta

from pointsman.domain.policy.conditions_model import ORDERING_OPERATORS, Operator
from pointsman.domain.policy.operands import parse_policy_instant
from pointsman.domain.satisfiability.value_sets import Endpoint, ValueSet, none_of, one_of, value_interval

#: What is known of these to the last value; of the others, their name alone.
MODELLED_OPERATORS = ORDERING_OPERATORS | {
    Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN, Operator.IN_GROUP, Operator.PRESENT,
}  # fmt: skip


def age_value_sets(operator: Operator, length: timedelta, *, holds: bool) -> tuple[ValueSet, ...]:
    """How far an instant lies from now (before it: negative) when the test holds, or when it does not."""
    nothing = timedelta(0)
    inside = {
        Operator.WITHIN_LAST: (Endpoint(-length), Endpoint(nothing)),
        Operator.WITHIN_NEXT: (Endpoint(nothing), Endpoint(length)),
        Operator.OLDER_THAN: (None, Endpoint(-length, open=True)),
        Operator.FURTHER_THAN: (Endpoint(length, open=True), None),
    }
    return _sides(*inside[operator], timedelta, holds=holds)


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
    if operator in (Operator.NOT_EQUALS, Operator.NOT_IN):
        operator = Operator.EQUALS if operator is Operator.NOT_EQUALS else Operator.IN
        holds = not holds
    if operator in (Operator.EQUALS, Operator.IN):
        values = operand if isinstance(operand, tuple) else (operand,)
        return (one_of(values) if holds else none_of(values),)
    if operator not in ORDERING_OPERATORS:
        return None
    first, last = operand if isinstance(operand, tuple) else (operand, operand)
    kind: type = datetime if isinstance(first, str) else float
    start, end = (parse_policy_instant(first), parse_policy_instant(last)) if isinstance(first, str) else (first, last)
    ends: dict[Operator, tuple[Endpoint | None, Endpoint | None]] = {
        Operator.GTE: (Endpoint(start), None),
        Operator.GT: (Endpoint(start, open=True), None),
        Operator.LTE: (None, Endpoint(end)),
        Operator.LT: (None, Endpoint(end, open=True)),
        Operator.BETWEEN: (Endpoint(start), Endpoint(end)),
    }
    return _sides(*ends[operator], kind, holds=holds)
