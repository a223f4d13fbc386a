"""Faults of form, as pydantic finds them, as messages: a terminal and a check tell them in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from pointsman.domain.errors import Fault
from pointsman.domain.messages.message import Message, say

_NOT_AN_OBJECT, _NOT_A_LIST = (
    ("model_type", "model_attributes_type", "dict_type"),
    ("list_type", "tuple_type", "set_type"),
)
_OF_TYPE: Mapping[str, Message] = {
    "string_type": say("fault.text"),
    "bool_type": say("fault.true-or-false"),
    "bool_parsing": say("fault.true-or-false"),
    "int_type": say("fault.whole-number"),
    "int_parsing": say("fault.whole-number"),
    "int_from_float": say("fault.whole-number"),
    "float_type": say("fault.number"),
    "float_parsing": say("fault.number"),
}
#: The limits of pydantic: what its context calls each, and what is said of it.
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "fault.at-least"),
    "greater_than": ("gt", "fault.above"),
    "less_than_equal": ("le", "fault.at-most"),
    "less_than": ("lt", "fault.below"),
    "string_too_long": ("max_length", "fault.too-long"),
    "string_too_short": ("min_length", "fault.too-short"),
    "too_long": ("max_length", "fault.too-many"),
    "too_short": ("min_length", "fault.too-few"),
}


def form_fault(error: Mapping[str, Any], said: str, hint: Message | None = None) -> Message:
    """What pydantic's `error` says; `said` is its English sentence, for what has no message. `hint` is for unknown names."""
    kind, loc = error["type"], error["loc"]
    given = "-" if error.get("input") is None else f"{error['input']!r:.60}"
    match kind:
        case "missing":
            told = say("fault.missing", name=_last(loc))
        case "extra_forbidden":
            told = _hinted(say("fault.unknown-key", name=_last(loc)), hint)
        case "enum" | "literal_error":
            told = _hinted(say("fault.unknown-value", given=given), hint)
        case "model_type" if not loc and error.get("input") is None:
            told = say("fault.empty")
        case "model_type" | "model_attributes_type" | "dict_type":
            told = say("fault.not-an-object", given=given)
        case "list_type" | "tuple_type" | "set_type":
            told = say("fault.not-a-list", given=given)
        case "string_pattern_mismatch":
            told = say("fault.malformed", said=said)
        case _ if kind in _LIMITS:
            name, key = _LIMITS[kind]
            told = say(key, limit=error.get("ctx", {}).get(name, "?"))
        case _:
            told = _OF_TYPE.get(kind) or say("fault.as-said", said=said)
    return told


def fault_words(fault: Fault) -> Message:
    """What a fault says: its message, or else its English sentence."""
    return fault.told if isinstance(fault.told, Message) else say("fault.as-said", said=fault.message)


def _hinted(said: Message, hint: Message | None) -> Message:
    return said if hint is None else say("fault.hinted", said=said, hint=hint)


def _last(loc: Sequence[int | str]) -> str:
    return str(loc[-1]) if loc else ""
