"""The history of an appointment: one line for each act on it."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import Message
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow


async def add_to_history(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    act: str,
    *,
    by: ActorRole,
    actor: Actor,
    was: Mapping[str, Any],
    is_now: Mapping[str, Any],
    why: Message | None = None,
) -> None:
    """`row` is the appointment after the act. `was` and `is_now` are what the act changed, without personal data."""
    await tx.appointments.add_event(
        AppointmentEvent(
            id=env.new_id(),
            appointment_id=row.id,
            rep_id=row.rep_id,
            at=env.clock(),
            act=act,
            by=by.value,
            actor=actor.name,
            reason=why.as_json() if why else None,
            detail={"before": was, "after": is_now},
        )
    )
