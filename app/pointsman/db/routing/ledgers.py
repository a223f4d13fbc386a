"""The ledgers repository."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.hot_statement import PreparedStatement
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow, SkipRow

_COLUMNS = "pool, seq, ledger, waiting_since, skips"
#: The open skips are on the row, since a lock that was waited for reads the row anew, and nothing beside it.
_LOCK = PreparedStatement(
    text(
        f"select {_COLUMNS} from pool_ledgers where pool = any(cast(:pools as text[])) order by pool for no key update"
    )
)
_AMONG = text(f"select {_COLUMNS} from pool_ledgers where pool = any(cast(:pools as text[]))")
_NAMES = text("select pool from pool_ledgers order by pool")
_MAKE = text(
    "insert into pool_ledgers (pool, seq, ledger, waiting_since)"
    """ select pool, 0, cast('{"denominator": "1", "balances": {}}' as jsonb), cast('{}' as jsonb)"""
    " from unnest(cast(:pools as text[])) pool order by pool on conflict (pool) do nothing"
)
_GET = text(f"select {_COLUMNS} from pool_ledgers where pool = :pool")
_ENTRY_COLUMNS = "pool, seq, kind, decision_id, rep_id, entry, reason, at"
_APPEND = text(
    f"insert into ledger_entries ({_ENTRY_COLUMNS})"
    " values (:pool, :seq, :kind, :decision_id, :rep_id, cast(:entry as jsonb), :reason, :at)"
)
_STORE = text(
    "update pool_ledgers set seq = :seq, ledger = cast(:ledger as jsonb), skips = cast(:skips as jsonb),"
    " waiting_since = cast(:waiting_since as jsonb) where pool = :pool"
)
#: Taking back and taking again alternate, under the counter's lock.
_CREDITED = text(
    "select count(*) filter (where kind = 'credit') > count(*) filter (where kind = 'restore')"
    " from ledger_entries where decision_id = :decision_id"
)
_TURN = text(f"select {_ENTRY_COLUMNS} from ledger_entries where decision_id = :decision_id and kind = 'assign'")
_ENTRIES = text(
    f"select {_ENTRY_COLUMNS} from ledger_entries where pool = :pool and seq > :after order by seq limit :limit"
)
_COUNTS = text(
    "select p.key, count(*) filter (where e.kind = 'assign') as turns,"
    " count(*) filter (where e.kind = 'credit') - count(*) filter (where e.kind = 'restore') as credits"
    " from ledger_entries e join reps p on p.id = e.rep_id where e.pool = :pool group by p.key"
)
_SKIP_COLUMNS = (
    "s.id, s.counter, s.rep_id, p.key as rep, s.reason, s.cost_seq, s.asked_by, s.created_at, s.used_at,"
    " s.decision_id, s.cancelled_at"
)
_SKIP = text(f"select {_SKIP_COLUMNS} from skips s join reps p on p.id = s.rep_id where s.id = :id")
_OPEN_SKIPS = text(
    f"select {_SKIP_COLUMNS} from skips s join reps p on p.id = s.rep_id"
    " where s.counter = :counter and s.used_at is null and s.cancelled_at is null order by s.created_at, s.id"
)
_ADD_SKIP = text(
    "insert into skips (id, counter, rep_id, reason, cost_seq, asked_by, created_at)"
    " values (:id, :counter, :rep_id, :reason, :cost_seq, :asked_by, :created_at)"
)
_CANCEL_SKIP = text("update skips set cancelled_at = :at where id = :id")


class SqlLedgers:
    """See `pointsman.services.ports.routing.ledgers.Ledgers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, counters: Sequence[str]) -> Mapping[str, LedgerRow]:
        names = sorted(set(counters))
        found = await self._locked(names)
        if len(found) < len(names):
            await self._connection.execute(_MAKE, {"pools": names})
            found = await self._locked(names)
        return found

    async def get(self, counter: str) -> LedgerRow | None:
        row = (await self._connection.execute(_GET, {"pool": counter})).mappings().one_or_none()
        return LedgerRow(**row) if row else None

    async def get_existing(self, counters: Sequence[str]) -> Mapping[str, LedgerRow]:
        rows = await self._connection.execute(_AMONG, {"pools": [*counters]})
        return {row["pool"]: LedgerRow(**row) for row in rows.mappings()}

    async def counters(self) -> Sequence[str]:
        return (await self._connection.scalars(_NAMES)).all()

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        given = {
            "pool": entry.pool, "seq": entry.seq, "kind": entry.kind, "decision_id": entry.decision_id,
            "rep_id": entry.rep_id, "entry": json.dumps(entry.entry), "reason": entry.reason, "at": entry.at,
        }  # fmt: skip
        await self._connection.execute(_APPEND, given)
        await self.store(ledger)

    async def store(self, ledger: LedgerRow) -> None:
        given = {
            "pool": ledger.pool, "seq": ledger.seq, "ledger": json.dumps(ledger.ledger),
            "waiting_since": json.dumps(ledger.waiting_since), "skips": json.dumps(ledger.skips),
        }  # fmt: skip
        await self._connection.execute(_STORE, given)

    async def is_credited(self, decision_id: UUID) -> bool:
        return bool(await self._connection.scalar(_CREDITED, {"decision_id": decision_id}))

    async def turn_entry(self, decision_id: UUID) -> LedgerEntryRow | None:
        row = (await self._connection.execute(_TURN, {"decision_id": decision_id})).mappings().one_or_none()
        return LedgerEntryRow(**row) if row else None

    async def entries(self, counter: str, *, after: int, limit: int) -> Sequence[LedgerEntryRow]:
        rows = await self._connection.execute(_ENTRIES, {"pool": counter, "after": after, "limit": limit})
        return [LedgerEntryRow(**row) for row in rows.mappings()]

    async def turn_counts(self, counter: str) -> Mapping[str, tuple[int, int]]:
        rows = await self._connection.execute(_COUNTS, {"pool": counter})
        return {row.key: (row.turns, row.credits) for row in rows}

    async def add_skip(self, skip: SkipRow) -> None:
        names = ("id", "counter", "rep_id", "reason", "cost_seq", "asked_by", "created_at")
        await self._connection.execute(_ADD_SKIP, {name: getattr(skip, name) for name in names})

    async def cancel_skip(self, skip_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_CANCEL_SKIP, {"id": skip_id, "at": at})

    async def get_skip(self, skip_id: UUID) -> SkipRow | None:
        row = (await self._connection.execute(_SKIP, {"id": skip_id})).mappings().one_or_none()
        return SkipRow(**row) if row else None

    async def open_skips(self, counter: str) -> Sequence[SkipRow]:
        rows = await self._connection.execute(_OPEN_SKIPS, {"counter": counter})
        return [SkipRow(**row) for row in rows.mappings()]

    async def _locked(self, names: Sequence[str]) -> dict[str, LedgerRow]:
        rows = await _LOCK.rows(self._connection, {"pools": [*names]})
        return {row.pool: LedgerRow(**row._asdict()) for row in rows}
