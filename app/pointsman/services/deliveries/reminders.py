"""Reminders that a policy adds reach appointments that are booked already: they are owed to each by the rules in force."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pointsman.domain.policy.document import Policy
from pointsman.services.deliveries.notices import owe_added_reminders
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.policies.cache import load_compiled_policy
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.sweeps import SweepPosition, sweep_in_order
from pointsman.services.transactions import run_in_transaction

#: Run when a policy goes live, and now and then for who was booked by the one before while it went live.
REMINDERS_TASK = "appointments.reminders"
BATCH_SIZE = 200


async def owe_missing_reminders(env: Env) -> int:
    """Owe what the live policy reminds of and no act has owed yet, for appointments ahead. Returns for how many.

    What would be due already does not go out. One that is owed is not owed again, whatever the policy said meanwhile.
    """
    async with env.uow() as tx:
        live = (await tx.policies.live_versions()).policy
        policy = None if live is None else (await load_compiled_policy(env, tx, live)).policy
    asked = [] if policy is None else _reminders(policy)
    if not asked:
        return 0

    async def missing(after: SweepPosition | None) -> Sequence[SweepPosition]:
        async with env.uow() as tx:
            return await tx.appointments.unreminded(asked, at=env.clock(), after=after, limit=BATCH_SIZE)

    async def owe(appointment_id: UUID) -> bool:
        async def work(tx: Tx) -> bool:
            _, row = await lock_appointment(tx, appointment_id, WORKER)
            return await owe_added_reminders(env, tx, row, await tx.deliveries.of_appointment(row.id))

        return await run_in_transaction(env, work)

    return await sweep_in_order(env, "reminders", missing, owe, page_size=BATCH_SIZE)


def _reminders(policy: Policy) -> list[tuple[str, timedelta]]:
    return [
        (name, span)
        for name, pool in policy.pools.items()
        if pool.invitations.mails
        for span in pool.invitations.reminders
    ]
