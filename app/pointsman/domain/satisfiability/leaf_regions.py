"""The values of which one test is true, or false, as regions of its field."""

from datetime import datetime, timedelta

from pointsman.domain.policy.conditions_model import ORDERING, Operator
from pointsman.domain.policy.operands import instant
from pointsman.domain.satisfiability.regions import End, Region, none_of, one_of, span

#: What is known of these to the last value; of the others, their name alone.
MODELLED = ORDERING | {
    Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN, Operator.IN_GROUP, Operator.PRESENT,
}  # fmt: skip


def ages_of(operator: Operator, length: timedelta, *, holds: bool) -> tuple[Region, ...]:
    """How far an instant lies from now (before it: negative) when the test holds, or when it does not."""
    nothing = timedelta(0)
    inside = {
        Operator.WITHIN_LAST: (End(-length), End(nothing)),
        Operator.WITHIN_NEXT: (End(nothing), End(length)),
        Operator.OLDER_THAN: (None, End(-length, open=True)),
        Operator.FURTHER_THAN: (End(length, open=True), None),
    }
    return _sides(*inside[operator], timedelta, holds=holds)


def _sides(low: End | None, high: End | None, kind: type, *, holds: bool) -> tuple[Region, ...]:
    """The span itself, or what lies on either side of it."""
    if holds:
        return (span(low, high, kind),)
    below = span(None, End(low.at, open=not low.open), kind) if low is not None else None
    above = span(End(high.at, open=not high.open), None, kind) if high is not None else None
    if below is not None and above is not None and low is not None and high is not None and low.at > high.at:
        return (span(None, None, kind),)
    return tuple(side for side in (below, above) if side is not None)


def regions_of(operator: Operator, operand: object, *, holds: bool) -> tuple[Region, ...] | None:
    """The values of which a test is true (or false), as regions of its field; None for what only its name stands for."""
    if operator in (Operator.NOT_EQUALS, Operator.NOT_IN):
        operator = Operator.EQUALS if operator is Operator.NOT_EQUALS else Operator.IN
        holds = not holds
    if operator in (Operator.EQUALS, Operator.IN):
        values = operand if isinstance(operand, tuple) else (operand,)
        return (one_of(values) if holds else none_of(values),)
    if operator not in ORDERING:
        return None
    first, last = operand if isinstance(operand, tuple) else (operand, operand)
    kind: type = datetime if isinstance(first, str) else float
    start, end = (instant(first), instant(last)) if isinstance(first, str) else (first, last)
    ends: dict[Operator, tuple[End | None, End | None]] = {
        Operator.GTE: (End(start), None),
        Operator.GT: (End(start, open=True), None),
        Operator.LTE: (None, End(end)),
        Operator.LT: (None, End(end, open=True)),
        Operator.BETWEEN: (End(start), End(end)),
    }
    return _sides(*ends[operator], kind, holds=holds)
