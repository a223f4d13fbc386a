"""Faults of form, as pydantic finds them, as messages: a terminal and a check tell them in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pointsman.domain.errors import Fault
from pointsman.domain.messages.message import Message, as_written, message_from_json, say

#: Patterns of what is sent, of which more can be said than that they do not match.
WALL_TIME = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
ROSTER_KEY = r"^[a-z0-9][a-z0-9._-]*$"
#: One mailbox: no empty label in its host, and no sign that would make it a list of addresses or a named one.
EMAIL = r'^[^@\s<>(),;:"\[\]]+@[^@\s<>(),;:"\[\].]+(\.[^@\s<>(),;:"\[\].]+)+$'
DOMAIN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"
_FORMS = {
    WALL_TIME: "fault.wall-time",
    ROSTER_KEY: "fault.key-form",
    EMAIL: "fault.address-form",
    DOMAIN: "fault.domain-form",
}
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
#: Faults that models find themselves: what is said of each, and which parts of its context that names.
_OF_MODELS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "pool-missing": ("fault.pool-missing", ("work",)),
    "pool-of-nurture": ("fault.pool-of-nurture", ()),
    "one-operator": ("fault.one-operator", ("field",)),
    "duplicate-member": ("fault.duplicate-member", ("rep",)),
    "shares": ("fault.shares", ("sum",)),
    "mail-without-connection": ("fault.mail-without-connection", ()),
    "reminder-twice": ("fault.reminder-twice", ()),
    "reminder-range": ("fault.reminder-range", ()),
    "crm-nothing": ("fault.crm-nothing", ()),
    "crm-value": ("fault.crm-value", ("value",)),
    "due-range": ("fault.due-range", ()),
    "list-twice": ("fault.list-twice", ()),
    "task-twice": ("fault.task-twice", ()),
    "blank-text": ("fault.blank-text", ()),
    "acting-text": ("fault.acting-text", ()),
    "second-line": ("fault.second-line", ()),
    "hidden-sign": ("fault.hidden-sign", ("sign",)),
    "hidden-address": ("fault.hidden-address", ()),
    "reply-address": ("fault.reply-address", ()),
    "scalar": ("fault.scalar", ("value",)),
    "score-bounds": ("fault.score-bounds", ()),
    "purpose": ("fault.purpose", ("most",)),
    "conference-link": ("fault.conference-link", ()),
    "ramp-order": ("fault.ramp-order", ()),
    "capacity-order": ("fault.capacity-order", ()),
}
#: Of one kind with several words: those whose parts the context has, the first first.
_BY_CONTEXT: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "bound": (
        ("fault.bound-in-quotes", ("value", "number")),
        ("fault.no-bound", ("value",)),
        ("fault.bounds-of-two-kinds", ()),
    ),
    "out-of-range": (("fault.out-of-range", ("name", "low", "high")), ("fault.notice-beyond-horizon", ())),
}


def form_fault(error: Mapping[str, Any], said: str, hint: Message | None = None) -> Message:
    """What pydantic's `error` says; `said` is its English sentence, for what has no message. `hint` is for unknown names."""
    kind, loc = error["type"], error["loc"]
    given, context = shown_value(error.get("input")), error.get("ctx", {})
    match kind:
        case "missing":
            told = say("fault.missing", name=_last(loc))
        case "extra_forbidden":
            told = hinted(say("fault.unknown-key", name=_last(loc)), hint)
        case "enum" | "literal_error":
            told = hinted(say("fault.unknown-value", given=given), hint)
        case "model_type" if not loc and error.get("input") is None:
            told = say("fault.empty")
        case "model_type" | "model_attributes_type" | "dict_type":
            told = say("fault.not-an-object", given=given)
        case "list_type" | "tuple_type" | "set_type":
            told = say("fault.not-a-list", given=given)
        case "string_pattern_mismatch":
            told = pattern_fault(error) or say("fault.malformed", said=said)
        case "time-zone":
            told = say("fault.time-zone", given=given)
        case "duration":
            example = context.get("example")
            told = say("fault.duration", given=given, example=example) if example else say("fault.no-time")
        case _ if kind in _OF_MODELS or kind in _BY_CONTEXT:
            told = hinted(_of_model(kind, context), hint)
        case _ if kind in _LIMITS:
            name, key = _LIMITS[kind]
            limit = context.get(name, "?")
            told = say(
                key, limit=limit if isinstance(limit, int | float | Decimal | timedelta) else as_written(str(limit))
            )
        case _:
            told = _OF_TYPE.get(kind) or say("fault.as-said", said=said)
    return told


def pattern_fault(error: Mapping[str, Any]) -> Message | None:
    """What to write instead of a text that does not match its field's pattern, where the pattern has words."""
    key = _FORMS.get(str(error.get("ctx", {}).get("pattern", "")))
    return None if key is None else say(key, given=shown_value(error.get("input")))


def shown_value(value: object) -> Message:
    """A value as its author wrote it, a text in the quotes of the reader's language; what is long is cut."""
    if value is None:
        return as_written("-")
    shown = f"{value!r:.60}"
    return say("fault.quoted", text=repr(value[:60])[1:-1]) if isinstance(value, str) else as_written(shown)


def fault_words(fault: Fault) -> Message:
    """What a fault says: its message, or else its English sentence."""
    if isinstance(fault.told, Mapping):
        return message_from_json(fault.told)
    return fault.told if isinstance(fault.told, Message) else say("fault.as-said", said=fault.message)


def knows_kind(kind: str) -> bool:
    """Whether a fault that models find themselves has words of its own."""
    return kind in _OF_MODELS or kind in _BY_CONTEXT or kind in {"duration", "time-zone"}


def _of_model(kind: str, context: Mapping[str, Any]) -> Message:
    ways = (_OF_MODELS[kind],) if kind in _OF_MODELS else _BY_CONTEXT[kind]
    key, names = next(one for one in ways if set(one[1]) <= context.keys())
    return say(key, **{name: context[name] for name in names})


def hinted(said: Message, hint: Message | None) -> Message:
    """The message, and what may be meant, where that is known."""
    return said if hint is None else say("fault.hinted", said=said, hint=hint)


def _last(loc: Sequence[int | str]) -> str:
    return str(loc[-1]) if loc else ""
