"""The alerts repository."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import alerts
from pointsman.domain.messages.message import Message, message_from_json
from pointsman.services.ports.operations.alerts import AGAIN_WITHIN, COMES_AND_GOES, AlertFilter, AlertRow

_new = insert(alerts)
_PUT = _new.on_conflict_do_update(
    index_elements=[alerts.c.code, alerts.c.subject],
    index_where=alerts.c.resolved_at.is_(None),
    set_={"count": alerts.c.count + 1, "message": _new.excluded.message},
)
_open, _ended = alerts.alias("open"), alerts.alias("ended")
_LAST_ENDED = (
    select(_ended.c.id)
    .where(
        _ended.c.code == bindparam("of_code"),
        _ended.c.subject == bindparam("of_subject"),
        _ended.c.resolved_at > bindparam("since"),
    )
    .order_by(_ended.c.resolved_at.desc())
    .limit(1)
)
_IS_ANY_OPEN = exists().where(
    _open.c.code == bindparam("of_code"), _open.c.subject == bindparam("of_subject"), _open.c.resolved_at.is_(None)
)
_OPEN_AGAIN = (
    update(alerts)
    .where(alerts.c.id == _LAST_ENDED.scalar_subquery(), ~_IS_ANY_OPEN)
    .values(resolved_at=None, count=alerts.c.count + 1, message=bindparam("told"))
)
_RESOLVE = (
    update(alerts)
    .where(
        alerts.c.code == bindparam("of_code"),
        alerts.c.subject == bindparam("of_subject"),
        alerts.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("at"))
)
_IS_OPEN = select(alerts.c.id).where(
    alerts.c.code == bindparam("of_code"), alerts.c.subject == bindparam("of_subject"), alerts.c.resolved_at.is_(None)
)
_LOCK = PreparedStatement("select pg_advisory_xact_lock(hashtext('pointsman.alert:' || cast(:of as text)))")
_OPEN_AMONG = PreparedStatement("""
    select subject from alerts where code = :code and resolved_at is null and subject = any(cast(:subjects as text[]))
""")
_OPEN = select(alerts).where(alerts.c.resolved_at.is_(None)).order_by(alerts.c.raised_at.desc(), alerts.c.id.desc())
_PAGE = PreparedStatement(
    """
    select id, code, subject, message, count, raised_at, resolved_at from alerts
    where (cast(:resolved as boolean) or resolved_at is null)
      and (cast(:code as text) is null or code = :code)
      and (cast(:subject as text) is null or subject = :subject)
      and (cast(:since as timestamptz) is null or raised_at >= :since)
      and (cast(:until as timestamptz) is null or raised_at < :until)
      and (cast(:after_at as timestamptz) is null or (raised_at, id) < (:after_at, cast(:after_id as uuid)))
    order by raised_at desc, id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)


class SqlAlerts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        code: str,
        subject: str,
        message: Message,
    ) -> None:
        if code in COMES_AND_GOES:
            await self.lock(code=code, subject=subject)
            told = {"of_code": code, "of_subject": subject, "since": at - AGAIN_WITHIN, "told": message.as_json()}
            if (await self._connection.execute(_OPEN_AGAIN, told)).rowcount:
                return
        values = {"id": id, "raised_at": at, "code": code, "subject": subject, "message": message.as_json()}
        await self._connection.execute(_PUT, values)

    async def resolve(self, *, at: datetime, code: str, subject: str) -> None:
        if code in COMES_AND_GOES:  # a `put` at the same moment waits for the end, and opens the same one again
            await self.lock(code=code, subject=subject)
        await self._connection.execute(_RESOLVE, {"of_code": code, "of_subject": subject, "at": at})

    async def lock(self, *, code: str, subject: str) -> None:
        await _LOCK.run(self._connection, {"of": f"{code}:{subject}"})

    async def is_open(self, *, code: str, subject: str) -> bool:
        found = await self._connection.scalar(_IS_OPEN, {"of_code": code, "of_subject": subject})
        return found is not None

    async def open_among(self, *, code: str, subjects: Sequence[str]) -> frozenset[str]:
        rows = await _OPEN_AMONG.rows(self._connection, {"code": code, "subjects": list(subjects)})
        return frozenset(row.subject for row in rows)

    async def list_open(self) -> Sequence[Mapping[str, Any]]:
        return [
            {**row._mapping, "message": message_from_json(row.message)}  # noqa: SLF001  # SQLAlchemy's public name
            for row in await self._connection.execute(_OPEN)
        ]

    async def page(self, which: AlertFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[AlertRow]:
        at, last = after or (None, None)
        given = {**asdict(which), "after_at": at, "after_id": last, "limit": limit}
        rows = await _PAGE.rows(self._connection, given)
        return [AlertRow(**{**row._asdict(), "message": message_from_json(row.message)}) for row in rows]
