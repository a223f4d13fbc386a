"""What a single question said of a lead, in words. What a person is known by, or wrote, is never quoted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from pointsman.domain.leads.facts import EMAIL_FIELD, MESSAGE_FIELD, NEVER_QUOTED, NOW_FIELD, Facts
from pointsman.domain.messages.facts import SHOWN, fact_value
from pointsman.domain.messages.message import Arg, Message, first_of, say
from pointsman.domain.policy.conditions_model import (
    ORDERING_OPERATORS,
    RELATIVE_TIME_OPERATORS,
    Leaf,
    Operator,
)
from pointsman.domain.policy.operands import FieldRef, word_list_name
from pointsman.domain.policy_words.conditions import bound_value
from pointsman.domain.text.hosts import host_in

_WORDS: Mapping[Operator, tuple[str, str]] = {  # said when true, said when false
    Operator.EQUALS: ("answer.is", "answer.is-not"),
    Operator.NOT_EQUALS: ("answer.is-not", "answer.is"),
    Operator.IN: ("answer.one-of", "answer.none-of"),
    Operator.NOT_IN: ("answer.none-of", "answer.one-of"),
    Operator.GTE: ("answer.at-least", "answer.below"),
    Operator.GT: ("answer.above", "answer.not-above"),
    Operator.LTE: ("answer.at-most", "answer.above"),
    Operator.LT: ("answer.below", "answer.not-below"),
    Operator.BETWEEN: ("answer.between", "answer.not-between"),
    Operator.CONTAINS: ("answer.contains", "answer.contains-not"),
    Operator.STARTS_WITH: ("answer.starts", "answer.starts-not"),
    Operator.ENDS_WITH: ("answer.ends", "answer.ends-not"),
    Operator.MATCHES: ("answer.matches", "answer.matches-not"),
    Operator.MENTIONS: ("answer.mentions", "answer.mentions-none"),
    Operator.IN_GROUP: ("answer.lies-in", "answer.lies-in-none"),
    Operator.UNDER_DOMAIN: ("answer.under", "answer.under-none"),
    Operator.CONTAINS_ANY: ("answer.contains-one", "answer.contains-none"),
    Operator.CONTAINS_ALL: ("answer.contains-all", "answer.contains-not-all"),
    Operator.CONTAINS_NONE: ("answer.contains-none", "answer.contains-one"),
    Operator.WITHIN_LAST: ("answer.within-last", "answer.not-within-last"),
    Operator.WITHIN_NEXT: ("answer.within-next", "answer.not-within-next"),
    Operator.OLDER_THAN: ("answer.older", "answer.not-older"),
    Operator.FURTHER_THAN: ("answer.further", "answer.not-further"),
}
_OF_FIELDS: Mapping[
    Operator, tuple[str, str]
] = {  # "the lead's language (de) is not in the rep's list of languages (en, fr)"
    Operator.EQUALS: ("answer.same", "answer.not-same"),
    Operator.NOT_EQUALS: ("answer.not-same", "answer.same"),
    Operator.GTE: ("answer.at-least-field", "answer.below-field"),
    Operator.GT: ("answer.above-field", "answer.at-most-field"),
    Operator.LTE: ("answer.at-most-field", "answer.above-field"),
    Operator.LT: ("answer.below-field", "answer.at-least-field"),
    Operator.IN: ("answer.in-field", "answer.not-in-field"),
    Operator.NOT_IN: ("answer.not-in-field", "answer.in-field"),
}
_OF_TIMES: Mapping[Operator, tuple[str, str]] = {
    Operator.GTE: ("answer.not-before", "answer.before"),
    Operator.GT: ("answer.after", "answer.not-after"),
    Operator.LTE: ("answer.not-after", "answer.after"),
    Operator.LT: ("answer.before", "answer.not-before"),
}
#: With a list of one value.
_OF_ONE: Mapping[Operator, tuple[str, str]] = {
    Operator.IN: ("answer.is", "answer.is-not"),
    Operator.NOT_IN: ("answer.is-not", "answer.is"),
    Operator.MENTIONS: ("answer.mentions-this", "answer.mentions-this-not"),
    Operator.CONTAINS_ANY: ("answer.contains", "answer.contains-not"),
    Operator.CONTAINS_ALL: ("answer.contains", "answer.contains-not"),
    Operator.CONTAINS_NONE: ("answer.contains-not", "answer.contains"),
}
#: What these compare with is shown even of a field that is never quoted: it is a bound, or the name of a group.
_UNTELLING = ORDERING_OPERATORS | {Operator.IN_GROUP}
#: Of a message these name a topic; of a name or a number they may name all of it.
_TOPICAL = frozenset({Operator.MATCHES, Operator.MENTIONS})


def may_quote_lead(leaf: Leaf) -> bool:
    """Whether the value that `leaf` compares with may be what a person wrote or is known by: then it is not quoted."""
    if leaf.field not in NEVER_QUOTED or leaf.operator in _UNTELLING:
        return False
    if leaf.operator in _TOPICAL:
        return leaf.field != MESSAGE_FIELD
    if leaf.field == EMAIL_FIELD and leaf.operator is Operator.UNDER_DOMAIN:
        return any(host_in(domain) != domain for domain in cast("tuple[str, ...]", leaf.operand))
    return True


def describe_result(leaf: Leaf, facts: Facts, *, outcome: bool | None) -> Message:
    """A clause such as "the lead's score (45) is below 50"."""
    value, operand, operator = facts.get(leaf.field), leaf.operand, leaf.operator
    if operator is Operator.PRESENT:
        return say("answer.known" if leaf.field in facts else "answer.unknown", field=leaf.field)
    if value is None:
        return say("answer.unknown", field=leaf.field)
    secret = leaf.field in NEVER_QUOTED
    shown: Arg
    if isinstance(operand, FieldRef):
        secret = secret or operand.field in NEVER_QUOTED
        if operand.field not in facts:
            return say("answer.other-unknown", subject=_named(leaf.field, facts, secret=secret), other=operand.field)
        shown = _named(operand.field, facts, secret=secret)
    elif isinstance(operand, timedelta):
        shown = operand
    elif may_quote_lead(leaf):
        shown = say("answer.unquoted")
    else:
        shown = operand_value(leaf)
    subject = _named(leaf.field, facts, secret=secret)
    if outcome is None and operator in RELATIVE_TIME_OPERATORS and NOW_FIELD not in facts:
        return say("answer.now-unknown", subject=subject)
    if outcome is None:
        return say("answer.incomparable", subject=subject, operand=shown)
    return say(_said_of(leaf, value)[0 if outcome else 1], subject=subject, operand=shown)


def _said_of(leaf: Leaf, value: object) -> tuple[str, str]:
    operator, operand, usual = leaf.operator, leaf.operand, _WORDS[leaf.operator]
    if isinstance(value, datetime) and operator in _OF_TIMES:
        return _OF_TIMES[operator]
    if isinstance(operand, FieldRef):
        return _OF_FIELDS.get(operator, usual)
    if isinstance(operand, tuple) and len(operand) == 1:
        return _OF_ONE.get(operator, usual)
    return usual


def operand_value(leaf: Leaf) -> Arg:
    """What it compares with, where that may be shown: bounds as numbers, days and times."""
    operand = leaf.operand
    if leaf.operator is Operator.MENTIONS and isinstance(operand, tuple):
        return first_of([_mentioned(item) for item in operand[: SHOWN + 1]], SHOWN, of=len(operand))
    if leaf.operator not in ORDERING_OPERATORS:
        return fact_value(operand)
    return tuple(map(bound_value, operand)) if isinstance(operand, tuple) else bound_value(operand)


def _mentioned(item: object) -> Arg:
    """A word or a phrase; a word list by its name."""
    name = word_list_name(str(item))
    return fact_value(item) if name is None else say("condition.word-list", name=name)


def _named(field: str, facts: Facts, *, secret: bool) -> Arg:
    if secret:
        return say("answer.field", field=field)
    value = facts[field]
    return (
        say("answer.value", field=field, value=fact_value(value)) if value != () else say("answer.empty", field=field)
    )
