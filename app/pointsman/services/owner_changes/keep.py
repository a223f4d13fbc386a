"""What became of a change of owner is kept: for the connection's health, the audit, and an alert where a human has to look."""

from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.roster.reps import Rep
from pointsman.services.audit import audit
from pointsman.services.deliveries.alerts.owner_differences import ALERTED, difference_alert
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_owners import KnownOwner, OwnerChange, OwnerOutcome
from pointsman.services.ports.operations.alerts import AlertCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A user `there` ("": none), who is the rep `rep`, stands where we wrote another, while `ours` has the lead."""

    known: KnownOwner
    there: str
    rep: Rep | None
    ours: Rep | None


def actor_of(connection: ConnectionRow) -> Actor:
    """In whose name the service acts on a change there."""
    return Actor(name=f"connection:{connection.key}", kind=CallerKind.SERVICE)


async def keep_change(
    env: Env,
    tx: Tx,
    connection: ConnectionRow,
    change: Change,
    outcome: OwnerOutcome,
    why: Message,
    *,
    decision_id: UUID | None = None,
) -> None:
    """Written, audited, and told where it says so; an alert about an earlier one ends."""
    now, known = env.clock(), change.known
    row = OwnerChange(
        id=env.new_id(),
        connection_id=known.connection_id,
        lead_id=known.lead_id,
        owner=change.there,
        rep_id=change.rep.id if change.rep else None,
        our_rep_id=change.ours.id if change.ours else None,
        outcome=outcome,
        message=why,
        decision_id=decision_id,
        at=now,
    )
    await tx.crm_owners.add(row)
    ours, theirs = (one.key if one else None for one in (change.ours, change.rep))
    await audit(
        env,
        tx,
        actor_of(connection),
        "lead.owner-changed",
        f"lead:{known.lead_id}",
        before={"rep": ours},
        after={"rep": theirs, "connection": connection.key, "outcome": outcome.value}
        | ({"decision": str(decision_id)} if decision_id else {}),
        reason=why,
    )
    subject, message = difference_alert(
        connection=connection.key, lead_id=known.lead_id, owner=change.there, ours=ours, theirs=theirs, why=why
    )
    if outcome in ALERTED:
        await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.CRM_OWNER_DIFFERS, subject=subject, message=message)
    else:
        await tx.alerts.resolve(at=now, code=AlertCode.CRM_OWNER_DIFFERS, subject=subject)


def refusal_message(rep: Rep | None, code: str, missing: object, told: Message) -> Message:
    """Why the rep may not have the lead, in words of any language where there are some."""
    if code in ("role-protected", "gate-closed") and rep is not None and isinstance(missing, list | tuple):
        key = "owner-change.role" if "role" in missing else "owner-change.gate"
        return say(key, rep=rep_name(rep.key))
    return told


def connection_words(connection: ConnectionRow) -> Message:
    """The reason of what is done since the owner was taken away there."""
    return say("reason.owner-gone-in-crm", connection=connection_name(connection.key))
