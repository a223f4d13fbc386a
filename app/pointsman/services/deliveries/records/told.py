"""What a CRM was told of a lead: a digest of it, by which nothing is told twice, and the id of the record there."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from pointsman.services.ports.booking.deliveries import DeliveryRow

_HELD, _FREE = "held", "free"


def told_record(*, owner: str | None, address: str | None, values: Mapping[str, object]) -> str:
    """A digest of all that a record says: its owner's id or address (None: it has none), the lead's, and values by field."""
    known = json.dumps(values, sort_keys=True, default=str)
    state = _FREE if owner is None else _HELD
    return f"{state}:{_digest(owner or '')}:{_digest(known)}:{_digest(address or '')}"


def may_have_owner(owed: Sequence[DeliveryRow], *, besides: UUID) -> bool:
    """Whether an owner of our making may stand there, by what was told last before `besides`; `owed` is in order."""
    for one in reversed(owed):
        if one.id == besides or one.told is None:
            continue
        if one.told.startswith(f"{_HELD}:") and (one.attempts > 0 or one.status == "done"):
            return True
        if one.status == "done":
            return False
    return False


def record_id(owed: Sequence[DeliveryRow]) -> str | None:
    """What the CRM calls the record, by the last answer that named it; `owed` is in order."""
    return next((one.vendor_id for one in reversed(owed) if one.vendor_id is not None), None)


def may_be_unnamed(owed: Sequence[DeliveryRow], *, besides: UUID | None = None) -> bool:
    """Whether a call may have made a record whose id no answer named. The attempt of `besides` is about to begin."""
    return record_id(owed) is None and any(one.attempts > (one.id == besides) for one in owed)


def last_known(owed: Sequence[DeliveryRow], *, besides: UUID) -> DeliveryRow | None:
    """The delivery whose state stands in the CRM, as far as we know: None where a call may have ended otherwise since.

    `besides` is the latest, and its first attempt is about to begin; None too where it was tried before.
    """
    for one in reversed(owed):
        if one.status == "done" and one.told is not None and one.id != besides:
            return one
        if one.attempts > (one.id == besides):
            return None
    return None


def has_same_owner(before: str | None, now: str) -> bool:
    """Whether `before` tells the same owner as `now`, or that there is none."""
    return before is not None and before.split(":")[:2] == now.split(":")[:2]


def has_new_address(before: str | None, now: str) -> bool:
    """Whether `now` tells another address of the lead than `before` did; not where none was told before."""
    return before is not None and before.rpartition(":")[2] != now.rpartition(":")[2]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
