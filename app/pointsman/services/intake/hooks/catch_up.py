"""What webhooks did not tell: vendors are asked now and then, after an outage, and when a webhook says no more than "look"."""

from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.messages.message import Message, intake_name, say
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.intake.hooks.accept import accept_events
from pointsman.services.ports import Env, LostRace, VendorError, VendorReauthError, VendorRetryableError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.intake.feeds import FeedPlace
from pointsman.services.ports.intake.intakes import IntakeRow
from pointsman.services.ports.intake.vendor_events import MissedEvents
from pointsman.services.ports.operations.alerts import AlertCode

CATCH_UP_TASK = "intake.catch_up"
ASK_EVERY = timedelta(minutes=5)
#: Webhooks that say "look" make it be asked no more often.
AT_MOST_EVERY = timedelta(seconds=10)
SHORTEST_WAIT = timedelta(seconds=1)
MAX_PAGES = 20  # of one job; then others have their turn
LEASE = timedelta(seconds=60)  # longer than a call may take
_FEEDS_AT_ONCE = 500


async def sweep_feeds(env: Env) -> int:
    """Give a job to every feed that is to be asked."""
    async with env.uow() as tx:
        due = await tx.feeds.due(at=env.clock(), limit=_FEEDS_AT_ONCE)
        for intake_id in due:
            await tx.jobs.defer_once(CATCH_UP_TASK, intake_id=intake_id, calls_vendor=True)
    return len(due)


async def wake_feed(env: Env, intake_id: UUID) -> None:
    """Something may have happened: ask soon. Committed when it returns."""
    now = env.clock()
    async with env.uow() as tx:
        if await tx.feeds.wake(intake_id, at=now, spacing=AT_MOST_EVERY):
            await tx.jobs.defer_once(CATCH_UP_TASK, intake_id=intake_id, calls_vendor=True)


async def catch_up(env: Env, intake_id: UUID) -> int:
    """Ask for what came since the last time, page by page, each committed with its cursor; how many events were new."""
    lease, now = env.new_id(), env.clock()
    async with env.uow() as tx:
        place = await tx.feeds.claim(intake_id, lease=lease, at=now, until=now + LEASE)
        intake = await tx.intakes.by_id(intake_id)
        connection = await tx.connections.get(intake.connection or "") if intake else None
    if place is None or intake is None or connection is None:
        return 0
    found, wait = 0, ASK_EVERY
    if intake.active and connection.active and not connection.pending:
        found, wait = await _read_pages(env, intake, connection, place, lease)
    async with env.uow.autocommit() as tx:
        await tx.feeds.release(intake_id, lease=lease, claimed_at=now, next_at=env.clock() + wait)
    return found


async def _read_pages(
    env: Env, intake: IntakeRow, connection: ConnectionRow, place: FeedPlace, lease: UUID
) -> tuple[int, timedelta]:
    """(new events, how long until the next question)."""
    found = 0
    for _ in range(MAX_PAGES):
        asked_at = env.clock()
        try:
            missed = await env.intake.since(connection.ref(), place.cursor)
        except VendorError as error:
            if isinstance(error, VendorReauthError):
                async with env.uow() as tx:
                    await put_out_of_use(env, tx, connection, failure_message(error))
            return found, _wait(error)
        again = missed.cursor == place.cursor or (place.cursor is None and not missed.complete)
        more = not again and (bool(missed.events) or not missed.complete)
        begun = FeedPlace(cursor=missed.cursor, complete_to=place.complete_to if more else asked_at)
        try:
            new = await _keep_page(env, intake, place, begun, missed, lease)
        except LostRace:
            return found, timedelta()
        if new is None:
            return found, timedelta()  # it was changed meanwhile, or another worker has it
        found += new
        if not more:
            return found, ASK_EVERY
        place = begun
    return found, timedelta()


def _wait(error: VendorError) -> timedelta:
    """When to ask again: at the moment that was told, since a busy connection keeps a place in line for us."""
    told = error.retry_after if isinstance(error, VendorRetryableError) else None
    return ASK_EVERY if told is None else min(max(told, SHORTEST_WAIT), ASK_EVERY)


async def _keep_page(
    env: Env, intake: IntakeRow, before: FeedPlace, after: FeedPlace, missed: MissedEvents, lease: UUID
) -> int | None:
    """The events, the cursor behind them and the alert in one transaction; None, and nothing, where it is not ours any more."""
    now = env.clock()
    async with env.uow() as tx:
        mine = await tx.feeds.keep(
            intake.id, lease=lease, cursor=after.cursor, complete_to=after.complete_to, leased_until=now + LEASE
        )
        receipt = await accept_events(env, tx, intake.id, intake.version, missed.events, at=now)
        if not mine or not receipt.is_intake_current:
            await tx.rollback()
            return None
        if not missed.complete and before.cursor is not None:
            await tx.alerts.put(
                id=env.new_id(),
                at=now,
                code=AlertCode.INTAKE_MISSED,
                subject=f"intake:{intake.key}",
                message=_missed(intake, before.complete_to, now),
            )
        return len(receipt.inbox_ids)


def _missed(intake: IntakeRow, since: datetime | None, until: datetime) -> Message:
    return say(
        "alerts.intake-missed",
        intake=intake_name(intake.key),
        since=since or intake.created_at,
        until=until,
        key=intake.key,
    )
