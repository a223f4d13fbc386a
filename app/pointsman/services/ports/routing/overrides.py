"""The overrides repository: exceptions that a human made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """A human's exception: exactly this rep, this lead, this work, until it expires; `used` counts."""

    id: UUID
    lead_id: UUID
    rep: str
    work: str
    reason: str
    approver: str
    used: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Overrides(Protocol):
    async def add(self, row: OverrideRow) -> None: ...
    async def get(self, override_id: UUID) -> OverrideRow | None: ...

    async def page(
        self, *, lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[OverrideRow]: ...

    async def revoke(self, override_id: UUID, *, at: datetime) -> bool: ...
