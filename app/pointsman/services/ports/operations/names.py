"""Names and keys that callers write, and whether there is, or was, what they stand for."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pointsman.domain.permissions.callers import Visibility


class NamedThing(StrEnum):
    """What has a name or a key."""

    REP = "rep"
    POOL = "pool"
    RULE = "rule"
    CONNECTION = "connection"
    INTAKE = "intake"  # an intake, or partner:<supplier>
    POLICY_VERSION = "version of the policy"


class Names(Protocol):
    async def has(self, what: NamedThing, name: str, *, sees: Visibility) -> bool:
        """Whether it stands in a row: also a rep who has left, a rule that decided once. Reps are those that `sees` leaves."""
        ...

    async def some(self, what: NamedThing, *, sees: Visibility, limit: int) -> Sequence[str]:
        """Names that stand in rows of their own: of reps, connections, intakes and versions."""
        ...
