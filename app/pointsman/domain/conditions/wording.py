"""What a single question said of a lead, in words. What a person is known by, or wrote, is never quoted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from pointsman.domain.dates.durations import format_duration
from pointsman.domain.leads.facts import EMAIL_FIELD, MESSAGE_FIELD, NEVER_QUOTED, NOW_FIELD, Facts
from pointsman.domain.policy.conditions_model import (
    ORDERING_OPERATORS,
    RELATIVE_TIME_OPERATORS,
    Leaf,
    Operator,
)
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.text.formatting import format_value
from pointsman.domain.text.hosts import host_in

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
    Operator.MATCHES: ("matches {operand}", "does not match {operand}"),
    Operator.MENTIONS: ("mentions one of {operand}", "mentions none of {operand}"),
    Operator.IN_GROUP: ("lies in {operand}", "does not lie in {operand}"),
    Operator.UNDER_DOMAIN: ("lies under {operand}", "does not lie under {operand}"),
    Operator.CONTAINS_ANY: ("contains one of {operand}", "contains none of {operand}"),
    Operator.CONTAINS_ALL: ("contains all of {operand}", "does not contain all of {operand}"),
    Operator.CONTAINS_NONE: ("contains none of {operand}", "contains one of {operand}"),
    Operator.WITHIN_LAST: ("is within the last {operand}", "is not within the last {operand}"),
    Operator.WITHIN_NEXT: ("is within the next {operand}", "is not within the next {operand}"),
    Operator.OLDER_THAN: ("is older than {operand}", "is not older than {operand}"),
    Operator.FURTHER_THAN: ("is further than {operand} away", "is not further than {operand} away"),
}
_OF_FIELDS = {  # where the operand is a field: "lead.language de is not in rep.languages en, fr"
    Operator.IN: ("is in {operand}", "is not in {operand}"),
    Operator.NOT_IN: ("is not in {operand}", "is in {operand}"),
}
#: What these compare with is shown even of a field that is never quoted: it is a bound, or the name of a group.
_UNTELLING = ORDERING_OPERATORS | {Operator.IN_GROUP}
#: Of a message these name a topic; of a name or a number they may name all of it.
_TOPICAL = frozenset({Operator.MATCHES, Operator.MENTIONS})


#: Said in place of a value that may be the lead's own.
UNQUOTED = "a text that the policy names"


def may_quote_lead(leaf: Leaf) -> bool:
    """Whether the value that `leaf` compares with may be what a person wrote or is known by: then it is not quoted."""
    if leaf.field not in NEVER_QUOTED or leaf.operator in _UNTELLING:
        return False
    if leaf.operator in _TOPICAL:
        return leaf.field != MESSAGE_FIELD
    if leaf.field == EMAIL_FIELD and leaf.operator is Operator.UNDER_DOMAIN:
        return any(host_in(domain) != domain for domain in cast("tuple[str, ...]", leaf.operand))
    return True


def describe_result(leaf: Leaf, facts: Facts, *, outcome: bool | None) -> str:
    """One sentence without a full stop, such as "lead.score 45 is below 50"."""
    value, operand, operator = facts.get(leaf.field), leaf.operand, leaf.operator
    if operator is Operator.PRESENT:
        return f"{leaf.field} is {'known' if leaf.field in facts else 'not known'}"
    if value is None:
        return f"{leaf.field} is not known"
    secret = leaf.field in NEVER_QUOTED
    if isinstance(operand, FieldRef):
        secret = secret or operand.field in NEVER_QUOTED
        if operand.field not in facts:
            return f"{_named(leaf.field, facts, secret=secret)} cannot be compared: {operand.field} is not known"
        shown = _named(operand.field, facts, secret=secret)
    elif isinstance(operand, timedelta):
        shown = format_duration(operand)
    elif may_quote_lead(leaf):
        shown = UNQUOTED
    else:
        shown = format_value(operand, " and " if operator is Operator.BETWEEN else ", ")
    subject = _named(leaf.field, facts, secret=secret)
    if outcome is None and operator in RELATIVE_TIME_OPERATORS and NOW_FIELD not in facts:
        return f"{subject} cannot be compared: the moment of the decision is not known"
    if outcome is None:
        return f"{subject} cannot be compared with {shown}"
    said = (_OF_FIELDS if isinstance(operand, FieldRef) else _WORDS).get(operator, _WORDS[operator])
    return f"{subject} {said[0 if outcome else 1].format(operand=shown)}"


def _named(field: str, facts: Facts, *, secret: bool) -> str:
    if secret:
        return field
    value = facts[field]
    return f"{field} {format_value(value) if value != () else '(empty)'}"
