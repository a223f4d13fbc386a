"""Conditions as messages, from their JSON form: "the lead's country is one of DE and AT and the lead's score is at least 70"."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pointsman.domain.messages.message import Arg, Message, first_of, say
from pointsman.domain.policy.condition_wording import condition_kind, operator_and_operand
from pointsman.domain.policy.operands import parse_policy_instant
from pointsman.domain.policy_words.values import length_message, quoted, text_message

_MOST_ITEMS = 6

_BOUNDS = frozenset({"gte", "gt", "lte", "lt"})
_LENGTHS = frozenset({"within_last", "within_next", "older_than", "further_than"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

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
_OF_FIELDS: Mapping[str, str] = {"in": "condition.in-field", "not_in": "condition.not-in-field"}
_NAMED: Mapping[str, str] = {
    "segment": "condition.segment",
    "icp": "condition.icp",
    "persona": "condition.persona",
}


def condition_message(condition: Mapping[str, Any], *, shortened: bool = False) -> Message:
    """What it asks: a clause. Two conditions that differ read differently, unless they are `shortened` to few items.

    Instants that are the same read the same, however they are written.
    """
    match condition_kind(condition):
        case "all":
            return _joined(condition["all"], "condition.all", "condition.all-of-one", shortened=shortened)
        case "any":
            return _joined(condition["any"], "condition.any", "condition.any-of-one", shortened=shortened)
        case "not":
            return say("condition.not", condition=condition_message(condition["not"], shortened=shortened))
        case "field":
            return _leaf(condition["field"], *operator_and_operand(condition), shortened=shortened)
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


def _joined(parts: Sequence[Mapping[str, Any]], several: str, single: str, *, shortened: bool) -> Message:
    shown = [_part(part, shortened=shortened) for part in parts[: _MOST_ITEMS if shortened else None]]
    if len(parts) == 1:
        return say(single, condition=shown[0])
    if len(parts) > len(shown):
        shown.append(say("condition.more", count=len(parts) - len(shown)))
    return say(several, conditions=tuple(shown))


def _part(condition: Mapping[str, Any], *, shortened: bool) -> Message:
    told = condition_message(condition, shortened=shortened)
    return say("condition.part", condition=told) if condition_kind(condition) in {"all", "any"} else told


def _leaf(field: str, operator: str, operand: Any, *, shortened: bool) -> Message:
    if operator == "present":
        return say("condition.known" if operand else "condition.unknown", field=field)
    if operator == "between":
        low, high = (bound_value(value) for value in operand)
        return say("condition.between", field=field, low=low, high=high)
    if operator in _LENGTHS:
        value: Arg = length_message(operand)
    elif operator in _BOUNDS:
        value = bound_value(operand)
    else:
        value = value_message(operand, shortened=shortened)
    of_field = _OF_FIELDS.get(operator) if isinstance(operand, dict) else None
    return say(of_field or _OPERATORS[operator], field=field, value=value)


def bound_value(value: Any) -> Arg:
    """A number, a day, an instant or a field. One with seconds is as it is written, since readers' clocks show none."""
    if not isinstance(value, str):
        return value_message(value)
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    at = parse_policy_instant(value)
    return quoted(value) if at.second or at.microsecond else at
