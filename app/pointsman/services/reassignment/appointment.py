"""Giving an appointment to another rep, asked for by the appointment: its lead goes along."""

from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentAction
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.transitions import require_action_allowed
from pointsman.services.find_appointment import visible_appointment
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually


async def reassign_appointment(
    env: Env, appointment_id: UUID, *, to: str | None = None, reason: str, actor: Actor
) -> AppointmentRow:
    """Give the appointment and its lead to the rep `to`, or as the rules say; see `assign_manually` and `reassign`.

    Raises NotFound; Conflict (`action-not-allowed`, `no-rep-free`, `not-free`); RoleProtected.
    """
    async with env.uow() as tx:
        row = await visible_appointment(tx, appointment_id, actor)
    require_action_allowed(row, AppointmentAction.REASSIGN, env.clock())
    if to is None:
        await reassign(env, row.lead_id, reason=reason, actor=actor)
    else:
        await assign_manually(
            env, row.lead_id, rep=to, work=Work(row.work), override_id=None, reason=reason, actor=actor
        )
    async with env.uow() as tx:
        return await visible_appointment(tx, appointment_id, actor)
