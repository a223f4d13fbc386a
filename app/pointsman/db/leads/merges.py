"""What moves, and what ends, when two leads turn out to be one person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.booking.slot_holds import RELEASE_SLOT_HOLDS_SQL

_IDENTITIES = text("update lead_identities set lead_id = :into where lead_id = :id returning source, external_id")
# Two statements: no two leads may have the email at the same moment. The merged one keeps it to read, not to be found by.
_GIVE_EMAIL = text("update leads set email_key = null where id = :id")
_TAKE_EMAIL = text("update leads set email = :email, email_key = :email_key where id = :into")
_EMAIL = text("select email, email_key from leads where id = :id")
_END_HOLD = (
    text("update holds set released_at = :at, release = 'merged' where lead_id = :id and released_at is null"),
    text(
        "update alerts set resolved_at = :at"
        " where resolved_at is null and code = 'hold-overdue' and subject = 'lead:' || cast(:id as text)"
    ),
)
_CLOSE = (
    text("update alerts set resolved_at = :at where resolved_at is null and subject = 'lead:' || cast(:id as text)"),
    text(f"with ended as (select cast(:id as uuid) as lead_id){RELEASE_SLOT_HOLDS_SQL}"),
    text("update gate_checks set revoked_at = :at where lead_id = :id and passed and revoked_at is null"),
    text("update overrides set revoked_at = :at where lead_id = :id and revoked_at is null and expires_at > :at"),
)
_ALIASES = text("update leads set merged_into = :into where merged_into = :id")
_MARK = text(
    "update leads set merged_into = :into, merged_at = :at, version = version + 1, updated_at = :at where id = :id"
)
_MERGED = text("select id from leads where merged_into = :id order by merged_at, id")


class SqlMerges:
    """See `pointsman.services.ports.leads.merges.Merges`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def move_identities(self, lead_id: UUID, *, into: UUID) -> Sequence[tuple[str, str]]:
        rows = await self._connection.execute(_IDENTITIES, {"id": lead_id, "into": into})
        return sorted((row.source, row.external_id) for row in rows)

    async def move_email(self, lead_id: UUID, *, into: UUID) -> None:
        row = (await self._connection.execute(_EMAIL, {"id": lead_id})).one()
        await self._connection.execute(_GIVE_EMAIL, {"id": lead_id})
        await self._connection.execute(_TAKE_EMAIL, {"into": into, "email": row.email, "email_key": row.email_key})

    async def end_hold(self, lead_id: UUID, *, at: datetime) -> None:
        for statement in _END_HOLD:
            await self._connection.execute(statement, {"id": lead_id, "at": at})

    async def close_open_items(self, lead_id: UUID, *, at: datetime) -> None:
        await self.end_hold(lead_id, at=at)
        for statement in _CLOSE:
            await self._connection.execute(statement, {"id": lead_id, "at": at})

    async def mark_merged(self, lead_id: UUID, *, into: UUID, at: datetime) -> None:
        await self._connection.execute(_ALIASES, {"id": lead_id, "into": into})
        await self._connection.execute(_MARK, {"id": lead_id, "into": into, "at": at})

    async def merged_leads(self, lead_id: UUID) -> Sequence[UUID]:
        return list((await self._connection.scalars(_MERGED, {"id": lead_id})).all())
