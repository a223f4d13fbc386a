"""What events are about is fetched from their vendor: many together, outside of transactions, in the worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.backoff import inbox_retry_delay, retry_delay
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import intake_name, say
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.intake.hooks.accept import OURS, event_key
from pointsman.services.intake.records.told import note_told
from pointsman.services.ports import (
    ConstraintRefused,
    Env,
    LostRace,
    Tx,
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
)
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.intake.event_store import FetchedEvent
from pointsman.services.ports.intake.inbox import InboxRow
from pointsman.services.ports.intake.vendor_events import HookArrival, HookEvent
from pointsman.services.ports.operations.alerts import AlertCode

FETCH_TASK = "intake.fetch"
BATCH = 100
MAX_BATCHES = 10  # of one job; then others have their turn
LEASE = timedelta(seconds=60)  # longer than a call may take
#: A vendor that is away, throttles, or has thrown us out is waited for so long.
WAIT_FOR_VENDOR = timedelta(hours=75)
LONGEST_WAIT = timedelta(minutes=5)
#: A call that writes has ended by then, and its version is known.
WRITE_ENDS_WITHIN = timedelta(minutes=2)
_MAY_BE_OURS = CodedMessage("may-be-ours", say("arrival.may-be-ours"))
_LEFT_OUT = CodedMessage("not-told", say("arrival.not-told"))
_UNUSABLE = CodedMessage("connection-not-in-use", say("arrival.connection-not-in-use"))


async def fetch_events(env: Env, intake_id: UUID) -> int:
    """Read what is due of an intake, batch by batch; how many events were read."""
    read = 0
    for _ in range(MAX_BATCHES):
        now = env.clock()
        lease = now + LEASE
        async with env.uow.autocommit() as tx:
            items = await tx.events.claim_unread(intake_id, at=now, lease_until=lease, limit=BATCH)
        if not items:
            return read
        read += await _fetch_batch(env, intake_id, items, lease)
        if len(items) < BATCH:
            return read
    async with env.uow() as tx:
        await tx.jobs.defer_once(FETCH_TASK, intake_id=intake_id, calls_vendor=True)
    return read


async def defer_fetches(env: Env, tx: Tx, *, limit: int) -> None:
    """Give a job to every intake whose events wait without one."""
    for intake_id in await tx.events.to_fetch(at=env.clock(), limit=limit):
        await tx.jobs.defer_once(FETCH_TASK, intake_id=intake_id, calls_vendor=True)


async def _fetch_batch(env: Env, intake_id: UUID, items: Sequence[InboxRow], lease: datetime) -> int:
    async with env.uow() as tx:
        intake = await tx.intakes.by_id(intake_id)
        assert intake is not None, "it has events"
        connection = await tx.connections.get(intake.connection or "")
        assert connection is not None, "a connection is never deleted"
    if not connection.active or connection.pending:
        await _put_off(env, items, lease, _UNUSABLE, wait=LONGEST_WAIT)
        return 0
    async with env.uow.autocommit() as tx:
        own = await tx.events.own_writes([item.id for item in items], connection_id=connection.id)
    ours = [FetchedEvent(id=item.id, result=OURS) for item in items if item.id in own.ids]
    if ours:
        await _keep(env, ours, lease)
    news = [item for item in items if item.id not in own.ids]
    fresh = env.clock() - WRITE_ENDS_WITHIN
    unsure = [item for item in news if own.pending and item.version is not None and item.received_at > fresh]
    if unsure:
        await _put_off(env, unsure, lease, _MAY_BE_OURS, wait=timedelta())
        news = [item for item in news if item not in unsure]
    await note_told(env, connection, news)
    return await _fetch_items(env, connection, news, lease) if news else 0


async def _fetch_items(env: Env, connection: ConnectionRow, items: Sequence[InboxRow], lease: datetime) -> int:
    asked = {event_key(item.dedupe_key): item for item in items}
    try:
        found = await env.intake.fetch(connection.ref(), [_event(item) for item in items])
    except VendorRejectedError as error:
        if len(items) > 1:  # one that the vendor refuses must not keep the others waiting
            half = len(items) // 2
            return await _fetch_parts(env, connection, (items[:half], items[half:]), lease)
        await _put_off(env, items, lease, CodedMessage("vendor", failure_message(error)))
        return 0
    except VendorError as error:
        if isinstance(error, VendorReauthError):
            async with env.uow() as tx:
                await put_out_of_use(env, tx, connection, failure_message(error))
        said = CodedMessage("vendor", failure_message(error))
        wait = error.retry_after if isinstance(error, VendorRetryableError) else None
        await _put_off(env, items, lease, said, wait=wait or timedelta())
        return 0
    missing = [item for key, item in asked.items() if key not in found]
    if missing:
        await _put_off(env, missing, lease, _LEFT_OUT)
    fetched = [_fetched(item, found[key]) for key, item in asked.items() if key in found]
    return await _keep(env, fetched, lease)


async def _fetch_parts(
    env: Env, connection: ConnectionRow, parts: Sequence[Sequence[InboxRow]], lease: datetime
) -> int:
    """Each with a lease of its own, since a vendor may take as long over every part as over the whole."""
    read = 0
    for part in parts:
        until = env.clock() + LEASE
        async with env.uow.autocommit() as tx:
            is_ours = await tx.events.prolong([item.id for item in part], leased_until=lease, until=until)
        if is_ours:
            read += await _fetch_items(env, connection, part, until)
    return read


def _event(item: InboxRow) -> HookEvent:
    return HookEvent(
        key=event_key(item.dedupe_key), about=item.about, version=item.version, occurred_at=item.occurred_at
    )


async def _keep(env: Env, fetched: Sequence[FetchedEvent], lease: datetime) -> int:
    same = {"note": say("arrival.same-version").as_json()}
    try:
        async with env.uow.autocommit() as tx:
            return await tx.events.keep_fetched(fetched, leased_until=lease, at=env.clock(), same=same, ours=OURS)
    except (LostRace, ConstraintRefused):
        return 0  # another worker has just kept the same version: they are read again when the lease is over


def _fetched(item: InboxRow, arrival: HookArrival | None) -> FetchedEvent:
    if arrival is None:
        return FetchedEvent(id=item.id, result={"note": say("arrival.gone").as_json()})
    happened = arrival.occurred_at or item.occurred_at
    return FetchedEvent(
        id=item.id,
        body=arrival.body,
        version=arrival.version,
        occurred_at=None if happened is None else min(happened, item.received_at),
    )


async def _put_off(
    env: Env,
    items: Sequence[InboxRow],
    lease: datetime,
    error: CodedMessage,
    *,
    wait: timedelta | None = None,
) -> None:
    """They are read again later; what was tried for long enough becomes a dead letter, with its alert.

    With a `wait` the vendor is to blame, or the connection: it is waited for longer, and tried more often.
    """
    now = env.clock()
    async with env.uow() as tx:
        for item in items:
            delay = _delay(item, wait, tried_for=now - (item.tried_since or now))
            retry_at = None if delay is None else now + delay
            changed = await tx.events.put_off(item.id, leased_until=lease, error=error, retry_at=retry_at)
            if changed and retry_at is None:
                message = say(
                    "alerts.inbox-dead", intake=intake_name(item.intake_key), error=error.message, item=str(item.id)
                )
                await tx.alerts.put(
                    id=env.new_id(), at=now, code=AlertCode.INBOX_DEAD, subject=f"inbox:{item.id}", message=message
                )


def _delay(item: InboxRow, wait: timedelta | None, *, tried_for: timedelta) -> timedelta | None:
    if wait is None:
        return inbox_retry_delay(item.attempts, item.id, tried_for=tried_for)
    if tried_for >= WAIT_FOR_VENDOR:
        return None
    return retry_delay(item.attempts, item.id, wait, longest=LONGEST_WAIT)
