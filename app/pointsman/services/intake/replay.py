"""Taking inbox items up again, after what they failed over was mended: one, or all that a filter finds."""

from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.services.audit import audit
from pointsman.services.intake.receive import LOST_JOB_AFTER
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake.inbox import InboxRow, ReplayFilter
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedItems:
    """What a replay by filter did: how many items it found, which it took up, in order of arrival, and how many are left."""

    found: int
    replayed: tuple[UUID, ...]
    left: int


async def replay_item(env: Env, inbox_id: UUID, *, actor: Actor) -> InboxRow:
    """Take a dead item, or a refused one of an intake, up again, as if it had just come in. NotFound; Conflict ("not-dead")."""
    async with env.uow() as tx:
        item = await tx.inbox.reopen(inbox_id)
        if item is None:
            raise await _replay_refusal(tx, inbox_id)
        now = env.clock()
        await tx.jobs.defer("inbox.process", {"inbox_id": str(inbox_id)})
        await tx.alerts.resolve(at=now, code=AlertCode.INBOX_DEAD, subject=f"inbox:{inbox_id}")
        await tx.inbox.settle_refused(at=now)
        await audit(env, tx, actor, "inbox.replayed", f"inbox:{inbox_id}")
        return item


async def replay_items(env: Env, which: ReplayFilter, *, limit: int, dry_run: bool, actor: Actor) -> ReplayedItems:
    """Take up to `limit` items up again, the first that came in first; with `dry_run`, only count them.

    Raises NotFound for an unknown intake, Invalid for a period that ends before it begins.
    """
    if which.since is not None and which.until is not None and which.since >= which.until:
        message = "The period ends before it begins: give `until` after `since`."
        raise Invalid(message, faults=[Fault(path="body.until", code="empty-period", message=message)])

    async def work(tx: Tx) -> ReplayedItems:
        if which.intake_key is not None and await tx.intakes.by_key(which.intake_key) is None:
            raise NotFound(f"There is no intake '{which.intake_key}'.")
        now = env.clock()
        found = await tx.inbox.count_replayable(which, at=now)
        if dry_run or not found:
            return ReplayedItems(found=found, replayed=(), left=found)
        replayed = tuple(await tx.inbox.replay(which, at=now, sweep_at=now + LOST_JOB_AFTER, limit=limit))
        if replayed:
            await tx.inbox.settle_refused(at=now)
            await audit(env, tx, actor, "inbox.replayed", "inbox", after=_audit_after(which, replayed))
        return ReplayedItems(found=found, replayed=replayed, left=max(found - len(replayed), 0))

    return await run_in_transaction(env, work)


def _audit_after(which: ReplayFilter, replayed: tuple[UUID, ...]) -> dict[str, object]:
    return {
        "status": which.status,
        "intake": which.intake_key,
        "since": which.since.isoformat() if which.since else None,
        "until": which.until.isoformat() if which.until else None,
        "replayed": len(replayed),
        "items": [str(item) for item in replayed],
    }


async def _replay_refusal(tx: Tx, inbox_id: UUID) -> Exception:
    item = await tx.inbox.get(inbox_id)
    if item is None:
        return NotFound("There is no inbox item with this id.")
    said = f"The item is {item.status}: only what is dead, or was refused of an intake, is replayed."
    mend = " Apply what a partner said: POST /v1/inbox/{inbox_id}/apply." if item.status == "refused" else ""
    return Conflict(said + mend, code="not-dead")
