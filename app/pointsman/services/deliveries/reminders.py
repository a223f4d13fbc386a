"""Reminders that a policy adds reach appointments that are booked already: they are owed to each by the rules in force.

There may be a hundred thousand of them, and the first may be due soon: they are owed a thousand at a time.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from pointsman.domain.policy.document import Policy
from pointsman.services.deliveries.jobs import defer_deliveries
from pointsman.services.deliveries.mail.change_link import change_link, make_change_links
from pointsman.services.deliveries.mail.connection import named_connection, way_of_mail
from pointsman.services.deliveries.notices import invitation_rules
from pointsman.services.deliveries.owe import new_delivery
from pointsman.services.deliveries.told import mailbox_of, reminder_key
from pointsman.services.policies.cache import load_compiled_policy
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow
from pointsman.services.ports.booking.reminders import Unreminded
from pointsman.services.sweeps import SweepPosition, sweep_in_batches
from pointsman.services.transactions import run_in_transaction

#: Run when a policy goes live, and now and then for who was booked by the one before while it went live.
REMINDERS_TASK = "appointments.reminders"
#: Of one transaction, whose locks an act on one of them waits for: four seconds on a machine with eight times its load.
BATCH_SIZE = 1_000
#: After which those are tried again on which an act, or a delivery of theirs, was under way.
AGAIN_AFTER = timedelta(seconds=2)


async def owe_missing_reminders(env: Env, *, size: int = BATCH_SIZE) -> int:
    """Owe what the live policy reminds of and no act has owed yet, for appointments ahead. Returns for how many.

    What would be due already does not go out. One that is owed is not owed again, whatever the policy said meanwhile. A run
    that has no time left has the next one begin at once; one that left some to what is under way, soon.
    """
    async with env.uow() as tx:
        policy = await _live_policy(env, tx)
    asked = [] if policy is None else _reminders(policy)
    if not asked:
        return 0
    skipped: set[UUID] = set()

    async def missing(after: SweepPosition | None) -> Sequence[SweepPosition]:
        async with env.uow() as tx:
            return await tx.reminders.missing(asked, at=env.clock(), after=after, limit=size)

    async def owe(appointment_ids: Sequence[UUID]) -> int:
        return await run_in_transaction(env, lambda tx: _owe(env, tx, appointment_ids, skipped))

    swept = await sweep_in_batches(env, "reminders", missing, owe, size=size)
    if swept.has_more or skipped:
        async with env.uow() as tx:
            await tx.jobs.defer_once(REMINDERS_TASK, at=None if swept.has_more else env.clock() + AGAIN_AFTER)
    return swept.done


async def _owe(env: Env, tx: Tx, appointment_ids: Sequence[UUID], skipped: set[UUID]) -> int:
    """Owe each of them what is missing by the rules in force now; `skipped` are those on which something is under way."""
    policy = await _live_policy(env, tx)
    if policy is None:
        return 0
    locked = await tx.reminders.lock(appointment_ids)
    skipped.update(set(appointment_ids).difference(locked))
    found = await tx.reminders.unreminded(locked, _reminders(policy), at=env.clock())
    named = {
        one.pool: await named_connection(tx, invitation_rules(policy, one.pool)) for one in _one_of_each_pool(found)
    }
    owed: list[DeliveryRow] = []
    links = []
    for one in found:
        to, over = mailbox_of(one.email), way_of_mail(named[one.pool], one.last_connection_id, is_on=one.is_on)
        if to is None or over is None:
            continue
        links.append(change_link(env, one.appointment_id, one.lead_id, to, one.ends_at))
        owed += [_reminder(env, one, span, over) for span in one.spans]
    await tx.deliveries.add_each(owed)
    await defer_deliveries(tx, owed)
    await make_change_links(env, tx, links)
    return len(links)


def _one_of_each_pool(found: Sequence[Unreminded]) -> Sequence[Unreminded]:
    by_pool: Mapping[str, Unreminded] = {one.pool: one for one in found}
    return list(by_pool.values())


def _reminder(env: Env, one: Unreminded, span: timedelta, over: UUID) -> DeliveryRow:
    key, due = reminder_key(one.appointment_id, span), one.starts_at - span
    kind = DeliveryKind.NOTICE
    return new_delivery(env, one.appointment_id, one.rep_id, over, kind, key, 0, lead_id=one.lead_id, due=due)


async def _live_policy(env: Env, tx: Tx) -> Policy | None:
    live = (await tx.policies.live_versions()).policy
    return None if live is None else (await load_compiled_policy(env, tx, live)).policy


def _reminders(policy: Policy) -> list[tuple[str, timedelta]]:
    return [
        (name, span)
        for name, pool in policy.pools.items()
        if pool.invitations.mails
        for span in pool.invitations.reminders
    ]
