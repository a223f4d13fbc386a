"""The repository of records of leads in CRMs: what was last seen of their mapped fields, and which are to be read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.field_mapping.choosing import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRecordRow:
    """A record in a CRM, and the lead that it is. `revision` counts what was written here, so that no reading counts late.

    `due_at`: its fields may have changed, and are to be read then; `told_at` is when others changed it last, as the CRM says.
    """

    connection_id: UUID
    record_id: str
    lead_id: UUID
    seen: Mapping[str, Seen] = field(default_factory=dict)
    revision: int = 0
    told_at: datetime | None = None
    due_at: datetime | None = None


class CrmRecords(Protocol):
    async def get(self, connection_id: UUID, record_id: str, *, lock: bool = False) -> CrmRecordRow | None: ...

    async def of_lead(self, connection_id: UUID, lead_id: UUID) -> CrmRecordRow | None:
        """The record that was written last of this lead."""
        ...

    async def lead_of(self, connection_id: UUID, record_id: str) -> UUID | None:
        """The lead whose record this is by what was delivered, also where none of its fields was looked at yet."""
        ...

    async def put(self, row: CrmRecordRow) -> bool:
        """Keep the row over the one with the revision before; whether that is what stood there, or nothing did (revision 1)."""
        ...

    async def told(
        self, connection_id: UUID, records: Collection[str], *, changed_at: Mapping[str, datetime], at: datetime
    ) -> Collection[str]:
        """Something happened to these records: those that are leads' are due now. Which those are.

        `changed_at` says of some when others changed them.
        """
        ...

    async def put_off(self, connection_id: UUID, record_id: str, *, until: datetime) -> None:
        """Read it then, where it is still to be read."""
        ...

    async def due(self, *, at: datetime, limit: int) -> Collection[tuple[UUID, str]]:
        """(connection, record) of those that are to be read, the longest due first."""
        ...

    async def forget(self, connection_id: UUID) -> None:
        """Nothing is known of its records any more: it may be another account."""
        ...
