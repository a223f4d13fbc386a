"""The ledgers repository."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.driver import HotStatement
from pointsman.services.ports.routing import LedgerEntryRow, LedgerRow

_LOCK = HotStatement(
    text(
        "select pool, seq, ledger, waiting_since from pool_ledgers where pool = any(cast(:pools as text[]))"
        " order by pool for no key update"
    )
)
_MAKE = text(
    "insert into pool_ledgers (pool, seq, ledger, waiting_since)"
    """ select pool, 0, cast('{"denominator": "1", "balances": {}}' as jsonb), cast('{}' as jsonb)"""
    " from unnest(cast(:pools as text[])) pool order by pool on conflict (pool) do nothing"
)
_GET = text("select pool, seq, ledger, waiting_since from pool_ledgers where pool = :pool")
_ENTRY_COLUMNS = "pool, seq, kind, decision_id, rep_id, entry, reason, at"
_APPEND = text(
    f"insert into ledger_entries ({_ENTRY_COLUMNS})"
    " values (:pool, :seq, :kind, :decision_id, :rep_id, cast(:entry as jsonb), :reason, :at)"
)
_STORE = text("update pool_ledgers set seq = :seq, ledger = cast(:ledger as jsonb) where pool = :pool")
_CREDITED = text("select exists (select from ledger_entries where decision_id = :decision_id and kind = 'credit')")
_TURN = text(f"select {_ENTRY_COLUMNS} from ledger_entries where decision_id = :decision_id and kind = 'assign'")
_ENTRIES = text(
    f"select {_ENTRY_COLUMNS} from ledger_entries where pool = :pool and seq > :after order by seq limit :limit"
)
_COUNTS = text(
    "select p.key, count(*) filter (where e.kind = 'assign') as turns,"
    " count(*) filter (where e.kind = 'credit') as credits"
    " from ledger_entries e join reps p on p.id = e.rep_id where e.pool = :pool group by p.key"
)


class SqlLedgers:
    """See `pointsman.services.ports.routing.Ledgers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, pools: Sequence[str]) -> Mapping[str, LedgerRow]:
        names = sorted(set(pools))
        found = await self._locked(names)
        if len(found) < len(names):
            await self._connection.execute(_MAKE, {"pools": names})
            found = await self._locked(names)
        return found

    async def get(self, pool: str) -> LedgerRow | None:
        row = (await self._connection.execute(_GET, {"pool": pool})).mappings().one_or_none()
        return LedgerRow(**row) if row else None

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        given = {
            "pool": entry.pool, "seq": entry.seq, "kind": entry.kind, "decision_id": entry.decision_id,
            "rep_id": entry.rep_id, "entry": json.dumps(entry.entry), "reason": entry.reason, "at": entry.at,
        }  # fmt: skip
        await self._connection.execute(_APPEND, given)
        stored = {"pool": ledger.pool, "seq": ledger.seq, "ledger": json.dumps(ledger.ledger)}
        await self._connection.execute(_STORE, stored)

    async def credited(self, decision_id: UUID) -> bool:
        return bool(await self._connection.scalar(_CREDITED, {"decision_id": decision_id}))

    async def turn_of(self, decision_id: UUID) -> LedgerEntryRow | None:
        row = (await self._connection.execute(_TURN, {"decision_id": decision_id})).mappings().one_or_none()
        return LedgerEntryRow(**row) if row else None

    async def entries(self, pool: str, *, after: int, limit: int) -> Sequence[LedgerEntryRow]:
        rows = await self._connection.execute(_ENTRIES, {"pool": pool, "after": after, "limit": limit})
        return [LedgerEntryRow(**row) for row in rows.mappings()]

    async def counts(self, pool: str) -> Mapping[str, tuple[int, int]]:
        rows = await self._connection.execute(_COUNTS, {"pool": pool})
        return {row.key: (row.turns, row.credits) for row in rows}

    async def _locked(self, names: Sequence[str]) -> dict[str, LedgerRow]:
        rows = await _LOCK.rows(self._connection, {"pools": [*names]})
        return {row.pool: LedgerRow(**row._asdict()) for row in rows}
