"""Passing over a rep's next turn in a pool, once: asked for, listed, cancelled. A decision that uses a skip marks it."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from pointsman.domain.distribution.ledger import Adjustment
from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.domain.messages.message import as_written, say
from pointsman.services.audit import audit
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing.ledgers import SkipRow
from pointsman.services.routing.fetch_inputs import ledger_name
from pointsman.services.routing.ledger import adjust_balance_in_tx, load_shared_ledger
from pointsman.services.transactions import run_in_transaction


async def skip_next_turn(env: Env, pool: str, rep: str, *, reason: str, costs_turn: bool, actor: Actor) -> SkipRow:
    """The rep's next turn goes to another rep. With `costs_turn` it counts as taken: the balance falls by 1 at once.

    In a shared ledger it is the next turn in any of its pools. NotFound; Invalid when `rep` is no member, or the only
    one; Conflict while a skip of theirs is open already.
    """

    async def work(tx: Tx) -> SkipRow:
        sharing = await load_shared_ledger(env, tx, pool, rep)
        if rep not in sharing.reps:
            message = f"no rep '{rep}' is on the roster"
            raise Invalid(
                message,
                faults=[
                    Fault(path="rep", code="unknown-rep", message=message, told=say("refusal.not-on-roster", key=rep))
                ],
                told=say("refusal.not-on-roster", key=rep),
            )
        if len(sharing.members) == 1:
            message = f"{rep} is the only member of {pool}: no other rep could take the turn"
            raise Invalid(
                message,
                faults=[
                    Fault(
                        path="rep",
                        code="only-member",
                        message=message,
                        told=say("refusal.only-member", key=rep, pool=pool),
                    )
                ],
                told=say("refusal.only-member", key=rep, pool=pool),
            )
        row = (await tx.ledgers.lock([sharing.name]))[sharing.name]
        if rep in row.skips:
            raise Conflict(
                f"{rep}'s next turn in {pool} is skipped already.",
                code="skip-pending",
                told=say("refusal.skip-pending", key=rep, pool=pool),
            )
        skip = SkipRow(
            id=env.new_id(),
            ledger=sharing.name,
            rep_id=sharing.reps[rep],
            rep=rep,
            reason=reason,
            cost_seq=row.seq + 1 if costs_turn else None,
            asked_by=actor.name,
            created_at=env.clock(),
        )
        await tx.ledgers.add_skip(skip)
        if costs_turn:
            cost = Adjustment(rep=rep, amount=Fraction(-1), others=sharing.others(rep))
            row = await adjust_balance_in_tx(
                env, tx, row, cost, rep_id=skip.rep_id, reason=say("reason.skip", why=as_written(reason)), actor=actor
            )
        await tx.ledgers.store(replace(row, skips={**row.skips, rep: str(skip.id)}))
        await audit(env, tx, actor, "ledger.skip-added", f"pool:{skip.ledger}", after=_as_json(skip), reason=reason)
        return skip

    return await run_in_transaction(env, work)


async def cancel_skip(env: Env, pool: str, skip_id: UUID, *, reason: str | None, actor: Actor) -> SkipRow:
    """The rep's next turn is theirs again, and the turn that the skip cost is given back.

    NotFound; Conflict when a decision has used it, or it was cancelled before.
    """

    said = as_written(reason) if reason else say("reason.taken-back")

    async def work(tx: Tx) -> SkipRow:
        name = ledger_name((await load_routing_config(env, tx)).policy.policy, pool)
        found = await tx.ledgers.get_skip(skip_id)
        if found is None or found.ledger not in (name, pool):
            raise NotFound(f"There is no such skip in pool '{pool}'.", told=say("refusal.no-skip", pool=pool))
        row = (await tx.ledgers.lock([found.ledger]))[found.ledger]
        skip = await tx.ledgers.get_skip(skip_id)  # again: a decision may have used it before the row was ours
        assert skip is not None, "skips stay"
        if skip.used_at is not None or skip.cancelled_at is not None:
            raise Conflict(
                f"This skip {'was used' if skip.used_at else 'is cancelled already'}.",
                code="skip-closed",
                told=say("refusal.skip-used" if skip.used_at else "refusal.skip-cancelled"),
            )
        cancelled = replace(skip, cancelled_at=env.clock())
        await tx.ledgers.cancel_skip(skip.id, at=env.clock())
        if skip.cost_seq is not None:
            (booked,) = await tx.ledgers.entries(skip.ledger, after=skip.cost_seq - 1, limit=1)
            others = tuple(
                booked.entry["others"]
            )  # exactly the reps who gained by it, also those who are no members any more
            back = Adjustment(rep=skip.rep, amount=Fraction(1), others=others)
            why = say("reason.skip-cancelled", why=said)
            row = await adjust_balance_in_tx(env, tx, row, back, rep_id=skip.rep_id, reason=why, actor=actor)
        await tx.ledgers.store(replace(row, skips={rep: id_ for rep, id_ in row.skips.items() if id_ != str(skip.id)}))
        before, after = _as_json(skip), _as_json(cancelled)
        subject = f"pool:{skip.ledger}"
        await audit(env, tx, actor, "ledger.skip-cancelled", subject, before=before, after=after, reason=said)
        return cancelled

    return await run_in_transaction(env, work)


def _as_json(skip: SkipRow) -> dict[str, Any]:
    ended = skip.cancelled_at.isoformat() if skip.cancelled_at else None
    return {"skip": str(skip.id), "rep": skip.rep, "costs_turn": skip.costs_turn, "cancelled_at": ended}
