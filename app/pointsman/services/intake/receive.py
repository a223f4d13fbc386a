"""The front door for webhooks: prove the sender, store the bytes, answer. Nothing else happens in the request."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pointsman.domain.errors import (
    Conflict,
    Invalid,
    PointsmanError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from pointsman.services.intake.hooks.fetch import defer_fetches
from pointsman.services.intake.intakes import Intake, load_intake
from pointsman.services.intake.process_item import LEASE, process_item
from pointsman.services.intake.read_events import ReadEvents, read_events, refused_body, with_kept_headers
from pointsman.services.intake.refused_items import alert_to_refused, kept_headers
from pointsman.services.ports import Env, LostRace, Tx
from pointsman.services.ports.intake.inbox import InboxReceipt
from pointsman.services.ports.intake.signatures import SignedRequest

__all__ = ["WebhookReceipt", "process_item", "receive_webhook", "sweep_inbox"]

#: An accepted item that no job has touched for so long is given a new job.
LOST_JOB_AFTER = timedelta(seconds=60)
SWEEP_LIMIT = 500
IDEMPOTENCY_RETENTION = timedelta(hours=24)
_MAX_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceipt:
    """What was stored: the ids of new items, of those that are refused and kept, and how many events were there before."""

    ids: tuple[UUID, ...]
    duplicates: int
    refused_ids: tuple[UUID, ...] = ()


async def receive_webhook(env: Env, intake_key: str, request: SignedRequest) -> WebhookReceipt:
    """Verify, split, deduplicate and store, with the jobs, in one statement. Returning means that it is committed.

    An event that cannot be taken is kept as refused, with the reason and one alert for all of an intake; the others are taken.
    Raises NotFound, Conflict ("intake-inactive") and Unauthenticated, which leave no trace;
    Invalid, TooLarge and UnsupportedMedia for a body without an event that can be taken, which is kept as one refused item.
    """
    intake = await _verified(env, intake_key, request)
    for _ in range(_MAX_TRIES):
        read, refusal = await _read(env, intake, request)
        if not read.events:
            return WebhookReceipt(ids=(), duplicates=0)
        try:
            receipt = await _accept(env, intake, request, read)
        except LostRace:
            continue
        if receipt.is_intake_current:
            if refusal is not None:
                raise refusal
            return _receipt_of(read, receipt)
        intake = await _verified(env, intake_key, request, fresh=True)  # it changed since we read it
    raise Unavailable("Too many requests for the same thing at once. Try again in a second.")


async def _read(env: Env, intake: Intake, request: SignedRequest) -> tuple[ReadEvents, PointsmanError | None]:
    """What is to be stored; and what the sender hears afterwards, where nothing of the body can be taken."""
    try:
        read = await read_events(env, intake.mapping, request.headers, request.body)
        return (with_kept_headers(read, kept_headers(request.headers, intake)) if read.refused else read), None
    except (Invalid, TooLarge, UnsupportedMedia) as why:
        said = f"{why} The body is kept in the inbox as refused."
        return refused_body(env, kept_headers(request.headers, intake), request.body, why), type(why)(
            said, code=why.code, faults=why.faults
        )


def _receipt_of(read: ReadEvents, receipt: InboxReceipt) -> WebhookReceipt:
    refused = {event.id for event in read.refused}
    return WebhookReceipt(
        ids=tuple(item for item in receipt.inbox_ids if item not in refused),
        duplicates=len(read.events) - len(receipt.inbox_ids),
        refused_ids=tuple(item for item in receipt.inbox_ids if item in refused),
    )


async def _verified(env: Env, key: str, request: SignedRequest, *, fresh: bool = False) -> Intake:
    intake = await load_intake(env, key, fresh=fresh)
    now = env.clock()
    try:
        _require_active(intake)
        intake.scheme.verify(intake.secrets, request, now=now)
    except (Unauthenticated, Conflict):
        # Our copy may be old: the secret may have been changed, or the intake opened again.
        newer = await load_intake(env, key, fresh=True)
        if newer.version == intake.version:
            raise
        _require_active(newer)
        newer.scheme.verify(newer.secrets, request, now=now)
        return newer
    return intake


def _require_active(intake: Intake) -> None:
    if not intake.active:
        raise Conflict("This intake is closed: stop sending to it.", code="intake-inactive")


async def _accept(env: Env, intake: Intake, request: SignedRequest, read: ReadEvents) -> InboxReceipt:
    if not read.refused:
        async with env.uow.autocommit() as tx:
            return await _store(env, tx, intake, request, read)
    async with env.uow() as tx:
        receipt = await _store(env, tx, intake, request, read)
        await alert_to_refused(env, tx, intake.key, read, receipt.inbox_ids)
        return receipt


async def _store(env: Env, tx: Tx, intake: Intake, request: SignedRequest, read: ReadEvents) -> InboxReceipt:
    now = env.clock()
    if read.as_sent:
        (event,) = read.events
        return await tx.inbox.accept(
            inbox_id=event.id,
            intake_id=intake.id,
            intake_version=intake.version,
            dedupe_key=event.dedupe_key,
            body=event.body,
            at=now,
            error=event.error,
            result=event.result,
        )
    return await tx.inbox.accept_batch(
        batch_id=env.new_id(),
        intake_id=intake.id,
        intake_version=intake.version,
        raw=request.body,
        events=read.events,
        at=now,
    )


async def sweep_inbox(env: Env) -> int:
    """Give a job to every item whose next attempt is due or whose job was lost; forget old idempotency answers."""
    now = env.clock()
    async with env.uow() as tx:
        due = await tx.inbox.claim_overdue(
            at=now, untouched_since=now - LOST_JOB_AFTER, lease_until=now + LEASE, limit=SWEEP_LIMIT
        )
        for inbox_id in due:
            await tx.jobs.defer("inbox.process", {"inbox_id": str(inbox_id)})
        await defer_fetches(env, tx, limit=SWEEP_LIMIT)
        await tx.idempotency.purge(before=now - IDEMPOTENCY_RETENTION, limit=1_000)
    return len(due)
