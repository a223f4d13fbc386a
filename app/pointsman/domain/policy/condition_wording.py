"""Conditions in words, from their JSON form: "lead.country is one of DE and AT and lead.score is from 70"."""

from collections.abc import Mapping, Sequence
from typing import Any

from pointsman.domain.text.formatting import format_value, join_with_and

_SHOWN = 6
_LONGEST = 400

#: After the field's name and "is" or "now": {} is what is compared with. Also what an editor shows beside the operator.
OPERATOR_PHRASES: Mapping[str, str] = {
    "equals": "{}",
    "not_equals": "other than {}",
    "in": "one of {}",
    "not_in": "none of {}",
    "gte": "from {}",
    "gt": "above {}",
    "lte": "up to {}",
    "lt": "below {}",
    "between": "between {}",
    "contains": "a text or list with {}",
    "starts_with": "a text that begins with {}",
    "ends_with": "a text that ends with {}",
    "matches": "a text that matches {}",
    "mentions": "a text that mentions {}",
    "in_group": "in the country group {}",
    "under_domain": "at or under the domain {}",
    "contains_any": "a list with any of {}",
    "contains_all": "a list with all of {}",
    "contains_none": "a list with none of {}",
    "within_last": "within the last {}",
    "within_next": "within the next {}",
    "older_than": "more than {} ago",
    "further_than": "more than {} ahead",
}


def condition_in_words(condition: Mapping[str, Any]) -> str:
    """What it asks, shortened when long."""
    return _clipped(_words(condition))


def operator_and_operand(leaf: Mapping[str, Any]) -> tuple[str, Any]:
    """The operator of a leaf and what it compares with."""
    return next((name, value) for name, value in leaf.items() if name != "field")


def operator_in_words(operator: str, operand: Any) -> str:
    """What must hold of a field: "from 70"."""
    if operator == "present":
        return "known" if operand else "unknown"
    if operator == "between":
        return OPERATOR_PHRASES[operator].format(join_with_and([value_in_words(value) for value in operand]))
    return OPERATOR_PHRASES.get(operator, operator + " {}").format(value_in_words(operand))


def value_in_words(value: Any) -> str:
    """A part of a document in few words."""
    match value:
        case None:
            words = "not set"
        case {"field": str(field), **rest} if not rest:
            words = field
        case dict() if condition_kind(value):
            words = condition_in_words(value)
        case dict():
            words = join_with_and([f"{key} {value_in_words(part)}" for key, part in value.items()]) or "nothing"
        case list():
            words = list_in_words([value_in_words(part) for part in value[: _SHOWN + 1]], of=len(value))
        case _:
            words = format_value(value) or "''"
    return _clipped(words)


def list_in_words(words: Sequence[str], *, of: int | None = None) -> str:
    """ "a, b and c", and how many more there are; `of` is how many, where not all of them were put into words."""
    count = len(words) if of is None else of
    if not count:
        return "nothing"
    shown = [*words[:_SHOWN], f"{count - _SHOWN} more"] if count > _SHOWN else list(words)
    return _clipped(join_with_and(shown))


def condition_kind(condition: Any) -> str | None:
    """Which kind of condition it is; None for what is none."""
    if not isinstance(condition, Mapping):
        return None
    return next(
        (name for name in ("all", "any", "not", "segment", "icp", "persona", "field") if name in condition), None
    )


def _words(condition: Mapping[str, Any]) -> str:
    match condition_kind(condition):
        case "all" | "any" as joint:
            parts: list[Any] = condition[joint]
            words = [f"({_words(p)})" if condition_kind(p) in {"all", "any"} else _words(p) for p in parts[:_SHOWN]]
            words += [f"{len(parts) - _SHOWN} more"] if len(parts) > _SHOWN else []
            return _clipped((" and " if joint == "all" else " or ").join(words))
        case "not":
            return _clipped(f"not ({_words(condition['not'])})")
        case "field":
            return f"{condition['field']} is {operator_in_words(*operator_and_operand(condition))}"
        case kind:
            return f"it is of {kind} '{condition[kind or '']}'"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
