"""Intakes, the inbox, idempotency and leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.leads import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead as stored. `facts` has the non-personal facts ("company.employees": 120) and no `lead.email` etc."""

    id: UUID
    email: str | None
    email_key: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    facts: Mapping[str, Value]
    stage: str
    account_id: UUID | None
    match: Mapping[str, Any]
    nurture_until: datetime | None
    nurture_reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Leads(Protocol):
    async def get(self, lead_id: UUID, *, lock: bool = False) -> LeadRow | None:
        """`lock` holds the row until the transaction ends, so that one lead is decided once at a time."""
        ...

    async def set_stage(
        self,
        lead_id: UUID,
        stage: str,
        *,
        at: datetime,
        nurture_until: datetime | None = None,
        nurture_reason: str | None = None,
    ) -> None: ...


class Intakes(Protocol):
    """Filled in with the intake slice."""


class Inbox(Protocol):
    """Filled in with the intake slice."""


class IdempotencyStore(Protocol):
    """Filled in with the intake slice."""
