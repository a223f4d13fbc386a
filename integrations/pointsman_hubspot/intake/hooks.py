"""What a webhook says: an array of changes, ids alone, doubled, late and out of order.

https://developers.hubspot.com/docs/api-reference/legacy/webhooks/guide
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pointsman_hubspot.intake.events import CHANGE, CONTACT, KINDS, TASK, Change
from pointsman_sdk import Rejected, WebhookRequest
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_MOST = 1_000
#: Kinds of records that have a name of their own in a subscription's type; all others are told as `object`, with a number.
_NAMED = frozenset({CONTACT, TASK})
_KEPT = frozenset({"creation", CHANGE, "deletion", "restore", "merge", "privacyDeletion", "associationChange"})


def changes_in(hook: WebhookRequest) -> Sequence[Change]:
    """The changes that are news. Raises Rejected for what is not HubSpot's format."""
    try:
        found = parse_json(hook.body)
    except Unreadable:
        raise Rejected("the webhook's body is not JSON") from None
    if not isinstance(found, list) or not 0 < len(found) <= _MOST:
        raise Rejected("the webhook's body is no list of events")
    try:
        changes = [_change(one) for one in found]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Rejected("the webhook's events are not of HubSpot's format") from None
    return [one for one in changes if one is not None]


def _change(row: Any) -> Change | None:
    """The change that an event tells; None for one about another kind of record."""
    if not isinstance(row, Mapping):
        raise TypeError("an event is an object")
    about, _, what = str(row["subscriptionType"]).partition(".")
    at = _number(row["occurredAt"])
    record = _number(row.get("newObjectId") or row.get("primaryObjectId") or row["objectId"])
    kind = KINDS.get(str(row.get("objectTypeId", ""))) if about == "object" else about
    if kind not in _NAMED or what not in _KEPT:
        return None
    name = str(row.get("propertyName") or "")[:100] if what == CHANGE else ""
    value = row.get("propertyValue")
    return Change(kind=kind, what=what, record=str(record), at=at, name=name, value="" if value is None else str(value))


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise TypeError("a number was expected")
    return value
