"""What becomes of a change of owner: by what stands here and there in one moment, with the lead locked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.document import OwnerChanges
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.roster.roles import Work
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.deliveries.told import mailbox_of
from pointsman.services.owner_changes.keep import Change, keep_change
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_owners import KnownOwner, OwnerChange, OwnerOutcome
from pointsman.services.ports.vendors.crm import OwnerThere

#: So many changes of a lead's owner are followed within a day, over all CRMs: what sets an owner back each time ends by it.
MOST_A_DAY = 3
DAY = timedelta(hours=24)
AGAIN_AFTER = timedelta(seconds=5)
#: The keys of reps by the CRM's users that they were confirmed to be.
Users: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepting:
    """A change that the policy accepts: to the rep `rep` for `work`; None: the owner was taken away."""

    connection: ConnectionRow
    known: KnownOwner
    change: Change
    rep: Rep | None
    work: Work
    holder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """The lead's rep here (`owner` leads its appointment, if there is one), and for which work."""

    owner: Rep | None
    holder: str | None
    work: Work | None


async def judge(
    env: Env, tx: Tx, connection: ConnectionRow, known: KnownOwner, there: OwnerThere | None, users: Users
) -> Accepting | None:
    """Write down what becomes of it; what is accepted is the caller's to do. Nothing where it is no change, or is known."""
    lead = await tx.leads.get(known.lead_id)
    assert lead is not None, "a lead is never deleted"
    if lead.merged_into is not None or there is None:
        await tx.crm_owners.looked(known)
        return None
    await tx.leads.get(known.lead_id, lock=True)
    if not await is_as_seen(env, tx, known):
        await tx.crm_owners.put_off(known, until=env.clock() + AGAIN_AFTER)
        return None
    config = await load_routing_config(env, tx)
    here = await _here(tx, config.roster, known.lead_id)
    rep = rep_of(config.roster, there, users)
    change = Change(known=known, there=there.owner, rep=rep, ours=here.owner)
    last = await tx.crm_owners.last(known.connection_id, known.lead_id)
    if await _is_ours(tx, known, there) or (rep is not None and rep == here.owner):
        if last is not None and _stands(last, known):
            await keep_change(env, tx, connection, change, OwnerOutcome.AGREED, say("owner-change.agreed"))
        await tx.crm_owners.looked(known)
        return None
    if last is not None and _stands(last, known) and last.owner == there.owner:
        await tx.crm_owners.looked(known)
        return None
    return await _changed(env, tx, connection, config.policy.policy.owner_changes, change, here, there)


async def _changed(
    env: Env,
    tx: Tx,
    connection: ConnectionRow,
    policy: OwnerChanges,
    change: Change,
    here: _Here,
    there: OwnerThere,
) -> Accepting | None:
    known = change.known
    found = await _outcome(env, tx, policy, change, here, there)
    if found is None:
        assert here.work is not None, "nobody accepts it without"
        return Accepting(
            connection=connection, known=known, change=change, rep=change.rep, work=here.work, holder=here.holder
        )
    outcome, why = found
    await keep_change(env, tx, connection, change, outcome, why)
    if outcome is OwnerOutcome.REVERTED:
        await owe_lead_record(env, tx, known.lead_id)
    await tx.crm_owners.looked(known)
    return None


async def _outcome(
    env: Env, tx: Tx, policy: OwnerChanges, change: Change, here: _Here, there: OwnerThere
) -> tuple[OwnerOutcome, Message] | None:
    """None: it is to be accepted."""
    known = change.known
    if await tx.crm_owners.is_shared(known, records=[known.record_id, there.record_id]):
        return OwnerOutcome.LEFT, say("owner-change.shared")
    if here.owner is None and not (policy is OwnerChanges.ACCEPT and here.work is not None and there.owner):
        return OwnerOutcome.LEFT, say("owner-change.nobody-here")
    if (refused := _refused(policy, change, here)) is not None:
        return refused
    followed = await tx.crm_owners.followed(known.lead_id, since=env.clock() - DAY)
    if followed >= MOST_A_DAY:
        return OwnerOutcome.GIVEN_UP, say("owner-change.given-up", count=followed)
    return (OwnerOutcome.REVERTED, say("owner-change.reverted")) if policy is OwnerChanges.REVERT else None


def _refused(policy: OwnerChanges, change: Change, here: _Here) -> tuple[OwnerOutcome, Message] | None:
    if policy is OwnerChanges.REFUSE:
        return OwnerOutcome.REFUSED, say("owner-change.refused")
    if policy is OwnerChanges.ACCEPT and change.there and change.rep is None:
        return OwnerOutcome.NO_REP, say("owner-change.no-rep")
    if policy is OwnerChanges.ACCEPT and (here.work is None or not (change.there or here.holder)):
        return OwnerOutcome.NOT_ALLOWED, say("owner-change.no-work")
    return None


async def is_as_seen(env: Env, tx: Tx, known: KnownOwner) -> bool:
    """Whether we wrote no owner since it was claimed, and are not about to. Its row is locked until the transaction ends."""
    now_there = await tx.crm_owners.lock(known.connection_id, known.lead_id)
    if now_there is None or (now_there.told_at, now_there.record_id) != (known.told_at, known.record_id):
        return False
    return not await tx.crm_owners.is_being_told(known.connection_id, known.lead_id, soon=env.clock())


def rep_of(roster: Roster, there: OwnerThere, users: Users) -> Rep | None:
    """The rep who was confirmed to be that user, else the one with the user's address, in any spelling of it."""
    if (confirmed := users.get(there.owner)) is not None:
        return roster.reps.get(confirmed)
    wanted = mailbox_of(there.email)
    if wanted is None:
        return None
    found = ((rep, mailbox_of(rep.email)) for rep in roster.reps.values())
    return next((rep for rep, box in found if box is not None and box.key == wanted.key), None)


async def _here(tx: Tx, roster: Roster, lead_id: UUID) -> _Here:
    current = await tx.decisions.current_assignment(lead_id)
    booked = await tx.appointments.active_for_lead(lead_id)
    hold = await tx.holds.open_for(lead_id) if current is None else None
    work = current.work if current else hold.work if hold else None
    owner = booked.rep_key if booked else current.rep if current else None
    return _Here(
        owner=roster.reps.get(owner) if owner else None,
        holder=current.rep if current else None,
        work=Work(work) if work else None,
    )


async def _is_ours(tx: Tx, known: KnownOwner, there: OwnerThere) -> bool:
    """Whether we wrote this owner last, or the copy that was read is one of our own."""
    if there.owner == known.owner:
        return True
    return await tx.crm_owners.is_own_version(known.connection_id, record_id=there.record_id, version=there.version)


_IS_OVER = frozenset({OwnerOutcome.ACCEPTED, OwnerOutcome.RELEASED, OwnerOutcome.AGREED})


def _stands(last: OwnerChange, known: KnownOwner) -> bool:
    """Whether the difference that was found last is there still, for all we wrote."""
    return last.outcome not in _IS_OVER and last.at >= known.told_at
