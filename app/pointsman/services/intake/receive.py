"""The front door for webhooks: prove the sender, store the bytes, answer. Nothing else happens in the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Conflict, Unauthenticated, Unavailable
from pointsman.domain.text.strict_json import canonical_bytes
from pointsman.services.intake.intakes import Intake, load_intake
from pointsman.services.intake.mapping.event_json import read_event_json
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import dedupe_key, split_events
from pointsman.services.intake.process_item import LEASE, process_item
from pointsman.services.intake.signatures import SignedRequest, verify_signature
from pointsman.services.ports import Env, LostRace
from pointsman.services.ports.intake.inbox import InboxReceipt

__all__ = ["WebhookReceipt", "process_item", "receive_webhook", "sweep_inbox"]

#: An accepted item that no job has touched for so long is given a new job.
LOST_JOB_AFTER = timedelta(seconds=60)
SWEEP_LIMIT = 500
IDEMPOTENCY_RETENTION = timedelta(hours=24)
_MAX_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceipt:
    """What was stored: the ids of new items, and how many events were there before."""

    ids: tuple[UUID, ...]
    duplicates: int


async def receive_webhook(
    env: Env, intake_key: str, *, method: str, url_path_and_query: str, headers: Mapping[str, str], body: bytes
) -> WebhookReceipt:
    """Verify, split, deduplicate and store, with the jobs, in one statement. Returning means that it is committed.

    `headers` have lower-case names. Raises NotFound, Conflict ("intake-inactive"), Unauthenticated, Invalid, TooLarge.
    """
    request = SignedRequest(method=method, uri=env.public_url + url_path_and_query, headers=headers, body=body)
    intake = await _verified(env, intake_key, request)
    value = await read_event_json(env, body)
    for _ in range(_MAX_TRIES):
        evaluation = Evaluation(len(body))
        events = split_events(value, intake.mapping, evaluation)
        if not events:
            return WebhookReceipt(ids=(), duplicates=0)
        try:
            receipt = await _accept(env, intake, request, value, events, evaluation)
        except LostRace:
            continue
        if receipt.is_intake_current:
            return WebhookReceipt(ids=receipt.inbox_ids, duplicates=len(events) - len(receipt.inbox_ids))
        intake = await _verified(env, intake_key, request, fresh=True)  # it changed since we read it
    raise Unavailable("Too many requests for the same thing at once. Try again in a second.")


async def _verified(env: Env, key: str, request: SignedRequest, *, fresh: bool = False) -> Intake:
    intake = await load_intake(env, key, fresh=fresh)
    now = env.clock()
    try:
        _require_active(intake)
        verify_signature(intake.verifier, intake.secrets, request, now=now)
    except (Unauthenticated, Conflict):
        # Our copy may be old: the secret may have been changed, or the intake opened again.
        newer = await load_intake(env, key, fresh=True)
        if newer.version == intake.version:
            raise
        _require_active(newer)
        verify_signature(newer.verifier, newer.secrets, request, now=now)
        return newer
    return intake


def _require_active(intake: Intake) -> None:
    if not intake.active:
        raise Conflict("This intake is closed: stop sending to it.", code="intake-inactive")


async def _accept(
    env: Env, intake: Intake, request: SignedRequest, value: Any, events: list[Any], evaluation: Evaluation
) -> InboxReceipt:
    now = env.clock()
    batch = isinstance(value, list) or len(events) > 1
    keys = [
        dedupe_key(event, position, intake.mapping, request.headers, batch=batch, evaluation=evaluation)
        for position, event in enumerate(events)
    ]
    async with env.uow.autocommit() as tx:
        if not batch and events[0] is value:
            return await tx.inbox.accept(
                inbox_id=env.new_id(),
                intake_id=intake.id,
                intake_version=intake.version,
                dedupe_key=keys[0],
                body=request.body,
                at=now,
            )
        return await tx.inbox.accept_batch(
            batch_id=env.new_id(),
            intake_id=intake.id,
            intake_version=intake.version,
            raw=request.body,
            events=[(env.new_id(), key, canonical_bytes(event)) for key, event in zip(keys, events, strict=True)],
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
        await tx.idempotency.purge(before=now - IDEMPOTENCY_RETENTION, limit=1_000)
    return len(due)
