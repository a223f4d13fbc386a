"""The fairness ledger as a story: turns taken back, corrections by hand, and how the members stand.

A pool has a ledger of its own name, or shares one with other pools. What is said of a pool here is said of its ledger. A
pool that the live policy no longer has keeps the ledger in which its history was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.ledger import Adjustment, Ledger, Turn, apply_entry, reverse_turn, spread_adjustment
from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.messages.message import Reason, as_message, say
from pointsman.domain.policy.document import Policy
from pointsman.services.audit import audit
from pointsman.services.policies.cache import RoutingConfig, load_routing_config
from pointsman.services.ports import WORKER, Actor, Env, Tx
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow, SkipRow
from pointsman.services.routing.fetch_inputs import ledger_name
from pointsman.services.transactions import run_in_transaction

#: A correction larger than this, or finer, is a typing mistake.
MAX_ADJUSTMENT = 1_000
MAX_DENOMINATOR = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBalance:
    """How one member of a pool stands."""

    rep: str
    balance: Fraction
    turns: int
    credits: int
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLedger:
    """The balances of a pool's ledger, which sum to 0; `shared_with` are the other pools of that ledger."""

    pool: str
    ledger: str  # its name
    shared_with: tuple[str, ...]
    seq: int
    members: tuple[MemberBalance, ...]
    skips: tuple[SkipRow, ...]  # still open


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLedger:
    """The members that share a ledger, by key, and the ids of those on the roster."""

    name: str
    members: tuple[str, ...]
    reps: Mapping[str, UUID]

    def others(self, rep: str) -> tuple[str, ...]:
        return tuple(sorted(set(self.members) - {rep}))


async def reverse_turn_of(env: Env, tx: Tx, decision_id: UUID, reason: Reason, *, actor: Actor = WORKER) -> bool:
    """Take a decision's turn back, exactly; False when it took none or stands given back already."""
    return await _append_turn_change(env, tx, decision_id, reason, actor, back=True)


async def restore_turn(env: Env, tx: Tx, decision_id: UUID, reason: Reason, *, actor: Actor = WORKER) -> bool:
    """Let a turn that was taken back count again, exactly; False when it took none or counts already."""
    return await _append_turn_change(env, tx, decision_id, reason, actor, back=False)


async def _append_turn_change(env: Env, tx: Tx, decision_id: UUID, reason: Reason, actor: Actor, *, back: bool) -> bool:
    turn = await tx.ledgers.turn_entry(decision_id)
    if turn is None:
        return False
    row = (await tx.ledgers.lock([turn.pool]))[turn.pool]
    if await tx.ledgers.is_credited(decision_id) is back:
        return False
    given, ledger = Turn.from_json(turn.entry), Ledger.from_json(row.ledger)
    await _append(
        env,
        tx,
        row,
        reverse_turn(ledger, given) if back else apply_entry(ledger, given),
        kind="credit" if back else "restore",
        entry=given.as_json(),
        decision_id=decision_id,
        rep_id=turn.rep_id,
        reason=reason,
        actor=actor,
    )
    return True


async def adjust_balance(env: Env, pool: str, rep: str, amount: Fraction, *, reason: str, actor: Actor) -> PoolLedger:
    """Correct one member's balance; the others who share the ledger bear it evenly. NotFound, Invalid."""
    if amount == 0 or abs(amount) > MAX_ADJUSTMENT or amount.denominator > MAX_DENOMINATOR:
        message = (
            f"the amount must be a number other than 0, at most {MAX_ADJUSTMENT} and no finer than 1/{MAX_DENOMINATOR}"
        )
        raise Invalid(message, faults=[Fault(path="amount", code="out-of-range", message=message)])

    async def work(tx: Tx) -> None:
        sharing = await load_shared_ledger(env, tx, pool, rep)
        row = (await tx.ledgers.lock([sharing.name]))[sharing.name]
        given = Adjustment(rep=rep, amount=amount, others=sharing.others(rep))
        await adjust_balance_in_tx(env, tx, row, given, rep_id=sharing.reps.get(rep), reason=reason, actor=actor)

    await run_in_transaction(env, work)
    return await pool_ledger(env, pool)


async def adjust_balance_in_tx(
    env: Env, tx: Tx, row: LedgerRow, given: Adjustment, *, rep_id: UUID | None, reason: Reason, actor: Actor
) -> LedgerRow:
    """The correction inside the caller's transaction, which holds the ledger's `row`; the row as it is then."""
    after = spread_adjustment(Ledger.from_json(row.ledger), given.rep, given.amount, given.others)
    entry = {"rep": given.rep, "amount": str(given.amount), "others": list(given.others)}
    return await _append(env, tx, row, after, kind="adjust", entry=entry, rep_id=rep_id, reason=reason, actor=actor)


async def pool_ledger(env: Env, pool: str) -> PoolLedger:
    """How the members of a pool stand; NotFound for a pool that no policy and no history knows."""
    async with env.uow() as tx:
        policy = (await load_routing_config(env, tx)).policy.policy
        name = ledger_name(policy, pool)
        row = await tx.ledgers.get(name)
        counts = await tx.ledgers.turn_counts(name) if row else {}
        skips = await tx.ledgers.open_skips(name) if row else ()
    known = policy.pools.get(pool)
    if row is None and known is None:
        raise NotFound(f"There is no pool '{pool}'.")
    ledger = Ledger.from_json(row.ledger) if row else Ledger()
    waiting = row.waiting_since if row else {}
    members = dict.fromkeys([*(m.rep for m in known.members)] if known else [])
    members |= dict.fromkeys(sorted(ledger.balances))
    return PoolLedger(
        pool=pool,
        ledger=name,
        shared_with=tuple(other for other in _sharing(policy, name) if other != pool),
        seq=row.seq if row else 0,
        members=tuple(
            MemberBalance(
                rep=rep,
                balance=ledger.balance(rep),
                turns=counts.get(rep, (0, 0))[0],
                credits=counts.get(rep, (0, 0))[1],
                waiting_since=datetime.fromisoformat(waiting[rep]) if rep in waiting else None,
            )
            for rep in members
        ),
        skips=tuple(skips),
    )


async def load_shared_ledger(env: Env, tx: Tx, pool: str, rep: str) -> SharedLedger:
    """The members of a live pool's ledger. Raises NotFound without such a pool, Invalid when `rep` is not among them."""
    known: RoutingConfig = await load_routing_config(env, tx)
    policy = known.policy.policy
    if pool not in policy.pools:
        raise NotFound(f"The live policy has no pool '{pool}'.", told=say("refusal.no-pool", pool=pool))
    name = ledger_name(policy, pool)
    members = dict.fromkeys(m.rep for sharer in _sharing(policy, name) for m in policy.pools[sharer].members)
    if rep not in members:
        message = f"'{rep}' is no member of pool {pool}: choose one of {', '.join(members)}"
        raise Invalid(
            message,
            faults=[
                Fault(
                    path="rep",
                    code="not-a-member",
                    message=message,
                    told=say("refusal.not-a-member", key=rep, pool=pool, members=tuple(members)),
                )
            ],
            told=say("refusal.not-a-member", key=rep, pool=pool, members=tuple(members)),
        )
    return SharedLedger(
        name=name, members=tuple(members), reps={found.key: found.id for found in known.roster.reps.values()}
    )


def _sharing(policy: Policy, name: str) -> Sequence[str]:
    return [pool for pool in policy.pools if ledger_name(policy, pool) == name]


async def _append(
    env: Env,
    tx: Tx,
    row: LedgerRow,
    after: Ledger,
    *,
    kind: str,
    entry: Mapping[str, Any],
    rep_id: UUID | None,
    reason: Reason,
    actor: Actor,
    decision_id: UUID | None = None,
) -> LedgerRow:
    now, seq, why = env.clock(), row.seq + 1, as_message(reason)
    line = LedgerEntryRow(
        pool=row.pool,
        seq=seq,
        kind=kind,
        decision_id=decision_id,
        rep_id=rep_id,
        entry=entry,
        reason=why.as_json() if why else None,
        at=now,
    )
    ledger = replace(row, seq=seq, ledger=after.as_json())
    await tx.ledgers.append(line, ledger)
    await audit(
        env,
        tx,
        actor,
        f"ledger.{kind}",
        f"pool:{row.pool}",
        before={"ledger": row.ledger},
        after={"ledger": ledger.ledger, "decision": str(decision_id) if decision_id else None},
        reason=reason,
    )
    return ledger
