"""Giving an appointment to another rep, asked for by the appointment: its lead goes along."""

from uuid import UUID

from pointsman.domain.booking.lifecycle import Act
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.transitions import refuse_illegal
from pointsman.services.booking.apply_change import seen_appointment
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign


async def reassign_appointment(
    env: Env, appointment_id: UUID, *, to: str | None = None, reason: str, actor: Actor
) -> AppointmentRow:
    """Give the appointment and its lead to the rep `to`, or to whom the rules choose; see `assign` and `reassign`.

    Raises NotFound; Conflict (`not-legal-now`, `nobody-free`, `not-free`); RoleProtected.
    """
    async with env.uow() as tx:
        row = await seen_appointment(tx, appointment_id, actor)
    refuse_illegal(row, Act.REASSIGN, env.clock())
    if to is None:
        await reassign(env, row.lead_id, reason=reason, actor=actor)
    else:
        await assign(env, row.lead_id, rep=to, work=Work(row.work), override_id=None, reason=reason, actor=actor)
    async with env.uow() as tx:
        return await seen_appointment(tx, appointment_id, actor)
