"""What every act on an appointment has in common: refused when it is not allowed now, and on record when it was done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES, AppointmentAction, AppointmentStatus, allowed_actions
from pointsman.domain.errors import Conflict, NotFound, TooManyRequests
from pointsman.domain.messages.message import Reason, as_message
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointment_history import add_to_history
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.operations.alerts import AlertCode

#: The alert about an appointment that is over and has no result.

_DAY = timedelta(days=1)

#: What the audit calls each act.
_AUDITED: Mapping[AppointmentAction, str] = {
    AppointmentAction.BOOK: "booked",
    AppointmentAction.CONFIRM: "confirmed",
    AppointmentAction.RESCHEDULE: "rescheduled",
    AppointmentAction.REASSIGN: "reassigned",
    AppointmentAction.CANCEL: "cancelled",
    AppointmentAction.LAPSE: "lapsed",
    AppointmentAction.ACCEPT: "accepted",
    AppointmentAction.REJECT: "rejected",
    AppointmentAction.ATTENDED: "attended",
    AppointmentAction.NO_SHOW: "no_show",
    AppointmentAction.OUTCOME: "outcome",
}

#: What the record keeps of an appointment, under the names that the API uses; nothing here is personal.
_SNAPSHOT_FIELDS = {
    "status": "status",
    "rep": "rep_key",
    "start": "starts_at",
    "end": "ends_at",
    "confirm_by": "confirm_by",
    "accepted_at": "accepted_at",
    "reject_code": "reject_code",
    "outcome": "outcome",
    "conflict": "conflict",
    "join_url": "join_url",
}


def require_action_allowed(row: AppointmentRow, act: AppointmentAction, now: datetime) -> None:
    """Raises Conflict "action-not-allowed", which says what may be done instead."""
    allowed = allowed_actions(row.state, now)
    if act in allowed:
        return
    may = f"What may be done now: {', '.join(allowed)}." if allowed else "Nothing more may be done with it."
    raise Conflict(
        f"This appointment is {row.status}{_when(row, now)}: {_ACTION_WORDS[act]} is not possible. {may}",
        code="action-not-allowed",
        extra={
            "appointment": {"id": str(row.id), "status": row.status},
            "allowed_actions": [str(item) for item in allowed],
        },
    )


async def refuse_further_act(env: Env, tx: Tx, lead_id: UUID, actor: Actor) -> None:
    """TooManyRequests once the buyers of a lead have done with it what they may do in a day.

    It holds across processes where the caller has locked the lead.
    """
    most = env.buyer_acts_per_day
    earliest = await tx.appointments.nth_latest_act(lead_id, actor=actor.name, n=most)
    if earliest is not None and (left := earliest + _DAY - env.clock()) > timedelta(0):
        said = f"This appointment was changed {most} times within a day by its buyer. Let a rep change it."
        raise TooManyRequests(said, code="too-many-acts", retry_after_s=ceil(left.total_seconds()))


async def refuse_revoked_link(tx: Tx, actor: Actor) -> None:
    """NotFound "link-expired" where the buyer's link was revoked since it was opened.

    Nothing gets past it where the caller has locked the lead: who revokes a link waits for that lock.
    """
    if actor.link is None:
        return
    link = await tx.booking_links.get(actor.link)
    if link is None or link.revoked_at is not None:
        raise NotFound("This link has expired.", code="link-expired")


async def refuse_ended_lead_link(env: Env, tx: Tx, actor: Actor) -> None:
    """NotFound "link-expired" where the rep's link to the lead's page has ended since the page was opened.

    It was revoked, or ran out, or its assignment ended, or the rep is no longer active.
    """
    if actor.lead_link is None:
        return
    link = await tx.lead_links.get(actor.lead_link)
    rep = await tx.lead_links.rep_of(link.assignment_id) if link is not None and link.assignment_id else None
    if link is None or link.is_over(env.clock()) or rep is None or not rep.active:
        raise NotFound("This link has expired.", code="link-expired")


async def record_transition(
    env: Env,
    tx: Tx,
    before: AppointmentRow | None,
    after: AppointmentRow,
    act: AppointmentAction,
    *,
    by: ActorRole,
    actor: Actor,
    reason: Reason,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Save the appointment as it is `after` the act, with its line in the appointment's history and in the audit.

    `before` None is a booking, whose row is there already. `detail` is kept in both lines and holds no personal data.
    """
    if actor.kind is CallerKind.BUYER:
        await refuse_revoked_link(tx, actor)
        await refuse_further_act(env, tx, after.lead_id, actor)
    await refuse_ended_lead_link(env, tx, actor)
    if before is not None:
        await tx.appointments.save(after)
    await _settle_alerts(env, tx, before, after)
    new, why = _snapshot(after), as_message(reason)
    old = _snapshot(before) if before is not None else {}
    changed = [name for name in new if (old.get(name) or None) != (new[name] or None)]
    was = {name: old[name] for name in changed if name in old}
    is_now = {name: new[name] for name in changed} | dict(detail or {})
    await add_to_history(env, tx, after, act.value, by=by, actor=actor, was=was, is_now=is_now, why=why)
    subject = {"appointment": str(after.id)}
    await audit(
        env,
        tx,
        actor,
        f"appointment.{_AUDITED[act]}",
        f"lead:{after.lead_id}",
        before=subject | was if before is not None else None,
        after=subject | {"by": by.value} | is_now,
        reason=why,
    )


async def _settle_alerts(env: Env, tx: Tx, before: AppointmentRow | None, after: AppointmentRow) -> None:
    """End the alerts that ask for what has just been done."""
    if before is None:
        await tx.alerts.resolve(at=env.clock(), code=AlertCode.REQUEST_LAPSED, subject=f"lead:{after.lead_id}")
    elif AppointmentStatus(after.status) not in ACTIVE_STATUSES or after.ends_at != before.ends_at:
        await tx.alerts.resolve(at=env.clock(), code=AlertCode.RESULT_OVERDUE, subject=f"appointment:{after.id}")


def _snapshot(row: AppointmentRow) -> dict[str, Any]:
    found = {name: getattr(row, column) for name, column in _SNAPSHOT_FIELDS.items()}
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}
    return kept | {"companions": [item.rep_key for item in row.companions]}


def _when(row: AppointmentRow, now: datetime) -> str:
    if row.outcome is not None:
        return f" with the outcome {row.outcome}"
    return " and has not begun" if now < row.starts_at else " and has begun"


_ACTION_WORDS: Mapping[AppointmentAction, str] = {
    AppointmentAction.BOOK: "booking it",
    AppointmentAction.CONFIRM: "confirming it",
    AppointmentAction.RESCHEDULE: "moving it",
    AppointmentAction.REASSIGN: "giving it to another rep",
    AppointmentAction.CANCEL: "calling it off",
    AppointmentAction.LAPSE: "letting it lapse",
    AppointmentAction.ACCEPT: "accepting it",
    AppointmentAction.REJECT: "rejecting it",
    AppointmentAction.ATTENDED: "marking it as attended",
    AppointmentAction.NO_SHOW: "marking it as a no-show",
    AppointmentAction.OUTCOME: "giving it an outcome",
}
