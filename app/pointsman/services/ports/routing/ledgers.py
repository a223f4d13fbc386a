"""The repository of credit ledgers: one row per ledger, its history, and the turns that are to be passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A ledger as stored; `pool` is its name: that of its pool, unless several pools share one.

    `ledger` as `Ledger.as_json`, `waiting_since` rep key to ISO instant, `skips` rep key to the id of the open skip.
    """

    pool: str
    seq: int
    ledger: Mapping[str, Any]
    waiting_since: Mapping[str, str]
    skips: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntryRow:
    """One line of a ledger's history."""

    pool: str
    seq: int
    kind: str  # assign, credit, restore, adjust
    decision_id: UUID | None
    rep_id: UUID | None
    entry: Mapping[str, Any]
    reason: Mapping[str, Any] | None  # `Message.as_json`
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipRow:
    """A turn to be passed over, once: open until a decision uses it or a human cancels it.

    `cost_seq` is the entry that booked the turn as taken; None where it costs none.
    """

    id: UUID
    ledger: str  # its name
    rep_id: UUID
    rep: str
    reason: str
    cost_seq: int | None
    asked_by: str
    created_at: datetime
    used_at: datetime | None = None
    decision_id: UUID | None = None
    cancelled_at: datetime | None = None

    @property
    def costs_turn(self) -> bool:
        return self.cost_seq is not None


class Ledgers(Protocol):
    async def lock(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        """The ledgers, made when missing, locked in the order of their names."""
        ...

    async def get(self, name: str) -> LedgerRow | None: ...

    async def get_existing(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        """Those of the ledgers that exist, unlocked."""
        ...

    async def names(self) -> Sequence[str]:
        """The names of all, in order."""
        ...

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        """The entry, and the ledger it leads to."""
        ...

    async def store(self, ledger: LedgerRow) -> None:
        """The row as it should be; it is locked."""
        ...

    async def is_credited(self, decision_id: UUID) -> bool:
        """Whether the decision's turn stands given back: it was, and has not been taken again since."""
        ...

    async def turn_entry(self, decision_id: UUID) -> LedgerEntryRow | None: ...

    async def entries(self, name: str, *, after: int, limit: int) -> Sequence[LedgerEntryRow]: ...

    async def turn_counts(self, name: str) -> Mapping[str, tuple[int, int]]:
        """Turns taken, and how many of them stand given back, by rep key."""
        ...

    async def add_skip(self, skip: SkipRow) -> None:
        """The history's row alone: `store` opens it on the ledger's row."""
        ...

    async def cancel_skip(self, skip_id: UUID, *, at: datetime) -> None: ...
    async def get_skip(self, skip_id: UUID) -> SkipRow | None: ...
    async def open_skips(self, name: str) -> Sequence[SkipRow]: ...
