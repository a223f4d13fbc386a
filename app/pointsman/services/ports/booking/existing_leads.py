"""How far a CRM that was connected later was told of the leads that reps had by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingLeads:
    """Of `total` leads that were assigned as it began, `owed` records and `meetings` are owed by now.

    `done_at` None: it goes on, below the lead `told_to`.
    """

    connection_id: UUID
    began_at: datetime
    total: int
    owed: int
    meetings: int
    told_to: UUID | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedRecords:
    """What one batch owed."""

    records: int
    meetings: int


class ExistingLeadsStore(Protocol):
    async def begin(self, connection_id: UUID, *, at: datetime) -> None:
        """From the newest lead on, also where an earlier run had not ended."""
        ...

    async def stop(self, connection_id: UUID) -> None:
        """Nothing more is owed by it; what is owed stays so."""
        ...

    async def of(self, connection_id: UUID) -> ExistingLeads | None: ...

    async def open(self, *, limit: int) -> Sequence[UUID]:
        """The connections in use that are not told of all yet; the one that waits longest first."""
        ...

    async def lock(self, connection_id: UUID) -> ExistingLeads | None:
        """None where another transaction has it, or it has ended."""
        ...

    async def waiting(self, connection_id: UUID, *, at: datetime) -> int:
        """How much is owed to the connection and due."""
        ...

    async def next_leads(self, *, below: UUID | None, limit: int) -> Sequence[UUID]:
        """Leads that are assigned, the newest first, each locked: what is done to one of them is over, or comes after this."""
        ...

    async def owe(self, connection_id: UUID, leads: Sequence[UUID], *, first_id: UUID, at: datetime) -> OwedRecords:
        """Their records, and their meetings to come of which it never heard, with jobs behind all others.

        Not where what stands is owed already, and not yet begun.
        """
        ...

    async def advance(self, row: ExistingLeads) -> None: ...
