"""What a vendor keeps for the host: one shape of answer to the four verbs."""

from dataclasses import dataclass, field
from enum import StrEnum

from pointsman_sdk.keys import check_key
from pointsman_sdk.slots import Slot


class Standing(StrEnum):
    """Whether a thing counts. `CANCELLED` is there still, and its owner marked it as called off."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRecord:
    """A thing as the vendor has it now.

    `version` changes whenever the vendor's copy does. `sequence` is the one of the state that stands there, None where the
    vendor keeps none. `slot` is None of things without a time; not `certain` is one that others rewrote so that it could be
    another instant, such as a floating time. `repeats`: others made a series of it; `slot` is the first of its times that stands,
    and where none is left it is CANCELLED. `fields` are values by the vendor's own names, of kinds that
    have them.
    """

    key: str
    place: str
    id: str
    version: str
    sequence: int | None = None
    owner: str | None = None
    slot: Slot | None = None
    certain: bool = True
    repeats: bool = False
    standing: Standing = Standing.CONFIRMED
    title: str = field(default="", repr=False, compare=False)
    join_url: str | None = field(default=None, repr=False)
    url: str | None = None  # where a person opens it
    fields: tuple[tuple[str, object], ...] = field(default=(), repr=False)


def check_state(key: str, sequence: int) -> None:
    """ValueError unless `key` is one, and `sequence`, which counts the host's own changes of the thing, starts at 0."""
    check_key(key)
    if sequence < 0:
        raise ValueError("a sequence starts at 0")
