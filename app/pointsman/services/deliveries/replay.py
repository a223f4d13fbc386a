"""Reading deliveries, and trying dead ones again: one, or all that a filter names."""

from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.errors import Conflict, NotFound
from pointsman.services.audit import audit
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryFilter, DeliveryRow, ListedDelivery
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

REPLAY_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many are tried again, or would be; `more`: as many as one call takes, so that there may be others."""

    count: int
    more: bool


async def get_delivery(env: Env, delivery_id: UUID) -> ListedDelivery:
    """Raises NotFound."""
    async with env.uow() as tx:
        row = await tx.deliveries.listed(delivery_id)
    if row is None:
        raise NotFound("There is no delivery with this id.")
    return row


async def replay_delivery(env: Env, delivery_id: UUID, *, actor: Actor) -> ListedDelivery:
    """Try a dead delivery again, now. Raises NotFound, and Conflict for one that is not dead."""

    async def work(tx: Tx) -> ListedDelivery:
        there = await tx.deliveries.listed(delivery_id)
        if there is None:
            raise NotFound("There is no delivery with this id.")
        if not await _replay(env, tx, there, actor=actor):
            raise Conflict(f"This delivery is {there.status}; only a dead one can be replayed.", code="not-dead")
        found = await tx.deliveries.listed(delivery_id)
        assert found is not None
        return found

    return await run_in_transaction(env, work)


async def replay_deliveries(env: Env, which: DeliveryFilter, *, dry_run: bool, actor: Actor) -> Replayed:
    """Try the dead deliveries that `which` names again, the newest `REPLAY_BATCH_SIZE` of them; `dry_run` only counts them."""
    dead = replace(which, status="dead")

    async def work(tx: Tx) -> Replayed:
        rows = await tx.deliveries.page(dead, after=None, limit=REPLAY_BATCH_SIZE)
        done = [row for row in rows if dry_run or await _replay(env, tx, row, actor=actor)]
        return Replayed(count=len(done), more=len(rows) == REPLAY_BATCH_SIZE)

    return await run_in_transaction(env, work)


async def _replay(env: Env, tx: Tx, row: DeliveryRow, *, actor: Actor) -> bool:
    now, subject = env.clock(), f"delivery:{row.id}"
    if not await tx.deliveries.reopen(row.id, status="dead", at=now):
        return False
    await defer_delivery(tx, row)
    await tx.alerts.resolve(at=now, code=AlertCode.DELIVERY_DEAD, subject=subject)
    await audit(env, tx, actor, "delivery.replayed", subject)
    return True
