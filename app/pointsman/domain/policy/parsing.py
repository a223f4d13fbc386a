"""Reading a policy document: bounded, and refused with the path to each fault."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from pointsman.domain.errors import MAX_FAULTS, Fault, PolicyInvalid, listed_faults
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.messages.message import say
from pointsman.domain.policy.conditions_model import (
    All,
    AnyOf,
    Condition,
    Leaf,
    Not,
    Operator,
    SegmentRef,
    leaves,
)
from pointsman.domain.policy.document import (
    BookingRules,
    DistributionMethod,
    Gate,
    Matching,
    Member,
    Nurture,
    OnFail,
    Policy,
    Pool,
    Rule,
    Segment,
    SkillMatch,
)
from pointsman.domain.policy.parsing_faults import parsing_fault
from pointsman.domain.policy.pattern_check import pattern_faults
from pointsman.domain.policy.references import evidence_faults, reference_faults

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


#: What a file of the team's people is told, rather than that each of its parts is unknown.
_ROSTER = Fault(
    path="",
    code="is-roster",
    message="this is a roster: PUT /v1/roster takes it; a policy has rules, pools and gates",
    told=say("fault.is-roster"),
)


def parse_policy(data: object) -> Policy:
    """The policy in `data` (what a YAML or JSON reader returned); PolicyInvalid names every fault and its path."""
    with gc_paused():
        plain = _bounded(data)
        if isinstance(plain, dict) and "reps" in plain and "rules" not in plain:
            raise _invalid([_ROSTER])
        try:
            policy = Policy.model_validate(plain)
        except ValidationError as error:
            details = [e for e in error.errors(include_url=False) if not (e["type"] == "too_short" and e["input"])]
            raise _invalid(
                [parsing_fault(detail) for detail in details[:MAX_FAULTS]], left_out=len(details[MAX_FAULTS:])
            ) from None
        if faults := reference_faults(policy) or [*evidence_faults(policy), *pattern_faults(policy)]:
            raise _invalid(faults[:MAX_FAULTS], left_out=len(faults[MAX_FAULTS:]))
        return policy


def plain_document(data: object) -> Mapping[str, Any]:
    """`data`, which `parse_policy` takes, as the JSON values to store: all that the author wrote, in the author's order."""
    plain = _bounded(data)
    assert isinstance(plain, dict)
    return plain


def _invalid(faults: Sequence[Fault], *, left_out: int = 0) -> PolicyInvalid:
    first, *others = listed_faults(faults)
    count = len(others) + left_out
    more = f" (and {count} more)" if count else ""
    return PolicyInvalid(
        f"{first.path or 'policy'}: {first.message}{more}", faults=faults, told=say("fault.policy", count=count + 1)
    )


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
