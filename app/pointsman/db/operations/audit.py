"""The audit repository."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import audit
from pointsman.domain.messages.message import Message
from pointsman.services.ports.operations.audit import AuditFilter

_ADD = insert(audit)
_PAGE = PreparedStatement(
    """
    select id, at, actor, action, subject, before, after, reason
    from audit
    where (cast(:subject as text) is null or subject = :subject)
      and (cast(:actor as text) is null or actor = :actor)
      and (cast(:action as text) is null or action = :action)
      and (cast(:since as timestamptz) is null or at >= :since)
      and (cast(:until as timestamptz) is null or at < :until)
      and (cast(:after_at as timestamptz) is null or (at, id) < (:after_at, cast(:after_id as uuid)))
    order by at desc, id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)


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
        reason: Message | None = None,
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
                "reason": reason.as_json() if reason else None,
            },
        )

    async def add_each(
        self, lines: Sequence[tuple[UUID, str, Mapping[str, Any]]], *, at: datetime, actor: str, action: str
    ) -> None:
        same = {"at": at, "actor": actor, "action": action, "before": None, "reason": None}
        rows = [same | {"id": id_, "subject": subject, "after": after} for id_, subject, after in lines]
        if rows:
            await self._connection.execute(_ADD, rows)

    async def page(
        self, which: AuditFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        at, last = after or (None, None)
        given = asdict(which) | {"after_at": at, "after_id": last, "limit": limit}
        return [row._asdict() for row in await _PAGE.rows(self._connection, given)]
