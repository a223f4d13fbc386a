"""Overrides: a human lets exactly one rep do exactly one work on exactly one lead, for a while, and it is counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.domain.roster.roles import Work
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.transactions import run_in_transaction

MAX_OVERRIDE_DURATION = timedelta(days=7)


async def add_override(
    env: Env,
    *,
    lead_id: UUID,
    rep: str,
    work: Work,
    reason: str,
    approver: str,
    expires_at: datetime,
    actor: Actor,
) -> OverrideRow:
    """Let `rep` do `work` on this lead until `expires_at`, at most 7 days ahead.

    NotFound; Invalid; Conflict for a merged lead.
    """
    now = env.clock()
    if faults := _faults(work, reason, approver, expires_at, now):
        raise Invalid("The override cannot be made as asked.", faults=faults)

    async def inside(tx: Tx) -> OverrideRow:
        if await tx.leads.get(lead_id, lock=True) is None:
            raise NotFound("There is no such lead.")
        if all(r.key != rep for r in await tx.roster.reps()):
            raise NotFound(f"There is no rep '{rep}'.")
        row = OverrideRow(
            id=env.new_id(),
            lead_id=lead_id,
            rep=rep,
            work=work.value,
            reason=reason,
            approver=approver,
            used=0,
            created_at=now,
            expires_at=expires_at,
            revoked_at=None,
        )
        await tx.overrides.add(row)
        after = {"override": str(row.id), "rep": rep, "work": work.value, "approver": approver}
        await audit(env, tx, actor, "override.added", f"lead:{lead_id}", after=after, reason=reason)
        await tx.jobs.defer_once("holds.drain")
        return row

    return await run_in_transaction(env, inside)


async def get_override(env: Env, override_id: UUID) -> OverrideRow:
    """One override; NotFound."""
    async with env.uow() as tx:
        row = await tx.overrides.get(override_id)
    if row is None:
        raise NotFound("There is no such override.")
    return row


async def override_page(
    env: Env, *, lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[OverrideRow]:
    """Newest first."""
    async with env.uow() as tx:
        return await tx.overrides.page(lead_id=lead_id, before=before, limit=limit)


async def revoke_override(env: Env, override_id: UUID, *, reason: str, actor: Actor) -> OverrideRow:
    """End an override now; work that it let through stays where it is. NotFound, Conflict when it is over already."""

    async def inside(tx: Tx) -> OverrideRow:
        row = await tx.overrides.get(override_id)
        if row is None:
            raise NotFound("There is no such override.")
        if not await tx.overrides.revoke(override_id, at=env.clock()):
            raise Conflict("This override was revoked before.", code="already-revoked")
        revoked = {"override": str(override_id)}
        await audit(env, tx, actor, "override.revoked", f"lead:{row.lead_id}", after=revoked, reason=reason)
        after = await tx.overrides.get(override_id)
        assert after is not None
        return after

    return await run_in_transaction(env, inside)


def _faults(work: Work, reason: str, approver: str, expires_at: datetime, now: datetime) -> list[Fault]:
    faults: list[Fault] = []
    if work is Work.NURTURE:
        faults.append(Fault(path="work", code="work-not-assignable", message="Nurture is marketing's: no rep gets it."))
    for name, value in (("reason", reason), ("approver", approver)):
        if not value.strip():
            faults.append(Fault(path=name, code="blank", message=f"Say who or why: {name} must not be blank."))
    if not now < expires_at <= now + MAX_OVERRIDE_DURATION:
        message = f"An override lasts at most {MAX_OVERRIDE_DURATION.days} days from now, and ends in the future."
        faults.append(Fault(path="expires_at", code="out-of-range", message=message))
    return faults
