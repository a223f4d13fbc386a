"""Keeping what a calendar says otherwise than an appointment: on its row, in its history, and as an alert."""

from pointsman.domain.booking.calendar_diff import said_by_rep, says_emptied
from pointsman.domain.booking.lifecycle import ConflictAct
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointment_history import add_to_history
from pointsman.services.appointments.conflict_words import conflict_messages
from pointsman.services.audit import audit
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.names import RosterNames


async def write_conflict(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    after: AppointmentRow,
    *,
    act: ConflictAct,
    by: ActorRole,
    actor: Actor,
    known: RosterNames,
) -> None:
    """Save it, with its line in the appointment's history and in the audit, and the alert as it is called for."""
    now, about = env.clock(), {"appointment": str(row.id)}
    was, is_now = {"conflict": row.conflict}, {"conflict": after.conflict}
    await tx.appointments.save(after)
    await add_to_history(env, tx, after, act.value, by=by, actor=actor, was=was, is_now=is_now)
    await audit(
        env, tx, actor, f"appointment.{act.value}", f"lead:{row.lead_id}", before=about | was, after=about | is_now
    )
    subject = f"appointment:{row.id}"
    said = {rep: what for rep, what in said_by_rep(after.conflict).items() if not says_emptied(what)}
    if not said:  # a calendar that looks emptied has one alert for all that was in it
        await tx.alerts.resolve(at=now, code=AlertCode.CALENDAR_CONFLICT, subject=subject)
        return
    message = say(
        "alerts.calendar-conflict",
        rep=rep_name(row.rep_key),
        at=to_local_time(row.starts_at, known.zones.get(row.rep_key, "UTC")),
        conflicts=tuple(conflict_messages(said)),
        appointment=str(row.id),
    )
    await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.CALENDAR_CONFLICT, subject=subject, message=message)
