"""What every act on an appointment has in common: refused when it is not legal now, and on record when it was done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pointsman.domain.booking.lifecycle import STANDING, Act, By, Status, legal
from pointsman.domain.errors import Conflict
from pointsman.services.holds.close_lead import REQUEST_LAPSED
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.meeting import AppointmentEvent, AppointmentRow

#: The alert about an appointment that is over, and nobody says how it went.
RESULT_OVERDUE = "result-overdue"

#: What the audit calls each act.
_AUDITED: Mapping[Act, str] = {
    Act.BOOK: "booked",
    Act.CONFIRM: "confirmed",
    Act.RESCHEDULE: "rescheduled",
    Act.REASSIGN: "reassigned",
    Act.CANCEL: "cancelled",
    Act.LAPSE: "lapsed",
    Act.ACCEPT: "accepted",
    Act.REJECT: "rejected",
    Act.HELD: "held",
    Act.NO_SHOW: "no_show",
    Act.OUTCOME: "outcome",
}

#: What the record keeps of an appointment, under the names that the API uses; nothing here is personal.
_KEPT = {
    "status": "status",
    "rep": "rep_key",
    "start": "starts_at",
    "end": "ends_at",
    "confirm_by": "confirm_by",
    "accepted_at": "accepted_at",
    "reject_code": "reject_code",
    "outcome": "outcome",
    "conflict": "conflict",
}


def refuse_illegal(row: AppointmentRow, act: Act, now: datetime) -> None:
    """Raises Conflict "not-legal-now", which says what may be done instead."""
    allowed = legal(row.standing, now)
    if act in allowed:
        return
    may = f"What may be done now: {', '.join(allowed)}." if allowed else "Nothing more may be done with it."
    raise Conflict(
        f"This appointment is {row.status}{_when(row, now)}: {_WORDS[act]} is not possible. {may}",
        code="not-legal-now",
        extra={"appointment": {"id": str(row.id), "status": row.status}, "legal": [str(item) for item in allowed]},
    )


async def record(
    env: Env,
    tx: Tx,
    before: AppointmentRow | None,
    after: AppointmentRow,
    act: Act,
    *,
    by: By,
    actor: Actor,
    reason: str | None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Save the appointment as it is `after` the act, with its line in the appointment's history and in the audit.

    `before` None is a booking, whose row is there already. `detail` is kept in both lines and holds no personal data.
    """
    if before is not None:
        await tx.appointments.save(after)
    await _settle_alerts(env, tx, before, after)
    now, new = env.clock(), _kept(after)
    old = _kept(before) if before is not None else {}
    changed = [name for name in new if (old.get(name) or None) != (new[name] or None)]
    was = {name: old[name] for name in changed if name in old}
    is_now = {name: new[name] for name in changed} | dict(detail or {})
    await tx.appointments.log(
        AppointmentEvent(
            id=env.new_id(),
            appointment_id=after.id,
            at=now,
            act=act.value,
            by=by.value,
            actor=actor.name,
            reason=reason,
            detail={"before": was, "after": is_now},
        )
    )
    subject = {"appointment": str(after.id)}
    await tx.audit.add(
        id=env.new_id(),
        at=now,
        actor=actor.name,
        action=f"appointment.{_AUDITED[act]}",
        subject=f"lead:{after.lead_id}",
        before=subject | was if before is not None else None,
        after=subject | {"by": by.value} | is_now,
        reason=reason,
    )


async def _settle_alerts(env: Env, tx: Tx, before: AppointmentRow | None, after: AppointmentRow) -> None:
    """End the alerts that ask for what has just been done."""
    if before is None:
        await tx.alerts.resolve(at=env.clock(), code=REQUEST_LAPSED, subject=f"lead:{after.lead_id}")
    elif Status(after.status) not in STANDING or after.ends_at != before.ends_at:
        await tx.alerts.resolve(at=env.clock(), code=RESULT_OVERDUE, subject=f"appointment:{after.id}")


def _kept(row: AppointmentRow) -> dict[str, Any]:
    found = {name: getattr(row, column) for name, column in _KEPT.items()}
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}
    return kept | {"companions": [item.rep_key for item in row.companions]}


def _when(row: AppointmentRow, now: datetime) -> str:
    if row.outcome is not None:
        return f" with the outcome {row.outcome}"
    if now < row.starts_at:
        return f" and begins at {row.starts_at:%Y-%m-%d %H:%M} UTC"
    return f" and began at {row.starts_at:%Y-%m-%d %H:%M} UTC"


_WORDS: Mapping[Act, str] = {
    Act.BOOK: "booking it",
    Act.CONFIRM: "confirming it",
    Act.RESCHEDULE: "moving it",
    Act.REASSIGN: "giving it to another rep",
    Act.CANCEL: "calling it off",
    Act.LAPSE: "letting it lapse",
    Act.ACCEPT: "accepting it",
    Act.REJECT: "rejecting it",
    Act.HELD: "marking it as held",
    Act.NO_SHOW: "marking it as a no-show",
    Act.OUTCOME: "giving it an outcome",
}
