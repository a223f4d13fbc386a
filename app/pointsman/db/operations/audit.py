"""The audit repository."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.tables import audit

_ADD = insert(audit)


class SqlAudit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        actor: str,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        await self._connection.execute(
            _ADD,
            {
                "id": id,
                "at": at,
                "actor": actor,
                "action": action,
                "subject": subject,
                "before": before,
                "after": after,
                "reason": reason,
            },
        )

    async def page(
        self, *, subject: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Newest first."""
        query = select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        if after is not None:
            query = query.where(tuple_(audit.c.at, audit.c.id) < tuple_(*after))
        return [dict(row._mapping) for row in await self._connection.execute(query)]  # noqa: SLF001  # SQLAlchemy's public name
