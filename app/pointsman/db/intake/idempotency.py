"""Answers kept under idempotency keys.

The key is ours through an advisory lock that ends with the transaction, so a crash can never leave it taken.
"""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports import LostRace
from pointsman.services.ports.intake.idempotency import StoredResponse

_LOCK_KEY = PreparedStatement(
    """
    select pg_try_advisory_xact_lock(:lock) as ours, i.body_hash, i.status, i.answer, i.language
    from (select 1) as one
    left join idempotency i on i.caller = :caller and i.route = :route and i.key = :key
    """,
    replan=True,
)
_STORE = PreparedStatement("""
    insert into idempotency (caller, route, key, body_hash, status, answer, language, created_at)
    values (:caller, :route, :key, :body_hash, :status, :answer, :language, :at)
    on conflict do nothing returning 1 as stored
""")
_PURGE = PreparedStatement(
    """
    delete from idempotency where ctid = any(array(
        select ctid from idempotency where created_at < :before order by created_at limit :limit))
    """,
    replan=True,
)


class SqlIdempotency:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_key(self, *, caller: str, route: str, key: str) -> tuple[bool, StoredResponse | None]:
        names = {"caller": caller, "route": route, "key": key}
        row = await _LOCK_KEY.one(self._connection, {**names, "lock": _lock(caller, route, key)})
        if row.status is None:
            return row.ours, None
        return row.ours, StoredResponse(
            body_hash=bytes(row.body_hash), status=row.status, answer=bytes(row.answer), language=row.language
        )

    async def store(self, *, caller: str, route: str, key: str, answer: StoredResponse, at: datetime) -> None:
        values = {
            "caller": caller,
            "route": route,
            "key": key,
            "body_hash": answer.body_hash,
            "status": answer.status,
            "answer": answer.answer,
            "language": answer.language,
            "at": at,
        }
        if await _STORE.one(self._connection, values) is None:
            raise LostRace("the idempotency key was stored meanwhile")

    async def purge(self, *, before: datetime, limit: int) -> int:
        return await _PURGE.run(self._connection, {"before": before, "limit": limit})


def _lock(caller: str, route: str, key: str) -> int:
    digest = hashlib.sha256(f"{caller}\x00{route}\x00{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
