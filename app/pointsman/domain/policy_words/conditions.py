"""Conditions as messages, from their JSON form: "the lead's country is one of DE and AT and the lead's score is at least 70"."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pointsman.domain.leads.facts import STANDARD_FIELDS, FieldType
from pointsman.domain.messages.message import Arg, Message, first_of, say
from pointsman.domain.policy.condition_wording import condition_kind, operator_and_operand
from pointsman.domain.policy.operands import is_day, parse_policy_instant, word_list_name
from pointsman.domain.policy_words.values import length_message, quoted, text_message
from pointsman.domain.roster.rep_facts import REP_FIELDS

_MOST_ITEMS = 6

_BOUNDS = frozenset({"gte", "gt", "lte", "lt"})
_LENGTHS = frozenset({"within_last", "within_next", "older_than", "further_than"})
#: An unknown value does not pass them, which nothing in their words says.
_OTHER_THAN = frozenset({"not_equals", "not_in", "contains_none"})

_OPERATORS: Mapping[str, str] = {
    "equals": "condition.equals",
    "not_equals": "condition.not-equals",
    "in": "condition.in",
    "not_in": "condition.not-in",
    "gte": "condition.gte",
    "gt": "condition.gt",
    "lte": "condition.lte",
    "lt": "condition.lt",
    "contains": "condition.contains",
    "starts_with": "condition.starts-with",
    "ends_with": "condition.ends-with",
    "matches": "condition.matches",
    "mentions": "condition.mentions",
    "in_group": "condition.in-group",
    "under_domain": "condition.under-domain",
    "contains_any": "condition.contains-any",
    "contains_all": "condition.contains-all",
    "contains_none": "condition.contains-none",
    "within_last": "condition.within-last",
    "within_next": "condition.within-next",
    "older_than": "condition.older-than",
    "further_than": "condition.further-than",
}
_OF_FIELDS: Mapping[str, str] = {
    "equals": "condition.equals-field",
    "gte": "condition.gte-field",
    "gt": "condition.gt-field",
    "lte": "condition.lte-field",
    "lt": "condition.lt-field",
    "in": "condition.in-field",
    "not_in": "condition.not-in-field",
}
_OF_TIMES: Mapping[str, str] = {
    "gte": "condition.gte-time",
    "gt": "condition.gt-time",
    "lte": "condition.lte-time",
    "lt": "condition.lt-time",
}
#: With a list of one value.
_OF_ONE: Mapping[str, str] = {
    "in": "condition.equals",
    "not_in": "condition.not-equals",
    "contains_any": "condition.contains",
    "contains_all": "condition.contains",
    "contains_none": "condition.contains-not",
}
_NAMED: Mapping[str, str] = {
    "segment": "condition.segment",
    "icp": "condition.icp",
    "persona": "condition.persona",
}


def condition_message(condition: Mapping[str, Any], *, shortened: bool = False, negated: bool = False) -> Message:
    """What it asks: a clause. Two that ask otherwise read differently, unless they are `shortened` to few items.

    What asks the same may read the same: instants however they are written, a list of one value as that value, and `not` of
    `not` as what stands within. `negated` says that it stands in a `not`.
    """
    match condition_kind(condition):
        case "all":
            parts = _parts(condition["all"], shortened=shortened, negated=negated)
            return _joined(parts, "condition.all", "condition.all-of-one")
        case "any":
            parts = _parts(condition["any"], shortened=shortened, negated=negated)
            return _joined(parts, "condition.any", "condition.any-of-one")
        case "not":
            inner = condition["not"]
            if condition_kind(inner) == "not":
                return condition_message(inner["not"], shortened=shortened, negated=negated)
            return say("condition.not", condition=condition_message(inner, shortened=shortened, negated=not negated))
        case "field":
            told = _leaf(condition["field"], *operator_and_operand(condition), shortened=shortened)
            return told if negated else _known_too(told, *operator_and_operand(condition))
        case kind:
            return say(_NAMED[kind or ""], name=condition[kind or ""])


def value_message(value: Any, *, shortened: bool = False) -> Arg:
    """What a field is compared with, as a message or a typed argument."""
    match value:
        case {"field": str(field)}:
            return say("condition.field", field=field)
        case list():
            items = [value_message(item, shortened=shortened) for item in value[: _MOST_ITEMS if shortened else None]]
            return first_of([*items, *value[len(items) :]], _MOST_ITEMS) if shortened else tuple(items)
        case bool() | int():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case _:
            return text_message(str(value), shortened=shortened)


def operand_message(operator: str, operand: Any, *, shortened: bool = False) -> Arg:
    """What a test of this operator compares with; two bounds as a list."""
    if operator in _LENGTHS:
        return length_message(operand)
    if operator in _BOUNDS:
        return bound_value(operand)
    if operator == "between":
        return tuple(bound_value(bound) for bound in operand)
    if operator == "mentions" and isinstance(operand, str):
        return mentioned(operand, shortened=shortened)
    if operator == "mentions":
        items = [mentioned(item, shortened=shortened) for item in operand[: _MOST_ITEMS if shortened else None]]
        return first_of(items, _MOST_ITEMS, of=len(operand)) if shortened else tuple(items)
    return value_message(operand, shortened=shortened)


def mentioned(item: str, *, shortened: bool = False) -> Arg:
    """A word or a phrase; a word list by its name."""
    name = word_list_name(item)
    return text_message(item, shortened=shortened) if name is None else say("condition.word-list", name=name)


def bound_value(value: Any) -> Arg:
    """A number, an instant or a field; a day as the instant at which it begins.

    An instant with seconds is as it is written, since readers' clocks show none.
    """
    if not isinstance(value, str):
        return value_message(value)
    if is_day(value):
        return say("condition.day-begins", day=date.fromisoformat(value))
    at = parse_policy_instant(value)
    return quoted(value) if at.second or at.microsecond else at


def is_time(field: str, operand: object) -> bool:
    """Whether a test of this field with this bound compares times, as far as their names and its form tell."""
    other = operand.get("field", "") if isinstance(operand, Mapping) else ""
    return isinstance(operand, (str, datetime)) or FieldType.INSTANT in map(_KNOWN_TYPES.get, (field, other))


_KNOWN_TYPES: Mapping[str, FieldType] = {**STANDARD_FIELDS, **REP_FIELDS}


def _joined(parts: Sequence[Message], several: str, single: str) -> Message:
    return say(several, conditions=tuple(parts)) if len(parts) > 1 else say(single, condition=parts[0])


def _parts(parts: Sequence[Mapping[str, Any]], *, shortened: bool, negated: bool) -> list[Message]:
    most = _MOST_ITEMS if shortened else len(parts)
    shown = [_part(part, shortened=shortened, negated=negated) for part in parts[:most]]
    if len(parts) > most:
        shown.append(say("condition.more", count=len(parts) - most))
    return shown


def _part(condition: Mapping[str, Any], *, shortened: bool, negated: bool) -> Message:
    told = condition_message(condition, shortened=shortened, negated=negated)
    return say("condition.part", condition=told) if condition_kind(condition) in {"all", "any"} else told


def _known_too(told: Message, operator: str, operand: Any) -> Message:
    if operator not in _OTHER_THAN:
        return told
    return say("condition.both-known" if isinstance(operand, Mapping) else "condition.is-known", condition=told)


def _leaf(field: str, operator: str, operand: Any, *, shortened: bool) -> Message:
    if operator == "present":
        return say("condition.known" if operand else "condition.unknown", field=field)
    if operator == "between":
        low, high = map(bound_value, operand)
        return say("condition.between", field=field, low=low, high=high)
    of_field = isinstance(operand, Mapping)
    whole = "condition.field" if operator in {"in", "not_in"} else "condition.the-field"
    value = say(whole, field=operand["field"]) if of_field else None
    key = _OF_FIELDS.get(operator) if of_field else None
    if operator in _BOUNDS and is_time(field, operand):
        key = _OF_TIMES[operator]
    elif isinstance(operand, (list, tuple)) and len(operand) == 1 and operator in _OF_ONE:
        key, operand = _OF_ONE[operator], operand[0]
    shown = value or operand_message(operator, operand, shortened=shortened)
    return say(key or _OPERATORS[operator], field=field, value=shown)
