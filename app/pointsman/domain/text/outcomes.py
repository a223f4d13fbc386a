"""What a reader of outside text found, as JSON values: so it can be told by another process."""

from collections.abc import Callable
from typing import Any

from pointsman.domain.errors import Fault, Invalid, TooLarge

#: `{"value": …}`, or what was refused and why.
Outcome = dict[str, Any]


def outcome_of(read: Callable[[], Any]) -> Outcome:
    """What `read` returns, which must be JSON values, or which of Invalid and TooLarge it raises."""
    try:
        return {"value": read()}
    except (Invalid, TooLarge) as refused:
        return {
            "too_large": isinstance(refused, TooLarge),
            "message": str(refused),
            "code": refused.code,
            "faults": [[fault.path, fault.code, fault.message, _told(fault)] for fault in refused.faults],
        }


def _told(fault: Fault) -> Any:
    as_json = getattr(fault.told, "as_json", None)  # messages lie above
    return as_json() if as_json else None


def value_of(outcome: Outcome) -> Any:
    """The value in `outcome`; raises what was raised."""
    if "value" in outcome:
        return outcome["value"]
    refusal = TooLarge if outcome["too_large"] else Invalid
    faults = [
        Fault(path=path, code=code, message=message, told=told) for path, code, message, told in outcome["faults"]
    ]
    raise refusal(outcome["message"], code=outcome["code"], faults=faults)
