"""Conditions by their JSON form: what kind one is, and in an editor's words what each operator asks."""

from collections.abc import Mapping
from typing import Any

#: What an editor shows beside the operator, after "The field is"; {} is what is compared with.
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


def operator_and_operand(leaf: Mapping[str, Any]) -> tuple[str, Any]:
    """The operator of a leaf and what it compares with."""
    return next((name, value) for name, value in leaf.items() if name != "field")


def condition_kind(condition: Any) -> str | None:
    """Which kind of condition it is; None for what is none."""
    if not isinstance(condition, Mapping):
        return None
    return next(
        (name for name in ("all", "any", "not", "segment", "icp", "persona", "field") if name in condition), None
    )
