"""What a simulation reads: decisions in the order in which they were taken, and their leads as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.leads.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecisionRow:
    """A decision without its trace."""

    id: UUID
    lead_id: UUID
    at: datetime
    outcome: str
    work: str | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None
    summary: Mapping[str, Any]  # `Message.as_json`
    category: str | None
    policy_version: int
    roster_version: int
    inputs: Mapping[str, Any]


class History(Protocol):
    async def decisions(
        self, *, since: datetime, until: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[PastDecisionRow]:
        """Oldest first, of `since` <= at < `until`, behind `after`."""
        ...

    async def evidence(self, leads: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[datetime, Evidence]]]:
        """By lead, in order of observation, with when it was recorded; expired when something ended it."""
        ...
