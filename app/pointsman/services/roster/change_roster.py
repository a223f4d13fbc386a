"""Changing the roster: each change leaves a snapshot, an audit line and a job that looks at waiting leads again."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Conflict, Forbidden, NotFound, RoleProtected
from pointsman.domain.messages.message import Reason, rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.roster import AssignedLead, RoleRow, SupplierRow, TimeOffRow
from pointsman.services.roster.absent_holder_alerts import update_absent_holder_alerts
from pointsman.services.roster.names import forget_names
from pointsman.services.roster.roster_audit import RosterSubjects, audit_roster_change
from pointsman.services.roster.roster_input import RepInput, RoleInput, RosterInput, TimeOffInput
from pointsman.services.roster.roster_rows import known_by_date, put_roster_rows, says_again, time_off_row
from pointsman.services.roster.snapshot import roster_as_json
from pointsman.services.transactions import run_in_transaction

__all__ = [
    "RepInput",
    "RoleInput",
    "RosterChange",
    "RosterInput",
    "RosterState",
    "TimeOffInput",
    "add_time_off",
    "create_rep",
    "deactivate_rep",
    "delete_time_off",
    "get_rep",
    "get_roster",
    "put_roster",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterState:
    """The whole roster as it stands."""

    version: int | None
    roles: Sequence[RoleRow]
    suppliers: Sequence[SupplierRow]
    reps: Sequence[Rep]
    time_off: Sequence[TimeOffRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """The roster's version after a change; `changed` is False when nothing was different."""

    version: int
    changed: bool


async def get_roster(env: Env) -> RosterState:
    """The whole roster."""
    async with env.uow() as tx:
        return await _load_roster(tx)


async def get_rep(env: Env, key: str) -> tuple[Rep, Sequence[TimeOffRow]]:
    """One rep with their absences; NotFound."""
    async with env.uow() as tx:
        reps = await tx.roster.reps()
        found = next((r for r in reps if r.key == key), None)
        if found is None:
            raise _unknown_rep(key, reps)
        return found, await tx.roster.time_off(key)


async def put_roster(env: Env, given: RosterInput, *, actor: Actor, reason: Reason = None) -> RosterChange:
    """Add or replace roles, suppliers and reps in one go; the same call twice changes nothing.

    Raises Invalid with the path to what does not exist, and RoleProtected, naming the leads, when a rep would be
    left with work outside their role.
    """

    async def work(tx: Tx) -> None:
        await put_roster_rows(env, tx, given)

    try:
        return await _change_roster(env, work, actor=actor, reason=reason)
    except ConstraintRefused as refused:
        raise await _role_refusal(env, given, refused) from refused


async def create_rep(env: Env, given: RepInput, *, actor: Actor) -> RosterChange:
    """A rep who is new; Conflict when the key is taken."""
    async with env.uow() as tx:
        if any(r.key == given.key for r in await tx.roster.reps()):
            raise Conflict(f"There is a rep '{given.key}' already: replace it with PUT.", code="rep-exists")
    return await put_roster(
        env,
        RosterInput(reps=(given,), single=True),
        actor=actor,
        reason=say("reason.rep-created", rep=rep_name(given.key)),
    )


async def deactivate_rep(env: Env, key: str, *, actor: Actor) -> tuple[RosterChange, Sequence[AssignedLead]]:
    """The rep gets nothing more; what they hold stays with them until it is reassigned, and is returned."""

    async def work(tx: Tx) -> None:
        reps = await tx.roster.reps()
        found = next((r for r in reps if r.key == key), None)
        if found is None:
            raise _unknown_rep(key, reps)
        await tx.roster.put_rep(replace(found, active=False), at=env.clock())

    changed = await _change_roster(
        env, work, actor=actor, action="rep.deactivated", reason=say("reason.rep-deactivated", rep=rep_name(key))
    )
    async with env.uow() as tx:
        return changed, await tx.roster.assigned_leads(reps=[key])


async def add_time_off(env: Env, key: str, absence: TimeOffInput, *, actor: Actor) -> TimeOffRow:
    """An absence, or the one that is there already for the same time and reason, or for that time where no reason is given;
    NotFound for an unknown rep, Forbidden for another rep than the key's.
    """
    _require_time_off_of(key, actor)
    rep, _ = await get_rep(env, key)
    stands = time_off_row(env, rep, absence, path="body")

    async def work(tx: Tx) -> None:
        nonlocal stands
        # By the zone that the rep has under the lock.
        found = next((r for r in await tx.roster.reps() if r.key == key), rep)
        there = await tx.roster.time_off(key)
        row = known_by_date(time_off_row(env, found, absence, path="body"), there)
        if (known := next((one for one in there if says_again(row, one)), None)) is not None:
            stands = known
            return
        stands = row
        await tx.roster.add_time_off(row)

    await _change_roster(
        env, work, actor=actor, action="time-off.added", reason=say("reason.time-off", rep=rep_name(key))
    )
    return stands


async def delete_time_off(env: Env, key: str, time_off_id: UUID, *, actor: Actor) -> RosterChange:
    """Takes an absence back; NotFound, and Forbidden for another rep than the key's."""
    _require_time_off_of(key, actor)

    async def work(tx: Tx) -> None:
        if all(row.id != time_off_id for row in await tx.roster.time_off(key)):
            raise NotFound(f"{key} has no such time off.")
        await tx.roster.delete_time_off(time_off_id)

    return await _change_roster(
        env, work, actor=actor, action="time-off.deleted", reason=say("reason.time-off", rep=rep_name(key))
    )


async def _change_roster(
    env: Env, work: Callable[[Tx], Awaitable[None]], *, actor: Actor, action: str | None = None, reason: Reason
) -> RosterChange:
    """`action` is what the audit calls a change of one rep; None is "added" or "changed"."""

    async def whole(tx: Tx) -> RosterChange:
        await tx.roster.lock()
        before, stood = await RosterSubjects.load(tx), await _as_rows_say(tx)
        known = {rep.id: rep for rep in await tx.roster.reps()}
        await work(tx)
        await _owe_owners(env, tx, known)
        after = await RosterSubjects.load(tx)
        subjects = await audit_roster_change(env, tx, before, after, actor=actor, action=action, reason=reason)
        return await _new_version(env, tx, stood, subjects, actor=actor, reason=reason)

    changed = await run_in_transaction(env, whole)
    forget_names(env)
    return changed


async def _owe_owners(env: Env, tx: Tx, before: Mapping[UUID, Rep]) -> None:
    """A rep with another address is another user of the CRMs, which are to hear of it for every lead that the rep has.

    Who came, too, is looked for among their users, before the first lead.
    """
    after = await tx.roster.reps()
    moved = [rep.id for rep in after if rep.id in before and before[rep.id].email != rep.email]
    came = [rep.id for rep in after if rep.active and not (rep.id in before and before[rep.id].active)]
    if moved:
        await tx.deliveries.owe_records_of(moved, first_id=env.new_id(), at=env.clock())
    if moved or came:
        await tx.rep_users.look_soon(at=env.clock())


async def _new_version(
    env: Env, tx: Tx, stood: dict[str, Any], subjects: Sequence[str], *, actor: Actor, reason: Reason
) -> RosterChange:
    """The snapshot of what stands now, unless it is the newest one's twin, and the rows said so before, too."""
    newest = await tx.roster.latest_snapshot()
    version, before = newest or (0, None)
    after = await _as_rows_say(tx)
    if after == before == stood:
        return RosterChange(version=version, changed=bool(subjects))
    now = env.clock()
    await tx.roster.add_version(version + 1, after, at=now)
    subject, listed = f"roster:{version + 1}", {"subjects": [*subjects]}
    await audit(env, tx, actor, "roster.changed", subject, after=listed, reason=reason)
    await update_absent_holder_alerts(env, tx)
    await tx.jobs.defer_once("holds.drain")
    return RosterChange(version=version + 1, changed=True)


async def _as_rows_say(tx: Tx) -> dict[str, Any]:
    return roster_as_json({r.key: r for r in await tx.roster.reps()})


async def _role_refusal(env: Env, given: RosterInput, refused: ConstraintRefused) -> Exception:
    """Which leads stand in the way of a role that the database will not narrow."""
    if refused.constraint != "PM001":
        return refused
    works = {role.name: role.works for role in given.roles}
    async with env.uow() as tx:
        works = {row.name: frozenset(Work(w) for w in row.works) for row in await tx.roster.roles()} | works
        roles = {r.key: r.role.name for r in await tx.roster.reps()} | {r.key: r.role for r in given.reps}
        assignments = await tx.roster.assigned_leads()
    outside = [h for h in assignments if Work(h.work) not in works.get(roles[h.rep], frozenset())]
    leads = [{"lead_id": str(h.lead_id), "rep": h.rep, "work": h.work} for h in outside]
    return RoleProtected(
        f"{refused}. Reassign {len(leads) or 'the'} lead{'s' if len(leads) != 1 else ''} first.",
        code="work-outside-role",
        extra={"leads": leads},
        told=say("refusal.work-outside-role", count=len(leads)),
    )


async def _load_roster(tx: Tx) -> RosterState:
    return RosterState(
        version=(await tx.policies.live_versions()).roster,
        roles=await tx.roster.roles(),
        suppliers=await tx.roster.suppliers(),
        reps=await tx.roster.reps(),
        time_off=await tx.roster.time_off(),
    )


def _require_time_off_of(rep: str, actor: Actor) -> None:
    actor.require(Operation.TIME_OFF)
    if actor.rep not in (None, rep):
        raise Forbidden(f"This key adds and deletes time off of '{actor.rep}' alone.", code="not-your-rep")


def _unknown_rep(key: str, reps: Iterable[Rep]) -> NotFound:
    known = [rep.key for rep in reps]
    english, hint = did_you_mean(key, known), suggestion(key, known)
    said = f"There is no rep '{key}'; {english}" if english else f"There is no rep '{key}'"
    missing = say("fault.no-rep", key=key)
    told = missing if hint is None else say("fault.hinted", said=missing, hint=hint)
    return NotFound(said if said.endswith("?") else f"{said}.", told=told)
