"""The mailboxes and users that a vendor counts by themselves: those for which calls wait while others go on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports.vendors.pace import STRIKES, HeldSubject, PaceState, Refusal

_IS_AILING = PreparedStatement("""
    select exists (select from connection_pace
        where connection_id = :of and subject = :subject and (failures > 0 or not_before is not null))
""")
_WAITING = PreparedStatement("""
    select subject, not_before, strikes from connection_pace
    where connection_id = :of and subject = any(cast(:subjects as text[])) and not_before > cast(:at as timestamptz)
""")
_HELD = PreparedStatement("""
    select c.key, p.subject, p.not_before, p.strikes, p.last_error
    from connection_pace p join connections c on c.id = p.connection_id
    where p.connection_id = :of and p.subject <> ''
      and (p.not_before > cast(:at as timestamptz) or p.strikes >= cast(:strikes as integer))
    order by p.strikes desc, p.subject limit :limit
""")
_REFUSED_SUBJECTS = PreparedStatement("""
    select c.key, p.subject, p.not_before, p.strikes, p.last_error
    from connection_pace p join connections c on c.id = p.connection_id
    where p.subject <> '' and p.strikes >= cast(:strikes as integer) and c.active and c.fault is null
    order by c.key, p.subject limit :limit
""")
_FORGET_SUBJECTS = PreparedStatement("""
    delete from connection_pace where subject <> '' and filled_at < cast(:before as timestamptz)
      and coalesce(not_before < cast(:before as timestamptz), true)
""")


class SqlSubjectPaces:
    """The part of `pointsman.services.ports.vendors.pace.Paces` that is about subjects alone."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_ailing(self, connection_id: UUID, subject: str) -> bool:
        return await _IS_AILING.scalar(self._connection, {"of": connection_id, "subject": subject}) is True

    async def waiting(self, connection_id: UUID, subjects: Sequence[str], *, at: datetime) -> Mapping[str, Refusal]:
        given = {"of": connection_id, "subjects": list(subjects), "at": at}
        return {
            row.subject: Refusal(state=state_of(row.not_before, row.strikes, at), until=row.not_before)
            for row in await _WAITING.rows(self._connection, given)
        }

    async def held(self, connection_id: UUID, *, at: datetime, limit: int) -> Sequence[HeldSubject]:
        given = {"of": connection_id, "at": at, "strikes": STRIKES, "limit": limit}
        return [_held(row) for row in await _HELD.rows(self._connection, given)]

    async def refused_subjects(self, *, limit: int) -> Sequence[HeldSubject]:
        rows = await _REFUSED_SUBJECTS.rows(self._connection, {"strikes": STRIKES, "limit": limit})
        return [_held(row) for row in rows]

    async def forget_subjects(self, *, before: datetime) -> None:
        await _FORGET_SUBJECTS.run(self._connection, {"before": before})


def state_of(not_before: datetime | None, strikes: int, at: datetime) -> PaceState:
    """As `PaceRow.state`; a refusal of a connection that works is for want of a place or a token."""
    if strikes >= STRIKES:
        return PaceState.OUT_OF_USE
    if not_before is None:
        return PaceState.CLOSED
    return PaceState.WAITING if not_before > at else PaceState.PROBING


def _held(row: Any) -> HeldSubject:
    return HeldSubject(
        connection_key=row.key,
        subject=row.subject,
        until=row.not_before,
        refused=row.strikes >= STRIKES,
        error=message_from_json(row.last_error) if row.last_error else None,
    )
