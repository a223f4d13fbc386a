"""Reading a policy document: bounded, and refused with the path to each fault."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pointsman.domain.errors import Fault, PolicyInvalid
from pointsman.domain.policy.conditions_model import (
    CONDITION_MODELS,
    All,
    AnyOf,
    Condition,
    Leaf,
    Not,
    Operator,
    SegmentRef,
    leaves,
)
from pointsman.domain.policy.definitions_model import ScorePoints
from pointsman.domain.policy.document import (
    BookingRules,
    CapacityStep,
    DistributionMethod,
    FuzzyNameMatching,
    Gate,
    HoldRules,
    Matching,
    Member,
    Nurture,
    OnFail,
    Ownership,
    Policy,
    Pool,
    RampStep,
    Ranking,
    Rule,
    Score,
    Segment,
    SkillMatch,
    SkillPreference,
    SupplierRules,
)
from pointsman.domain.policy.gc_pause import gc_paused
from pointsman.domain.policy.operands import TAG_PREFIX, FieldRef
from pointsman.domain.policy.pattern_check import pattern_faults
from pointsman.domain.policy.references import reference_faults
from pointsman.domain.text.suggestions import did_you_mean

__all__ = [
    "All",
    "AnyOf",
    "BookingRules",
    "Condition",
    "DistributionMethod",
    "Gate",
    "Leaf",
    "Matching",
    "Member",
    "Not",
    "Nurture",
    "OnFail",
    "Operator",
    "Policy",
    "Pool",
    "Rule",
    "Segment",
    "SegmentRef",
    "SkillMatch",
    "leaves",
    "parse_policy",
    "plain_document",
]  # fmt: skip

MAX_NODES = 500_000
MAX_OBJECTS = 100_000  # objects with keys, which cost most to read and to check: rules, parts of conditions, members
MAX_DEPTH = 40  # of the document; a condition inside may nest about half as deep
MAX_FAULTS = 100

_CODES = {
    "missing": "missing",
    "model_type": "not-an-object",
    "dict_type": "not-an-object",
    "tuple_type": "not-a-list",
    "extra_forbidden": "unknown-key",
    "enum": "unknown-value",
    "literal_error": "unknown-value",
    "string_pattern_mismatch": "malformed",
    "too_long": "too-many",
    "too_short": "too-few",
}
_MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Policy,
    ("rules", "*"): Rule,
    ("segments", "*"): Segment,
    ("icps", "*"): Segment,
    ("personas", "*"): Segment,
    ("scores", "*"): Score,
    ("scores", "*", "points", "*"): ScorePoints,
    ("gates", "*"): Gate,
    ("gates", "*", "on_fail"): OnFail,
    ("pools", "*"): Pool,
    ("pools", "*", "booking"): BookingRules,
    ("pools", "*", "members", "*"): Member,
    ("pools", "*", "match", "*"): SkillMatch,
    ("pools", "*", "ranking"): Ranking,
    ("pools", "*", "ranking", "prefer", "*"): SkillPreference,
    ("pools", "*", "ramp_up", "*"): RampStep,
    ("suppliers", "*"): SupplierRules,
    ("suppliers", "*", "capacity", "*"): CapacityStep,
    ("nurture",): Nurture,
    ("matching",): Matching,
    ("matching", "names"): FuzzyNameMatching,
    ("ownership",): Ownership,
    ("holds",): HoldRules,
}
_CONDITIONS: Mapping[str, type[BaseModel]] = {**CONDITION_MODELS, "ref": FieldRef}


def parse_policy(data: object) -> Policy:
    """The policy in `data` (what a YAML or JSON reader returned); PolicyInvalid names every fault and its path."""
    with gc_paused():
        plain = _bounded(data)
        try:
            policy = Policy.model_validate(plain)
        except ValidationError as error:
            details = [e for e in error.errors(include_url=False) if not (e["type"] == "too_short" and e["input"])]
            raise _invalid([_fault(detail) for detail in details[:MAX_FAULTS]]) from None
        if faults := reference_faults(policy) or list(pattern_faults(policy)):
            raise _invalid(faults[:MAX_FAULTS])
        return policy


def plain_document(data: object) -> Mapping[str, Any]:
    """`data`, which `parse_policy` takes, as the JSON values to store: all that the author wrote, in the author's order."""
    plain = _bounded(data)
    assert isinstance(plain, dict)
    return plain


def _invalid(faults: Sequence[Fault]) -> PolicyInvalid:
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return PolicyInvalid(f"{first.path or 'policy'}: {first.message}{more}", faults=faults)


def _bounded(data: object) -> object:
    """`data` as plain JSON values, walked without recursion; refuses what is too deep, too large or not data.

    Dates, which YAML readers make of unquoted timestamps, become text again.
    """
    box: list[object] = [None]
    todo: list[tuple[Any, Any, Any, int]] = [(box, 0, data, 0)]
    count = objects = 0
    while todo:
        parent, key, value, depth = todo.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH or objects > MAX_OBJECTS:
            raise _invalid([_too_large(count, depth)])
        kind = type(value)
        if kind is str:
            parent[key] = _storable(value)
        elif kind is dict:
            objects += 1
            copy: dict[str, object] = {}
            parent[key] = copy
            for name, inner in value.items():
                text = name if isinstance(name, str) else str(name).lower() if isinstance(name, bool) else str(name)
                copy[_storable(text)] = None  # keeps the author's order
                todo.append((copy, text, inner, depth + 1))
        elif kind is list or kind is tuple:
            items: list[object] = [None] * len(value)
            parent[key] = items
            todo.extend((items, i, inner, depth + 1) for i, inner in enumerate(value))
        elif value is None or kind is bool or kind is float:
            parent[key] = value
        elif kind is datetime or kind is date:
            parent[key] = value.isoformat()
        elif kind is not int:
            raise _invalid([Fault(path="", code="not-json", message=f"{kind.__name__} is not a JSON value")])
        elif value.bit_length() > 64:
            raise _invalid([Fault(path="", code="too-large", message="a number has more than 64 bits: shorten it")])
        else:
            parent[key] = value
    return box[0]


def _too_large(count: int, depth: int) -> Fault:
    if depth > MAX_DEPTH:
        message = f"is nested deeper than {MAX_DEPTH} levels: name its parts as segments"
    elif count > MAX_NODES:
        message = f"has more than {MAX_NODES:,} values: remove what no rule needs"
    else:
        message = (
            f"has more than {MAX_OBJECTS:,} objects (each rule, test, all, any, not and member is one): "
            "name conditions that rules share as segments, and write values of one field as one 'in'"
        )
    return Fault(path="", code="too-large", message=f"the document {message}")


def _storable(text: str) -> str:
    """`text`, refused when a database or a JSON reader could not take it back."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        message = f"{text[:60]!r} holds a NUL or half a surrogate pair: remove it"
        raise _invalid([Fault(path="", code="malformed", message=message)])
    return text


def _fault(error: ErrorDetails) -> Fault:
    loc = error["loc"]
    path = _path(loc)
    code = _CODES.get(error["type"], error["type"].replace("_", "-"))
    message = error["msg"]
    given = "nothing" if error["input"] is None else f"{error['input']!r:.60}"
    match error["type"]:
        case "extra_forbidden":
            message = f"'{loc[-1]}' is not known here; {_keys_hint(loc)}".rstrip("; ")
        case "missing":
            message = f"'{loc[-1]}' is missing: add it"
        case "enum" | "literal_error":
            known = re.findall(r"'(\w+)'", str(error.get("ctx", {}).get("expected", "")))
            message = f"{given} is not known; {did_you_mean(str(error['input']), known)}"
        case "string_pattern_mismatch" if loc and loc[-1] == "else":
            message = f"{given} is not known; write hold, next, nurture or pool:NAME"
        case "string_pattern_mismatch":
            message = f"{given} is malformed; it must match {error.get('ctx', {}).get('pattern')}"
        case "model_type" | "dict_type":
            message = f"{given} is not an object: write keys with values"
        case "tuple_type":
            message = f"{given} is not a list: write [...]"
        case _:
            pass
    return Fault(path=path, code=code, message=message)


def _path(loc: Sequence[int | str]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(TAG_PREFIX) and part != "[key]":
            path += f".{part}" if path else part
    return path


def _keys_hint(loc: Sequence[int | str]) -> str:
    """The suggestion for an unknown key, from the model that stands at its parent."""
    parents = loc[:-1]
    if parents and isinstance(parents[-1], str) and parents[-1].startswith(TAG_PREFIX):
        model = _CONDITIONS.get(parents[-1].removeprefix(TAG_PREFIX))
    else:
        model = next((model for shape, model in _MODELS.items() if _has_shape(parents, shape)), None)
    if model is None:
        return ""
    return did_you_mean(str(loc[-1]), [field.alias or name for name, field in model.model_fields.items()])


def _has_shape(parents: Sequence[int | str], shape: tuple[str, ...]) -> bool:
    return len(parents) == len(shape) and all(
        wanted in ("*", part) for wanted, part in zip(shape, parents, strict=True)
    )
