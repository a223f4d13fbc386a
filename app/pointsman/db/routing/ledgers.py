"""The ledgers repository."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import ledger_entries, pool_ledgers, skips
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow, SkipRow

#: The open skips are on the row, since a lock that was waited for reads the row anew, and nothing beside it.
_LOCK = PreparedStatement("""
    select pool, seq, ledger, waiting_since, skips from pool_ledgers
    where pool = any(cast(:pools as text[])) order by pool for no key update
""")
_GET_EXISTING = PreparedStatement("""
    select pool, seq, ledger, waiting_since, skips from pool_ledgers where pool = any(cast(:pools as text[]))
""")
_NAMES = select(pool_ledgers.c.pool).order_by(pool_ledgers.c.pool)
_CREATE = PreparedStatement("""
    insert into pool_ledgers (pool, seq, ledger, waiting_since)
    select pool, 0, cast('{"denominator": "1", "balances": {}}' as jsonb), cast('{}' as jsonb)
    from unnest(cast(:pools as text[])) pool order by pool on conflict (pool) do nothing
""")
_GET = select(pool_ledgers).where(pool_ledgers.c.pool == bindparam("name"))
_APPEND = insert(ledger_entries)
_STORE = (
    update(pool_ledgers)
    .where(pool_ledgers.c.pool == bindparam("name"))
    .values(
        seq=bindparam("seq"),
        ledger=bindparam("ledger"),
        waiting_since=bindparam("waiting_since"),
        skips=bindparam("skips"),
    )
)
#: Taking back and taking again alternate, under the ledger's lock.
_IS_CREDITED = PreparedStatement("""
    select count(*) filter (where kind = 'credit') > count(*) filter (where kind = 'restore')
    from ledger_entries where decision_id = :decision_id
""")
_TURN_ENTRY = PreparedStatement("""
    select pool, seq, kind, decision_id, rep_id, entry, reason, at from ledger_entries
    where decision_id = :decision_id and kind = 'assign'
""")
_ENTRIES = (
    select(ledger_entries)
    .where(ledger_entries.c.pool == bindparam("name"), ledger_entries.c.seq > bindparam("after"))
    .order_by(ledger_entries.c.seq)
    .limit(bindparam("limit"))
)
_TURN_COUNTS = PreparedStatement("""
    select p.key, count(*) filter (where e.kind = 'assign') as turns,
        count(*) filter (where e.kind = 'credit') - count(*) filter (where e.kind = 'restore') as credits
    from ledger_entries e join reps p on p.id = e.rep_id where e.pool = :pool group by p.key
""")
_GET_SKIP = PreparedStatement("""
    select s.id, s.ledger, s.rep_id, p.key as rep, s.reason, s.cost_seq, s.asked_by, s.created_at, s.used_at,
        s.decision_id, s.cancelled_at
    from skips s join reps p on p.id = s.rep_id
    where s.id = :id
""")
_OPEN_SKIPS = PreparedStatement("""
    select s.id, s.ledger, s.rep_id, p.key as rep, s.reason, s.cost_seq, s.asked_by, s.created_at, s.used_at,
        s.decision_id, s.cancelled_at
    from skips s join reps p on p.id = s.rep_id
    where s.ledger = :ledger and s.used_at is null and s.cancelled_at is null
    order by s.created_at, s.id
""")
_ADD_SKIP = insert(skips)
_CANCEL_SKIP = update(skips).where(skips.c.id == bindparam("skip")).values(cancelled_at=bindparam("at"))


class SqlLedgers:
    """See `pointsman.services.ports.routing.ledgers.Ledgers`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        names = sorted(set(names))
        found = await self._locked(names)
        if len(found) < len(names):
            await _CREATE.run(self._connection, {"pools": names})
            found = await self._locked(names)
        return found

    async def get(self, name: str) -> LedgerRow | None:
        row = (await self._connection.execute(_GET, {"name": name})).mappings().one_or_none()
        return LedgerRow(**row) if row else None

    async def get_existing(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found = await _GET_EXISTING.records(self._connection, LedgerRow, {"pools": [*names]})
        return {row.pool: row for row in found}

    async def names(self) -> Sequence[str]:
        return (await self._connection.scalars(_NAMES)).all()

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        given = {
            "pool": entry.pool, "seq": entry.seq, "kind": entry.kind, "decision_id": entry.decision_id,
            "rep_id": entry.rep_id, "entry": entry.entry, "reason": entry.reason, "at": entry.at,
        }  # fmt: skip
        await self._connection.execute(_APPEND, given)
        await self.store(ledger)

    async def store(self, ledger: LedgerRow) -> None:
        given = {
            "name": ledger.pool,
            "seq": ledger.seq,
            "ledger": ledger.ledger,
            "waiting_since": ledger.waiting_since,
            "skips": ledger.skips,
        }
        await self._connection.execute(_STORE, given)

    async def is_credited(self, decision_id: UUID) -> bool:
        return bool(await _IS_CREDITED.scalar(self._connection, {"decision_id": decision_id}))

    async def turn_entry(self, decision_id: UUID) -> LedgerEntryRow | None:
        return await _TURN_ENTRY.record(self._connection, LedgerEntryRow, {"decision_id": decision_id})

    async def entries(self, name: str, *, after: int, limit: int) -> Sequence[LedgerEntryRow]:
        rows = await self._connection.execute(_ENTRIES, {"name": name, "after": after, "limit": limit})
        return [LedgerEntryRow(**row) for row in rows.mappings()]

    async def turn_counts(self, name: str) -> Mapping[str, tuple[int, int]]:
        rows = await _TURN_COUNTS.rows(self._connection, {"pool": name})
        return {row.key: (row.turns, row.credits) for row in rows}

    async def add_skip(self, skip: SkipRow) -> None:
        columns = ("id", "ledger", "rep_id", "reason", "cost_seq", "asked_by", "created_at")
        await self._connection.execute(_ADD_SKIP, {name: getattr(skip, name) for name in columns})

    async def cancel_skip(self, skip_id: UUID, *, at: datetime) -> None:
        await self._connection.execute(_CANCEL_SKIP, {"skip": skip_id, "at": at})

    async def get_skip(self, skip_id: UUID) -> SkipRow | None:
        return await _GET_SKIP.record(self._connection, SkipRow, {"id": skip_id})

    async def open_skips(self, name: str) -> Sequence[SkipRow]:
        return await _OPEN_SKIPS.records(self._connection, SkipRow, {"ledger": name})

    async def _locked(self, names: Sequence[str]) -> dict[str, LedgerRow]:
        found = await _LOCK.records(self._connection, LedgerRow, {"pools": [*names]})
        return {row.pool: row for row in found}
