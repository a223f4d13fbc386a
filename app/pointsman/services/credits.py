"""The fairness ledger as a story: turns taken back, corrections by hand, and a check that history and balances agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.fairness import Adjustment, Credit, Entry, Ledger, Turn, adjust, apply, reverse
from pointsman.services.in_force import current
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing import LedgerEntryRow, LedgerRow
from pointsman.services.transactions import in_transaction

WORKER = Actor(name="worker")
#: A correction larger than this, or finer, is a slip of the pen.
LARGEST = 1_000
FINEST = 1_000_000

_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one member of a pool stands."""

    rep: str
    balance: Fraction
    turns: int
    credits: int
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLedger:
    """A pool's balances; they sum to 0."""

    pool: str
    seq: int
    members: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether the stored balances are those that the history leads to."""

    pool: str
    agrees: bool
    entries: int
    stored: Ledger
    rebuilt: Ledger


async def credit(env: Env, tx: Tx, decision_id: UUID, reason: str, *, actor: Actor = WORKER) -> bool:
    """Take a decision's turn back, exactly and once; False when it took none or was credited before."""
    turn = await tx.ledgers.turn_of(decision_id)
    if turn is None:
        return False
    row = (await tx.ledgers.lock([turn.pool]))[turn.pool]
    if await tx.ledgers.credited(decision_id):
        return False
    given = Turn.from_json(turn.entry)
    await _append(
        env,
        tx,
        row,
        reverse(Ledger.from_json(row.ledger), given),
        kind="credit",
        entry=given.as_json(),
        decision_id=decision_id,
        rep_id=turn.rep_id,
        reason=reason,
        actor=actor,
    )
    return True


async def adjust_balance(env: Env, pool: str, rep: str, amount: Fraction, *, reason: str, actor: Actor) -> PoolLedger:
    """Correct one member's balance; the other members bear it evenly. NotFound, Invalid."""
    if amount == 0 or abs(amount) > LARGEST or amount.denominator > FINEST:
        message = f"the amount must be a number other than 0, at most {LARGEST} and no finer than 1/{FINEST}"
        raise Invalid(message, faults=[Fault(path="amount", code="out-of-range", message=message)])

    async def work(tx: Tx) -> None:
        members, roster = await _members(env, tx, pool)
        if rep not in members:
            message = f"'{rep}' is no member of pool {pool}: choose one of {', '.join(members)}"
            raise Invalid(message, faults=[Fault(path="rep", code="not-a-member", message=message)])
        row = (await tx.ledgers.lock([pool]))[pool]
        others = tuple(sorted(set(members) - {rep}))
        after = adjust(Ledger.from_json(row.ledger), rep, amount, others)
        entry = {"rep": rep, "amount": str(amount), "others": list(others)}
        await _append(
            env, tx, row, after, kind="adjust", entry=entry, rep_id=roster.get(rep), reason=reason, actor=actor
        )

    await in_transaction(env, work)
    return await pool_ledger(env, pool)


async def pool_ledger(env: Env, pool: str) -> PoolLedger:
    """How the members of a pool stand; NotFound for a pool that no policy and no history knows."""
    async with env.uow() as tx:
        row = await tx.ledgers.get(pool)
        counts = await tx.ledgers.counts(pool) if row else {}
        policy = (await current(env, tx)).policy.policy
    known = policy.pools.get(pool)
    if row is None and known is None:
        raise NotFound(f"There is no pool '{pool}'.")
    ledger = Ledger.from_json(row.ledger) if row else Ledger()
    waiting = row.waiting_since if row else {}
    members = dict.fromkeys([*(m.rep for m in known.members)] if known else [])
    members |= dict.fromkeys(sorted(ledger.balances))
    return PoolLedger(
        pool=pool,
        seq=row.seq if row else 0,
        members=tuple(
            Standing(
                rep=rep,
                balance=ledger.balance(rep),
                turns=counts.get(rep, (0, 0))[0],
                credits=counts.get(rep, (0, 0))[1],
                waiting_since=datetime.fromisoformat(waiting[rep]) if rep in waiting else None,
            )
            for rep in members
        ),
    )


async def verify_ledger(env: Env, pool: str) -> Verified:
    """Rebuild a pool's balances from its history, and compare; nothing is locked, since history only grows."""
    async with env.uow() as tx:
        row = await tx.ledgers.get(pool)
        if row is None:
            raise NotFound(f"Pool '{pool}' has no ledger yet.")
        rebuilt, last = Ledger(), 0
        while last < row.seq:
            batch = await tx.ledgers.entries(pool, after=last, limit=min(_BATCH, row.seq - last))
            if not batch:
                break
            for line in batch:
                rebuilt = apply(rebuilt, entry_of(line))
            last = batch[-1].seq
    stored = Ledger.from_json(row.ledger)
    agrees = last == row.seq and _parts(stored) == _parts(rebuilt)
    return Verified(pool=pool, agrees=agrees, entries=row.seq, stored=stored, rebuilt=rebuilt)


def entry_of(line: LedgerEntryRow) -> Entry:
    """A stored line as what it did to the ledger."""
    data = line.entry
    match line.kind:
        case "assign":
            return Turn.from_json(data)
        case "credit":
            return Credit(turn=Turn.from_json(data))
        case _:
            return Adjustment(rep=data["rep"], amount=Fraction(data["amount"]), others=tuple(data["others"]))


def _parts(ledger: Ledger) -> Mapping[str, Fraction]:
    return {rep: ledger.balance(rep) for rep, parts in ledger.balances.items() if parts}


async def _members(env: Env, tx: Tx, pool: str) -> tuple[Sequence[str], Mapping[str, UUID]]:
    known = await current(env, tx)
    found = known.policy.policy.pools.get(pool)
    if found is None:
        raise NotFound(f"The live policy has no pool '{pool}'.")
    return [m.rep for m in found.members], {rep.key: rep.id for rep in known.roster.reps.values()}


async def _append(
    env: Env,
    tx: Tx,
    row: LedgerRow,
    after: Ledger,
    *,
    kind: str,
    entry: Mapping[str, Any],
    rep_id: UUID | None,
    reason: str,
    actor: Actor,
    decision_id: UUID | None = None,
) -> None:
    now, seq = env.clock(), row.seq + 1
    line = LedgerEntryRow(
        pool=row.pool, seq=seq, kind=kind, decision_id=decision_id, rep_id=rep_id, entry=entry, reason=reason, at=now
    )
    ledger = LedgerRow(pool=row.pool, seq=seq, ledger=after.as_json(), waiting_since=row.waiting_since)
    await tx.ledgers.append(line, ledger)
    await tx.audit.add(
        id=env.new_id(),
        at=now,
        actor=actor.name,
        action=f"ledger.{kind}",
        subject=f"pool:{row.pool}",
        before={"ledger": row.ledger},
        after={"ledger": ledger.ledger, "decision": str(decision_id) if decision_id else None},
        reason=reason,
    )
