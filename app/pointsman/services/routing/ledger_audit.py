"""Whether the stored balances are those that the history leads to, and the repair when they are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from pointsman.domain.distribution.ledger import (
    Adjustment,
    Ledger,
    LedgerEntry,
    RestoredTurn,
    ReversedTurn,
    Turn,
    apply_entry,
)
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.message import Message, say
from pointsman.services.audit import audit
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow
from pointsman.services.routing.fetch_inputs import ledger_name
from pointsman.services.transactions import run_in_transaction

_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerVerification:
    """Whether the stored row of a ledger is the one that the history leads to; `faults` say what is not."""

    pool: str
    ledger: str  # its name
    faults: tuple[Message, ...]
    entries: int
    stored: Ledger
    rebuilt: Ledger

    @property
    def agrees(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuilt:
    """What a ledger's history leads to."""

    ledger: Ledger
    seq: int
    waiting_since: Mapping[str, str]


async def verify_ledger(env: Env, pool: str) -> LedgerVerification:
    """Rebuild the balances of a pool's ledger from their history, and compare. NotFound; nothing is locked."""
    async with env.uow() as tx:
        return await _verified(tx, pool, await _ledger_name(env, tx, pool))


async def verify_all_ledgers(env: Env) -> Sequence[LedgerVerification]:
    """Every ledger that there ever was, by name."""
    async with env.uow() as tx:
        return [await _verified(tx, name, name) for name in await tx.ledgers.names()]


async def rebuild_ledger(env: Env, pool: str, *, reason: str, actor: Actor) -> LedgerVerification:
    """Put the row that the history leads to in the place of the stored one, with an audit line; what was found before.

    NotFound; Conflict "nothing-to-rebuild" when they agree.
    """

    async def work(tx: Tx) -> LedgerVerification:
        name = await _ledger_name(env, tx, pool)
        if await tx.ledgers.get(name) is None:
            raise _no_ledger(pool)
        row = (await tx.ledgers.lock([name]))[name]
        history = await _continued(tx, name, _Rebuilt(ledger=Ledger(), seq=0, waiting_since={}))
        found = _compared(pool, row, history)
        if found.agrees:
            raise Conflict(
                f"The ledger of {pool} is what its history says.",
                code="nothing-to-rebuild",
                told=say("refusal.nothing-to-rebuild", pool=pool),
            )
        mended = replace(row, seq=history.seq, ledger=history.ledger.as_json(), waiting_since=history.waiting_since)
        await tx.ledgers.store(mended)
        await audit(
            env,
            tx,
            actor,
            "ledger.rebuilt",
            f"pool:{name}",
            before={"ledger": row.ledger, "entries": row.seq},
            after={"ledger": mended.ledger, "entries": mended.seq},
            reason=reason,
        )
        return found

    return await run_in_transaction(env, work)


def ledger_entry(line: LedgerEntryRow) -> LedgerEntry:
    """A stored line as what it did to the ledger."""
    data = line.entry
    match line.kind:
        case "assign":
            return Turn.from_json(data)
        case "credit":
            return ReversedTurn(turn=Turn.from_json(data))
        case "restore":
            return RestoredTurn(turn=Turn.from_json(data))
        case _:
            return Adjustment(rep=data["rep"], amount=Fraction(data["amount"]), others=tuple(data["others"]))


async def _ledger_name(env: Env, tx: Tx, pool: str) -> str:
    if (await tx.policies.live_versions()).policy is None:
        return pool
    return ledger_name((await load_routing_config(env, tx)).policy.policy, pool)


async def _verified(tx: Tx, pool: str, name: str) -> LedgerVerification:
    """Turns go on being booked meanwhile: history is read until it has come to where the row, read after it, stands."""
    if await tx.ledgers.get(name) is None:
        raise _no_ledger(pool)
    history, before = _Rebuilt(ledger=Ledger(), seq=0, waiting_since={}), -1
    while True:
        history = await _continued(tx, name, history)
        row = await tx.ledgers.get(name)
        assert row is not None, "no ledger is ever deleted"
        if row.seq <= history.seq or history.seq == before:
            return _compared(pool, row, history)
        before = history.seq


async def _continued(tx: Tx, name: str, history: _Rebuilt) -> _Rebuilt:
    """All entries after those that `history` holds already."""
    ledger, seq, waiting = history.ledger, history.seq, dict(history.waiting_since)
    while batch := await tx.ledgers.entries(name, after=seq, limit=_BATCH):
        for line in batch:
            entry = ledger_entry(line)
            ledger = apply_entry(ledger, entry)
            if isinstance(entry, Turn):
                waiting[entry.rep] = line.at.isoformat()
        seq = batch[-1].seq
    return _Rebuilt(ledger=ledger, seq=seq, waiting_since=waiting)


def _compared(pool: str, row: LedgerRow, history: _Rebuilt) -> LedgerVerification:
    stored = Ledger.from_json(row.ledger)
    faults = []
    if row.seq != history.seq:
        faults.append(say("balance-check.other-count", stored=row.seq, history=history.seq))
    if _parts(stored) != _parts(history.ledger):
        faults.append(say("balance-check.other-balances"))
    if _instants(row.waiting_since) != _instants(history.waiting_since):
        faults.append(say("balance-check.other-times"))
    return LedgerVerification(
        pool=pool, ledger=row.pool, faults=tuple(faults), entries=row.seq, stored=stored, rebuilt=history.ledger
    )


def _parts(ledger: Ledger) -> Mapping[str, Fraction]:
    return {rep: ledger.balance(rep) for rep, parts in ledger.balances.items() if parts}


def _instants(waiting_since: Mapping[str, str]) -> Mapping[str, datetime]:
    return {rep: datetime.fromisoformat(since) for rep, since in waiting_since.items()}


def _no_ledger(pool: str) -> NotFound:
    return NotFound(f"Pool '{pool}' has no ledger yet.", told=say("refusal.no-ledger", pool=pool))
